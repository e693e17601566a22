// One pass of a step program. Internal to program.cc.
//
// A value has the shape [units] for the model, [batch, units] for a source, [batch, source_length,
// units] for a position, [steps, batch, units] for a row and [steps, batch, source_length] for a
// row and a position. Inside the loop over the steps, `steps` is 1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "network/layers.h"
#include "network/plain_operations.h"
#include "network/program.h"

namespace attend::network {

class ProgramRun {
 public:
  ProgramRun(const StepProgram& program, const Tensors& tensors, Operations& operations,
             const ProgramInputs& inputs)
      : program_(program),
        schedule_(program.schedule_),
        operations_(operations),
        in_(inputs),
        values_(schedule_.slots.size()),
        kept_(program.kept_.size()),
        caches_(schedule_.operations.size()) {
    for (std::size_t k = 0; k < caches_.size(); ++k) {
      for (const std::string& name : schedule_.operations[k].node->weights) {
        caches_[k].weights.push_back(find_tensor(tensors, name));
      }
    }
    if (!inputs.mask.defined()) return;
    open_ =
        (inputs.mask == 0).any(-1, true);  // [batch, 1]: whether a source has an allowed position
    mask_ = at::where(open_, inputs.mask, at::zeros_like(inputs.mask));
    open_ = open_.to(inputs.mask.scalar_type());
  }

  ProgramOutputs run() {
    run_stage(step::Stage::kOnce);
    run_stage(step::Stage::kToken);
    for (step_ = 0; step_ < in_.steps; ++step_) run_step();
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      values_[slot_index(program_.kept_[k])] = at::cat(kept_[k], 0);
    }
    run_stage(step::Stage::kAfter);
    ProgramOutputs outputs{all_steps(schedule_.output), {}, {}};
    for (const step::ObservedSlot& one : schedule_.observations) {
      outputs.observations.push_back(all_steps(one.slot));
    }
    for (const int slot : schedule_.costs) outputs.costs.push_back(all_steps(slot));
    return outputs;
  }

  static std::size_t slot_index(int slot) { return static_cast<std::size_t>(slot); }

 private:
  // Returns x [steps, batch, …] with all steps as one batch.
  static Tensor steps_as_rows(const Tensor& x) { return x.flatten(0, 1); }

  Tensor& value(int slot) { return values_[slot_index(slot)]; }
  const step::Slot& slot_of(int slot) const { return schedule_.slots[slot_index(slot)]; }
  bool in_loop(const step::Operation& operation) const {
    return operation.stage == step::Stage::kStep;
  }

  // The values that an operation uses in every step.
  struct Cache {
    std::vector<Tensor> weights;  // in the order of Node::weights
    Tensor columns;               // of products in the loop: their block of W
    std::optional<Recurrence> recurrence;
    Tensor mask;  // of dropout in the loop: one mask for all steps
  };
  Cache& cache(const step::Operation& operation) {
    return caches_[static_cast<std::size_t>(&operation - schedule_.operations.data())];
  }
  const Tensor& weight(const step::Operation& operation, std::size_t k) {
    return cache(operation).weights[k];
  }

  // The value of a row in all steps. A value that was computed for the source alone is repeated.
  Tensor all_steps(int slot) {
    const Tensor& x = value(slot);
    const Tensor rows = slot_of(slot).shape.per == step::Per::kSource ? x.unsqueeze(0) : x;
    return rows.expand({in_.steps, rows.size(1), rows.size(2)});
  }

  // An operand in the shape that its operation needs: in the loop, the rows of this step.
  Tensor operand(const step::Operation& operation, int slot) {
    const Tensor& x = value(slot);
    if (!in_loop(operation) || slot_of(slot).stage != step::Stage::kToken) return x;
    return x.narrow(0, step_, 1);
  }
  Tensor input(const step::Operation& operation, std::size_t k) {
    return operand(operation, operation.inputs[k]);
  }

  void run_stage(step::Stage stage) {
    for (const step::Operation& one : schedule_.operations) {
      if (one.stage == stage) compute(one);
    }
  }

  void run_step() {
    carry();
    for (const step::Operation& one : schedule_.operations) {
      if (in_loop(one) && one.postponed && step_ > 0) compute(one);
    }
    for (const step::Resumed& one : schedule_.resumed) {
      value(one.result) =
          step_ > 0 ? rows_of_step(one.postponed, step_) : rows_of_step(one.initial, 0);
    }
    for (const step::Operation& one : schedule_.operations) {
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
    const step::Per per = slot_of(slot).shape.per;
    if (per == step::Per::kSource) return x.unsqueeze(0);
    if (per == step::Per::kPosition) return x.squeeze(-1).unsqueeze(0);
    return slot_of(slot).stage == step::Stage::kToken ? x.narrow(0, step, 1) : x;
  }

  void compute(const step::Operation& operation) {
    if (operation.node->op == step::Op::kLstm) {
      const State next = update(operation);
      value(operation.results[0]) = next.hidden;
      value(operation.results[1]) = next.cell;
    } else {
      value(operation.results[0]) = result(operation);
    }
  }

  Tensor result(const step::Operation& operation) {
    const step::Node& node = *operation.node;
    switch (node.op) {
      case step::Op::kLinear:
        return linear(operation);
      case step::Op::kGru:
        return update(operation).hidden;
      case step::Op::kAdditiveEnergies:
        return additive_energies(operation);
      case step::Op::kDotEnergies:
        return dot_energies(operation);
      case step::Op::kSoftmax:
        return softmax(input(operation, 0));
      case step::Op::kWeightedSum:
        return weighted_sum(operation);
      case step::Op::kAdd:
        return joined(operation, 0) + joined(operation, 1);
      case step::Op::kMultiply:
        return joined(operation, 0) * joined(operation, 1);
      case step::Op::kScale:
        return input(operation, 0) * node.factor;
      case step::Op::kTanh:
        return input(operation, 0).tanh();
      case step::Op::kSigmoid:
        return input(operation, 0).sigmoid();
      case step::Op::kRelu:
        return input(operation, 0).relu();
      case step::Op::kMaxout:
        return maxout(input(operation, 0));
      case step::Op::kUnitLength: {
        const Tensor x = input(operation, 0);
        return x * (x.square().sum(-1, true) + step::kLengthEpsilon).rsqrt();
      }
      case step::Op::kDropout:
        return dropped(operation);
      default:
        return input_value(operation);
    }
  }

  // A value that has no operands.
  Tensor input_value(const step::Operation& operation) {
    const step::Node& node = *operation.node;
    switch (node.op) {
      case step::Op::kAnnotations:
        return in_.annotations;
      case step::Op::kFirstBackward:
        return in_.first_backward;
      case step::Op::kMeanAnnotations:
        return in_.mean_annotations;
      case step::Op::kLastState:
        return in_.last_state;
      case step::Op::kLayerState:
        return in_.last[slot_index(node.layer)].hidden;
      case step::Op::kLayerCell:
        return in_.last[slot_index(node.layer)].cell;
      case step::Op::kZeros:
        return at::zeros({in_.annotations.size(0), node.results[0].units},
                         in_.annotations.options().requires_grad(false));
      case step::Op::kZeroPositions:
        return at::zeros_like(in_.annotations.narrow(2, 0, 1)).detach();
      case step::Op::kParameter:
        return weight(operation, 0);
      case step::Op::kPreviousEmbedding:
      case step::Op::kNextEmbedding:
        return previous_rows();
      default:
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

  // A value in a shape that libtorch repeats as a result of kind `per` needs it: a source has one
  // vector for all of its positions, and a position one number for all rows.
  Tensor repeatable(const step::Operation& operation, int slot, step::Per per) {
    const Tensor x = operand(operation, slot);
    const step::Per own = slot_of(slot).shape.per;
    if (own == step::Per::kSource && per == step::Per::kPosition) return x.unsqueeze(1);
    return own == step::Per::kPosition && per == step::Per::kRowPosition ? x.squeeze(-1) : x;
  }
  Tensor joined(const step::Operation& operation, std::size_t k) {
    return repeatable(operation, operation.inputs[k], slot_of(operation.results[0]).shape.per);
  }

  // Returns W [x_1; …] + b + the value that is added, for the parts and columns of the operation.
  Tensor linear(const step::Operation& operation) {
    std::vector<Tensor> parts;
    for (std::size_t k = 0; k < operation.inputs.size(); ++k) parts.push_back(input(operation, k));
    const Tensor bias = operation.adds_bias ? weight(operation, 1) : Tensor();
    const Tensor& whole = weight(operation, 0);
    std::int64_t columns = 0;
    for (const Tensor& part : parts) columns += part.size(-1);
    const Tensor result = columns == whole.size(1) && !in_loop(operation)
                              ? whole_product(operation, parts, whole, bias)
                              : product(operation, parts, whole, bias);
    if (operation.added < 0) return result;
    return result + repeatable(operation, operation.added, slot_of(operation.results[0]).shape.per);
  }

  // A product outside the loop that has all columns of W.
  Tensor whole_product(const step::Operation& operation, const std::vector<Tensor>& parts,
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
        schedule_.operations.begin(), schedule_.operations.end(), [&](const step::Operation& one) {
          return one.results[0] == slot && (one.node->op == step::Op::kPreviousEmbedding ||
                                            one.node->op == step::Op::kNextEmbedding);
        });
  }

  Tensor product(const step::Operation& operation, const std::vector<Tensor>& parts,
                 const Tensor& whole, const Tensor& bias) {
    Tensor& columns = cache(operation).columns;
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

  const Recurrence& recurrence(const step::Operation& operation, std::int64_t units) {
    Cache& own = cache(operation);
    if (own.recurrence) return *own.recurrence;
    CellTensors tensors;
    tensors.recurrent_weight = own.weights[0];
    if (own.weights.size() > 1) tensors.recurrent_bias = own.weights[1];
    return own.recurrence.emplace(operation.node->cell, units, tensors);
  }

  // One step of a cell; rows of all steps at once outside the loop.
  State update(const step::Operation& operation) {
    const step::Node& node = *operation.node;
    const Tensor gates = input(operation, 0), hidden = row(operation, 1);
    State state{steps_as_rows(hidden), {}};
    if (node.op == step::Op::kLstm) state.cell = steps_as_rows(row(operation, 2));
    const Tensor mask =
        in_.masks == nullptr ? Tensor() : in_.masks->recurrent_of(slot_index(node.layer));
    State next =
        recurrence(operation, hidden.size(-1))
            .step(steps_as_rows(gates.expand({hidden.size(0), hidden.size(1), gates.size(-1)})),
                  state, mask);
    next.hidden = next.hidden.view(hidden.sizes());
    if (next.cell.defined()) next.cell = next.cell.view(hidden.sizes());
    return next;
  }

  // An operand as a row: a value of the source is repeated in every step.
  Tensor row(const step::Operation& operation, std::size_t k) {
    const Tensor x = input(operation, k);
    return x.dim() == 3 ? x : x.unsqueeze(0);
  }

  // A query as [steps, batch, units], whatever it belongs to.
  Tensor query(const step::Operation& operation) {
    const Tensor x = input(operation, 0);
    if (x.dim() == 3) return x;
    const std::int64_t batch = in_.annotations.size(0);
    return (x.dim() == 1 ? x.expand({batch, x.size(0)}) : x).unsqueeze(0);
  }

  Tensor additive_energies(const step::Operation& operation) {
    const Tensor q = query(operation).unsqueeze(2);  // [steps, batch, 1, n']
    const Tensor hidden = (q + input(operation, 1)).tanh();
    return hidden.matmul(weight(operation, 0));
  }

  Tensor dot_energies(const step::Operation& operation) {
    const Tensor q = query(operation);  // [steps, batch, n]
    return input(operation, 1).bmm(q.permute({1, 2, 0})).permute({2, 0, 1});
  }

  // Softmax over the positions that are allowed. A row without any has 0 everywhere.
  Tensor softmax(const Tensor& energies) {
    return mask_.defined() ? (energies + mask_).softmax(-1) * open_ : energies.softmax(-1);
  }

  Tensor weighted_sum(const step::Operation& operation) {
    const Tensor alignment = input(operation, 0);  // [steps, batch, source_length]
    return alignment.transpose(0, 1).bmm(input(operation, 1)).transpose(0, 1);
  }

  Tensor dropped(const step::Operation& operation) {
    const Tensor x = input(operation, 0);
    if (in_.dropout == nullptr) return x;
    const step::Node& node = *operation.node;
    if (node.place == step::DropoutPlace::kReadout) return dropped_readout(operation, x);
    const std::int64_t update = operation.postponed ? step_ - 1 : step_;
    const Tensor mask = in_.masks->between_at(update, slot_index(node.layer));
    return mask.defined() ? x * mask : x;
  }

  // Every step has a mask of its own, or all steps have one mask (variational dropout).
  Tensor dropped_readout(const step::Operation& operation, const Tensor& x) {
    Dropout& dropout = *in_.dropout;
    const double rate = dropout.config().readout;
    if (!in_loop(operation)) {
      return dropout.sequence(rate > 0 ? x.expand({in_.steps, -1, -1}) : x, rate);
    }
    if (in_.masks->readout.defined()) return x * in_.masks->readout[step_];
    if (!dropout.config().variational) return dropout.sequence(x, rate);
    Tensor& mask = cache(operation).mask;
    if (!mask.defined()) mask = dropout.sequence(at::ones_like(x).detach(), rate);
    return x * mask;
  }

  const StepProgram& program_;
  const step::Schedule& schedule_;
  Operations& operations_;
  const ProgramInputs& in_;
  std::vector<Tensor> values_;             // of each slot
  std::vector<std::vector<Tensor>> kept_;  // of each kept slot: the values of the steps
  std::vector<Cache> caches_;              // of each operation
  Tensor mask_, open_;  // [batch, source_length], [batch, 1]; undefined without a mask
  std::int64_t step_ = 0;
};

}  // namespace attend::network
