// Chooses among tiles, oneDNN and panels by processor, precision and size of the weights.
#include "kernels/training_matrix.h"

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "kernels/bfloat16.h"
#include "kernels/onednn_product.h"
#include "kernels/tile_product.h"
#include "kernels/tile_softmax.h"

namespace attend::kernels {
namespace {

constexpr std::size_t kPanelWeights = std::size_t{1} << 15;  // oneDNN is faster from here on

// Rows that only one product reads. The memory belongs to the calling thread and lives as long.
Buffer& rounded_rows() {
  thread_local Buffer memory;
  return memory;
}

Bfloat16* halves(Buffer& memory, std::size_t count) {
  return reinterpret_cast<Bfloat16*>(memory.get((count + 1) / 2).data());
}

HalfMatrix half_rows(const PackedRows& operand) {
  return {static_cast<const Bfloat16*>(operand.values()), operand.stride(), operand.panel_stride()};
}

}  // namespace

bool has_bfloat16_units() {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (isa & needed) == needed;
}

bool keeps_logit_gradient(Precision precision, std::size_t outputs) {
  constexpr std::size_t kFewest = 128;
  return precision != Precision::kFloat32 && outputs >= kFewest && has_bfloat16_tiles();
}

TrainingMatrix::TrainingMatrix(const PrimitiveCache& primitives, Precision precision,
                               RowsPerProduct rows, const float* values, std::size_t outputs,
                               std::size_t inputs, WeightStrides strides)
    : values_(values),
      outputs_(outputs),
      inputs_(inputs),
      strides_(strides),
      precision_(precision) {
  const bool panels = precision == Precision::kFloat32 && rows == RowsPerProduct::kStep &&
                      outputs * inputs < kPanelWeights;
  if (precision != Precision::kFloat32 && has_bfloat16_tiles()) {
    tiles_ = std::make_unique<TileProduct>(values, outputs, inputs, strides);
  } else if (!panels) {
    packed_ = std::make_unique<OnednnProduct>(primitives, precision, rows, values, outputs, inputs,
                                              strides);
  }
  pack();
}

TrainingMatrix::~TrainingMatrix() = default;
TrainingMatrix::TrainingMatrix(TrainingMatrix&&) noexcept = default;

void TrainingMatrix::pack() {
  if (tiles_) return tiles_->pack();
  if (!packed_) {
    panels_ = std::make_unique<Float32Product>(values_, outputs_, inputs_, strides_);
    return;
  }
  packed_->pack();
}

std::size_t TrainingMatrix::pack_among(ConstRows rows, std::size_t count) {
  return tiles_ ? tiles_->pack_among(rows, count) : 0;
}

void TrainingMatrix::multiply(const PackedRows& x, const float* bias, Rows y, Write write) const {
  ATTEND_CHECK_EQ(x.units(), inputs_);
  ATTEND_CHECK(x.precision() == precision_);
  ATTEND_CHECK(bias == nullptr || write == Write::kReplace);
  if (x.count() == 0) return;
  if (tiles_) return tiles_->multiply(half_rows(x), x.count(), bias, y, write);
  if (panels_) {
    const ConstRows rows{static_cast<const float*>(x.values()), x.stride()};
    return write == Write::kAdd ? panels_->multiply_add(rows, x.count(), y)
                                : panels_->multiply(rows, x.count(), bias, y);
  }
  packed_->multiply(x, bias, y, write);
}

void TrainingMatrix::multiply(ConstRows x, std::size_t rows, const float* bias, Rows y,
                              Write write) const {
  if (!tiles_) return multiply(PackedRows(precision_, x, rows, inputs_), bias, y, write);
  if (rows == 0) return;
  Bfloat16* rounded = halves(rounded_rows(), tile_values(rows, inputs_));
  round_for_tiles(x, rows, inputs_, rounded);
  tiles_->multiply({rounded, tile_stride(inputs_)}, rows, bias, y, write);
}

LogitGradient TrainingMatrix::cross_entropy(const PackedRows& x, const float* bias,
                                            const std::int64_t* targets,
                                            const CrossEntropyOptions& options, float* d_bias,
                                            std::shared_ptr<Buffer> memory) const {
  ATTEND_CHECK(has_cross_entropy());
  ATTEND_CHECK_EQ(x.units(), inputs_);
  LogitGradient result{
      PackedRows(std::move(memory), x.count(), outputs_), std::vector<float>(x.count()), {}};
  auto* d_logits = static_cast<Bfloat16*>(const_cast<void*>(result.d_logits.values()));
  result.sums =
      tile_cross_entropy(*tiles_, half_rows(x), x.count(), bias, targets, options,
                         {d_logits, result.d_logits.panel_stride(), result.scales.data(), d_bias});
  return result;
}

std::optional<double> gradient_product(const PrimitiveCache& primitives, const PackedRows& a,
                                       const PackedRows& b, Rows gradient, Write write) {
  ATTEND_CHECK_EQ(a.count(), b.count());
  ATTEND_CHECK(a.precision() == b.precision());
  if (a.count() == 0) {
    for (std::size_t i = 0; write == Write::kReplace && i < a.units(); ++i) {
      std::fill_n(gradient.row(i), b.units(), 0.0F);
    }
    return std::nullopt;
  }
  if (a.precision() != Precision::kFloat32 && has_bfloat16_tiles()) {
    return tile_gradient(half_rows(a), a.units(), half_rows(b), b.units(), a.count(), gradient,
                         write);
  }
  onednn_gradient(primitives, a, b, gradient, write);
  return std::nullopt;
}

}  // namespace attend::kernels
