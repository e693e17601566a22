// All directions run over the source in its own order of storage: the backward one starts at the
// last column, where the states of shorter sentences stay zero until their last token comes.
#include "train/native_encoder.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/base.h"
#include "train/native_embedding.h"
#include "train/native_function.h"

namespace attend::train {
namespace {

using at::Tensor;
using kernels::ConstRows;
using kernels::Rows;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// What forward leaves for backward.
struct Pass {
  std::shared_ptr<Products> products;
  CellShape shape;
  std::int64_t length = 0, batch = 0;
  std::vector<std::int32_t> lengths;
  std::vector<std::int64_t> active;  // [length]: sentences up to the last one that has a token
  bool ragged = false;
  Tensor below, ids;                              // one of them
  bool below_asks = false;                        // for a gradient
  std::optional<kernels::Operand> below_operand;  // [length · batch, in]
  Tensor annotations;                             // [length, batch, n_h]
  Tensor zeros;                                   // [1, n]: state before the first step
  struct Direction {
    bool forward = true;
    CellTensors cell;
    Tensor mask;   // [batch, n], or undefined
    Tensor gates;  // [length, batch, G n]
    Tensor cells;  // [length, batch, n], of an LSTM
    Tensor reset;  // [length, batch, n], of a GRU
    // With layer normalisation: W x of all rows that project() makes, and U h; what they were
    // normalised by.
    Tensor input_normal, input_scales;  // [rows, G n], [rows, G]
    Tensor normal, scales;              // [length, batch, G n], [length, batch, G]
  };
  std::vector<Direction> directions;

  // In step i of a direction, the position that it reads.
  std::int64_t position(const Direction& direction, std::int64_t i) const {
    return direction.forward ? i : length - 1 - i;
  }
  // The position of a direction's last token of sentence b.
  std::int64_t last(const Direction& direction, std::size_t b) const {
    return direction.forward ? lengths[b] - 1 : 0;
  }
  CellStep step(std::size_t d, std::int64_t t) const;
  template <class Body>
  void for_masked_rows(std::int64_t t, Body body) const {
    for (std::int64_t b = 0; ragged && b < active[size(t)]; ++b) {
      if (lengths[size(b)] <= t) body(size(b));
    }
  }
};

CellStep Pass::step(std::size_t d, std::int64_t t) const {
  const Direction& direction = directions[d];
  const std::int64_t before = direction.forward ? t - 1 : t + 1;
  const bool first = before < 0 || before == length;
  const Rows none{zeros.data_ptr<float>(), 0};
  const std::size_t column = d * size(shape.units);
  CellStep step;
  step.rows = size(active[size(t)]);
  step.gates = rows_at(direction.gates, t);
  step.state = rows_at(annotations, t).column(column);
  step.previous = first ? none : rows_at(annotations, before).column(column);
  if (shape.lstm()) {
    step.cell = rows_at(direction.cells, t);
    step.previous_cell = first ? none : rows_at(direction.cells, before);
  } else {
    step.reset = rows_at(direction.reset, t);
  }
  if (direction.normal.defined()) {
    step.normal = rows_at(direction.normal, t);
    step.scales = rows_at(direction.scales, t);
  }
  return step;
}

void clear(Rows rows, std::size_t row, std::size_t units) {
  if (rows.values != nullptr) std::fill_n(rows.row(row), units, 0.0F);
}

kernels::NormSizes norm_sizes(const Pass& pass, const Tensor& matrix) {
  return {size(matrix.size(0)), size(pass.shape.config.gate_count()), size(pass.shape.units)};
}

std::span<float> span_of(const Tensor& vector) {
  return {vector.data_ptr<float>(), size(vector.numel())};
}

// W x + b of all positions, or of the whole vocabulary of one-hot vectors: [rows, G n].
Tensor multiply_input(const Pass& pass, const CellTensors& cell, const Tensor& bias) {
  if (pass.ids.defined()) {
    const Tensor table = cell.input_weight.t();  // [vocabulary, G n]
    return bias.defined() ? (table + bias).contiguous() : table.contiguous().clone();
  }
  const Tensor rows =
      at::empty({pass.length * pass.batch, pass.shape.gate_units()}, pass.below.options());
  pass.products->forward(cell.input_weight, kernels::RowsPerProduct::kBatch)
      .multiply(*pass.below_operand, bias.defined() ? bias.data_ptr<float>() : nullptr,
                rows_of(rows), kernels::Write::kReplace);
  return rows;
}

// The same, W x normalised where there are gains.
Tensor project_rows(const Pass& pass, Pass::Direction& direction) {
  const CellTensors& cell = direction.cell;
  if (!cell.input_gain.defined()) return multiply_input(pass, cell, cell.bias);
  direction.input_normal = multiply_input(pass, cell, {});
  const kernels::NormSizes sizes = norm_sizes(pass, direction.input_normal);
  direction.input_scales =
      at::empty({direction.input_normal.size(0), pass.shape.config.gate_count()},
                cell.bias.options().requires_grad(false));
  const Tensor sums = cell.bias.detach().expand_as(direction.input_normal).contiguous();
  kernels::layer_norm_forward(sizes, rows_of(direction.input_normal), span_of(cell.input_gain),
                              rows_of(direction.input_scales), rows_of(sums));
  return sums;
}

// [length, batch, G n]
Tensor project(const Pass& pass, Pass::Direction& direction) {
  const Tensor rows = project_rows(pass, direction);
  const Tensor gates =
      pass.ids.defined() ? rows.index_select(0, pass.ids.view({pass.length * pass.batch})) : rows;
  return gates.view({pass.length, pass.batch, pass.shape.gate_units()});
}

void run_forward(Pass& pass, std::size_t d) {
  const std::int64_t n = pass.shape.units;
  Pass::Direction& direction = pass.directions[d];
  direction.gates = project(pass, direction);
  const std::vector<std::int64_t> states{pass.length, pass.batch, n};
  const auto options = direction.gates.options();
  Tensor& kept = pass.shape.lstm() ? direction.cells : direction.reset;
  kept = pass.ragged ? at::zeros(states, options) : at::empty(states, options);
  if (direction.cell.recurrent_gain.defined()) {
    direction.normal = at::empty_like(direction.gates);
    direction.scales =
        at::empty({pass.length, pass.batch, pass.shape.config.gate_count()}, options);
  }
  ForwardCell recurrence(*pass.products, pass.shape, direction.cell, direction.mask);
  for (std::int64_t i = 0; i < pass.length; ++i) {
    const std::int64_t t = pass.position(direction, i);
    const CellStep step = pass.step(d, t);
    recurrence.step(step);
    pass.for_masked_rows(t, [&](std::size_t b) {
      clear(step.state, b, size(n));
      clear(step.cell, b, size(n));
    });
  }
}

// Calls body(cell, last cell) for every sentence that direction d ends in position t, with the rows
// of `cells` [batch, …] and of `last_cells` [batch, n_h].
template <class Body>
void for_last_rows(const Pass& pass, std::size_t d, std::int64_t t, Rows cells,
                   const Tensor& last_cells, Body body) {
  const Rows last = rows_of(last_cells).column(d * size(pass.shape.units));
  for (std::size_t b = 0; b < pass.lengths.size(); ++b) {
    if (pass.last(pass.directions[d], b) == t) body(cells.row(b), last.row(b));
  }
}

// [batch, n_h]: the cells behind the last token of every direction.
Tensor gather_last_cells(const Pass& pass) {
  const std::size_t n = size(pass.shape.units);
  const Tensor result =
      at::empty({pass.batch, pass.annotations.size(2)}, pass.annotations.options());
  for (std::size_t d = 0; d < pass.directions.size(); ++d) {
    for (std::int64_t t = 0; t < pass.length; ++t) {
      for_last_rows(pass, d, t, rows_at(pass.directions[d].cells, t), result,
                    [&](const float* cell, float* last) { std::copy_n(cell, n, last); });
    }
  }
  return result;
}

// 0 in all rows of a step that it did not compute.
void clear_rest(const Pass& pass, const CellStep& step, Rows rows) {
  if (rows.values == nullptr) return;
  const auto rest = (size(pass.batch) - step.rows) * rows.stride;
  std::fill_n(rows.row(step.rows), rest, 0.0F);
}

// Gradients of the sums, in place of the gates, and of U h where it was normalised; 0 on padding.
// `d_last_cells` may be undefined. Returns the gradient of the gains of U h, if there are any.
Tensor run_backward(const Pass& pass, std::size_t d, const Tensor& d_annotations,
                    const Tensor& d_last_cells) {
  const std::int64_t n = pass.shape.units;
  const Pass::Direction& direction = pass.directions[d];
  const Tensor carries = at::zeros({2, pass.batch, n}, d_annotations.options());
  const Rows carry = rows_at(carries, 0), cell_carry = rows_at(carries, 1);
  BackwardCell recurrence(*pass.products, pass.shape, direction.cell, direction.mask, pass.batch);
  for (std::int64_t i = pass.length - 1; i >= 0; --i) {
    const std::int64_t t = pass.position(direction, i);
    const CellStep step = pass.step(d, t);
    pass.for_masked_rows(t, [&](std::size_t b) {
      clear(carry, b, size(n));
      clear(cell_carry, b, size(n));
    });
    if (d_last_cells.defined()) {
      for_last_rows(pass, d, t, cell_carry, d_last_cells, [&](float* sum, const float* gradient) {
        for (std::int64_t k = 0; k < n; ++k) sum[k] += gradient[k];
      });
    }
    recurrence.step(step, rows_at(d_annotations, t).column(d * size(n)), carry, cell_carry);
    clear_rest(pass, step, step.gates);
    clear_rest(pass, step, step.normal);
  }
  return recurrence.d_gain();
}

// Gradients of a direction's tensors, as a backward function returns them.
struct CellGradients {
  Tensor input_weight, recurrent_weight, bias, recurrent_bias, input_gain, recurrent_gain;
};

// Of W, b and the gains of W x from the gradients of the sums, `gates` [length · batch, G n].
// Returns those of W x at all positions; nothing for one-hot vectors.
std::optional<kernels::Operand> gather_input(const Pass& pass, const Pass::Direction& direction,
                                             const Tensor& gates,
                                             const kernels::Operand& gates_operand,
                                             CellGradients& result) {
  const CellTensors& cell = direction.cell;
  const WeightGradient d_weight(cell.input_weight), d_bias(cell.bias);
  Tensor sums = gates;
  if (pass.ids.defined()) sums = embedding_gradient(gates, pass.ids, d_weight.sum().size(1));
  add_column_sums(sums, d_bias.sum());
  if (cell.input_gain.defined()) {
    const WeightGradient d_gain(cell.input_gain);
    kernels::layer_norm_backward(norm_sizes(pass, sums), rows_of(sums), span_of(cell.input_gain),
                                 rows_of(direction.input_scales), rows_of(direction.input_normal),
                                 span_of(d_gain.sum()));
    result.input_gain = d_gain.result();
    sums = direction.input_normal;
  }
  result.input_weight = d_weight.result();
  result.bias = d_bias.result();
  if (pass.ids.defined()) {
    d_weight.sum().add_(sums.t());
    return {};
  }
  const bool normalised = cell.input_gain.defined();
  const kernels::Operand operand = normalised ? pass.products->operand(sums) : gates_operand;
  add_product(*pass.products, operand, *pass.below_operand, d_weight.sum());
  return operand;
}

// Of U and its bias; `products` [length · batch, G n] are the gradients of U h.
void gather_recurrent(const Pass& pass, std::size_t d, const kernels::Operand& products,
                      CellGradients& result) {
  const std::int64_t n = pass.shape.units, rows = pass.length * pass.batch;
  const Pass::Direction& direction = pass.directions[d];
  // h_{t-1} of rows with one; the others multiply zeros.
  const std::int64_t later = rows - pass.batch, shift = direction.forward ? pass.batch : 0;
  Tensor previous = pass.annotations.flatten(0, 1)
                        .narrow(0, pass.batch - shift, later)
                        .narrow(1, static_cast<std::int64_t>(d) * n, n);
  if (direction.mask.defined()) {
    previous = (previous.view({pass.length - 1, pass.batch, n}) * direction.mask).view({later, n});
  }
  Tensor reset;
  if (!pass.shape.lstm() && (pass.shape.resets_before() || !direction.normal.defined())) {
    reset = direction.reset.flatten(0, 1).narrow(0, shift, later);
  }
  const WeightGradient d_recurrent(direction.cell.recurrent_weight);
  add_recurrent_gradient(*pass.products, pass.shape,
                         {products.rows(size(shift), size(later)), reset, previous},
                         d_recurrent.sum());
  result.recurrent_weight = d_recurrent.result();
  if (!direction.cell.recurrent_bias.defined()) return;
  const WeightGradient d_bias(direction.cell.recurrent_bias);
  add_column_sums(direction.reset.flatten(0, 1), d_bias.sum());
  result.recurrent_bias = d_bias.result();
}

// 1 on tokens, 0 on padding: [length, batch, 1].
Tensor token_mask(const Pass& pass, const at::TensorOptions& options) {
  Tensor mask = at::zeros({pass.length, pass.batch, 1}, options);
  float* values = mask.data_ptr<float>();
  for (std::int64_t b = 0; b < pass.batch; ++b) {
    for (std::int64_t t = 0; t < pass.lengths[size(b)]; ++t) values[t * pass.batch + b] = 1.0F;
  }
  return mask;
}

// What the function depends on.
std::vector<Tensor> arguments(const NativeEncoderInputs& inputs) {
  std::vector<Tensor> result{inputs.below};
  for (const CellTensors& cell : inputs.cells) {
    result.insert(result.end(), {cell.input_weight, cell.recurrent_weight, cell.bias,
                                 cell.recurrent_bias, cell.input_gain, cell.recurrent_gain});
  }
  return result;
}

// In the order of arguments(), from the gradients of annotations and of last cells.
std::vector<Tensor> go_back(const Pass& pass, const std::vector<Tensor>& gradients) {
  Tensor d_annotations =
      gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(pass.annotations);
  if (pass.ragged) d_annotations = d_annotations * token_mask(pass, d_annotations.options());
  Tensor d_last_cells;
  if (gradients.size() > 1 && gradients[1].defined()) d_last_cells = gradients[1].contiguous();
  Tensor d_below;
  std::vector<Tensor> cells;
  for (std::size_t d = 0; d < pass.directions.size(); ++d) {
    const Pass::Direction& direction = pass.directions[d];
    CellGradients sums;
    sums.recurrent_gain = run_backward(pass, d, d_annotations, d_last_cells);
    const Tensor gates = direction.gates.flatten(0, 1);
    const kernels::Operand operand = pass.products->operand(gates);
    const bool normalised = direction.normal.defined();
    gather_recurrent(pass, d,
                     normalised ? pass.products->operand(direction.normal.flatten(0, 1)) : operand,
                     sums);
    const auto d_input = gather_input(pass, direction, gates, operand, sums);
    cells.insert(cells.end(), {sums.input_weight, sums.recurrent_weight, sums.bias,
                               sums.recurrent_bias, sums.input_gain, sums.recurrent_gain});
    if (!pass.below_asks) continue;
    const bool first = !d_below.defined();
    if (first) d_below = at::empty({gates.size(0), pass.below.size(2)}, gates.options());
    pass.products->backward(direction.cell.input_weight, kernels::RowsPerProduct::kBatch)
        .multiply(*d_input, nullptr, rows_of(d_below),
                  first ? kernels::Write::kReplace : kernels::Write::kAdd);
  }
  if (d_below.defined()) d_below = d_below.view(pass.below.sizes());
  std::vector<Tensor> result{d_below};
  result.insert(result.end(), cells.begin(), cells.end());
  return result;
}

// Which rows of a step hold tokens.
void count_active(Pass& pass) {
  pass.active.assign(size(pass.length), 0);
  for (std::size_t b = 0; b < pass.lengths.size(); ++b) {
    pass.ragged |= pass.lengths[b] < pass.length;
    for (std::int32_t t = 0; t < pass.lengths[b]; ++t) {
      pass.active[size(t)] = static_cast<std::int64_t>(b) + 1;
    }
  }
}

void prepare(Pass& pass, const NativeEncoderInputs& inputs) {
  const Tensor &below = inputs.below, &ids = inputs.ids;
  ATTEND_CHECK(below.defined() != ids.defined());
  pass.products = inputs.products;
  pass.shape = inputs.shape;
  pass.length = below.defined() ? below.size(0) : ids.size(0);
  pass.batch = below.defined() ? below.size(1) : ids.size(1);
  pass.lengths = inputs.lengths;
  pass.ids = ids;
  count_active(pass);
  if (below.defined()) {
    pass.below_asks = below.requires_grad();
    pass.below = below.detach().contiguous();
    pass.below_operand = pass.products->operand(pass.below.flatten(0, 1));
  }
  pass.directions.resize(inputs.cells.size());
  pass.directions.back().forward = inputs.direction == model::Direction::kForward;
  for (std::size_t d = 0; d < inputs.cells.size(); ++d) {
    pass.directions[d].cell = inputs.cells[d];
    if (inputs.mask.defined()) pass.directions[d].mask = inputs.mask[static_cast<std::int64_t>(d)];
  }
  const auto options = inputs.cells[0].bias.options().requires_grad(false);
  const std::vector<std::int64_t> shape{
      pass.length, pass.batch, static_cast<std::int64_t>(inputs.cells.size()) * pass.shape.units};
  pass.annotations = pass.ragged ? at::zeros(shape, options) : at::empty(shape, options);
  pass.zeros = at::zeros({1, pass.shape.units}, options);
}

}  // namespace

NativeEncoded native_encoder_layer(const NativeEncoderInputs& inputs) {
  const auto pass = std::make_shared<Pass>();
  std::vector<Tensor> results;  // twins: the pass keeps none that holds on to it
  {
    const at::NoGradGuard no_gradient;
    prepare(*pass, inputs);
    for (std::size_t d = 0; d < pass->directions.size(); ++d) run_forward(*pass, d);
    results.push_back(pass->annotations.detach());
    if (pass->shape.lstm()) results.push_back(gather_last_cells(*pass));
  }
  differentiate(arguments(inputs), results,
                [pass](const std::vector<Tensor>& gradients) { return go_back(*pass, gradients); });
  return {results[0], results.size() > 1 ? results[1] : Tensor()};
}

}  // namespace attend::train
