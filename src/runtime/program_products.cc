// Products, embeddings and cells of a step program.
#include <algorithm>

#include "base/base.h"
#include "runtime/program_run.h"

namespace attend::runtime {

using step::Op;
using step::Per;

bool ProgramRun::compute_product(const PreparedOperation& one) {
  switch (one.operation->node->op) {
    case Op::kPreviousEmbedding:
    case Op::kNextEmbedding:
      embed(one.operation->results[0]);
      return true;
    case Op::kLinear:
      linear(one);
      return true;
    case Op::kGru:
    case Op::kLstm:
      if (values_.per(one.operation->results[0]) == Per::kRowPosition) {
        update_positions(one);
      } else {
        update(one);
      }
      return true;
    default:
      return false;
  }
}

// E y_{i-1}; E y_0 for kNoToken.
void ProgramRun::embed(int result) {
  runtime::embed(decoder_.embeddings_, tokens_, values_.write(result));
}

// The parts of one operation belong to one kind of thing. Their product is repeated if the value
// that is added makes the sum one of a larger kind: a position and a row give a row and position.
void ProgramRun::linear(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  const int result = operation.results[0];
  const Per own = values_.per(operation.inputs[0]);
  const bool repeats = own != values_.per(result);
  const std::size_t size = values_.size(own, values_.units(result));
  const std::span<float> y = repeats ? product_.get(size) : values_.write(result);
  for (std::size_t k = 0; k < one.parts.size(); ++k) {
    ATTEND_CHECK(values_.per(operation.inputs[k]) == own);
    const std::span<float> to = k == 0 ? y : part_.get(size);
    multiply(one, k, to);
    if (k > 0) kernels::add(to, y);
  }
  if (repeats) {
    const std::span<float> sum = values_.write(result);
    std::fill(sum.begin(), sum.end(), 0.0F);
    values_.add_repeated(y, own, result);
  }
  if (operation.added < 0) return;
  values_.add_repeated(values_.read(operation.added), values_.per(operation.added), result);
}

// The product of one part; the first adds the bias.
void ProgramRun::multiply(const PreparedOperation& one, std::size_t k, std::span<float> y) {
  const ProductPart& part = one.parts[k];
  if (part.looks_up) {
    const std::span<const float> embedded =
        one.tokens.embeds() ? values_.read(part.input) : std::span<const float>();
    return one.tokens(tokens_, embedded, y);
  }
  const std::span<const float> bias = k == 0 ? one.bias : std::span<const float>();
  const Per per = values_.per(part.input);
  if (per == Per::kRowPosition) return multiply_positions(part, bias, y);
  const std::size_t vectors = values_.count(per), wide = part.weight.outputs();
  if (!part.projects) return part.weight.multiply(values_.read(part.input), vectors, bias, y);
  sum_by_alignment(values_.read(part.alignment), values_.sources(), annotations_,
                   prepared_.at(&one).projected[k].span(), wide, y);
  for (std::size_t i = 0; i < vectors && !bias.empty(); ++i) {
    kernels::add(bias, row_of(y, i, wide));
  }
}

// The product of a part of rows and positions: y [rows, longest source, outputs].
void ProgramRun::multiply_positions(const ProductPart& part, std::span<const float> bias,
                                    std::span<float> y) {
  const std::size_t wide = part.weight.outputs();
  std::fill(y.begin(), y.end(), 0.0F);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::size_t length = values_.length(row);
    part.weight.multiply(values_.defined_of(part.input, row), length, bias,
                         row_of(y, row, annotations_.longest * wide).first(length * wide));
  }
}

void ProgramRun::update(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  for (std::size_t k = 0; k < operation.results.size(); ++k) {
    copy_rows(operation.inputs[k + 1], operation.results[k]);
  }
  const std::span<float> cell =
      operation.results.size() > 1 ? values_.write(operation.results[1]) : std::span<float>();
  const bool has_inside = operation.node->op == Op::kGru && operation.inputs.size() > 2;
  const std::span<const float> inside =
      has_inside ? rows_of(operation.inputs[2], product_) : std::span<const float>();
  one.cell->step(rows_, rows_of(operation.inputs[0], part_), values_.write(operation.results[0]),
                 cell, prepared_.at(&one).memory, inside);
}

// One step of a GRU at all positions of each row's source.
void ProgramRun::update_positions(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<float> state = values_.write_defined(operation.results[0], row);
    copy(values_.defined_of(operation.inputs[1], row), state);
    one.cell->step(values_.length(row), values_.defined_of(operation.inputs[0], row), state, {},
                   prepared_.at(&one).memory);
  }
}

void ProgramRun::copy_rows(int from, int to) {
  const std::span<float> rows = values_.write(to);
  if (values_.per(from) == Per::kRow) return copy(values_.read(from), rows);
  for (std::size_t row = 0; row < rows_; ++row) {
    copy(values_.vector_of(from, Per::kRow, row), row_of(rows, row, values_.units(to)));
  }
}

// The vectors of a slot for all rows; those of a source are repeated, in `scratch`.
std::span<const float> ProgramRun::rows_of(int slot, kernels::Buffer& scratch) {
  if (values_.per(slot) == Per::kRow) return values_.read(slot);
  const std::span<float> rows = scratch.get(rows_ * values_.units(slot));
  for (std::size_t row = 0; row < rows_; ++row) {
    copy(values_.vector_of(slot, Per::kRow, row), row_of(rows, row, values_.units(slot)));
  }
  return rows;
}

}  // namespace attend::runtime
