#include "search/ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/base.h"

namespace attend::search {
namespace {

using text::TokenId;
using Engines = std::vector<std::unique_ptr<const model::Engine>>;

constexpr std::size_t kLevels = 2;  // words and sentences: the levels that may have pooling weights

class EnsembleDecoding final : public model::Decoding {
 public:
  EnsembleDecoding(const Engines& engines, std::span<const model::Source> sources, Average average)
      : kind_(average), pooling_(sources.size() * kLevels) {
    for (const auto& engine : engines) members_.push_back(engine->annotate(sources));
    for (std::size_t s = 0; s < sources.size(); ++s) {
      for (std::size_t level = 0; level < kLevels; ++level) average_pooling(s, level);
    }
  }

  model::StepResult step(std::span<const model::StepRow> rows) override {
    std::size_t aligned = 0;
    model::StepResult result;
    for (std::size_t m = 0; m < members_.size(); ++m) {
      const model::StepResult one = members_[m]->step(rows);
      if (m == 0) {
        result.rows = one.rows;
        result.target_vocabulary = one.target_vocabulary;
        result.source_length = one.source_length;
      }
      if (one.target_vocabulary != result.target_vocabulary) {
        throw UsageError(fmt::format(
            "ensemble: found {} target ids with those of the sources, expected {}: of these models "
            "some copy from a source and some do not",
            one.target_vocabulary, result.target_vocabulary));
      }
      ATTEND_CHECK_EQ(one.source_length, result.source_length);
      const bool arithmetic = kind_ == Average::kProbabilities && m > 0;
      if (arithmetic) average_probabilities(one.log_probabilities, m);
      if (!arithmetic) average(one.log_probabilities, m, means_);
      if (!one.alignment.empty()) average(one.alignment, aligned++, alignment_);
    }
    result.log_probabilities = means_;
    if (aligned > 0) result.alignment = alignment_;
    return result;
  }

  std::span<const float> pooling_weights(std::size_t source, std::size_t level) const override {
    if (level >= kLevels) return {};
    return pooling_[source * kLevels + level];
  }

 private:
  // Makes `means`, which are those of `before` models, means of one model more. Equal values have
  // exactly their own value as their mean, and one that is −infinity makes the mean −infinity.
  static void average(std::span<const float> values, std::size_t before,
                      std::vector<float>& means) {
    if (before == 0) {
      means.assign(values.begin(), values.end());
      return;
    }
    ATTEND_CHECK_EQ(values.size(), means.size());
    const auto count = static_cast<float>(before + 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == means[i]) continue;  // also where both are −infinity
      means[i] = std::isfinite(means[i]) ? means[i] + (values[i] - means[i]) / count : means[i];
    }
  }

  // As average(), but `means_` holds the logarithms of means of probabilities. The larger of two
  // logarithms is taken out of the sum, so that nothing overflows.
  void average_probabilities(std::span<const float> values, std::size_t before) {
    ATTEND_CHECK_EQ(values.size(), means_.size());
    const auto weight = static_cast<float>(before);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float high = std::max(means_[i], values[i]);
      if (!std::isfinite(high)) continue;
      const float sum = weight * std::exp(means_[i] - high) + std::exp(values[i] - high);
      means_[i] = high + std::log(sum / (weight + 1));
    }
  }

  void average_pooling(std::size_t source, std::size_t level) {
    std::vector<float>& means = pooling_[source * kLevels + level];
    std::size_t count = 0;
    for (const auto& member : members_) {
      const std::span<const float> weights = member->pooling_weights(source, level);
      if (!weights.empty()) average(weights, count++, means);
    }
  }

  Average kind_;
  std::vector<std::unique_ptr<model::Decoding>> members_;
  std::vector<std::vector<float>> pooling_;  // [sources, kLevels]
  std::vector<float> means_;                 // [rows, target vocabulary]
  std::vector<float> alignment_;             // [rows, longest source]
};

class Ensemble final : public model::Engine {
 public:
  Ensemble(Engines engines, Average average) : engines_(std::move(engines)), average_(average) {}

  std::unique_ptr<model::Decoding> annotate(std::span<const model::Source> sources) const override {
    for (const model::Source& source : sources) {
      for (const auto& engine : engines_) {
        if (engine->positions(source) == positions(source)) continue;
        throw UsageError(fmt::format(
            "ensemble: found {} positions in a source, expected {}: the encoders have other levels",
            engine->positions(source), positions(source)));
      }
    }
    return std::make_unique<EnsembleDecoding>(engines_, sources, average_);
  }
  std::size_t target_vocabulary() const override { return first().target_vocabulary(); }
  std::optional<TokenId> end() const override { return first().end(); }
  std::size_t fixed_target_length() const override { return first().fixed_target_length(); }
  bool has_alignment() const override {
    return std::any_of(engines_.begin(), engines_.end(),
                       [](const auto& engine) { return engine->has_alignment(); });
  }
  std::size_t positions(const model::Source& source) const override {
    return first().positions(source);
  }

 private:
  const model::Engine& first() const { return *engines_.front(); }

  Engines engines_;
  Average average_;
};

}  // namespace

std::unique_ptr<const model::Engine> make_ensemble(Engines engines, Average average) {
  ATTEND_CHECK(!engines.empty());
  const model::Engine& first = *engines.front();
  for (const auto& engine : engines) {
    if (engine->target_vocabulary() != first.target_vocabulary()) {
      throw UsageError(fmt::format("ensemble: found {} target tokens, expected {}",
                                   engine->target_vocabulary(), first.target_vocabulary()));
    }
    if (engine->end() != first.end() ||
        engine->fixed_target_length() != first.fixed_target_length()) {
      throw UsageError(
          "ensemble: the targets of one model end in another way than those of the "
          "first model");
    }
  }
  if (engines.size() == 1) return std::move(engines.front());
  return std::make_unique<const Ensemble>(std::move(engines), average);
}

}  // namespace attend::search
