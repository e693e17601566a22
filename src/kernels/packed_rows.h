// Rows packed for the matrix products of training.
#pragma once

#include <cstddef>
#include <memory>

#include "base/base.h"
#include "kernels/buffer.h"
#include "kernels/rows.h"

namespace attend::kernels {

/// `count` rows of `units` values in the layout that products read. float32 rows are not copied:
/// the caller keeps them alive. bfloat16 rows are a copy. rows() and columns() return
/// parts, which share it.
class PackedRows {
 public:
  PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units);
  /// Packs rows that live as long as `owner`. For float32, this object and its parts keep `owner`
  /// alive, because they refer to the rows; a bfloat16 copy does not need it.
  PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units,
             std::shared_ptr<const void> owner);
  /// Describes rows whose values are not computed yet. Call pack() for the rows as they become
  /// known. The caller keeps the memory of the rows alive until the last pack(). float32 rows must
  /// stay alive as long as this object and its parts; these keep `owner` alive if it is given.
  static PackedRows unpacked(Precision precision, ConstRows rows, std::size_t count,
                             std::size_t units, std::shared_ptr<const void> owner = nullptr);
  /// Packs rows [first, first + count), whose values are now known. Call it on the object that
  /// unpacked() returned, not on a part of it.
  void pack(std::size_t first, std::size_t count);

  Precision precision() const { return precision_; }
  std::size_t count() const { return count_; }
  std::size_t units() const { return units_; }
  std::size_t stride() const { return stride_; }  ///< distance from row to row, in values
  /// The distance from one panel of 32 columns to the next, in values; 32 where rows are stored
  /// whole.
  std::size_t panel_stride() const { return panel_stride_; }
  const void* values() const { return values_; }
  /// Rows [first, first + count) without a copy. Where columns are stored in panels `first` must be
  /// a multiple of 16.
  PackedRows rows(std::size_t first, std::size_t count) const;
  /// Columns [first, first + units) without a copy. Where columns are stored in panels `first` must
  /// be a multiple of 32.
  PackedRows columns(std::size_t first, std::size_t units) const;

 private:
  struct Unpacked {};
  PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units, Unpacked);
  PackedRows(const PackedRows& whole, std::size_t offset, std::size_t count, std::size_t units);
  // bfloat16 rows in panels of 32 columns, whose values the caller writes.
  PackedRows(std::shared_ptr<Buffer> memory, std::size_t count, std::size_t units);

  Precision precision_;
  friend class TrainingMatrix;
  static constexpr std::size_t kWholeRows = 32;

  std::size_t count_, units_, stride_, panel_stride_ = kWholeRows;
  const void* values_;
  ConstRows rows_;                // the rows given; null in a part
  std::shared_ptr<Buffer> copy_;  // the bfloat16 values
  std::shared_ptr<const void> owner_;
};

}  // namespace attend::kernels
