#include "network/program_run.h"

#include <algorithm>
#include <string>

#include "base/base.h"
#include "network/plain_operations.h"
#include "network/step_operations.h"

namespace attend::network {
namespace {

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

// Returns x [steps, batch, …] with all steps as one batch.
Tensor steps_as_rows(const Tensor& x) { return x.flatten(0, 1); }

}  // namespace

ProgramRun::ProgramRun(const StepProgram& program, const Tensors& tensors, Operations& operations,
                       const ProgramInputs& inputs)
    : program_(program),
      schedule_(program.schedule()),
      tensors_(tensors),
      operations_(operations),
      in_(inputs),
      values_(schedule_.slots.size()),
      kept_(program.kept(inputs.shown).size()),
      caches_(schedule_.operations.size()),
      mask_(inputs.mask) {
  for (std::size_t k = 0; k < caches_.size(); ++k) {
    for (const std::string& name : schedule_.operations[k].node->weights) {
      caches_[k].weights.push_back(find_tensor(tensors, name));
    }
  }
  for (const step::Operation& one : schedule_.operations) {
    if (!in_loop(one) || !reads_past(one.node->op)) continue;
    if (slot_of(one.inputs[1]).stage == step::Stage::kStep) past_[one.inputs[1]];
  }
  if (mask_.defined() || !program.needs_mask()) return;
  mask_ = at::zeros({inputs.annotations.size(0), inputs.annotations.size(1)},
                    inputs.annotations.options().requires_grad(false));
}

ProgramOutputs ProgramRun::run() {
  run_stage(step::Stage::kOnce);
  run_stage(step::Stage::kToken);
  if (operations_.runs_steps()) {
    run_steps_fused();
  } else {
    run_steps();
  }
  run_stage(step::Stage::kAfter);
  return outputs();
}

// Observations that nobody asks for are left out, and so is what they alone need.
bool ProgramRun::is_shown_or_needed(const step::Operation& operation) const {
  return program_.computes(operation, in_.shown);
}

void ProgramRun::run_stage(step::Stage stage) {
  for (const step::Operation& one : schedule_.operations) {
    const bool done = operations_.runs_steps() && program_.in_steps(one);
    if (one.stage == stage && !done && is_shown_or_needed(one)) compute(one);
  }
}

void ProgramRun::run_steps() {
  const std::vector<int>& kept = program_.kept(in_.shown);
  for (step_ = 0; step_ < in_.steps; ++step_) {
    run_step();
    for (std::size_t k = 0; k < kept.size(); ++k) kept_[k].push_back(value(kept[k]));
    for (auto& [slot, steps] : past_) steps.push_back(value(slot));
  }
  for (std::size_t k = 0; k < kept.size(); ++k) value(kept[k]) = at::cat(kept_[k], 0);
}

void ProgramRun::run_step() {
  carry();
  for (const step::Operation& one : schedule_.operations) {
    if (in_loop(one) && one.postponed && step_ > 0) compute(one);
  }
  for (const step::Resumed& one : schedule_.resumed) {
    value(one.result) =
        step_ > 0 ? rows_of_step(one.postponed, step_) : rows_of_step(one.initial, 0);
  }
  for (const step::Operation& one : schedule_.operations) {
    if (in_loop(one) && !one.postponed && is_shown_or_needed(one)) compute(one);
  }
}

void ProgramRun::run_steps_fused() {
  StepsInputs inputs;
  inputs.program = &program_;
  inputs.results = program_.results(in_.shown);
  inputs.steps = in_.steps;
  inputs.batch = in_.annotations.size(0);
  inputs.values = values_;
  inputs.tensors = &tensors_;
  inputs.lengths = in_.lengths;
  inputs.positions = in_.annotations.size(1);
  inputs.mask = mask_;
  inputs.masks = in_.masks;
  inputs.dropout = in_.dropout;
  inputs.ids = in_.previous_ids;
  inputs.predicts = in_.predicts;
  inputs.shown = in_.shown;
  const std::vector<Tensor> found = operations_.run_steps(inputs);
  for (std::size_t k = 0; k < found.size(); ++k) value(inputs.results[k]) = found[k];
}

// Hands carried values to this step. All are read before the first is replaced, because one may
// follow another.
void ProgramRun::carry() {
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
Tensor ProgramRun::rows_of_step(int slot, std::int64_t step) {
  const Tensor& x = value(slot);
  const step::Per per = per_of(slot);
  if (per == step::Per::kSource) return x.unsqueeze(0);
  if (per == step::Per::kPosition) return x.squeeze(-1).unsqueeze(0);
  return slot_of(slot).stage == step::Stage::kToken ? x.narrow(0, step, 1) : x;
}

ProgramOutputs ProgramRun::outputs() {
  ProgramOutputs outputs;
  outputs.output = all_steps(schedule_.output);
  if (schedule_.prior >= 0) {
    outputs.prior = all_steps(schedule_.prior);
    outputs.normalizer = all_steps(schedule_.normalizer);
  }
  if (schedule_.gate >= 0) {
    outputs.gate = all_steps(schedule_.gate);
    outputs.copied = all_steps(schedule_.copied);
  }
  for (const step::ObservedSlot& one : schedule_.observations) {
    outputs.observations.push_back(shows(in_.shown, one.name) ? all_steps(one.slot) : Tensor());
  }
  for (const int slot : schedule_.costs) outputs.costs.push_back(all_steps(slot));
  return outputs;
}

// The value of a row in all steps. A value of the source alone or of its positions is repeated.
Tensor ProgramRun::all_steps(int slot) {
  const Tensor& x = value(slot);
  const step::Per per = per_of(slot);
  const Tensor rows = per == step::Per::kSource     ? x.unsqueeze(0)
                      : per == step::Per::kPosition ? x.squeeze(-1).unsqueeze(0)
                                                    : x;
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape.front() = in_.steps;
  return rows.expand(shape);
}

// An operand in the shape that its operation needs: in the loop, the rows of this step.
Tensor ProgramRun::operand(const step::Operation& operation, int slot) {
  const Tensor& x = value(slot);
  if (!in_loop(operation) || slot_of(slot).stage != step::Stage::kToken) return x;
  return x.narrow(0, step_, 1);
}

void ProgramRun::compute(const step::Operation& operation) {
  if (operation.node->op == step::Op::kLstm) {
    const State next = update(operation);
    value(operation.results[0]) = next.hidden;
    value(operation.results[1]) = next.cell;
  } else {
    value(operation.results[0]) = result(operation);
  }
}

Tensor ProgramRun::result(const step::Operation& operation) {
  const step::Node& node = *operation.node;
  switch (node.op) {
    case step::Op::kLinear:
      return linear(operation);
    case step::Op::kGru:
      return per_of(operation.results[0]) == step::Per::kRowPosition ? update_positions(operation)
                                                                     : update(operation).hidden;
    case step::Op::kDropout:
      return dropped(operation);
    default:
      break;
  }
  if (is_of_past(node.op)) return past_value(operation);
  if (!is_computed(node.op)) return input_value(operation);
  OperationInputs inputs;
  for (const int slot : operation.inputs) {
    inputs.operands.push_back(operand(operation, slot));
    inputs.shapes.push_back(slot_of(slot).shape);
  }
  inputs.weights = cache(operation).weights;
  inputs.mask = mask_;
  if (node.op == step::Op::kMonotonicAlignment) {
    inputs.noise = noise_of(operation);
    inputs.predicts = in_.predicts;
  }
  if (node.op == step::Op::kDraw) {
    const Tensor draws = in_.masks == nullptr ? Tensor() : in_.masks->draws;
    const bool one = draws.defined() && in_loop(operation);
    inputs.draws = one ? draws.narrow(0, step_, 1) : draws;
    inputs.first_step = in_loop(operation) ? step_ : 0;
    // Each step draws by itself, also where all have one alignment.
    Tensor& alignment = inputs.operands[0];
    if (!in_loop(operation)) alignment = alignment.expand({in_.steps, -1, -1});
  }
  // A postponed operation scores the token that the step before has chosen.
  if (node.op == step::Op::kTokenLogProbability) {
    inputs.ids = in_loop(operation) ? in_.previous_ids.narrow(0, step_, 1) : in_.previous_ids;
  }
  return network::compute(node, inputs);
}

// The noise of the steps that an operation computes; undefined without noise.
Tensor ProgramRun::noise_of(const step::Operation& operation) const {
  const Tensor noise = in_.masks == nullptr ? Tensor() : in_.masks->noise;
  if (!noise.defined() || !in_loop(operation)) return noise;
  return noise.narrow(0, operation.postponed ? step_ - 1 : step_, 1);
}

// An operand whose last dimension is its units, also where a row and a position have one number.
Tensor ProgramRun::vectors(const step::Operation& operation, std::size_t k) {
  const step::Shape& shape = slot_of(operation.inputs[k]).shape;
  const Tensor x = input(operation, k);
  return shape.per == step::Per::kRowPosition && shape.units == 1 ? x.unsqueeze(-1) : x;
}

// Returns W [x_1; …] + b + the value that is added, for the parts and columns of the operation.
Tensor ProgramRun::linear(const step::Operation& operation) {
  std::vector<Tensor> parts;
  for (std::size_t k = 0; k < operation.inputs.size(); ++k) parts.push_back(vectors(operation, k));
  Tensor result = in_loop(operation) ? product(operation, parts) : products(operation, parts);
  const step::Shape& shape = slot_of(operation.results[0]).shape;
  if (shape.per == step::Per::kRowPosition) {
    const bool spreads = per_of(operation.inputs[0]) != shape.per, is_number = shape.units == 1;
    if (spreads && !is_number) result = result.unsqueeze(2);
    if (!spreads && is_number) result = result.squeeze(-1);
  }
  if (operation.added < 0) return result;
  return result +
         repeatable(operand(operation, operation.added), slot_of(operation.added).shape, shape);
}

// A product outside the loop: one product for each run of adjacent columns of W.
Tensor ProgramRun::products(const step::Operation& operation, const std::vector<Tensor>& parts) {
  const Tensor bias = operation.adds_bias ? weight(operation, 1) : Tensor();
  std::vector<std::int64_t> shape = parts[0].sizes().vec();
  shape.back() = weight(operation, 0).size(0);
  Tensor sum;
  for (std::size_t first = 0; first < parts.size();) {
    std::vector<WordRows> rows;
    std::int64_t column = operation.first_columns[first];
    std::size_t k = first;
    for (; k < parts.size() && operation.first_columns[k] == column; ++k) {
      rows.push_back(is_previous(operation.inputs[k])
                         ? in_.previous
                         : WordRows{parts[k].reshape({-1, parts[k].size(-1)}), {}});
      column += parts[k].size(-1);
    }
    const Tensor part =
        operations_.linear(rows, weight(operation, 0), sum.defined() ? Tensor() : bias,
                           Activation::kNone, operation.first_columns[first]);
    sum = sum.defined() ? sum + part : part;
    first = k;
  }
  return sum.view(shape);
}

bool ProgramRun::is_previous(int slot) const {
  return std::any_of(
      schedule_.operations.begin(), schedule_.operations.end(), [&](const step::Operation& one) {
        return one.results[0] == slot && (one.node->op == step::Op::kPreviousEmbedding ||
                                          one.node->op == step::Op::kNextEmbedding);
      });
}

// A product in the loop.
Tensor ProgramRun::product(const step::Operation& operation, const std::vector<Tensor>& parts) {
  Tensor& columns = cache(operation).columns;
  if (!columns.defined()) {  // once for all steps, so that their gradients are added up in place
    std::vector<Tensor> blocks;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      blocks.push_back(
          weight(operation, 0).narrow(1, operation.first_columns[k], parts[k].size(-1)));
    }
    columns = blocks.size() == 1 ? blocks[0] : at::cat(blocks, 1);
  }
  const Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts, -1);
  return operation.adds_bias ? at::linear(x, columns, weight(operation, 1))
                             : at::linear(x, columns);
}

const Recurrence& ProgramRun::recurrence(const step::Operation& operation, std::int64_t units) {
  Cache& own = cache(operation);
  if (own.recurrence) return *own.recurrence;
  CellTensors tensors;
  tensors.recurrent_weight = own.weights[0];
  if (own.weights.size() > 1) tensors.recurrent_bias = own.weights[1];
  return own.recurrence.emplace(operation.node->cell, units, tensors);
}

// One step of a cell; rows of all steps at once outside the loop.
State ProgramRun::update(const step::Operation& operation) {
  const step::Node& node = *operation.node;
  Tensor gates = row(operation, 0), hidden = row(operation, 1), inside;
  std::int64_t steps = std::max(gates.size(0), hidden.size(0));
  if (node.op == step::Op::kGru && operation.inputs.size() > 2) {
    inside = row(operation, 2);
    steps = std::max(steps, inside.size(0));
    inside = steps_as_rows(inside.expand({steps, -1, -1}));
  }
  gates = gates.expand({steps, -1, -1});
  hidden = hidden.expand({steps, -1, -1});
  State state{steps_as_rows(hidden), {}};
  if (node.op == step::Op::kLstm) {
    state.cell = steps_as_rows(row(operation, 2).expand({steps, -1, -1}));
  }
  Tensor mask = in_.masks == nullptr ? Tensor() : in_.masks->recurrent_of(index_of(node.layer));
  if (mask.defined() && steps > 1) mask = mask.repeat({steps, 1});
  State next =
      recurrence(operation, hidden.size(-1)).step(steps_as_rows(gates), state, mask, inside);
  next.hidden = next.hidden.view(hidden.sizes());
  if (next.cell.defined()) next.cell = next.cell.view(hidden.sizes());
  return next;
}

// One step of a GRU of rows and positions, whose vectors are all updated together.
Tensor ProgramRun::update_positions(const step::Operation& operation) {
  const Tensor gates = vectors(operation, 0), hidden = input(operation, 1);
  const std::int64_t units = slot_of(operation.results[0]).shape.units;
  const State state{hidden.reshape({-1, units}), {}};
  return recurrence(operation, units)
      .step(gates.reshape({-1, 3 * units}), state, {}, {})
      .hidden.view(hidden.sizes());
}

// An operand as a row: a value of the source is repeated in every step.
Tensor ProgramRun::row(const step::Operation& operation, std::size_t k) {
  const Tensor x = input(operation, k);
  return x.dim() == 3 ? x : x.unsqueeze(0);
}

Tensor ProgramRun::dropped(const step::Operation& operation) {
  const Tensor x = input(operation, 0);
  if (in_.dropout == nullptr) return x;
  const step::Node& node = *operation.node;
  if (node.place == step::DropoutPlace::kReadout) return dropped_readout(operation, x);
  const std::size_t layer = index_of(node.layer);
  if (!in_loop(operation)) return in_.masks->between.empty() ? x : x * in_.masks->between.at(layer);
  const Tensor mask = in_.masks->between_at(operation.postponed ? step_ - 1 : step_, layer);
  return mask.defined() ? x * mask : x;
}

// Every step has a mask of its own, or all steps have one mask (variational dropout). The positions
// of a readout for each position share a mask.
Tensor ProgramRun::dropped_readout(const step::Operation& operation, const Tensor& x) {
  Dropout& dropout = *in_.dropout;
  const double rate = dropout.config().readout;
  if (rate <= 0) return x;
  if (x.dim() == 2) return dropout.sequence(x.unsqueeze(0), rate).squeeze(0);  // of the source
  const auto times = [&x](const Tensor& mask) {
    return x * (x.dim() == 4 ? mask.unsqueeze(2) : mask);
  };
  const auto draw = [&](std::int64_t steps) {
    const Tensor one = at::ones({steps, x.size(1), x.size(-1)}, x.options().requires_grad(false));
    return dropout.sequence(one, rate);
  };
  if (!in_loop(operation)) return times(draw(in_.steps));
  const std::int64_t update = operation.postponed ? step_ - 1 : step_;
  if (in_.masks->readout.defined()) return times(in_.masks->readout[update]);
  if (!dropout.config().variational) return times(draw(1));
  Tensor& mask = cache(operation).mask;
  if (!mask.defined()) mask = draw(1);
  return times(mask);
}

}  // namespace attend::network
