// bfloat16 rows are copied: in the layout of tiles where the processor has them, else in oneDNN's,
// or as rounded float32 values where oneDNN has no code for bfloat16.
#include "kernels/packed_rows.h"

#include <algorithm>
#include <utility>

#include "kernels/bfloat16.h"
#include "kernels/onednn_product.h"
#include "kernels/tile_product.h"
#include "kernels/tile_softmax.h"

namespace attend::kernels {
namespace {

Bfloat16* halves(Buffer& memory, std::size_t count) {
  return reinterpret_cast<Bfloat16*>(memory.get((count + 1) / 2).data());
}

}  // namespace

PackedRows::PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units)
    : PackedRows(precision, rows, count, units, Unpacked()) {
  if (count > 0) pack(0, count);
}

PackedRows::PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units,
                       std::shared_ptr<const void> owner)
    : PackedRows(precision, rows, count, units) {
  if (!copy_) owner_ = std::move(owner);
}

PackedRows PackedRows::unpacked(Precision precision, ConstRows rows, std::size_t count,
                                std::size_t units, std::shared_ptr<const void> owner) {
  PackedRows result(precision, rows, count, units, Unpacked());
  if (!result.copy_) result.owner_ = std::move(owner);
  return result;
}

PackedRows::PackedRows(Precision precision, ConstRows rows, std::size_t count, std::size_t units,
                       Unpacked)
    : precision_(precision),
      count_(count),
      units_(units),
      stride_(rows.stride),
      values_(rows.values),
      rows_(rows) {
  if (precision == Precision::kFloat32) return;
  copy_ = std::make_shared<Buffer>();
  if (has_bfloat16_tiles()) {
    stride_ = tile_stride(units);
    Bfloat16* values = halves(*copy_, tile_values(count, units));
    std::fill_n(values + count * stride_, kTileDepth, Bfloat16{0});
    values_ = values;
    return;
  }
  stride_ = units;
  if (multiplies_as_float32(precision)) {
    values_ = copy_->get(count * units).data();
  } else {
    values_ = halves(*copy_, count * units);
  }
}

PackedRows::PackedRows(std::shared_ptr<Buffer> memory, std::size_t count, std::size_t units)
    : precision_(Precision::kBfloat16),
      count_(count),
      units_(units),
      stride_(kTileDepth),
      panel_stride_(tile_panel_stride(count)),
      values_(halves(*memory, tile_panel_values(count, units))),
      copy_(std::move(memory)) {}

void PackedRows::pack(std::size_t first, std::size_t count) {
  ATTEND_CHECK(rows_.values != nullptr && first + count <= count_);
  if (!copy_) return;
  float* own = copy_->get(0).data();
  const ConstRows from = rows_.from(first);
  if (has_bfloat16_tiles()) {
    round_for_tiles(from, count, units_, reinterpret_cast<Bfloat16*>(own) + first * stride_);
  } else if (multiplies_as_float32(precision_)) {
    round_to_bfloat16(from, count, units_, own + first * stride_);
  } else {
    to_bfloat16(from, count, units_, reinterpret_cast<Bfloat16*>(own) + first * stride_);
  }
}

PackedRows::PackedRows(const PackedRows& whole, std::size_t offset, std::size_t count,
                       std::size_t units)
    : precision_(whole.precision_),
      count_(count),
      units_(units),
      stride_(whole.stride_),
      panel_stride_(whole.panel_stride_),
      values_(static_cast<const std::byte*>(whole.values_) + offset * value_size(whole.precision_)),
      copy_(whole.copy_),
      owner_(whole.owner_) {}

PackedRows PackedRows::rows(std::size_t first, std::size_t count) const {
  ATTEND_CHECK(first + count <= count_);
  ATTEND_CHECK(panel_stride_ == kWholeRows || first % kTileRows == 0);
  return {*this, first * stride_, count, units_};
}

PackedRows PackedRows::columns(std::size_t first, std::size_t units) const {
  ATTEND_CHECK(first + units <= units_);
  ATTEND_CHECK(panel_stride_ == kWholeRows || first % kTileDepth == 0);
  const std::size_t panels = first / kTileDepth;
  return {*this, panels * panel_stride_ + first % kTileDepth, count_, units};
}

}  // namespace attend::kernels
