// Rounds the weights of a model to bfloat16 or int8.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/weights.h"

namespace attend::model {
namespace {

float round_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U);
}

// Rounds a row in place and returns its scale, which is 1 for a row of zeros.
float round_to_int8(std::span<float> row) {
  constexpr float kLargest = 127.0F;
  float largest = 0.0F;
  for (const float value : row) largest = std::max(largest, std::abs(value));
  const float scale = largest / kLargest;
  if (!(scale >= std::numeric_limits<float>::min())) {  // too small to divide by
    std::fill(row.begin(), row.end(), 0.0F);
    return 1.0F;
  }
  for (float& value : row) value = scale * std::nearbyint(value / scale);
  return scale;
}

}  // namespace

Weights Weights::rounded(Precision precision) const {
  if (precision_ != Precision::kFloat32) {
    throw ModelError(fmt::format("the weights are {} already", precision_name(precision_)));
  }
  // Elements of a deque never move.
  auto memory = std::make_shared<std::deque<std::vector<float>>>();
  Weights result(tensors_, nullptr, metadata_);
  result.precision_ = precision;
  for (auto& [name, view] : result.tensors_) {
    for (const float value : view.values) {
      if (!std::isfinite(value)) throw ModelError(fmt::format("tensor '{}' holds {}", name, value));
    }
    std::vector<float>& values = memory->emplace_back(view.values.begin(), view.values.end());
    view.values = values;
    if (view.shape.size() != 2 || precision == Precision::kFloat32) continue;
    if (precision == Precision::kBfloat16) {
      std::transform(values.begin(), values.end(), values.begin(), round_to_bfloat16);
      continue;
    }
    const auto rows = static_cast<std::size_t>(view.shape[0]);
    const std::size_t columns = values.size() / std::max<std::size_t>(1, rows);
    std::vector<float>& scales = memory->emplace_back();
    for (std::size_t row = 0; row < rows; ++row) {
      scales.push_back(round_to_int8(std::span(values).subspan(row * columns, columns)));
    }
    view.scales = scales;
  }
  result.owner_ = std::move(memory);
  return result;
}

}  // namespace attend::model
