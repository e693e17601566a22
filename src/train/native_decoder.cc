// Each step i looks from a state and updates it, in one of three orders (§1.4). The sums of the
// gates take E y_{i-1} for all steps in one product and what stands beside it – the context, or the
// readout that is fed – within the step. Weight gradients wait for the end, where each is one
// product over all steps.
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
using model::Order;
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
  std::optional<AttentionPass> attention;
  std::optional<FeedingPass> feeding;
  std::optional<Operand> fed_operand;  // [updates · batch, m]

  std::int64_t batch() const { return in.attention.batch(); }
  std::int64_t fed_units() const { return in.fed.defined() ? in.fed.size(2) : 0; }
  bool updates_first() const { return in.order == Order::kUpdateLookGenerate; }
  // Which state looks in step i, and which the readout sees.
  std::int64_t looking(std::int64_t i) const { return updates_first() ? i + 1 : i; }
  std::int64_t speaking(std::int64_t i) const {
    return in.order == Order::kLookGenerateUpdate ? i : i + 1;
  }
  // Columns of the cell's input weights, or of their gradient.
  Tensor fed_block(const Tensor& weight) const { return weight.narrow(1, 0, fed_units()); }
  Tensor beside_block(const Tensor& weight) const {
    return weight.narrow(1, fed_units(), weight.size(1) - fed_units());
  }
  // What stands beside E y in update i, [batch, …]; whether anything does.
  bool has_beside() const { return !updates_first() || feeding.has_value(); }
  Rows beside(std::int64_t i) const {
    return feeding ? feeding->fed(i) : rows_at(attention->contexts(), i);
  }
  CellStep update(std::int64_t i) const;
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

void allocate(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  const std::int64_t batch = pass.batch(), n = in.shape.units;
  const auto make = [&](std::int64_t steps, std::int64_t units) {
    return at::empty({steps, batch, units}, in.cell.bias.options().requires_grad(false));
  };
  pass.updates = in.order == Order::kLookGenerateUpdate ? in.steps - 1 : in.steps;
  pass.states = make(pass.updates + 1, n);
  pass.states[0].copy_(in.initial_state);
  if (in.shape.lstm()) {
    pass.cells = make(pass.updates + 1, n);
    pass.cells[0].copy_(in.initial_cell);
  } else {
    pass.reset = make(pass.updates, n);
  }
  pass.gates = make(pass.updates, in.shape.gate_units());
  pass.attention.emplace(in.products, in.attention, in.steps);
  if (in.feeding.weight.defined()) {
    pass.feeding.emplace(in.products, in.feeding, in.steps, batch, n);
  }
}

// W_y E y + b of all updates in one product, where the gates will stand; the readouts' part too.
void project_fed(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  if (in.fed.defined()) {
    pass.fed_operand = in.products->operand(in.fed.flatten(0, 1));
    in.products->forward(pass.fed_block(in.cell.input_weight), RowsPerProduct::kBatch)
        .multiply(*pass.fed_operand, in.cell.bias.data_ptr<float>(),
                  rows_of(pass.gates.flatten(0, 1)), Write::kReplace);
  } else {
    pass.gates.copy_(in.cell.bias.expand_as(pass.gates));
  }
  if (pass.feeding) pass.feeding->project(pass.fed_operand);
}

void run_forward(Pass& pass) {
  const NativeDecoderInputs& in = pass.in;
  const std::size_t rows = size(pass.batch());
  project_fed(pass);
  const TrainingProduct* beside =
      pass.has_beside()
          ? &in.products->forward(pass.beside_block(in.cell.input_weight), RowsPerProduct::kStep)
          : nullptr;
  const ForwardCell recurrence(*in.products, in.shape, in.cell.recurrent_weight,
                               in.cell.recurrent_bias);
  const auto update = [&](std::int64_t i) {
    const CellStep step = pass.update(i);
    if (beside != nullptr) {
      beside->multiply(pass.beside(i), rows, nullptr, step.gates, Write::kAdd);
    }
    recurrence.step(step);
  };
  for (std::int64_t i = 0; i < in.steps; ++i) {
    if (pass.updates_first()) update(i);
    pass.attention->look(i, rows_at(pass.states, pass.looking(i)));
    if (pass.feeding) {
      pass.feeding->speak(i, rows_at(pass.states, pass.speaking(i)),
                          rows_at(pass.attention->contexts(), i));
    }
    if (!pass.updates_first() && i < pass.updates) update(i);  // nothing sees a later state
  }
}

// Gradients of a pass; those of the weights come last, from all steps at once.
struct Gradients {
  explicit Gradients(const NativeDecoderInputs& in)
      : input_weight(in.cell.input_weight),
        recurrent_weight(in.cell.recurrent_weight),
        bias(in.cell.bias) {
    if (in.cell.recurrent_bias.defined()) recurrent_bias.emplace(in.cell.recurrent_bias);
  }
  Tensor fed, state, cell;
  WeightGradient input_weight, recurrent_weight, bias;
  std::optional<WeightGradient> recurrent_bias;
};

// Gradients from outside; any may be undefined.
struct Outer {
  Tensor states, contexts, readouts;
};

// The backward pass through all steps.
class Backward {
 public:
  Backward(const Pass& pass, const Outer& outer, Gradients& result);
  void run();
  const AttentionBackward& attention() const { return attention_; }
  const std::optional<FeedingBackward>& feeding() const { return feeding_; }

 private:
  void update_back(std::int64_t i);
  void step_back(std::int64_t i);
  Rows d_state(std::int64_t i) const;
  void gather_weights();

  const Pass& pass_;
  const NativeDecoderInputs& in_;
  Tensor d_states_;  // of the readout outside; may be undefined
  Gradients& result_;
  std::size_t rows_;
  AttentionBackward attention_;
  std::optional<FeedingBackward> feeding_;
  BackwardCell recurrence_;
  const TrainingProduct* beside_ = nullptr;
  Tensor carries_;  // [2, batch, n]: of s and c from later steps
  Tensor none_;     // [1, n]: no gradient from outside
};

Backward::Backward(const Pass& pass, const Outer& outer, Gradients& result)
    : pass_(pass),
      in_(pass.in),
      d_states_(outer.states),
      result_(result),
      rows_(size(pass.batch())),
      attention_(*pass.attention, outer.contexts),
      recurrence_(*in_.products, in_.shape, in_.cell.recurrent_weight, pass.batch()),
      carries_(at::zeros({2, pass.batch(), in_.shape.units}, pass.gates.options())),
      none_(at::zeros({1, in_.shape.units}, pass.gates.options())) {
  if (pass.feeding) feeding_.emplace(*pass.feeding, outer.readouts);
  if (pass.has_beside()) {
    beside_ =
        &in_.products->backward(pass.beside_block(in_.cell.input_weight), RowsPerProduct::kStep);
  }
}

// Of s_i, from outside.
Rows Backward::d_state(std::int64_t i) const {
  const std::int64_t step = i - pass_.speaking(0);
  return d_states_.defined() ? rows_at(d_states_, step) : Rows{none_.data_ptr<float>(), 0};
}

// Leaves gradients of the sums in place of the gates. What stood beside E y in the first step of an
// update that comes first is 0 and needs no gradient.
void Backward::update_back(std::int64_t i) {
  const CellStep step = pass_.update(i);
  recurrence_.step(step, d_state(i + 1), rows_at(carries_, 0), rows_at(carries_, 1));
  if (beside_ == nullptr || (feeding_ && i == 0)) return;
  beside_->multiply(step.gates, rows_, nullptr,
                    feeding_ ? feeding_->d_readout(i - 1) : attention_.d_context(i), Write::kAdd);
}

void Backward::step_back(std::int64_t i) {
  const Rows carry = rows_at(carries_, 0);
  if (!pass_.updates_first() && i < pass_.updates) update_back(i);
  if (feeding_) feeding_->step(i, carry, attention_.d_context(i));
  attention_.step(i, rows_at(pass_.states, pass_.looking(i)), carry);
  if (pass_.updates_first()) update_back(i);
}

void Backward::run() {
  for (std::int64_t i = in_.steps - 1; i >= 0; --i) step_back(i);
  result_.state = carries_[0];
  if (pass_.speaking(0) == 0 && d_states_.defined()) result_.state = result_.state + d_states_[0];
  if (in_.shape.lstm()) result_.cell = carries_[1];
  gather_weights();
  attention_.finish(pass_.states.narrow(0, pass_.looking(0), in_.steps));
  if (feeding_) {
    feeding_->finish(pass_.states.narrow(0, pass_.speaking(0), in_.steps),
                     pass_.attention->contexts(), pass_.fed_operand, result_.fed);
  }
}

void Backward::gather_weights() {
  const Products& products = *in_.products;
  const std::int64_t n = in_.shape.units, rows = pass_.updates * pass_.batch();
  if (rows == 0) return;
  const Tensor gates = pass_.gates.flatten(0, 1);
  const Tensor reset = pass_.reset.defined() ? pass_.reset.flatten(0, 1) : Tensor();
  const Operand operand = products.operand(gates);
  const Tensor input_sums = result_.input_weight.sum();
  add_recurrent_gradient(products, in_.shape,
                         {operand, reset, pass_.states.view({-1, n}).narrow(0, 0, rows)},
                         result_.recurrent_weight.sum());
  if (result_.recurrent_bias) add_column_sums(reset, result_.recurrent_bias->sum());
  add_column_sums(gates, result_.bias.sum());
  if (pass_.has_beside()) {
    const Tensor beside = pass_.feeding ? pass_.feeding->all_fed() : pass_.attention->contexts();
    add_product(products, operand, products.operand(beside.flatten(0, 1).narrow(0, 0, rows)),
                pass_.beside_block(input_sums));
  }
  if (!in_.fed.defined()) return;
  add_product(products, operand, *pass_.fed_operand, pass_.fed_block(input_sums));
  result_.fed = at::empty_like(in_.fed);
  in_.products->backward(pass_.fed_block(in_.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(operand, nullptr, rows_of(result_.fed.flatten(0, 1)), Write::kReplace);
}

class Decode : public torch::autograd::Function<Decode> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& annotations,
                               const MaybeTensor& projected, const MaybeTensor& fed,
                               const Tensor& initial_state, const MaybeTensor& initial_cell,
                               const MaybeTensor& query_weight, const MaybeTensor& energy_weight,
                               const MaybeTensor& energy_bias, const Tensor& input_weight,
                               const Tensor& recurrent_weight, const Tensor& bias,
                               const MaybeTensor& recurrent_bias, const MaybeTensor& readout_weight,
                               const MaybeTensor& readout_bias,
                               const c10::intrusive_ptr<Pass>& pass) {
    NativeDecoderInputs& in = pass->in;
    const auto contiguous = [](const Tensor& x) {
      return x.defined() ? x.detach().contiguous() : x;
    };
    in.attention.annotations = contiguous(annotations);
    in.attention.projected = contiguous(*projected);
    in.attention.query_weight = *query_weight;
    in.attention.energy_weight = *energy_weight;
    in.attention.energy_bias = *energy_bias;
    in.feeding.weight = *readout_weight;
    in.feeding.bias = *readout_bias;
    in.fed = contiguous(*fed);
    in.initial_state = initial_state;
    in.initial_cell = *initial_cell;
    in.cell = {input_weight, recurrent_weight, bias, *recurrent_bias, {}, {}};
    allocate(*pass);
    run_forward(*pass);
    // The pass keeps no output itself, only what it shares: an output holds on to the pass.
    const Tensor states = pass->states.narrow(0, pass->speaking(0), in.steps).detach();
    const Tensor contexts = pass->attention->contexts(), alignments = pass->attention->alignments();
    pass->attention->detach();
    context->set_materialize_grads(false);
    context->mark_non_differentiable({alignments});
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    variable_list result{states, contexts, alignments};
    if (pass->feeding) result.push_back(pass->feeding->readouts().detach());
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["pass"].toCapsule();
    Pass& pass = static_cast<Pass&>(*holder);
    ATTEND_CHECK(!pass.used);
    pass.used = true;
    const auto contiguous = [&](std::size_t k) {
      return k < gradients.size() && gradients[k].defined() ? gradients[k].contiguous() : Tensor();
    };
    Gradients result(pass.in);
    Backward steps(pass, {contiguous(0), contiguous(1), contiguous(3)}, result);
    steps.run();
    const AttentionBackward& attention = steps.attention();
    return {attention.d_annotations(),
            attention.d_projected(),
            result.fed,
            result.state,
            result.cell,
            attention.d_query_weight(),
            attention.d_energy_weight(),
            attention.d_energy_bias(),
            result.input_weight.result(),
            result.recurrent_weight.result(),
            result.bias.result(),
            result.recurrent_bias ? result.recurrent_bias->result() : Tensor(),
            steps.feeding() ? steps.feeding()->d_weight() : Tensor(),
            steps.feeding() ? steps.feeding()->d_bias() : Tensor(),
            Tensor()};
  }
};

}  // namespace

NativeDecoded native_decode(const NativeDecoderInputs& inputs) {
  auto pass = c10::make_intrusive<Pass>();
  const AttentionInputs& attention = inputs.attention;
  pass->in.products = inputs.products;
  pass->in.shape = inputs.shape;
  pass->in.order = inputs.order;
  pass->in.steps = inputs.steps;
  pass->in.attention.score = attention.score;
  pass->in.attention.energies = attention.energies;
  pass->in.attention.lengths = attention.lengths;
  pass->in.feeding.activation = inputs.feeding.activation;
  pass->in.feeding.fed_units = inputs.feeding.fed_units;
  pass->in.feeding.mask = inputs.feeding.mask;
  const variable_list result = Decode::apply(
      attention.annotations, MaybeTensor(attention.projected), MaybeTensor(inputs.fed),
      inputs.initial_state, MaybeTensor(inputs.initial_cell), MaybeTensor(attention.query_weight),
      MaybeTensor(attention.energy_weight), MaybeTensor(attention.energy_bias),
      inputs.cell.input_weight, inputs.cell.recurrent_weight, inputs.cell.bias,
      MaybeTensor(inputs.cell.recurrent_bias), MaybeTensor(inputs.feeding.weight),
      MaybeTensor(inputs.feeding.bias), pass);
  return {result[0], result[1], result[2], result.size() > 3 ? result[3] : Tensor()};
}

}  // namespace attend::train
