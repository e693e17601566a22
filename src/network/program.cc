// In this file a value has the shape [units] for the model, [batch, units] for a source, [batch,
// source_length, units] for a position, [steps, batch, units] for a row and [steps, batch,
// source_length] for a row and a position. Inside the loop over the steps, `steps` is 1.
#include "network/program.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/base.h"
#include "network/layers.h"
#include "network/plain_operations.h"

namespace attend::network {

using step::Op;
using step::Operation;
using step::Per;
using step::Stage;

namespace {

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

// Returns x without its dimension of steps, which must be 1, or with all steps as one batch.
Tensor flat(const Tensor& x) { return x.flatten(0, 1); }

}  // namespace

StepProgram::StepProgram(step::Program program)
    : program_(std::move(program)), schedule_(step::make_schedule(program_, {})) {
  const auto keep = [this](int slot) {
    if (slot < 0 || schedule_.slots[index_of(slot)].stage != Stage::kStep) return;
    if (std::find(kept_.begin(), kept_.end(), slot) == kept_.end()) kept_.push_back(slot);
  };
  for (const Operation& one : schedule_.operations) {
    if (one.stage != Stage::kAfter) continue;
    for (const int input : one.inputs) keep(input);
    keep(one.added);
  }
  for (const step::ObservedSlot& one : schedule_.observations) keep(one.slot);
  for (const int slot : schedule_.costs) keep(slot);
  keep(schedule_.output);
}

// One pass.
class ProgramRun {
 public:
  ProgramRun(const StepProgram& program, const Tensors& tensors, Operations& operations,
             const ProgramInputs& inputs)
      : program_(program),
        schedule_(program.schedule_),
        tensors_(tensors),
        operations_(operations),
        in_(inputs),
        values_(schedule_.slots.size()),
        kept_(program.kept_.size()) {}

  ProgramOutputs run() {
    run_stage(Stage::kOnce);
    run_stage(Stage::kToken);
    for (step_ = 0; step_ < in_.steps; ++step_) run_step();
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      values_[index_of(program_.kept_[k])] = at::cat(kept_[k], 0);
    }
    run_stage(Stage::kAfter);
    ProgramOutputs outputs{all_steps(schedule_.output), {}, {}};
    for (const step::ObservedSlot& one : schedule_.observations) {
      outputs.observations.push_back(all_steps(one.slot));
    }
    for (const int slot : schedule_.costs) outputs.costs.push_back(all_steps(slot));
    return outputs;
  }

 private:
  Tensor& value(int slot) { return values_[index_of(slot)]; }
  const step::Slot& slot_of(int slot) const { return schedule_.slots[index_of(slot)]; }
  bool in_loop(const Operation& operation) const { return operation.stage == Stage::kStep; }
  const Tensor& weight(const Operation& operation, std::size_t k) const {
    return tensors_.at(operation.node->weights[k]);
  }

  // The value of a row in all steps. A value that was computed for the source alone is repeated.
  Tensor all_steps(int slot) {
    const Tensor& x = value(slot);
    const Tensor rows = slot_of(slot).shape.per == Per::kSource ? x.unsqueeze(0) : x;
    return rows.expand({in_.steps, rows.size(1), rows.size(2)});
  }

  // An operand in the shape that its operation needs: in the loop, the rows of this step.
  Tensor operand(const Operation& operation, int slot) {
    const Tensor& x = value(slot);
    if (!in_loop(operation) || slot_of(slot).stage != Stage::kToken) return x;
    return x.narrow(0, step_, 1);
  }
  Tensor input(const Operation& operation, std::size_t k) {
    return operand(operation, operation.inputs[k]);
  }

  void run_stage(Stage stage) {
    for (const Operation& one : schedule_.operations) {
      if (one.stage == stage) compute(one);
    }
  }

  void run_step() {
    carry();
    for (const Operation& one : schedule_.operations) {
      if (in_loop(one) && one.postponed && step_ > 0) compute(one);
    }
    for (const step::Resumed& one : schedule_.resumed) {
      value(one.result) =
          step_ > 0 ? rows_of_step(one.postponed, step_) : rows_of_step(one.initial, 0);
    }
    for (const Operation& one : schedule_.operations) {
      if (in_loop(one) && !one.postponed) compute(one);
    }
    for (std::size_t k = 0; k < kept_.size(); ++k) kept_[k].push_back(value(program_.kept_[k]));
  }

  // Hands carried values to this step. All are read before the first is replaced, because one may
  // follow another.
  void carry() {
    std::vector<Tensor> carried;
    for (const step::CarriedSlot& one : schedule_.carried) {
      if (step_ > 0) {
        carried.push_back(rows_of_step(one.after, step_ - 1));
      } else {
        carried.push_back(one.initial >= 0 ? rows_of_step(one.initial, 0) : Tensor());
      }
    }
    for (std::size_t k = 0; k < carried.size(); ++k) {
      value(schedule_.carried[k].before) = carried[k];
    }
  }

  // The rows of a step [1, batch, units], whether the value was computed for the source, for all
  // steps or for this step alone.
  Tensor rows_of_step(int slot, std::int64_t step) {
    const Tensor& x = value(slot);
    if (slot_of(slot).shape.per == Per::kSource) return x.unsqueeze(0);
    return slot_of(slot).stage == Stage::kToken ? x.narrow(0, step, 1) : x;
  }

  void compute(const Operation& operation) {
    if (operation.node->op == Op::kLstm) {
      const State next = update(operation);
      value(operation.results[0]) = next.hidden;
      value(operation.results[1]) = next.cell;
    } else {
      value(operation.results[0]) = result(operation);
    }
  }

  Tensor result(const Operation& operation) {
    const step::Node& node = *operation.node;
    switch (node.op) {
      case Op::kAnnotations:
        return in_.annotations;
      case Op::kFirstBackward:
      case Op::kMeanAnnotations:
      case Op::kLastState:
        return in_.first_input;
      case Op::kLayerState:
        return in_.last[index_of(node.layer)].hidden;
      case Op::kLayerCell:
        return in_.last[index_of(node.layer)].cell;
      case Op::kZeros:
        return at::zeros({in_.annotations.size(0), node.results[0].units},
                         in_.annotations.options().requires_grad(false));
      case Op::kParameter:
        return weight(operation, 0);
      case Op::kPreviousEmbedding:
      case Op::kNextEmbedding:
        return previous_rows();
      case Op::kLinear:
        return linear(operation);
      case Op::kGru:
        return update(operation).hidden;
      case Op::kAdditiveEnergies:
        return additive_energies(operation);
      case Op::kDotEnergies:
        return dot_energies(operation);
      case Op::kSoftmax:
        return softmax(input(operation, 0));
      case Op::kWeightedSum:
        return weighted_sum(operation);
      case Op::kAdd:
        return joined(operation, 0) + joined(operation, 1);
      case Op::kMultiply:
        return joined(operation, 0) * joined(operation, 1);
      case Op::kScale:
        return input(operation, 0) * node.factor;
      case Op::kTanh:
        return input(operation, 0).tanh();
      case Op::kSigmoid:
        return input(operation, 0).sigmoid();
      case Op::kRelu:
        return input(operation, 0).relu();
      case Op::kMaxout:
        return maxout(input(operation, 0));
      case Op::kUnitLength: {
        const Tensor x = input(operation, 0);
        return x * (x.square().sum(-1, true) + step::kLengthEpsilon).rsqrt();
      }
      case Op::kDropout:
        return dropped(operation);
      case Op::kLstm:
      case Op::kCarried:
      case Op::kLogProbabilities:
        break;
    }
    throw CheckFailure("no operation of a schedule: " + std::string(name_of(node.op)));
  }

  // E y_{i-1} of all steps, one row for each position.
  Tensor previous_rows() {
    const Tensor& rows = in_.previous.rows;
    const Tensor all =
        in_.previous.shared() ? rows.index_select(0, in_.previous.index.reshape(-1)) : rows;
    return all.view({in_.steps, in_.annotations.size(0), all.size(1)});
  }

  // The operand of a sum or a product, in a shape that libtorch repeats as the program means it.
  Tensor joined(const Operation& operation, std::size_t k) {
    const Tensor x = input(operation, k);
    const bool of_positions = slot_of(operation.results[0]).shape.per == Per::kRowPosition &&
                              slot_of(operation.inputs[k]).shape.per == Per::kPosition;
    return of_positions ? x.squeeze(-1) : x;
  }

  // Returns W [x_1; …] + b + the value that is added, for the parts and columns of the operation.
  Tensor linear(const Operation& operation) {
    std::vector<Tensor> parts;
    for (std::size_t k = 0; k < operation.inputs.size(); ++k) parts.push_back(input(operation, k));
    const Tensor bias = operation.adds_bias ? weight(operation, 1) : Tensor();
    const Tensor& whole = weight(operation, 0);
    std::int64_t columns = 0;
    for (const Tensor& part : parts) columns += part.size(-1);
    const Tensor result = columns == whole.size(1) && !in_loop(operation)
                              ? whole_product(operation, parts, whole, bias)
                              : product(operation, parts, whole, bias);
    return operation.added >= 0 ? result + operand(operation, operation.added) : result;
  }

  // A product outside the loop that has all columns of W.
  Tensor whole_product(const Operation& operation, const std::vector<Tensor>& parts,
                       const Tensor& whole, const Tensor& bias) {
    std::vector<WordRows> rows;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      rows.push_back(is_previous(operation.inputs[k])
                         ? in_.previous
                         : WordRows{parts[k].reshape({-1, parts[k].size(-1)}), {}});
    }
    std::vector<std::int64_t> shape = parts[0].sizes().vec();
    shape.back() = whole.size(0);
    return operations_.linear(rows, whole, bias, Activation::kNone).view(shape);
  }

  bool is_previous(int slot) const {
    return std::any_of(
        schedule_.operations.begin(), schedule_.operations.end(), [&](const Operation& one) {
          return one.results[0] == slot &&
                 (one.node->op == Op::kPreviousEmbedding || one.node->op == Op::kNextEmbedding);
        });
  }

  Tensor product(const Operation& operation, const std::vector<Tensor>& parts, const Tensor& whole,
                 const Tensor& bias) {
    Tensor& columns = columns_[&operation];
    if (!columns.defined()) {  // once for all steps, so that their gradients are added up in place
      std::vector<Tensor> blocks;
      for (std::size_t k = 0; k < parts.size(); ++k) {
        blocks.push_back(whole.narrow(1, operation.first_columns[k], parts[k].size(-1)));
      }
      columns = blocks.size() == 1 ? blocks[0] : at::cat(blocks, 1);
    }
    const Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts, -1);
    return bias.defined() ? at::linear(x, columns, bias) : at::linear(x, columns);
  }

  const Recurrence& recurrence(const Operation& operation, std::int64_t units) {
    const auto found = recurrences_.find(&operation);
    if (found != recurrences_.end()) return found->second;
    CellTensors tensors;
    tensors.recurrent_weight = weight(operation, 0);
    if (operation.node->weights.size() > 1) tensors.recurrent_bias = weight(operation, 1);
    return recurrences_.try_emplace(&operation, operation.node->cell, units, tensors).first->second;
  }

  // One step of a cell; rows of all steps at once outside the loop.
  State update(const Operation& operation) {
    const step::Node& node = *operation.node;
    const Tensor gates = input(operation, 0), hidden = row(operation, 1);
    State state{flat(hidden), {}};
    if (node.op == Op::kLstm) state.cell = flat(row(operation, 2));
    const Tensor mask =
        in_.masks == nullptr ? Tensor() : in_.masks->recurrent_of(index_of(node.layer));
    State next = recurrence(operation, hidden.size(-1))
                     .step(flat(gates.expand({hidden.size(0), hidden.size(1), gates.size(-1)})),
                           state, mask);
    next.hidden = next.hidden.view(hidden.sizes());
    if (next.cell.defined()) next.cell = next.cell.view(hidden.sizes());
    return next;
  }

  // An operand as a row: a value of the source is repeated in every step.
  Tensor row(const Operation& operation, std::size_t k) {
    const Tensor x = input(operation, k);
    return x.dim() == 3 ? x : x.unsqueeze(0);
  }

  // A query as [steps, batch, units], whatever it belongs to.
  Tensor query(const Operation& operation) {
    const Tensor x = input(operation, 0);
    if (x.dim() == 3) return x;
    const std::int64_t batch = in_.annotations.size(0);
    return (x.dim() == 1 ? x.expand({batch, x.size(0)}) : x).unsqueeze(0);
  }

  Tensor additive_energies(const Operation& operation) {
    const Tensor q = query(operation).unsqueeze(2);  // [steps, batch, 1, n']
    const Tensor hidden = (q + input(operation, 1)).tanh();
    return hidden.matmul(weight(operation, 0));
  }

  Tensor dot_energies(const Operation& operation) {
    const Tensor q = query(operation);  // [steps, batch, n]
    return input(operation, 1).bmm(q.permute({1, 2, 0})).permute({2, 0, 1});
  }

  // Softmax over the positions that are allowed. A row without any has 0 everywhere.
  Tensor softmax(const Tensor& energies) {
    if (!in_.mask.defined()) return energies.softmax(-1);
    const Tensor open = (in_.mask == 0).any(-1, true);  // [batch, 1]
    const Tensor mask = at::where(open, in_.mask, at::zeros_like(in_.mask));
    return (energies + mask).softmax(-1) * open.to(energies.scalar_type());
  }

  Tensor weighted_sum(const Operation& operation) {
    const Tensor alignment = input(operation, 0);  // [steps, batch, source_length]
    return alignment.transpose(0, 1).bmm(input(operation, 1)).transpose(0, 1);
  }

  Tensor dropped(const Operation& operation) {
    const Tensor x = input(operation, 0);
    if (in_.dropout == nullptr) return x;
    const step::Node& node = *operation.node;
    if (node.place == step::DropoutPlace::kReadout) {
      if (!in_loop(operation)) return in_.dropout->sequence(x, in_.dropout->config().readout);
      return in_.masks->readout.defined() ? x * in_.masks->readout[step_] : x;
    }
    const std::int64_t update = operation.postponed ? step_ - 1 : step_;
    const Tensor mask = in_.masks->between_at(update, index_of(node.layer));
    return mask.defined() ? x * mask : x;
  }

  const StepProgram& program_;
  const step::Schedule& schedule_;
  const Tensors& tensors_;
  Operations& operations_;
  const ProgramInputs& in_;
  std::vector<Tensor> values_;                  // of each slot
  std::vector<std::vector<Tensor>> kept_;       // of each kept slot: the values of the steps
  std::map<const Operation*, Tensor> columns_;  // of products in the loop: their block of W
  std::map<const Operation*, Recurrence> recurrences_;
  std::int64_t step_ = 0;
};

ProgramOutputs StepProgram::run(const Tensors& tensors, Operations& operations,
                                const ProgramInputs& inputs) const {
  return ProgramRun(*this, tensors, operations, inputs).run();
}

}  // namespace attend::network
