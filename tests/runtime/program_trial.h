// Runs a small step program in the runtime's interpreter, over random annotations and weights, with
// rows that are reordered, extended twice, dropped and started again.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "random_model.h"
#include "runtime/program.h"

namespace attend::runtime::testing {

using Numbers = std::vector<double>;

inline constexpr std::int64_t kWords = 5;       // target vocabulary
inline constexpr std::int64_t kAnnotation = 4;  // units of h_j
inline constexpr std::int64_t kEmbedding = 3;   // units of E y

inline step::Builder trial_builder(std::int64_t words = kWords) {
  return step::Builder(
      {.annotation_units = kAnnotation, .encoder_units = 2, .target_vocabulary = words},
      step::Initialization::kGlorot);
}

/// E y_{i-1}, and the declaration of E.
inline step::Value previous_word(step::Builder& b, std::int64_t words = kWords) {
  if (b.parameters().find("target_embedding.weight") == nullptr) {
    b.parameters().embedding("target_embedding.weight", words, kEmbedding);
  }
  return b.previous_embedding("target_embedding.weight", kEmbedding);
}

inline void finish_with(step::Builder& b, step::Value readout) {
  b.output({readout, "output.weight", "output.bias"});
}

struct TrialOptions {
  std::vector<std::size_t> lengths = {5, 1, 3, 7};
  std::vector<char> allowed = {};  // [all positions]; empty: all
  double scale = 0.7;              // of weights
  std::int64_t words = kWords;
  bool source_ends = true;
  std::uint64_t seed = 1;
};

/// Some of the positions may not be looked at; those of the second source are all closed.
inline TrialOptions closed_trial() {
  return {.allowed = {1, 0, 1, 1, 0, /**/ 0, /**/ 0, 1, 1, /**/ 1, 1, 0, 0, 1, 1, 0}};
}

/// The numbers of one row of a step.
struct TrialRow {
  const model::StepResult* result = nullptr;
  std::size_t row = 0;

  std::vector<float> part(std::span<const float> values) const {
    const std::size_t width = values.size() / result->rows;
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * width);
    return {begin, begin + static_cast<std::ptrdiff_t>(width)};
  }
  std::vector<float> observed(std::string_view name) const { return part(result->observed(name)); }
  std::vector<float> alignment() const { return part(result->alignment); }
  std::vector<float> log_probabilities() const { return part(result->log_probabilities); }
};

class Trial {
 public:
  Trial(step::Program program, TrialOptions options)
      : options_(std::move(options)), random_(options_.seed) {
    for (const step::TensorSpec& spec : program.parameters) {
      std::vector<float>& values = weights_[spec.name];
      values.resize(static_cast<std::size_t>(spec.count()));
      for (float& value : values) value = static_cast<float>(options_.scale * random_.normal());
      shapes_[spec.name] = spec.shape;
    }
    for (const std::size_t length : options_.lengths) {
      for (std::size_t k = 0; k < length * kAnnotation; ++k) {
        annotations_.push_back(static_cast<float>(random_.normal()));
      }
    }
    program_ = std::move(program);
  }

  std::vector<float>& weight(const std::string& name) { return weights_.at(name); }
  double weight(const std::string& name, std::size_t row, std::size_t column) const {
    const std::size_t columns = static_cast<std::size_t>(shapes_.at(name).back());
    return weights_.at(name)[row * columns + column];
  }
  double bias(const std::string& name, std::size_t row) const { return weights_.at(name)[row]; }
  std::size_t length(const Path& path) const { return options_.lengths[source_of(path)]; }
  bool open(const Path& path, std::size_t j) const {
    return options_.allowed.empty() || options_.allowed[start(path) + j] != 0;
  }
  /// h_j of the path's source.
  Numbers annotation(const Path& path, std::size_t j) const {
    const auto first =
        annotations_.begin() + static_cast<std::ptrdiff_t>((start(path) + j) * kAnnotation);
    return {first, first + kAnnotation};
  }
  /// E y_i of the path, where y_0 is the first token; zeros before it.
  Numbers word(const Path& path, std::size_t step) const {
    Numbers result(kEmbedding);
    for (std::size_t k = 0; k < kEmbedding && step > 0; ++k) {
      result[k] =
          weight("target_embedding.weight", static_cast<std::size_t>(path.tokens[step - 1]), k);
    }
    return result;
  }
  /// The columns of W from `first` on times x.
  Numbers product(const std::string& name, std::size_t first, const Numbers& x) const {
    const std::vector<float>& values = weights_.at(name);
    Numbers result(static_cast<std::size_t>(shapes_.at(name).front()));
    const std::size_t columns = values.size() / result.size();
    for (std::size_t r = 0; r < result.size(); ++r) {
      for (std::size_t k = 0; k < x.size(); ++k)
        result[r] += values[r * columns + first + k] * x[k];
    }
    return result;
  }

  /// Runs `steps` steps and calls check(path, row) for each of their rows. With `best` above 0 only
  /// the best tokens are kept.
  void run(const std::function<void(const Path&, const TrialRow&)>& check, int steps = 5,
           std::size_t best = 0) {
    const model::Weights weights = views();
    const ProgramDecoder decoder(program_, configuration(),
                                 static_cast<std::size_t>(options_.words), std::nullopt, weights,
                                 Precision::kFloat32);
    const auto decoding = decoder.start(make_annotations(), {});
    if (best > 0) decoding->keep_best(best);
    std::vector<Path> paths;
    std::vector<model::StepRow> rows = first_rows(options_.lengths.size(), paths);
    for (int step = 0; step < steps; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      const model::StepResult result = decoding->step(rows);
      ASSERT_EQ(result.source_length, make_annotations().longest);
      for (std::size_t row = 0; row < rows.size(); ++row) check(paths[row], {&result, row});
      rows = next_rows(6, static_cast<std::size_t>(options_.words), random_, paths);
      for (const int source : {step % 4, 1}) {  // these begin again
        rows.push_back({.source = source});
        paths.push_back({source, {}});
      }
    }
  }

 private:
  std::size_t source_of(const Path& path) const { return static_cast<std::size_t>(path.source); }
  std::size_t start(const Path& path) const {
    std::size_t start = 0;
    for (std::size_t k = 0; k < source_of(path); ++k) start += options_.lengths[k];
    return start;
  }

  model::Weights views() const {
    std::map<std::string, model::TensorView> tensors;
    for (const auto& [name, values] : weights_) tensors[name] = {shapes_.at(name), values};
    return {std::move(tensors), nullptr};
  }

  model::Configuration configuration() const {
    model::Configuration c;
    c.encoder.units = 2;
    c.source.end_token = options_.source_ends;
    c.decoder.embedding = kEmbedding;
    if (!weights_.contains("target_embedding.weight")) {
      c.decoder.feedback = model::Feedback::kNone;
    }
    return c;
  }

  Annotations make_annotations() const {
    Annotations annotations;
    std::size_t start = 0;
    for (const std::size_t length : options_.lengths) {
      annotations.starts.push_back(start);
      annotations.lengths.push_back(length);
      annotations.longest = std::max(annotations.longest, length);
      start += length;
    }
    annotations.units = kAnnotation;
    annotations.values = kernels::Array(annotations_.size());
    copy(annotations_, annotations.values.span());
    annotations.allowed = options_.allowed;
    return annotations;
  }

  TrialOptions options_;
  Random random_;
  step::Program program_;
  std::map<std::string, std::vector<float>> weights_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;
  std::vector<float> annotations_;  // [positions, kAnnotation]
};

inline double dot(const Numbers& x, const Numbers& y) {
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

inline Numbers sum(const Numbers& x, const Numbers& y) {
  Numbers result = x;
  for (std::size_t k = 0; k < x.size(); ++k) result[k] += y[k];
  return result;
}

/// Softmax over the positions that are open; zeros if none is.
inline Numbers softmax(const Numbers& energies, const std::function<bool(std::size_t)>& open) {
  Numbers result(energies.size());
  double total = 0;
  for (std::size_t j = 0; j < result.size(); ++j) {
    if (open(j)) total += result[j] = std::exp(energies[j]);
  }
  for (double& x : result) x = total == 0 ? 0 : x / total;
  return result;
}

inline Numbers log_softmax(const Numbers& x) {
  double total = 0;
  for (const double one : x) total += std::exp(one);
  Numbers result = x;
  for (double& one : result) one -= std::log(total);
  return result;
}

/// Expects the first numbers of `found` to be `expected`, and the others to be 0.
inline void expect_numbers(const std::vector<float>& found, const Numbers& expected,
                           const char* what, double tolerance = 2e-5) {
  ASSERT_GE(found.size(), expected.size()) << what;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double wanted = k < expected.size() ? expected[k] : 0;
    ASSERT_NEAR(found[k], wanted, tolerance * std::max(1.0, std::abs(wanted))) << what << " " << k;
  }
}

/// Expects energies to be −∞ where a row may not look.
inline void expect_energies(const std::vector<float>& found, const Numbers& expected,
                            const std::function<bool(std::size_t)>& open) {
  for (std::size_t j = 0; j < found.size(); ++j) {
    if (j < expected.size() && open(j)) {
      ASSERT_NEAR(found[j], expected[j], 2e-5 * std::max(1.0, std::abs(expected[j]))) << j;
    } else {
      ASSERT_EQ(found[j], -std::numeric_limits<float>::infinity()) << j;
    }
  }
}

}  // namespace attend::runtime::testing
