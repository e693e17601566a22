// Each step i: q = W s_{i-1}; energies, alignment and context of q; the sums of the gates take the
// context's part; s_i. The backward pass computes tanh(q + U h_j) again (§15), so that nothing of
// size [batch, steps, source_length, n'] exists; weight gradients wait for the end, where each is
// one product over all steps.
#include "train/native_decoder.h"

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

namespace attend::train {
namespace {

using kernels::Operand;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::TrainingProduct;
using kernels::Write;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using MaybeTensor = c10::optional<Tensor>;  // what autograd takes when a tensor may be undefined

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// What forward leaves for backward. All tensors are contiguous.
struct Pass : torch::CustomClassHolder {
  NativeDecoderInputs in;
  std::int64_t updates = 0;
  bool used = false;                   // backward works in place, once
  Tensor states;                       // [updates + 1, batch, n]: s_0 …
  Tensor cells;                        // the same of an LSTM
  Tensor reset;                        // [updates, batch, n] of a GRU
  Tensor gates;                        // [updates, batch, G n]
  Tensor queries;                      // [steps, batch, n']
  Tensor energies;                     // [steps, batch, source_length] of relu energies
  Tensor alignments;                   // [steps, batch, source_length]
  Tensor contexts;                     // [steps, batch, n_h]
  std::optional<Operand> fed_operand;  // [updates · batch, m]

  std::int64_t batch() const { return in.annotations.size(0); }
  std::int64_t fed_units() const { return in.fed.defined() ? in.fed.size(2) : 0; }
  // Columns of the cell's input weights, or of their gradient.
  Tensor fed_block(const Tensor& weight) const { return weight.narrow(1, 0, fed_units()); }
  Tensor context_block(const Tensor& weight) const {
    return weight.narrow(1, fed_units(), weight.size(1) - fed_units());
  }
  CellStep update(std::int64_t i) const;
  kernels::AttentionSource source() const;
  kernels::AttentionStep look(std::int64_t i) const;
};

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
  pass.gates = make(pass.updates, in.shape.gate_units());
}

// W_y E y + b of all updates in one product, where the gates will stand.
void project_fed(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  if (!in.fed.defined()) {
    pass.gates.copy_(in.cell.bias.expand_as(pass.gates));
    return;
  }
  pass.fed_operand = in.products->operand(in.fed.flatten(0, 1));
  in.products->forward(pass.fed_block(in.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(*pass.fed_operand, in.cell.bias.data_ptr<float>(),
                rows_of(pass.gates.flatten(0, 1)), Write::kReplace);
}

void run_forward(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  const std::size_t rows = size(pass.batch());
  project_fed(pass);
  const TrainingProduct& query = in.products->forward(in.query_weight, RowsPerProduct::kStep);
  const TrainingProduct& context =
      in.products->forward(pass.context_block(in.cell.input_weight), RowsPerProduct::kStep);
  const ForwardCell recurrence(*in.products, in.shape, in.cell.recurrent_weight,
                               in.cell.recurrent_bias);
  const kernels::AttentionSource source = pass.source();
  for (std::int64_t i = 0; i < in.steps; ++i) {
    query.multiply(rows_at(pass.states, i), rows, nullptr, rows_at(pass.queries, i),
                   Write::kReplace);
    kernels::additive_attention_forward(source, pass.look(i));
    if (i == pass.updates) break;  // nothing would see the last state
    const CellStep step = pass.update(i);
    context.multiply(rows_at(pass.contexts, i), rows, nullptr, step.gates, Write::kAdd);
    recurrence.step(step);
  }
}

// Gradients of a pass; those of the weights come last, from all steps at once.
struct Gradients {
  explicit Gradients(const NativeDecoderInputs& in)
      : query_weight(in.query_weight),
        energy_weight(in.energy_weight),
        input_weight(in.cell.input_weight),
        recurrent_weight(in.cell.recurrent_weight),
        bias(in.cell.bias) {
    if (in.energy_bias.defined()) energy_bias.emplace(in.energy_bias);
    if (in.cell.recurrent_bias.defined()) recurrent_bias.emplace(in.cell.recurrent_bias);
  }
  Tensor annotations, projected, fed, state, cell;
  WeightGradient query_weight, energy_weight, input_weight, recurrent_weight, bias;
  std::optional<WeightGradient> energy_bias, recurrent_bias;
};

// From the wide annotations of some sources on it pays to gather their gradients over all steps.
constexpr std::size_t kWideAnnotations = 256;

// The backward pass through all steps.
class Backward {
 public:
  Backward(const Pass& pass, const Tensor& d_states, const Tensor& d_contexts, Gradients& result);
  void run();

 private:
  void allocate();
  void step_back(std::int64_t i);
  Rows d_state(std::int64_t i) const;
  void gather_annotations();
  void gather_weights();

  const Pass& pass_;
  const NativeDecoderInputs& in_;
  Tensor d_states_, d_contexts_;  // of the readout; may be undefined
  Gradients& result_;
  std::size_t rows_;
  kernels::AttentionSource source_;
  BackwardCell recurrence_;
  const TrainingProduct& context_;
  const TrainingProduct& query_;
  bool gathers_annotations_;
  Tensor carries_;    // [2, batch, n]: of s and c from later steps
  Tensor none_;       // [1, n]: no gradient from the readout
  Tensor gammas_;     // [steps, batch, n_h]: whole gradients of the contexts
  Tensor d_queries_;  // [steps, batch, n']
  float d_energy_bias_ = 0.0F;
  std::vector<float> scratch_;  // [source_length]
};

Backward::Backward(const Pass& pass, const Tensor& d_states, const Tensor& d_contexts,
                   Gradients& result)
    : pass_(pass),
      in_(pass.in),
      d_states_(d_states),
      d_contexts_(d_contexts),
      result_(result),
      rows_(size(pass.batch())),
      source_(pass.source()),
      recurrence_(*in_.products, in_.shape, in_.cell.recurrent_weight, pass.batch()),
      context_(
          in_.products->backward(pass.context_block(in_.cell.input_weight), RowsPerProduct::kStep)),
      query_(in_.products->backward(in_.query_weight, RowsPerProduct::kStep)),
      gathers_annotations_(source_.sizes.annotation_units >= kWideAnnotations),
      scratch_(source_.sizes.source_length) {
  allocate();
}

void Backward::allocate() {
  const std::int64_t batch = pass_.batch(), n = in_.shape.units;
  const auto options = pass_.gates.options();
  carries_ = at::zeros({2, batch, n}, options);
  none_ = at::zeros({1, n}, options);
  gammas_ = d_contexts_.defined() ? d_contexts_.clone() : at::zeros_like(pass_.contexts);
  d_queries_ = at::empty_like(pass_.queries);
  result_.annotations =
      gathers_annotations_ ? at::empty_like(in_.annotations) : at::zeros_like(in_.annotations);
  result_.projected = at::zeros_like(in_.projected);
}

// Of s_i from the readout.
Rows Backward::d_state(std::int64_t i) const {
  const std::int64_t step = in_.update_first ? i - 1 : i;
  return d_states_.defined() ? rows_at(d_states_, step) : Rows{none_.data_ptr<float>(), 0};
}

// Leaves gradients of the sums in place of the gates.
void Backward::step_back(std::int64_t i) {
  const Rows carry = rows_at(carries_, 0), cell_carry = rows_at(carries_, 1);
  const Rows gamma = rows_at(gammas_, i), d_query = rows_at(d_queries_, i);
  if (i < pass_.updates) {
    const CellStep step = pass_.update(i);
    recurrence_.step(step, d_state(i + 1), carry, cell_carry);
    context_.multiply(step.gates, rows_, nullptr, gamma, Write::kAdd);
  }
  kernels::additive_attention_backward(
      source_, pass_.look(i), gamma.values,
      {gathers_annotations_ ? nullptr : result_.annotations.data_ptr<float>(),
       result_.projected.data_ptr<float>(), result_.energy_weight.sum().data_ptr<float>(),
       &d_energy_bias_, d_query.values},
      scratch_);
  query_.multiply(d_query, rows_, nullptr, carry, Write::kAdd);
}

void Backward::run() {
  for (std::int64_t i = in_.steps - 1; i >= 0; --i) step_back(i);
  result_.state = carries_[0];
  if (!in_.update_first && d_states_.defined()) result_.state = result_.state + d_states_[0];
  if (in_.shape.lstm()) result_.cell = carries_[1];
  if (result_.energy_bias) *result_.energy_bias->sum().data_ptr<float>() += d_energy_bias_;
  if (gathers_annotations_) gather_annotations();
  gather_weights();
}

// ∂h_j = Σ_i α_ij γ_i: one product a sentence.
void Backward::gather_annotations() {
  const std::size_t steps = size(in_.steps), h_units = source_.sizes.annotation_units;
  const std::size_t longest = source_.sizes.source_length;
  for (std::size_t b = 0; b < rows_; ++b) {
    const Rows alignment{pass_.alignments.data_ptr<float>() + b * longest, rows_ * longest};
    const Rows gamma{gammas_.data_ptr<float>() + b * h_units, rows_ * h_units};
    const auto precision = in_.products->precision();
    kernels::gradient_product(
        in_.products->code(), Operand(precision, alignment, steps, longest),
        Operand(precision, gamma, steps, h_units),
        Rows{result_.annotations.data_ptr<float>() + b * longest * h_units, h_units},
        Write::kReplace);
  }
}

void Backward::gather_weights() {
  const Products& products = *in_.products;
  const std::int64_t n = in_.shape.units, all = in_.steps * pass_.batch();
  const std::int64_t rows = pass_.updates * pass_.batch();
  const Tensor states = pass_.states.view({-1, n});
  const Tensor gates = pass_.gates.view({rows, in_.shape.gate_units()});
  const Tensor reset = pass_.reset.defined() ? pass_.reset.view({rows, n}) : Tensor();
  add_product(products, products.operand(d_queries_.view({all, -1})),
              products.operand(states.narrow(0, 0, all)), result_.query_weight.sum());
  if (rows == 0) return;
  const Operand operand = products.operand(gates);
  add_recurrent_gradient(products, in_.shape, {operand, reset, states.narrow(0, 0, rows)},
                         result_.recurrent_weight.sum());
  if (result_.recurrent_bias) result_.recurrent_bias->sum().add_(reset.sum(0));
  result_.bias.sum().add_(gates.sum(0));
  const Tensor contexts = pass_.contexts.view({all, -1}).narrow(0, 0, rows);
  add_product(products, operand, products.operand(contexts),
              pass_.context_block(result_.input_weight.sum()));
  if (!in_.fed.defined()) return;
  add_product(products, operand, *pass_.fed_operand, pass_.fed_block(result_.input_weight.sum()));
  result_.fed = at::empty_like(in_.fed);
  in_.products->backward(pass_.fed_block(in_.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(operand, nullptr, rows_of(result_.fed.flatten(0, 1)), Write::kReplace);
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
    in.annotations = annotations.detach().contiguous();
    in.projected = projected.detach().contiguous();
    if (fed->defined()) in.fed = fed->detach().contiguous();
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
    Gradients result(pass.in);
    Backward(pass, contiguous(gradients[0]), contiguous(gradients[1]), result).run();
    const auto maybe = [](const std::optional<WeightGradient>& gradient) {
      return gradient ? gradient->result() : Tensor();
    };
    return {result.annotations,
            result.projected,
            result.fed,
            result.state,
            result.cell,
            result.query_weight.result(),
            result.energy_weight.result(),
            maybe(result.energy_bias),
            result.input_weight.result(),
            result.recurrent_weight.result(),
            result.bias.result(),
            maybe(result.recurrent_bias),
            Tensor()};
  }
};

}  // namespace

NativeDecoded native_decode(const NativeDecoderInputs& inputs) {
  auto pass = c10::make_intrusive<Pass>();
  pass->in.products = inputs.products;
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
