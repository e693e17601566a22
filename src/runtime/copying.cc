#include "runtime/copying.h"

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "runtime/logarithms.h"

namespace attend::runtime {

CopyRun::CopyRun(const OutputLayer& layer, std::span<const model::Copies> copies) : layer_(layer) {
  const std::size_t vocabulary = layer.vocabulary();
  for (const model::Copies& source : copies) {
    own_ids_ = std::max(own_ids_, source.units.size());
    std::vector<Place>& places = places_.emplace_back();
    for (std::size_t j = 0; j < source.ids.size(); ++j) {
      const text::TokenId id = source.ids[j];
      if (id == text::kNoToken) continue;
      ATTEND_CHECK(id >= 0 && static_cast<std::size_t>(id) < vocabulary + source.units.size());
      places.push_back({id, j});
    }
    std::stable_sort(places.begin(), places.end(),
                     [](const Place& a, const Place& b) { return a.id < b.id; });
  }
}

void CopyRun::keep_best(std::size_t count) {
  best_count_ = std::min(count, width());
  ranked_.resize(best_count_);
}

void CopyRun::begin(std::span<const float> readouts, std::size_t rows) {
  rows_ = rows;
  best_.resize(rows * best_count_);
  const std::size_t vocabulary = layer_.vocabulary();
  const std::span<float> generated = generated_.get(rows * vocabulary);
  layer_.linear()(readouts, rows, generated);
  for (std::size_t row = 0; row < rows; ++row) {
    kernels::log_softmax(row_of(generated, row, vocabulary));
  }
}

void CopyRun::copy(const CopiedRow& one) {
  const std::size_t vocabulary = layer_.vocabulary();
  const std::span<float> scores = best_count_ > 0
                                      ? scores_.get(width())
                                      : row_of(scores_.get(rows_ * width()), one.row, width());
  const std::span<const float> generated =
      row_of(generated_.get(rows_ * vocabulary), one.row, vocabulary);
  const float generates = log_sigmoid(one.gate), copies = log_sigmoid(-one.gate);
  for (std::size_t y = 0; y < vocabulary; ++y) scores[y] = generates + generated[y];
  std::fill(scores.begin() + static_cast<std::ptrdiff_t>(vocabulary), scores.end(), kImpossible);
  if (!places_.empty()) {
    const std::vector<Place>& places = places_[one.source];
    for (std::size_t k = 0; k < places.size();) {
      const text::TokenId id = places[k].id;
      float share = 0;
      for (; k < places.size() && places[k].id == id; ++k)
        share += one.alignment[places[k].position];
      float& score = scores[static_cast<std::size_t>(id)];
      if (share > 0) score = add_logarithms(score, copies + std::log(share));
    }
  }
  if (best_count_ == 0) return;
  kernels::rank(scores, ranked_);
  for (std::size_t k = 0; k < best_count_; ++k) {
    best_[one.row * best_count_ + k] = {ranked_[k].index, ranked_[k].value};
  }
}

void CopyRun::fill(model::StepResult& result) {
  result.target_vocabulary = width();
  if (best_count_ > 0) {
    result.best = best_;
    result.best_count = best_count_;
  } else {
    result.log_probabilities = scores_.get(rows_ * width());
  }
}

}  // namespace attend::runtime
