#include "fused/step_values.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::fused {
namespace {

using kernels::Rows;
using step::Per;

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

// A value in the layout [1 or steps, batch, width].
Tensor in_rows(const Tensor& value, Per per, std::int64_t batch) {
  switch (per) {
    case Per::kModel:
      return value.expand({1, batch, value.size(0)}).contiguous();
    case Per::kSource:
      return value.unsqueeze(0).contiguous();
    case Per::kPosition:
      return value.flatten(1).unsqueeze(0).contiguous();
    case Per::kRow:
    case Per::kRowPosition:
    case Per::kRowPast:
      break;
  }
  return (value.dim() == 4 ? value.flatten(2) : value).contiguous();
}

void copy_rows(kernels::ConstRows from, Rows to, std::size_t rows, std::size_t width) {
  for (std::size_t b = 0; b < rows; ++b) std::copy_n(from.row(b), width, to.row(b));
}

void add_rows(kernels::ConstRows from, Rows to, std::size_t rows, std::size_t width) {
  for (std::size_t b = 0; b < rows; ++b) kernels::add({from.row(b), width}, {to.row(b), width});
}

}  // namespace

Tensor SlotView::values(std::int64_t first, std::int64_t count) const {
  if (!constant_) return in_vectors(sequence_->values.narrow(0, time(first), count));
  const Tensor one = all_values();
  return one.expand({count, one.size(1), one.size(2)}).contiguous();
}

PackedSteps& SlotView::make_factors(const ShardMatrices& matrices) const {
  Sequence& own = *sequence_;
  if (!own.factors) {
    own.factors.emplace(matrices, all_values());
    own.packed.assign(to_size(own.values.size(0)), 0);
  }
  return *own.factors;
}

kernels::PackedRows SlotView::factor(const ShardMatrices& matrices, std::int64_t i) const {
  Sequence& own = *sequence_;
  make_factors(matrices);
  char& packed = own.packed[to_size(time(i))];
  if (packed == 0) own.factors->pack(time(i));
  packed = 1;
  return own.factors->step(time(i));
}

kernels::PackedRows SlotView::factors(std::int64_t first, std::int64_t count) const {
  ATTEND_CHECK(sequence_->factors.has_value() && !constant_);
  return sequence_->factors->steps(time(first), count);
}

StepValues::StepValues(const network::StepsInputs& inputs)
    : program_(*inputs.program),
      steps_(inputs.steps),
      batch_(inputs.batch),
      positions_(inputs.positions),
      lengths_(inputs.lengths),
      all_lengths_(to_size(inputs.batch), static_cast<std::int32_t>(inputs.positions)),
      options_(at::TensorOptions(at::kFloat).requires_grad(false)),
      views_(program_.schedule().slots.size()),
      readers_(views_.size()) {
  if (!lengths_.empty()) {
    all_lengths_ = lengths_;
  } else if (inputs.mask.defined()) {
    mask_ = inputs.mask.detach().contiguous();
    closed_ = mask_.data_ptr<float>();
  }
  count_readers();
  add_known(inputs);
  alias_carried();
  for (const step::Operation& one : program_.schedule().operations) {
    if (!program_.in_steps(one)) continue;
    for (const int result : one.results) {
      if (!view(result).defined()) view(result) = make(width_of(result));
    }
  }
}

const step::Shape& StepValues::shape(int slot) const {
  return program_.schedule().slots[index_of(slot)].shape;
}

std::int64_t StepValues::width_of(int slot) const {
  const step::Shape& own = shape(slot);
  if (own.per == Per::kRowPast) return steps_;
  return own.per == Per::kRowPosition ? positions_ * own.units : own.units;
}

SlotView StepValues::make(std::int64_t width) {
  auto sequence = std::make_shared<Sequence>();
  sequence->values = at::empty({steps_, batch_, width}, options_);
  sequences_.push_back(sequence);
  return {std::move(sequence), 0};
}

void StepValues::count_readers() {
  const step::Schedule& schedule = program_.schedule();
  const auto count = [&](int slot) {
    if (slot >= 0) ++readers_[index_of(slot)];
  };
  for (const step::Operation& one : schedule.operations) {
    for (const int input : one.inputs) count(input);
    count(one.added);
  }
  for (const step::CarriedSlot& one : schedule.carried) {
    count(one.initial);
    count(one.after);
  }
  for (const step::Resumed& one : schedule.resumed) {
    count(one.postponed);
    count(one.initial);
  }
  for (const step::ObservedSlot& one : schedule.observations) count(one.slot);
  for (const int slot : schedule.costs) count(slot);
  for (const int slot : schedule.output_slots()) count(slot);
}

// Takes the known values that the steps read.
void StepValues::add_known(const network::StepsInputs& inputs) {
  const step::Schedule& schedule = program_.schedule();
  const auto take = [&](int slot) {
    if (slot < 0 || view(slot).defined() || !inputs.values[index_of(slot)].defined()) return;
    Tensor argument = in_rows(inputs.values[index_of(slot)], shape(slot).per, batch_);
    auto sequence = std::make_shared<Sequence>();
    sequence->values = argument.detach();
    sequence->asks = argument.requires_grad();
    sequences_.push_back(sequence);
    const bool constant = argument.size(0) == 1;
    view(slot) = SlotView(std::move(sequence), 0);
    if (constant) view(slot).make_constant();
    known_.push_back({slot, std::move(argument)});
  };
  for (const step::Operation& one : schedule.operations) {
    if (!program_.in_steps(one)) continue;
    for (const int input : one.inputs) take(input);
    take(one.added);
  }
  for (const step::CarriedSlot& one : schedule.carried) {
    take(one.initial);
    take(one.after);
  }
  for (const step::Resumed& one : schedule.resumed) {
    take(one.postponed);
    take(one.initial);
  }
}

// A carried value and what the step leaves share a sequence with one more time than there are
// steps: step i reads time i and writes time i + 1. Where that is not possible, vectors are copied.
void StepValues::alias_carried() {
  const step::Schedule& schedule = program_.schedule();
  const auto longer = [&](int slot) {
    const SlotView made = make(width_of(slot));
    made.sequence().values = at::zeros({steps_ + 1, batch_, width_of(slot)}, options_);
    return made.from(1);
  };
  for (const step::Resumed& one : schedule.resumed) {
    if (view(one.postponed).defined()) continue;  // a known value is copied below
    view(one.postponed) = view(one.result) = longer(one.result);
    set_initial(one.initial, view(one.result), 1);
  }
  for (const step::Resumed& one : schedule.resumed) {
    if (view(one.result).defined()) continue;
    view(one.result) = make(width_of(one.result));
    set_initial(one.initial, view(one.result), 0);
    copies_.push_back({view(one.result), view(one.postponed), 0});
  }
  std::vector<char> shared(views_.size());
  const auto is_before = [&](int slot) {
    return std::any_of(schedule.carried.begin(), schedule.carried.end(),
                       [slot](const step::CarriedSlot& one) { return one.before == slot; });
  };
  std::vector<const step::CarriedSlot*> waiting;
  for (const step::CarriedSlot& one : schedule.carried) {
    const bool known = view(one.after).defined() && view(one.after).time(0) != 1;
    const bool taken = one.initial >= 0 && shared[index_of(one.after)] != 0;
    if (known || taken || is_before(one.after)) {
      view(one.before) = make(width_of(one.before));
      view(one.before).sequence().values.zero_();
      if (one.initial >= 0) set_initial(one.initial, view(one.before), 0);
      waiting.push_back(&one);
      continue;
    }
    if (!view(one.after).defined()) view(one.after) = longer(one.after);
    view(one.before) = view(one.after).from(0);
    if (one.initial < 0) continue;
    shared[index_of(one.after)] = 1;
    set_initial(one.initial, view(one.before), 0);
  }
  for (const step::CarriedSlot* one : waiting) {
    copies_.push_back({view(one->before), view(one->after), 1});
  }
}

void StepValues::set_initial(int slot, const SlotView& to, std::int64_t time) {
  const SlotView& from = view(slot);
  ATTEND_CHECK(from.defined() && from.width() == to.width());
  copy_rows(from.rows(0), rows_at(to.sequence().values, time), batch(), to.width());
  initials_.push_back({from, to, time});
}

void StepValues::carry(std::int64_t i) {
  if (i == 0) return;
  for (const Copy& one : copies_) {
    copy_rows(one.from.rows(i - one.lag), one.to.rows(i), batch(), one.to.width());
  }
}

void StepValues::carry_back(std::int64_t i) {
  if (i == 0) return;
  for (const Copy& one : copies_) {
    if (!one.from.asks()) continue;
    add_rows(one.to.gradient(i), one.from.gradient(i - one.lag), batch(), one.to.width());
  }
}

void StepValues::begin_backward() {
  for (const std::shared_ptr<Sequence>& one : sequences_) {
    if (one->in_place) {
      one->gradient = one->values;
    } else if (one->asks) {
      one->gradient = at::zeros_like(one->values);
    }
  }
}

void StepValues::release_known() {
  for (Known& one : known_) one.argument = Tensor();
}

std::vector<Tensor> StepValues::known_gradients() const {
  std::vector<Tensor> found;
  for (const Known& one : known_) found.push_back(slot(one.slot).sequence().gradient);
  return found;
}

void StepValues::finish_backward() {
  for (const Initial& one : initials_) {
    if (!one.from.asks()) continue;
    add_rows(rows_at(one.to.sequence().gradient, one.time), one.from.gradient(0), batch(),
             one.to.width());
  }
}

}  // namespace attend::fused
