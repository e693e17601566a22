#include "runtime/mixture.h"

#include <algorithm>
#include <cmath>

#include "runtime/logarithms.h"

namespace attend::runtime {
namespace {

// So many logits are computed together at most, so that a long source needs little memory.
constexpr std::size_t kLogitsAtOnce = std::size_t{1} << 20;
// Smaller probabilities are computed again from logarithms, because a float32 loses their digits.
constexpr float kSmallestSum = 1e-30F;

// probabilities ← softmax(logits). Returns log Σ exp(logits).
float normalize(std::span<const float> logits, std::span<float> probabilities) {
  const auto highest = std::max_element(logits.begin(), logits.end()) - logits.begin();
  kernels::softmax(logits, probabilities);
  const auto best = static_cast<std::size_t>(highest);
  return logits[best] - std::log(probabilities[best]);
}

}  // namespace

void MixtureRun::keep_best(std::size_t count) {
  best_count_ = std::min(count, layer_.vocabulary());
  ranked_.resize(best_count_);
}

void MixtureRun::begin(std::size_t rows) {
  rows_ = rows;
  best_.resize(rows * best_count_);
}

void MixtureRun::mix(std::size_t row, std::span<const float> readouts, std::span<const float> prior,
                     std::span<float> normalizers) {
  const std::size_t vocabulary = layer_.vocabulary();
  const std::span<float> scores = best_count_ > 0
                                      ? scores_.get(vocabulary)
                                      : row_of(scores_.get(rows_ * vocabulary), row, vocabulary);
  std::fill(scores.begin(), scores.end(), kImpossible);
  std::fill(normalizers.begin(), normalizers.end(), 0.0F);
  gather(readouts, prior);
  const std::size_t all = positions_.size(), at_once = positions_at_once();
  const std::size_t width = layer_.linear().weight.inputs();
  for (std::size_t first = 0; first < all; first += at_once) {
    const std::size_t count = std::min(at_once, all - first);
    find_distributions(readouts_.get(all * width).subspan(first * width, count * width), count);
    mix_distributions(prior_.get(all).subspan(first, count), scores);
    for (std::size_t k = 0; k < count && !normalizers.empty(); ++k) {
      normalizers[positions_[first + k]] = normalizers_.data()[k];
    }
  }
  if (best_count_ == 0) return;
  kernels::rank(scores, ranked_);
  for (std::size_t k = 0; k < best_count_; ++k) {
    best_[row * best_count_ + k] = {ranked_[k].index, ranked_[k].value};
  }
}

void MixtureRun::fill(model::StepResult& result) {
  if (best_count_ > 0) {
    result.best = best_;
    result.best_count = best_count_;
  } else {
    result.log_probabilities = scores_.get(rows_ * layer_.vocabulary());
  }
}

void MixtureRun::find_normalizers(std::span<const float> readouts, std::span<float> normalizers) {
  const std::size_t width = layer_.linear().weight.inputs(), at_once = positions_at_once();
  for (std::size_t first = 0; first < normalizers.size(); first += at_once) {
    const std::size_t count = std::min(at_once, normalizers.size() - first);
    find_distributions(readouts.subspan(first * width, count * width), count);
    copy(normalizers_.get(count), normalizers.subspan(first, count));
  }
}

float MixtureRun::logit(std::span<const float> readout, text::TokenId token) {
  const Linear& output = layer_.linear();
  const std::span<float> panel = part_.get(layer_.vocabulary());
  const auto id = static_cast<std::size_t>(token);
  output.weight.multiply_panel(readout, id / output.weight.panel_width(), output.bias, panel);
  return panel[id];
}

std::size_t MixtureRun::positions_at_once() const {
  return std::max<std::size_t>(1, kLogitsAtOnce / layer_.vocabulary());
}

// Puts the readouts and priors of the positions with π_j ≠ 0 next to each other.
void MixtureRun::gather(std::span<const float> readouts, std::span<const float> prior) {
  positions_.clear();
  positions_.reserve(prior.size());
  for (std::size_t j = 0; j < prior.size(); ++j) {
    if (prior[j] != 0.0F) positions_.push_back(j);
  }
  const std::size_t width = layer_.linear().weight.inputs();
  const std::span<float> to = readouts_.get(prior.size() * width);
  const std::span<float> weights = prior_.get(prior.size());
  for (std::size_t k = 0; k < positions_.size(); ++k) {
    copy(row_of(readouts, positions_[k], width), row_of(to, k, width));
    weights[k] = prior[positions_[k]];
  }
}

// Computes logits, probabilities and normalisers of `count` readouts.
void MixtureRun::find_distributions(std::span<const float> readouts, std::size_t count) {
  const std::size_t vocabulary = layer_.vocabulary();
  const std::span<float> logits = logits_.get(count * vocabulary);
  const std::span<float> probabilities = probabilities_.get(count * vocabulary);
  const std::span<float> normalizers = normalizers_.get(count);
  layer_.linear()(readouts, count, logits);
  for (std::size_t k = 0; k < count; ++k) {
    normalizers[k] = normalize(row_of(logits, k, vocabulary), row_of(probabilities, k, vocabulary));
  }
}

// Adds the mixture of the distributions that find_distributions() has made to exp(scores).
void MixtureRun::mix_distributions(std::span<const float> prior, std::span<float> scores) {
  const std::size_t vocabulary = scores.size();
  const std::span<float> sums = part_.get(vocabulary);
  kernels::weighted_sum(prior, probabilities_.get(prior.size() * vocabulary), sums);
  for (std::size_t y = 0; y < vocabulary; ++y) {
    const float score = sums[y] < kSmallestSum ? exact_score(prior, y) : std::log(sums[y]);
    scores[y] = add_logarithms(scores[y], score);
  }
}

// Returns log Σ_j π_j exp(logit_jy − normaliser_j), with the largest exponent subtracted.
float MixtureRun::exact_score(std::span<const float> prior, std::size_t token) const {
  const auto exponent = [&](std::size_t k) {
    return std::log(static_cast<double>(prior[k])) +
           static_cast<double>(logits_.data()[k * layer_.vocabulary() + token]) -
           static_cast<double>(normalizers_.data()[k]);
  };
  double highest = static_cast<double>(kImpossible);
  for (std::size_t k = 0; k < prior.size(); ++k) highest = std::max(highest, exponent(k));
  if (!std::isfinite(highest)) return static_cast<float>(highest);
  double sum = 0;
  for (std::size_t k = 0; k < prior.size(); ++k) sum += std::exp(exponent(k) - highest);
  return static_cast<float>(highest + std::log(sum));
}

}  // namespace attend::runtime
