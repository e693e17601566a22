// One update of a cell, s_i = f(W x_i + b, s_{i-1}), over the kernels of cell.h. The gates that a
// product made for this cell alone are overwritten, first by the activated gates and then by the
// gradients of their pre-activations. A cell of rows and positions updates the vectors of all
// positions together, as it updates the sentences of a batch; padding is updated too, and nothing
// reads it.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/base.h"
#include "fused/cell.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using kernels::Rows;

class CellOperation final : public StepOperation {
 public:
  CellOperation(StepContext& context, const step::Operation& operation)
      : matrices_(*context.matrices),
        positions_(vectors_of_row(context, operation.results[0])),
        batch_(context.values.batch() * positions_),
        shape_{operation.node->cell, operation.node->results[0].units},
        input_(context.values.slot(operation.inputs[0]).by_positions(positions_)),
        previous_(context.values.slot(operation.inputs[1]).by_positions(positions_)),
        state_(context.values.slot(operation.results[0]).by_positions(positions_)) {
    if (shape_.lstm()) {
      previous_cell_ = context.values.slot(operation.inputs[2]);
      next_cell_ = context.values.slot(operation.results[1]);
    } else if (operation.inputs.size() > 2) {
      inside_ = context.values.slot(operation.inputs[2]);
    }
    ATTEND_CHECK(!previous_.constant());
    take_gates(context, operation);
    take_weights(context, operation);
    if (!shape_.lstm())
      reset_ = at::zeros({gates_.sequence().values.size(0), batch(), shape_.units}, floats());
    Tensor mask;
    const bool of_positions =
        context.values.shape(operation.results[0]).per == step::Per::kRowPosition;
    if (context.in.masks != nullptr && !of_positions) {
      mask = context.in.masks->recurrent_of(to_size(operation.node->layer));
    }
    masked_ = mask.defined();
    forward_.emplace(matrices_, shape_, tensors_, mask, previous_.make_factors(matrices_), reset_);
  }

  void forward(std::int64_t i) override {
    const std::size_t width = input_.width(), units = to_size(shape_.units);
    const Rows gates = gates_.rows(i);
    for (std::size_t b = 0; b < batch_; ++b) {
      if (!in_place_) std::copy_n(input_.rows(i).row(b), width, gates.row(b));
      if (inside_.defined()) {
        kernels::add({inside_.rows(i).row(b), 2 * units}, {gates.row(b), 2 * units});
      }
      if (gate_bias_.defined()) {
        kernels::add(span_of(gate_bias_), {gates.row(b), span_of(gate_bias_).size()});
      }
    }
    if (masked_) {
      forward_->pack_state(previous_.time(i));
    } else {
      previous_.factor(matrices_, i);
    }
    forward_->step(step(i));
  }

  void begin_backward() override {
    backward_.emplace(matrices_, *forward_, CellSequences{gates_.all_values(), reset_, {}});
    d_recurrent_.emplace(tensors_.recurrent_weight);
    if (gate_bias_.defined()) d_gate_bias_.emplace(gate_bias_);
    none_.assign(to_size(shape_.units), 0.0F);
    carry_.resize(batch_ * to_size(shape_.units));
    cell_carry_.resize(shape_.lstm() ? carry_.size() : 0);
  }

  void backward(std::int64_t i) override {
    const std::size_t units = to_size(shape_.units);
    const Rows carry{carry_.data(), units}, cell_carry{cell_carry_.data(), units};
    copy(state_.gradient(i), carry);
    if (shape_.lstm()) copy(next_cell_.gradient(i), cell_carry);
    backward_->step(step(i), Rows{none_.data(), 0}, carry, cell_carry);
    if (previous_.asks()) add_to_rows(previous_.gradient(i), carry, batch_, units);
    if (shape_.lstm() && previous_cell_.asks()) {
      add_to_rows(previous_cell_.gradient(i), cell_carry, batch_, units);
    }
    if (!in_place_ && input_.asks()) {
      add_to_rows(input_.gradient(i), gates_.rows(i), batch_, input_.width());
    }
    if (inside_.defined() && inside_.asks()) {
      add_to_rows(inside_.gradient(i), gates_.rows(i), batch_, 2 * units);
      add_to_rows(inside_.gradient(i).column(2 * units), rows_at(reset_, gates_.time(i)), batch_,
                  units);
    }
  }

  void finish(std::int64_t first, std::int64_t steps) override {
    if (steps == first) return;
    backward_->add_recurrent_gradient(first, previous_.time(first), steps - first,
                                      d_recurrent_->sum());
    if (!d_gate_bias_) return;
    const Tensor gates = gates_.values(first, steps - first).flatten(0, 1);
    add_column_sums(gates.narrow(1, 0, gate_bias_.size(0)), d_gate_bias_->sum());
  }

  std::vector<WeightArgument> weights() override {
    std::vector<WeightArgument> result{
        {tensors_.recurrent_weight, [this] { return d_recurrent_->result(); }}};
    if (tensors_.recurrent_bias.defined()) {
      result.push_back({tensors_.recurrent_bias, [this] { return backward_->d_bias(); }});
    }
    if (gate_bias_.defined()) {
      result.push_back({gate_bias_, [this] { return d_gate_bias_->result(); }});
    }
    return result;
  }

 private:
  std::int64_t batch() const { return static_cast<std::int64_t>(batch_); }
  at::TensorOptions floats() const { return previous_.sequence().values.options(); }
  void copy(Rows from, Rows to) const {
    for (std::size_t b = 0; b < batch_; ++b)
      std::copy_n(from.row(b), to_size(shape_.units), to.row(b));
  }

  // Whether nothing but this cell reads the gates, which a product of the steps makes.
  void take_gates(StepContext& context, const step::Operation& operation) {
    const int gates = operation.inputs[0];
    const network::StepProgram& program = *context.in.program;
    for (const step::Operation& one : program.schedule().operations) {
      if (one.results[0] != gates) continue;
      in_place_ = one.node->op == step::Op::kLinear && program.in_steps(one) &&
                  one.postponed == operation.postponed && context.values.readers(gates) == 1 &&
                  input_.time(0) == 0;
    }
    const auto row = static_cast<std::int64_t>(positions_) * shape_.gate_units();
    gates_ = in_place_ ? input_ : context.values.make(row).by_positions(positions_);
    gates_.sequence().in_place = true;
  }

  // The biases inside the reset gate: those of z and r are added to the gates.
  void take_weights(StepContext& context, const step::Operation& operation) {
    const std::vector<std::string>& names = operation.node->weights;
    tensors_.recurrent_weight = find_tensor(*context.in.tensors, names[0]);
    if (!shape_.config.resets_after()) return;
    Tensor inside = names.size() > 1 ? find_tensor(*context.in.tensors, names[1]) : Tensor();
    if (!inside.defined()) inside = at::zeros({shape_.units}, floats());
    if (inside.size(0) > shape_.units) {
      const at::AutoGradMode graph(true);
      gate_bias_ = inside.narrow(0, 0, 2 * shape_.units);
      inside = inside.narrow(0, 2 * shape_.units, shape_.units);
    }
    tensors_.recurrent_bias = inside;
  }

  CellStep step(std::int64_t i) const {
    CellStep step;
    step.rows = batch_;
    step.time = gates_.time(i);
    step.before = previous_.time(i);
    step.gates = gates_.rows(i);
    step.previous = previous_.rows(i);
    step.state = state_.rows(i);
    if (shape_.lstm()) {
      step.previous_cell = previous_cell_.rows(i);
      step.cell = next_cell_.rows(i);
    } else {
      step.reset = rows_at(reset_, gates_.time(i));
      if (inside_.defined()) step.inside = inside_.rows(i).column(2 * to_size(shape_.units));
    }
    return step;
  }

  ShardMatrices& matrices_;
  std::size_t positions_;  // vectors of a row: its positions, or 1
  std::size_t batch_;      // vectors of a step
  CellShape shape_;
  SlotView input_, previous_, state_, previous_cell_, next_cell_;
  // Is added to U h: its part of z and r to the gates, its part of the candidate inside the reset
  // gate. Undefined without it.
  SlotView inside_;
  SlotView gates_;
  bool in_place_ = false, masked_ = false;
  CellTensors tensors_;
  Tensor gate_bias_;  // [2 n] or undefined
  Tensor reset_;      // [steps, batch, n], of a GRU
  std::optional<ForwardCell> forward_;
  std::optional<BackwardCell> backward_;
  std::optional<WeightGradient> d_recurrent_, d_gate_bias_;
  std::vector<float> none_, carry_, cell_carry_;
};

}  // namespace

std::unique_ptr<StepOperation> make_cell(StepContext& context, const step::Operation& operation) {
  return std::make_unique<CellOperation>(context, operation);
}

}  // namespace attend::fused
