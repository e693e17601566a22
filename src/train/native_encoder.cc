// Both directions run over the source in its own order of storage: the backward one starts at the
// last column, where the states of shorter sentences stay zero until their last token comes.
#include "train/native_encoder.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
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

constexpr std::size_t kForward = 0, kBackward = 1;

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
  Tensor annotations;                             // [length, batch, 2 n]
  Tensor zeros;                                   // [1, n]: state before the first step
  struct Direction {
    CellTensors cell;
    Tensor gates;  // [length, batch, G n]
    Tensor cells;  // [length, batch, n], of an LSTM
    Tensor reset;  // [length, batch, n], of a GRU
  };
  std::array<Direction, 2> directions;

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
  const std::int64_t before = d == kForward ? t - 1 : t + 1;
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

void run_forward(Pass& pass, std::size_t d, const CellTensors& cell) {
  const std::int64_t n = pass.shape.units;
  Pass::Direction& direction = pass.directions[d];
  direction.cell = cell;
  direction.gates = project(pass, cell);
  const std::vector<std::int64_t> states{pass.length, pass.batch, n};
  const auto options = direction.gates.options();
  Tensor& kept = pass.shape.lstm() ? direction.cells : direction.reset;
  kept = pass.ragged ? at::zeros(states, options) : at::empty(states, options);
  const ForwardCell recurrence(*pass.products, pass.shape, cell.recurrent_weight,
                               cell.recurrent_bias);
  for (std::int64_t i = 0; i < pass.length; ++i) {
    const std::int64_t t = d == kForward ? i : pass.length - 1 - i;
    const CellStep step = pass.step(d, t);
    recurrence.step(step);
    pass.for_masked_rows(t, [&](std::size_t b) {
      clear(step.state, b, size(n));
      clear(step.cell, b, size(n));
    });
  }
}

// Gradients of the sums, in place of the gates; 0 on padding.
void run_backward(const Pass& pass, std::size_t d, const Tensor& d_annotations) {
  const std::int64_t n = pass.shape.units;
  const Pass::Direction& direction = pass.directions[d];
  const Tensor carries = at::zeros({2, pass.batch, n}, d_annotations.options());
  const Rows carry = rows_at(carries, 0), cell_carry = rows_at(carries, 1);
  BackwardCell recurrence(*pass.products, pass.shape, direction.cell.recurrent_weight, pass.batch);
  for (std::int64_t i = 0; i < pass.length; ++i) {
    const std::int64_t t = d == kForward ? pass.length - 1 - i : i;
    const CellStep step = pass.step(d, t);
    pass.for_masked_rows(t, [&](std::size_t b) {
      clear(carry, b, size(n));
      clear(cell_carry, b, size(n));
    });
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
    d_bias.sum().add_(table.sum(0));
  } else {
    add_product(*pass.products, operand, *pass.below_operand, d_weight.sum());
    d_bias.sum().add_(gates.sum(0));
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
  const std::int64_t later = rows - pass.batch, shift = d == kForward ? pass.batch : 0;
  const Tensor previous = pass.annotations.view({rows, 2 * n})
                              .narrow(0, pass.batch - shift, later)
                              .narrow(1, static_cast<std::int64_t>(d) * n, n);
  const Tensor reset = direction.reset.defined() ? direction.reset.view({rows, n}) : Tensor();
  const Tensor later_reset = reset.defined() ? reset.narrow(0, shift, later) : reset;
  const WeightGradient d_recurrent(direction.cell.recurrent_weight);
  add_recurrent_gradient(*pass.products, pass.shape,
                         {operand.rows(size(shift), size(later)), later_reset, previous},
                         d_recurrent.sum());
  result.recurrent_weight = d_recurrent.result();
  if (reset.defined() && !pass.shape.resets_before()) {
    const WeightGradient d_bias(direction.cell.recurrent_bias);
    d_bias.sum().add_(reset.sum(0));
    result.recurrent_bias = d_bias.result();
  }
  return result;
}

class EncoderLayer : public torch::autograd::Function<EncoderLayer> {
 public:
  static Tensor forward(AutogradContext* context, const MaybeTensor& below, const Tensor& weight_f,
                        const Tensor& recurrent_f, const Tensor& bias_f,
                        const MaybeTensor& recurrent_bias_f, const Tensor& weight_b,
                        const Tensor& recurrent_b, const Tensor& bias_b,
                        const MaybeTensor& recurrent_bias_b, const c10::intrusive_ptr<Pass>& pass) {
    if (below->defined()) {
      pass->below = below->detach().contiguous();
      pass->below_operand = pass->products->operand(pass->below.flatten(0, 1));
    }
    const std::vector<std::int64_t> shape{pass->length, pass->batch, 2 * pass->shape.units};
    const auto options = weight_f.options().requires_grad(false);
    const Tensor result = pass->ragged ? at::zeros(shape, options) : at::empty(shape, options);
    pass->annotations = result.detach();
    pass->zeros = at::zeros({1, pass->shape.units}, options);
    run_forward(*pass, kForward, {weight_f, recurrent_f, bias_f, *recurrent_bias_f, {}, {}});
    run_forward(*pass, kBackward, {weight_b, recurrent_b, bias_b, *recurrent_bias_b, {}, {}});
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["pass"].toCapsule();
    Pass& pass = static_cast<Pass&>(*holder);
    ATTEND_CHECK(!pass.used);
    pass.used = true;
    Tensor d_annotations = gradients[0].contiguous();
    if (pass.ragged) d_annotations = d_annotations * mask(pass, d_annotations.options());
    std::array<CellGradients, 2> cells;
    Tensor d_below;
    for (const std::size_t d : {kForward, kBackward}) {
      run_backward(pass, d, d_annotations);
      const Tensor gates = pass.directions[d].gates.view({pass.length * pass.batch, -1});
      const kernels::Operand operand = pass.products->operand(gates);
      cells[d] = gather(pass, d, gates, operand);
      if (!pass.below.defined() || !context->needs_input_grad(0)) continue;
      const bool first = !d_below.defined();
      if (first) d_below = at::empty({gates.size(0), pass.below.size(2)}, gates.options());
      pass.products->backward(pass.directions[d].cell.input_weight, kernels::RowsPerProduct::kBatch)
          .multiply(operand, nullptr, rows_of(d_below),
                    first ? kernels::Write::kReplace : kernels::Write::kAdd);
    }
    if (d_below.defined()) d_below = d_below.view(pass.below.sizes());
    return {d_below,
            cells[0].input_weight,
            cells[0].recurrent_weight,
            cells[0].bias,
            cells[0].recurrent_bias,
            cells[1].input_weight,
            cells[1].recurrent_weight,
            cells[1].bias,
            cells[1].recurrent_bias,
            Tensor()};
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

Tensor native_encoder_layer(const std::shared_ptr<Products>& products, const CellShape& shape,
                            const CellTensors& forward, const CellTensors& backward,
                            const Tensor& below, const Tensor& ids,
                            const std::vector<std::int32_t>& lengths) {
  ATTEND_CHECK(below.defined() != ids.defined());
  auto pass = c10::make_intrusive<Pass>();
  pass->products = products;
  pass->shape = shape;
  pass->length = below.defined() ? below.size(0) : ids.size(0);
  pass->batch = below.defined() ? below.size(1) : ids.size(1);
  pass->lengths = lengths;
  pass->ids = ids;
  pass->active.assign(size(pass->length), 0);
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    pass->ragged |= lengths[b] < pass->length;
    for (std::int32_t t = 0; t < lengths[b]; ++t) {
      pass->active[size(t)] = static_cast<std::int64_t>(b) + 1;
    }
  }
  return EncoderLayer::apply(MaybeTensor(below), forward.input_weight, forward.recurrent_weight,
                             forward.bias, MaybeTensor(forward.recurrent_bias),
                             backward.input_weight, backward.recurrent_weight, backward.bias,
                             MaybeTensor(backward.recurrent_bias), pass);
}

}  // namespace attend::train
