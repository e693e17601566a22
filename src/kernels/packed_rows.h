// Rows as factors of the matrix products of training.
#pragma once

#include <cstddef>
#include <memory>

#include "base/base.h"
#include "kernels/buffer.h"
#include "kernels/rows.h"

namespace attend::kernels {

/// `count` rows of `units` values as products read them: float32 where they are, which must stay,
/// or a bfloat16 copy.
class PackedRows {
 public:
  PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units);
  /// The same of rows that stay as long as their `owner`, which the operand and its parts hold.
  PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units,
             std::shared_ptr<const void> owner);
  /// Of rows that are yet to be computed, which must stay; read() takes them over.
  static PackedRows unpacked(Precision precision, ConstRows rows, std::size_t count,
                             std::size_t units, std::shared_ptr<const void> owner = nullptr);
  void pack(std::size_t first, std::size_t count);

  Precision precision() const { return precision_; }
  std::size_t count() const { return count_; }
  std::size_t units() const { return units_; }
  std::size_t stride() const { return stride_; }  ///< in values, of their type
  /// From 32 columns to the next 32; 32 where rows stand whole.
  std::size_t panel_stride() const { return panel_stride_; }
  const void* values() const { return values_; }
  /// Rows [first, first + count); in panels `first` is a multiple of 16.
  PackedRows rows(std::size_t first, std::size_t count) const;
  /// Columns [first, first + units); `first` is a multiple of 32 unless rows stand whole.
  PackedRows columns(std::size_t first, std::size_t units) const;

 private:
  struct Unpacked {};
  PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units, Unpacked);
  PackedRows(const PackedRows& whole, std::size_t offset, std::size_t count, std::size_t units);
  // In panels of 32 columns; the values, of bfloat16, are yet to be written.
  PackedRows(std::shared_ptr<Buffer> memory, std::size_t count, std::size_t units);

  Precision precision_;
  friend class TrainingMatrix;
  static constexpr std::size_t kWholeRows = 32;

  std::size_t count_, units_, stride_, panel_stride_ = kWholeRows;
  const void* values_;
  ConstRows rows_;                // what was given; none in a part
  std::shared_ptr<Buffer> copy_;  // of bfloat16
  std::shared_ptr<const void> owner_;
};

}  // namespace attend::kernels
