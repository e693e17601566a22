// Each step i: q = W s_{i-1}; energies, alignment and context of q; the sums of the gates take the
// context's part; s_i. The backward pass computes tanh(q + U h_j) again (§15), so that nothing of
// size [batch, steps, source_length, n'] exists; weight gradients wait for the end, where each is
// one product over all steps.
#include "train/native_decoder.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace attend::train {
namespace {

using kernels::ConstRows;
using kernels::Rows;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using MaybeTensor = c10::optional<Tensor>;  // what autograd takes when a tensor may be undefined

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// What forward leaves for backward. All tensors are contiguous.
struct Pass : torch::CustomClassHolder {
  NativeDecoderInputs in;
  std::int64_t updates = 0;
  bool used = false;  // backward works in place, once
  Tensor states;      // [updates + 1, batch, n]: s_0 …
  Tensor cells;       // the same of an LSTM
  Tensor reset;       // [updates, batch, n] of a GRU
  Tensor gates;       // [updates, batch, G n]
  Tensor queries;     // [steps, batch, n']
  Tensor energies;    // [steps, batch, source_length] of relu energies
  Tensor alignments;  // [steps, batch, source_length]
  Tensor contexts;    // [steps, batch, n_h]

  std::int64_t batch() const { return in.annotations.size(0); }
  std::int64_t fed_units() const { return in.fed.defined() ? in.fed.size(2) : 0; }
  Tensor fed_weight() const { return in.cell.input_weight.narrow(1, 0, fed_units()); }
  // W_c as a product from contexts to gates, or its transpose.
  kernels::PanelProduct context_product(bool transposed) const;
  CellStep update(std::int64_t i) const;
  kernels::AttentionSource source() const;
  kernels::AttentionStep look(std::int64_t i) const;
};

kernels::PanelProduct Pass::context_product(bool transposed) const {
  const Tensor& weight = in.cell.input_weight;
  const float* values = weight.data_ptr<float>() + fed_units();
  const std::size_t columns = size(weight.size(1)), gate_units = size(weight.size(0));
  const std::size_t units = columns - size(fed_units());
  if (transposed) return {values, units, gate_units, {1, columns}};
  return {values, gate_units, units, {columns, 1}};
}

CellStep Pass::update(std::int64_t i) const {
  CellStep step;
  step.rows = size(batch());
  step.gates = rows_at(gates, i);
  step.previous = rows_at(states, i);
  step.state = rows_at(states, i + 1);
  if (in.shape.lstm()) {
    step.previous_cell = rows_at(cells, i);
    step.cell = rows_at(cells, i + 1);
  } else {
    step.reset = rows_at(reset, i);
  }
  return step;
}

kernels::AttentionSource Pass::source() const {
  kernels::AttentionSource source;
  source.sizes = {size(batch()), size(in.annotations.size(1)), size(in.projected.size(2)),
                  size(in.annotations.size(2))};
  source.lengths = in.lengths;
  source.annotations = in.annotations.data_ptr<float>();
  source.projected = in.projected.data_ptr<float>();
  source.weight = in.energy_weight.data_ptr<float>();
  if (in.energy_bias.defined()) source.bias = *in.energy_bias.data_ptr<float>();
  source.activation =
      in.relu ? kernels::EnergyActivation::kRelu : kernels::EnergyActivation::kLinear;
  return source;
}

kernels::AttentionStep Pass::look(std::int64_t i) const {
  return {rows_at(queries, i).values, energies.defined() ? rows_at(energies, i).values : nullptr,
          rows_at(alignments, i).values, rows_at(contexts, i).values};
}

void allocate(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  const std::int64_t batch = pass.batch(), n = in.shape.units;
  const auto make = [&](std::int64_t steps, std::int64_t units) {
    return at::empty({steps, batch, units}, in.annotations.options().requires_grad(false));
  };
  pass.updates = in.update_first ? in.steps : in.steps - 1;
  pass.states = make(pass.updates + 1, n);
  pass.states[0].copy_(in.initial_state);
  if (in.shape.lstm()) {
    pass.cells = make(pass.updates + 1, n);
    pass.cells[0].copy_(in.initial_cell);
  } else {
    pass.reset = make(pass.updates, n);
  }
  pass.queries = make(in.steps, in.projected.size(2));
  if (in.relu) pass.energies = make(in.steps, in.projected.size(1));
  pass.alignments = make(in.steps, in.projected.size(1));
  pass.contexts = make(in.steps, in.annotations.size(2));
  const std::int64_t rows = pass.updates * batch;
  pass.gates = in.fed.defined() ? at::addmm(in.cell.bias, in.fed.view({rows, pass.fed_units()}),
                                            pass.fed_weight().t())
                                : in.cell.bias.expand({rows, -1}).contiguous();
  pass.gates = pass.gates.view({pass.updates, batch, in.shape.gate_units()});
}

void run_forward(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  const std::size_t rows = size(pass.batch()), n = size(in.shape.units);
  const kernels::PanelProduct query(in.query_weight.data_ptr<float>(),
                                    size(in.query_weight.size(0)), n, {n, 1});
  const kernels::PanelProduct context = pass.context_product(false);
  const ForwardCell recurrence(in.shape, in.cell.recurrent_weight, in.cell.recurrent_bias);
  const kernels::AttentionSource source = pass.source();
  for (std::int64_t i = 0; i < in.steps; ++i) {
    query.multiply(rows_at(pass.states, i), rows, nullptr, rows_at(pass.queries, i));
    kernels::additive_attention_forward(source, pass.look(i));
    if (i == pass.updates) break;  // nothing would see the last state
    const CellStep step = pass.update(i);
    context.multiply_add(rows_at(pass.contexts, i), rows, step.gates);
    recurrence.step(step);
  }
}

// Gradients of a pass; those of the weights come last, from all steps at once.
struct Gradients {
  Tensor annotations, projected, fed, state, cell;
  Tensor query_weight, energy_weight, energy_bias;
  Tensor input_weight, recurrent_weight, bias, recurrent_bias;
};

// Leaves gradients of the sums in place of the gates, returns those of the queries.
Tensor run_backward(const Pass& pass, const Tensor& d_states, const Tensor& d_contexts,
                    Gradients& result) {
  const NativeDecoderInputs& in = pass.in;
  const std::int64_t batch = pass.batch(), n = in.shape.units;
  const std::size_t rows = size(batch), units = size(n), h_units = size(in.annotations.size(2));
  const auto options = pass.gates.options();
  const Tensor carries = at::zeros({2, batch, n}, options);
  const Rows carry = rows_at(carries, 0), cell_carry = rows_at(carries, 1);
  const Tensor none = at::zeros({1, n}, options);
  const Tensor d_context = at::empty({batch, in.annotations.size(2)}, options);
  const Tensor d_queries = at::empty_like(pass.queries);
  result.annotations = at::zeros_like(in.annotations);
  result.projected = at::zeros_like(in.projected);
  result.energy_weight = at::zeros_like(in.energy_weight);
  result.energy_bias = at::zeros({1}, options);
  std::vector<float> scratch(size(in.annotations.size(1)));

  BackwardCell recurrence(in.shape, in.cell.recurrent_weight, batch);
  const kernels::PanelProduct context = pass.context_product(true);
  const kernels::PanelProduct query(in.query_weight.data_ptr<float>(), units,
                                    size(in.query_weight.size(0)), {1, units});
  const kernels::AttentionSource source = pass.source();
  const auto d_state = [&](std::int64_t i) {  // of s_i from the readout
    const std::int64_t step = in.update_first ? i - 1 : i;
    return d_states.defined() ? rows_at(d_states, step) : Rows{none.data_ptr<float>(), 0};
  };
  for (std::int64_t i = in.steps - 1; i >= 0; --i) {
    float* gamma = d_context.data_ptr<float>();
    if (d_contexts.defined()) {
      std::copy_n(rows_at(d_contexts, i).values, rows * h_units, gamma);
    } else {
      std::fill_n(gamma, rows * h_units, 0.0F);
    }
    if (i < pass.updates) {
      const CellStep step = pass.update(i);
      recurrence.step(step, d_state(i + 1), carry, cell_carry);
      context.multiply_add(step.gates, rows, Rows{gamma, h_units});
    }
    const Rows d_query = rows_at(d_queries, i);
    kernels::additive_attention_backward(
        source, pass.look(i), gamma,
        {result.annotations.data_ptr<float>(), result.projected.data_ptr<float>(),
         result.energy_weight.data_ptr<float>(), result.energy_bias.data_ptr<float>(),
         d_query.values},
        scratch);
    query.multiply_add(d_query, rows, carry);
  }
  result.state = carries[0];
  if (!in.update_first && d_states.defined()) result.state = result.state + d_states[0];
  if (in.shape.lstm()) result.cell = carries[1];
  return d_queries;
}

void gather(const Pass& pass, const Tensor& d_queries, Gradients& result) {
  const NativeDecoderInputs& in = pass.in;
  const std::int64_t batch = pass.batch(), n = in.shape.units, rows = pass.updates * batch;
  const std::int64_t fed_units = pass.fed_units();
  const Tensor states = pass.states.view({-1, n});
  const Tensor gates = pass.gates.view({rows, in.shape.gate_units()});
  const Tensor reset = pass.reset.defined() ? pass.reset.view({rows, n}) : Tensor();
  result.query_weight =
      d_queries.view({in.steps * batch, -1}).t().mm(states.narrow(0, 0, in.steps * batch));
  result.recurrent_weight =
      recurrent_weight_gradient(in.shape, gates, reset, states.narrow(0, 0, rows));
  if (reset.defined() && !in.shape.resets_before()) result.recurrent_bias = reset.sum(0);
  result.bias = gates.sum(0);
  result.input_weight = at::empty_like(in.cell.input_weight);
  Tensor context_part = result.input_weight.narrow(1, fed_units, in.annotations.size(2));
  const Tensor contexts = pass.contexts.view({in.steps * batch, -1}).narrow(0, 0, rows);
  at::mm_out(context_part, gates.t(), contexts);
  if (!in.fed.defined()) return;
  Tensor fed_part = result.input_weight.narrow(1, 0, fed_units);
  at::mm_out(fed_part, gates.t(), in.fed.view({rows, fed_units}));
  result.fed = gates.mm(pass.fed_weight()).view(in.fed.sizes());
}

class Decode : public torch::autograd::Function<Decode> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& annotations,
                               const Tensor& projected, const MaybeTensor& fed,
                               const Tensor& initial_state, const MaybeTensor& initial_cell,
                               const Tensor& query_weight, const Tensor& energy_weight,
                               const MaybeTensor& energy_bias, const Tensor& input_weight,
                               const Tensor& recurrent_weight, const Tensor& bias,
                               const MaybeTensor& recurrent_bias,
                               const c10::intrusive_ptr<Pass>& pass) {
    NativeDecoderInputs& in = pass->in;
    in.annotations = annotations.contiguous();
    in.projected = projected.contiguous();
    if (fed->defined()) in.fed = fed->contiguous();
    in.initial_state = initial_state;
    in.initial_cell = *initial_cell;
    in.query_weight = query_weight;
    in.energy_weight = energy_weight;
    in.energy_bias = *energy_bias;
    in.cell = {input_weight, recurrent_weight, bias, *recurrent_bias, {}, {}};
    allocate(*pass);
    run_forward(*pass);
    const Tensor states = pass->states.narrow(0, in.update_first ? 1 : 0, in.steps).clone();
    // The pass keeps no output itself: an output holds on to the pass.
    const Tensor contexts = pass->contexts, alignments = pass->alignments;
    pass->contexts = contexts.detach();
    pass->alignments = alignments.detach();
    context->set_materialize_grads(false);
    context->mark_non_differentiable({alignments});
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    return {states, contexts, alignments};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["pass"].toCapsule();
    Pass& pass = static_cast<Pass&>(*holder);
    ATTEND_CHECK(!pass.used);
    pass.used = true;
    const auto contiguous = [](const Tensor& x) { return x.defined() ? x.contiguous() : x; };
    Gradients result;
    const Tensor d_queries =
        run_backward(pass, contiguous(gradients[0]), contiguous(gradients[1]), result);
    gather(pass, d_queries, result);
    return {result.annotations,
            result.projected,
            result.fed,
            result.state,
            result.cell,
            result.query_weight,
            result.energy_weight,
            pass.in.energy_bias.defined() ? result.energy_bias : Tensor(),
            result.input_weight,
            result.recurrent_weight,
            result.bias,
            result.recurrent_bias,
            Tensor()};
  }
};

}  // namespace

NativeDecoded native_decode(const NativeDecoderInputs& inputs) {
  auto pass = c10::make_intrusive<Pass>();
  pass->in.shape = inputs.shape;
  pass->in.update_first = inputs.update_first;
  pass->in.relu = inputs.relu;
  pass->in.steps = inputs.steps;
  pass->in.lengths = inputs.lengths;
  const variable_list result = Decode::apply(
      inputs.annotations, inputs.projected, MaybeTensor(inputs.fed), inputs.initial_state,
      MaybeTensor(inputs.initial_cell), inputs.query_weight, inputs.energy_weight,
      MaybeTensor(inputs.energy_bias), inputs.cell.input_weight, inputs.cell.recurrent_weight,
      inputs.cell.bias, MaybeTensor(inputs.cell.recurrent_bias), pass);
  return {result[0], result[1], result[2]};
}

}  // namespace attend::train
