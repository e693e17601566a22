// All directions run over the source in its own order of storage: the backward one starts at the
// last column, where the states of shorter sentences stay zero until their last token comes.
#include "train/native_encoder.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

namespace attend::train {
namespace {

using at::Tensor;
using kernels::ConstRows;
using kernels::Rows;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using MaybeTensor = c10::optional<Tensor>;  // what autograd takes when a tensor may be undefined

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// What forward leaves for backward.
struct Pass : torch::CustomClassHolder {
  std::shared_ptr<Products> products;
  CellShape shape;
  std::int64_t length = 0, batch = 0;
  std::vector<std::int32_t> lengths;
  std::vector<std::int64_t> active;  // [length]: sentences up to the last one that has a token
  bool ragged = false;
  bool masked = false;  // a sentence has ended before one behind it, in a row that is active
  bool used = false;    // backward works in place, once
  WordRows seen;
  std::optional<kernels::Operand> seen_operand;  // of its rows
  Tensor annotations;                            // [length, batch, n_h]
  Tensor zeros;                                  // [1, n]: state before the first step
  struct Direction {
    bool forward = true;
    CellTensors cell;
    Tensor mask;   // [batch, n], or undefined
    Tensor gates;  // [length, batch, G n]
    Tensor cells;  // [length, batch, n], of an LSTM
    Tensor reset;  // [length, batch, n], of a GRU
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
    for (std::int64_t b = 0; masked && b < active[size(t)]; ++b) {
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
  return step;
}

void clear(Rows rows, std::size_t row, std::size_t units) {
  if (rows.values != nullptr) std::fill_n(rows.row(row), units, 0.0F);
}

// W x + b of all rows that are seen: [rows, G n].
Tensor project(const Pass& pass, const CellTensors& cell) {
  if (!pass.seen_operand) return (cell.input_weight.t() + cell.bias).contiguous();  // one-hot
  const Tensor rows =
      at::empty({pass.seen.rows.size(0), pass.shape.gate_units()}, pass.zeros.options());
  pass.products->forward(cell.input_weight, kernels::RowsPerProduct::kBatch)
      .multiply(*pass.seen_operand, cell.bias.data_ptr<float>(), rows_of(rows),
                kernels::Write::kReplace);
  return rows;
}

void run_forward(Pass& pass, std::size_t d) {
  const std::int64_t n = pass.shape.units;
  Pass::Direction& direction = pass.directions[d];
  const CellTensors& cell = direction.cell;
  const auto options = pass.zeros.options();
  const Tensor projected = project(pass, cell);
  const std::vector<std::int64_t> sums{pass.length, pass.batch, pass.shape.gate_units()};
  const std::vector<std::int64_t> states{pass.length, pass.batch, n};
  direction.gates = pass.seen.shared() ? at::empty(sums, options) : projected.view(sums);
  Tensor& kept = pass.shape.lstm() ? direction.cells : direction.reset;
  kept = pass.ragged ? at::zeros(states, options) : at::empty(states, options);
  ForwardCell recurrence(*pass.products, pass.shape, cell, direction.mask);
  for (std::int64_t i = 0; i < pass.length; ++i) {
    const std::int64_t t = pass.position(direction, i);
    const CellStep step = pass.step(d, t);
    if (pass.seen.shared()) {
      take_shared_rows(pass.seen.index, t, step.rows, projected, step.gates);
    }
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

// Gradients of the sums, in place of the gates; 0 on padding. Steps and rows of `d_annotations` may
// stand in any order; `d_last_cells` may be undefined.
void run_backward(const Pass& pass, std::size_t d, const Tensor& d_annotations,
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
    const Rows d_state{d_annotations.data_ptr<float>() + t * d_annotations.stride(0),
                       size(d_annotations.stride(1))};
    recurrence.step(step, d_state.column(d * size(n)), carry, cell_carry);
    const auto rest = (size(pass.batch) - step.rows) * step.gates.stride;
    std::fill_n(step.gates.row(step.rows), rest, 0.0F);
  }
}

struct CellGradients {
  Tensor input_weight, recurrent_weight, bias, recurrent_bias;
};

// Of W, b and, unless `d_seen` [rows, in] is undefined, of the rows that are seen, where the first
// direction comes first. `gates` [length · batch, G n] are the gradients of the sums.
void gather_input(const Pass& pass, std::size_t d, const Tensor& gates,
                  const kernels::Operand& gates_operand, const Tensor& d_seen,
                  CellGradients& result) {
  const CellTensors& cell = pass.directions[d].cell;
  const WeightGradient d_weight(cell.input_weight), d_bias(cell.bias);
  const bool one_hot = !pass.seen_operand, shared = pass.seen.shared();
  const std::int64_t rows = one_hot ? d_weight.sum().size(1) : pass.seen.rows.size(0);
  const Tensor sums = shared ? sum_shared_rows(gates, pass.seen.index, rows) : gates;
  add_column_sums(sums, d_bias.sum());
  result.bias = d_bias.result();
  if (one_hot) {
    d_weight.sum().add_(sums.t());
  } else {
    const kernels::Operand operand = shared ? pass.products->operand(sums) : gates_operand;
    add_product(*pass.products, operand, *pass.seen_operand, d_weight.sum());
    if (d_seen.defined()) {
      pass.products->backward(cell.input_weight, kernels::RowsPerProduct::kBatch)
          .multiply(operand, nullptr, rows_of(d_seen),
                    d == 0 ? kernels::Write::kReplace : kernels::Write::kAdd);
    }
  }
  result.input_weight = d_weight.result();
}

// Of U and its bias.
void gather_recurrent(const Pass& pass, std::size_t d, const kernels::Operand& operand,
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
  const Tensor reset = direction.reset.defined() ? direction.reset.view({rows, n}) : Tensor();
  const Tensor later_reset = reset.defined() ? reset.narrow(0, shift, later) : reset;
  const WeightGradient d_recurrent(direction.cell.recurrent_weight);
  add_recurrent_gradient(*pass.products, pass.shape,
                         {operand.rows(size(shift), size(later)), later_reset, previous},
                         d_recurrent.sum());
  result.recurrent_weight = d_recurrent.result();
  if (reset.defined() && !pass.shape.resets_before()) {
    const WeightGradient d_bias(direction.cell.recurrent_bias);
    add_column_sums(reset, d_bias.sum());
    result.recurrent_bias = d_bias.result();
  }
}

class EncoderLayer : public torch::autograd::Function<EncoderLayer> {
 public:
  // The tensors of one direction or of two.
  static variable_list forward(AutogradContext* context, const MaybeTensor& rows,
                               const Tensor& weight, const Tensor& recurrent, const Tensor& bias,
                               const MaybeTensor& recurrent_bias, const MaybeTensor& weight_2,
                               const MaybeTensor& recurrent_2, const MaybeTensor& bias_2,
                               const MaybeTensor& recurrent_bias_2,
                               const c10::intrusive_ptr<Pass>& pass) {
    if (rows->defined()) {
      pass->seen.rows = rows->detach().contiguous();
      pass->seen_operand = pass->products->operand(pass->seen.rows);
    }
    pass->directions[0].cell = {weight, recurrent, bias, *recurrent_bias, {}, {}};
    if (pass->directions.size() > 1) {
      pass->directions[1].cell = {*weight_2, *recurrent_2, *bias_2, *recurrent_bias_2, {}, {}};
    }
    const auto directions = static_cast<std::int64_t>(pass->directions.size());
    const std::vector<std::int64_t> shape{pass->length, pass->batch,
                                          directions * pass->shape.units};
    const auto options = weight.options().requires_grad(false);
    const Tensor annotations = pass->ragged ? at::zeros(shape, options) : at::empty(shape, options);
    pass->annotations = annotations.detach();
    pass->zeros = at::zeros({1, pass->shape.units}, options);
    for (std::size_t d = 0; d < pass->directions.size(); ++d) run_forward(*pass, d);
    context->set_materialize_grads(false);
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    variable_list result{annotations};
    if (pass->shape.lstm()) result.push_back(gather_last_cells(*pass));
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["pass"].toCapsule();
    Pass& pass = static_cast<Pass&>(*holder);
    ATTEND_CHECK(!pass.used);
    pass.used = true;
    Tensor d_annotations = gradients[0].defined() ? gradients[0] : at::zeros_like(pass.annotations);
    if (d_annotations.stride(2) != 1) d_annotations = d_annotations.contiguous();
    if (pass.masked) d_annotations = d_annotations * mask(pass, d_annotations.options());
    Tensor d_last_cells;
    if (gradients.size() > 1 && gradients[1].defined()) d_last_cells = gradients[1].contiguous();
    Tensor d_seen;
    if (pass.seen_operand && context->needs_input_grad(0)) d_seen = at::empty_like(pass.seen.rows);
    variable_list result{d_seen};
    for (std::size_t d = 0; d < pass.directions.size(); ++d) {
      run_backward(pass, d, d_annotations, d_last_cells);
      const Tensor gates = pass.directions[d].gates.view({pass.length * pass.batch, -1});
      const kernels::Operand operand = pass.products->operand(gates);
      CellGradients sums;
      gather_input(pass, d, gates, operand, d_seen, sums);
      gather_recurrent(pass, d, operand, sums);
      result.insert(result.end(),
                    {sums.input_weight, sums.recurrent_weight, sums.bias, sums.recurrent_bias});
    }
    result.resize(10);  // of all arguments of forward
    return result;
  }

 private:
  static Tensor mask(const Pass& pass, const at::TensorOptions& options) {
    Tensor mask = at::zeros({pass.length, pass.batch, 1}, options);
    float* values = mask.data_ptr<float>();
    for (std::int64_t b = 0; b < pass.batch; ++b) {
      for (std::int64_t t = 0; t < pass.lengths[size(b)]; ++t) values[t * pass.batch + b] = 1.0F;
    }
    return mask;
  }
};

}  // namespace

NativeEncoded native_encoder_layer(const NativeEncoderInputs& inputs) {
  const WordRows& seen = inputs.seen;
  ATTEND_CHECK(seen.defined() || seen.shared());
  auto pass = c10::make_intrusive<Pass>();
  pass->products = inputs.products;
  pass->shape = inputs.shape;
  pass->lengths = inputs.lengths;
  pass->batch = static_cast<std::int64_t>(inputs.lengths.size());
  pass->length = seen.shared() ? seen.index.size(0) : seen.rows.size(0) / pass->batch;
  pass->seen.index = seen.index;
  pass->directions.resize(inputs.cells.size());
  pass->directions.back().forward = inputs.direction == model::Direction::kForward;
  for (std::size_t d = 0; d < inputs.cells.size() && inputs.mask.defined(); ++d) {
    pass->directions[d].mask = inputs.mask[static_cast<std::int64_t>(d)];
  }
  pass->active.assign(size(pass->length), 0);
  for (std::size_t b = 0; b < inputs.lengths.size(); ++b) {
    pass->ragged |= inputs.lengths[b] < pass->length;
    for (std::int32_t t = 0; t < inputs.lengths[b]; ++t) {
      pass->active[size(t)] = static_cast<std::int64_t>(b) + 1;
    }
  }
  for (std::size_t b = 0; b < inputs.lengths.size(); ++b) {
    const std::int32_t end = inputs.lengths[b];
    pass->masked |= end < pass->length && pass->active[size(end)] > static_cast<std::int64_t>(b);
  }
  const CellTensors first = inputs.cells.front();
  const CellTensors second = inputs.cells.size() > 1 ? inputs.cells[1] : CellTensors();
  const variable_list result =
      EncoderLayer::apply(MaybeTensor(seen.rows), first.input_weight, first.recurrent_weight,
                          first.bias, MaybeTensor(first.recurrent_bias),
                          MaybeTensor(second.input_weight), MaybeTensor(second.recurrent_weight),
                          MaybeTensor(second.bias), MaybeTensor(second.recurrent_bias), pass);
  return {result[0], result.size() > 1 ? result[1] : Tensor()};
}

}  // namespace attend::train
