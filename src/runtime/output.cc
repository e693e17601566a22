#include "runtime/output.h"

#include <algorithm>
#include <utility>

namespace attend::runtime {

using text::TokenId;

namespace {

// Steps of at most kFewRows rows wait for memory when the output layer has at least so many
// weights.
constexpr std::size_t kUncachedWeights = std::size_t{1} << 20;
constexpr std::size_t kFewRows = 3;

// Returns how many rows to score and rank together. The parts are equal, large enough for the
// product's full speed and small enough that scores are still in the cache when they are ranked.
std::size_t ranked_at_once(std::size_t rows) {
  constexpr std::size_t kMost = 64;
  const std::size_t parts = std::max<std::size_t>(1, (rows + kMost - 1) / kMost);
  return (rows + parts - 1) / parts;
}

void scale(float factor, std::span<float> values) {
  if (factor == 1) return;
  for (float& value : values) value *= factor;
}

}  // namespace

OutputLayer::OutputLayer(const Tensors& tensors, const std::string& weight,
                         std::span<const float> bias, double temperature)
    : inverse_temperature_(static_cast<float>(1 / temperature)) {
  const std::size_t dot = weight.rfind('.');
  const Tensors own = tensors.under(weight.substr(0, dot));
  const std::string name = weight.substr(dot + 1);
  linear_ = {own.matrix(name), bias};
  // The ranking by the coarse copy knows no temperature.
  if (temperature == 1 && linear_.weight.outputs() * linear_.weight.inputs() >= kUncachedWeights) {
    coarse_ = own.coarse(name);
  }
}

OutputRun::OutputRun(const OutputLayer& layer, std::vector<TokenId> candidates)
    : layer_(layer), candidates_(std::move(candidates)) {}

void OutputRun::keep_best(std::size_t count) {
  best_count_ = std::min(count, layer_.vocabulary());
  ranked_.resize(kFewRows * best_count_);
  if (candidates_.empty() || candidate_weight_.outputs() > 0) return;
  candidate_weight_ = layer_.linear_.weight.select(candidates_);
  for (const TokenId id : candidates_) {
    candidate_bias_.push_back(layer_.linear_.bias[static_cast<std::size_t>(id)]);
  }
}

void OutputRun::run(std::span<const float> readouts, std::size_t rows) {
  rows_ = rows;
  if (best_count_ == 0) return run_all(readouts);
  const bool few = candidates_.empty() && rows <= kFewRows && !layer_.coarse_.empty();
  return few ? run_few(readouts) : run_best(readouts);
}

void OutputRun::run_all(std::span<const float> readouts) {
  const std::size_t vocabulary = layer_.vocabulary();
  const std::span<float> scores = scores_.get(rows_ * vocabulary);  // [rows, vocabulary]
  layer_.linear_(readouts, rows_, scores);
  scale(layer_.inverse_temperature_, scores);
  for (std::size_t row = 0; row < rows_; ++row) {
    kernels::log_softmax(row_of(scores, row, vocabulary));
  }
}

// Works like run_all(), but keeps only the best log-probabilities.
void OutputRun::run_best(std::span<const float> readouts) {
  const bool all = candidates_.empty();
  const kernels::Matrix& weight = all ? layer_.linear_.weight : candidate_weight_;
  const std::span<const float> bias = all ? layer_.linear_.bias : candidate_bias_;
  const std::size_t vocabulary = weight.outputs(), width = weight.inputs();
  best_.resize(rows_ * best_count_);
  const std::size_t at_once = ranked_at_once(rows_);
  for (std::size_t done = 0; done < rows_; done += at_once) {
    const std::size_t count = std::min(at_once, rows_ - done);
    const std::span<float> scores = scores_.get(count * vocabulary);  // [count, vocabulary]
    weight.multiply(readouts.subspan(done * width, count * width), count, bias, scores);
    scale(layer_.inverse_temperature_, scores);
    for (std::size_t row = 0; row < count; ++row) {
      kernels::rank_log_softmax(row_of(scores, row, vocabulary),
                                std::span(ranked_).first(best_count_));
      for (std::size_t k = 0; k < best_count_; ++k) {
        const auto [index, value] = ranked_[k];
        const bool maps = !all && index >= 0;
        best_[(done + row) * best_count_ + k] = {
            maps ? candidates_[static_cast<std::size_t>(index)] : index, value};
      }
    }
  }
}

// run_best() for few rows, by the coarse copy of the weights.
void OutputRun::run_few(std::span<const float> readouts) {
  const Linear& output = layer_.linear_;
  const std::span<float> scores = scores_.get(rows_ * output.weight.outputs());
  best_.resize(rows_ * best_count_);
  const std::span<kernels::Ranked> ranked = std::span(ranked_).first(best_.size());
  kernels::rank_log_softmax(output.weight, layer_.coarse_, readouts, rows_, output.bias, scores,
                            ranked);
  for (std::size_t i = 0; i < best_.size(); ++i) best_[i] = {ranked[i].index, ranked[i].value};
}

void OutputRun::fill(model::StepResult& result) {
  if (best_count_ > 0) {
    result.best = best_;
    result.best_count = best_count_;
  } else {
    result.log_probabilities = scores_.get(rows_ * layer_.vocabulary());
  }
}

}  // namespace attend::runtime
