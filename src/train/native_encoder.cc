// All directions run over the source in its own order of storage: the backward one starts at the
// last column, where the states of shorter sentences stay zero until their last token comes.
#include "train/native_encoder.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "train/native_embedding.h"

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
  bool used = false;                              // backward works in place, once
  Tensor below, ids;                              // one of them
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
  return step;
}

void clear(Rows rows, std::size_t row, std::size_t units) {
  if (rows.values != nullptr) std::fill_n(rows.row(row), units, 0.0F);
}

Tensor project(const Pass& pass, const CellTensors& cell) {
  const std::int64_t rows = pass.length * pass.batch;
  Tensor gates;
  if (pass.ids.defined()) {
    const Tensor table = (cell.input_weight.t() + cell.bias).contiguous();  // [vocabulary, G n]
    gates = table.index_select(0, pass.ids.view({rows}));
  } else {
    gates = at::empty({rows, pass.shape.gate_units()}, pass.below.options());
    pass.products->forward(cell.input_weight, kernels::RowsPerProduct::kBatch)
        .multiply(*pass.below_operand, cell.bias.data_ptr<float>(), rows_of(gates),
                  kernels::Write::kReplace);
  }
  return gates.view({pass.length, pass.batch, pass.shape.gate_units()});
}

void run_forward(Pass& pass, std::size_t d) {
  const std::int64_t n = pass.shape.units;
  Pass::Direction& direction = pass.directions[d];
  const CellTensors& cell = direction.cell;
  direction.gates = project(pass, cell);
  const std::vector<std::int64_t> states{pass.length, pass.batch, n};
  const auto options = direction.gates.options();
  Tensor& kept = pass.shape.lstm() ? direction.cells : direction.reset;
  kept = pass.ragged ? at::zeros(states, options) : at::empty(states, options);
  ForwardCell recurrence(*pass.products, pass.shape, cell, direction.mask);
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

// Gradients of the sums, in place of the gates; 0 on padding. `d_last_cells` may be undefined.
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
    recurrence.step(step, rows_at(d_annotations, t).column(d * size(n)), carry, cell_carry);
    const auto rest = (size(pass.batch) - step.rows) * step.gates.stride;
    std::fill_n(step.gates.row(step.rows), rest, 0.0F);
  }
}

struct CellGradients {
  Tensor input_weight, recurrent_weight, bias, recurrent_bias;
};

// Of W and b from the gradients of the sums, `gates` [length · batch, G n].
void gather_input(const Pass& pass, const Pass::Direction& direction, const Tensor& gates,
                  const kernels::Operand& operand, CellGradients& result) {
  const WeightGradient d_weight(direction.cell.input_weight), d_bias(direction.cell.bias);
  if (pass.ids.defined()) {
    const Tensor table = embedding_gradient(gates, pass.ids, d_weight.sum().size(1));
    d_weight.sum().add_(table.t());
    add_column_sums(table, d_bias.sum());
  } else {
    add_product(*pass.products, operand, *pass.below_operand, d_weight.sum());
    add_column_sums(gates, d_bias.sum());
  }
  result.input_weight = d_weight.result();
  result.bias = d_bias.result();
}

CellGradients gather(const Pass& pass, std::size_t d, const Tensor& gates,
                     const kernels::Operand& operand) {
  const std::int64_t n = pass.shape.units, rows = pass.length * pass.batch;
  const Pass::Direction& direction = pass.directions[d];
  CellGradients result;
  gather_input(pass, direction, gates, operand, result);
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
  return result;
}

class EncoderLayer : public torch::autograd::Function<EncoderLayer> {
 public:
  // The tensors of one direction or of two.
  static variable_list forward(AutogradContext* context, const MaybeTensor& below,
                               const Tensor& weight, const Tensor& recurrent, const Tensor& bias,
                               const MaybeTensor& recurrent_bias, const MaybeTensor& weight_2,
                               const MaybeTensor& recurrent_2, const MaybeTensor& bias_2,
                               const MaybeTensor& recurrent_bias_2,
                               const c10::intrusive_ptr<Pass>& pass) {
    if (below->defined()) {
      pass->below = below->detach().contiguous();
      pass->below_operand = pass->products->operand(pass->below.flatten(0, 1));
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
    Tensor d_annotations =
        gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(pass.annotations);
    if (pass.ragged) d_annotations = d_annotations * mask(pass, d_annotations.options());
    Tensor d_last_cells;
    if (gradients.size() > 1 && gradients[1].defined()) d_last_cells = gradients[1].contiguous();
    Tensor d_below;
    variable_list cells;
    for (std::size_t d = 0; d < pass.directions.size(); ++d) {
      run_backward(pass, d, d_annotations, d_last_cells);
      const Tensor gates = pass.directions[d].gates.view({pass.length * pass.batch, -1});
      const kernels::Operand operand = pass.products->operand(gates);
      const CellGradients sums = gather(pass, d, gates, operand);
      cells.insert(cells.end(),
                   {sums.input_weight, sums.recurrent_weight, sums.bias, sums.recurrent_bias});
      if (!pass.below.defined() || !context->needs_input_grad(0)) continue;
      const bool first = !d_below.defined();
      if (first) d_below = at::empty({gates.size(0), pass.below.size(2)}, gates.options());
      pass.products->backward(pass.directions[d].cell.input_weight, kernels::RowsPerProduct::kBatch)
          .multiply(operand, nullptr, rows_of(d_below),
                    first ? kernels::Write::kReplace : kernels::Write::kAdd);
    }
    if (d_below.defined()) d_below = d_below.view(pass.below.sizes());
    variable_list result{d_below};
    result.insert(result.end(), cells.begin(), cells.end());
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
  const Tensor &below = inputs.below, &ids = inputs.ids;
  ATTEND_CHECK(below.defined() != ids.defined());
  auto pass = c10::make_intrusive<Pass>();
  pass->products = inputs.products;
  pass->shape = inputs.shape;
  pass->length = below.defined() ? below.size(0) : ids.size(0);
  pass->batch = below.defined() ? below.size(1) : ids.size(1);
  pass->lengths = inputs.lengths;
  pass->ids = ids;
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
  const CellTensors first = inputs.cells.front();
  const CellTensors second = inputs.cells.size() > 1 ? inputs.cells[1] : CellTensors();
  const variable_list result =
      EncoderLayer::apply(MaybeTensor(below), first.input_weight, first.recurrent_weight,
                          first.bias, MaybeTensor(first.recurrent_bias),
                          MaybeTensor(second.input_weight), MaybeTensor(second.recurrent_weight),
                          MaybeTensor(second.bias), MaybeTensor(second.recurrent_bias), pass);
  return {result[0], result.size() > 1 ? result[1] : Tensor()};
}

}  // namespace attend::train
