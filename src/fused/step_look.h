// The positions that operations of a step look at, and the vectors at these positions. Internal to
// this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "fused/attention.h"
#include "fused/step_operation.h"

namespace attend::fused {

/// The positions of source b that a step looks at: `count` of them, from `first` on. Their numbers
/// begin at index `place` of the result.
struct Positions {
  std::size_t first = 0, count = 0, place = 0;
};

/// The positions that an operation looks at, in the window if there is one, and up to the limit.
class Look {
 public:
  Look(const StepContext& context, const step::Operation& operation)
      : values_(context.values), reach_(operation.node->reach) {
    if (operation.node->limit > 0) limit_ = to_size(operation.node->limit);
    if (reach_ > 0) centre_ = context.values.slot(operation.inputs.back());
  }
  bool in_window() const { return reach_ > 0; }
  std::size_t batch() const { return values_.batch(); }
  const StepValues& values() const { return values_; }
  const SlotView& centre() const { return centre_; }

  Positions at(std::int64_t i, std::size_t b) const {
    const std::size_t length = std::min(values_.length(b), limit_);
    if (!in_window()) return {0, length, 0};
    const double middle = std::floor(static_cast<double>(*centre_.rows(i).row(b)));
    const double begin =
        std::clamp(middle - static_cast<double>(reach_), 0.0, static_cast<double>(length));
    const double end =
        std::clamp(middle + static_cast<double>(reach_) + 1, 0.0, static_cast<double>(length));
    if (!(end > begin)) return {};
    return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin),
            static_cast<std::size_t>(begin - (middle - static_cast<double>(reach_)))};
  }

 private:
  const StepValues& values_;
  std::int64_t reach_;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();  // Node::limit
  SlotView centre_;
};

/// Whether a matrix is read in bfloat16, which halves the memory that each step reads.
inline bool rounds(const ShardMatrices& matrices, std::size_t units) {
  constexpr std::size_t kWide = 128;
  return matrices.precision() == Precision::kBfloat16 && units >= kWide;
}

/// The vectors of a source's positions: keys, or values that are summed.
class PositionRows {
 public:
  PositionRows(const StepContext& context, int slot)
      : view_(context.values.slot(slot)),
        units_(to_size(context.values.shape(slot).units)),
        positions_(context.values.positions()) {}

  std::size_t units() const { return units_; }
  bool asks() const { return view_.asks(); }
  std::span<const float> values(std::size_t b, const Positions& at) const {
    return {view_.rows(0).row(b) + at.first * units_, at.count * units_};
  }
  float* gradient(std::size_t b, const Positions& at) const {
    return view_.gradient(0).row(b) + at.first * units_;
  }
  std::size_t offset(std::size_t b, const Positions& at) const {
    return (b * positions_ + at.first) * units_;
  }
  // [batch, positions, units].
  Tensor all() const { return in_positions(view_.sequence().values[0]); }
  Tensor all_gradients() const { return in_positions(view_.sequence().gradient[0]); }

 private:
  Tensor in_positions(const Tensor& x) const {
    return x.view(
        {x.size(0), static_cast<std::int64_t>(positions_), static_cast<std::int64_t>(units_)});
  }
  SlotView view_;
  std::size_t units_, positions_;
};

/// Sets the numbers of a row that belong to no position of the source to 0.
inline void clear_outside(float* row, const Positions& at, std::size_t width) {
  std::fill_n(row, at.place, 0.0F);
  std::fill(row + at.place + at.count, row + width, 0.0F);
}

}  // namespace attend::fused
