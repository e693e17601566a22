#include "runtime/program_values.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::runtime {

using model::StepRow;
using step::Per;

namespace {

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

// The slots whose values of earlier steps are read.
std::vector<int> slots_of_past(const step::Schedule& schedule) {
  std::vector<int> slots;
  for (const step::Operation& one : schedule.operations) {
    if (!reads_past(one.node->op)) continue;
    const int slot = one.inputs[1];
    if (std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
  }
  return slots;
}

std::vector<std::size_t> units_of(const step::Schedule& schedule, const std::vector<int>& slots) {
  std::vector<std::size_t> units;
  for (const int slot : slots) {
    units.push_back(static_cast<std::size_t>(schedule.slots[index_of(slot)].shape.units));
  }
  return units;
}

}  // namespace

ProgramValues::ProgramValues(const step::Schedule& schedule, const Annotations& annotations)
    : schedule_(schedule),
      annotations_(annotations),
      values_(schedule.slots.size()),
      next_(schedule.carried.size()),
      past_slots_(slots_of_past(schedule)),
      past_(units_of(schedule, past_slots_)) {
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    source_of_position_.insert(source_of_position_.end(), annotations.lengths[source],
                               static_cast<std::int32_t>(source));
  }
}

std::size_t ProgramValues::count(Per per) const {
  switch (per) {
    case Per::kModel:
      return 1;
    case Per::kSource:
      return annotations_.sources();
    case Per::kPosition:
      return annotations_.positions();
    case Per::kRow:
    case Per::kRowPosition:
    case Per::kRowPast:
      return rows();
  }
  return 0;
}

std::size_t ProgramValues::width(int slot) const {
  if (per(slot) == Per::kRowPast) return past_.longest();
  return per(slot) == Per::kRowPosition ? annotations_.longest * units(slot) : units(slot);
}

// Returns the number of the vector of kind `own` that vector `i` of kind `of` is computed from.
std::size_t ProgramValues::index_of_vector(Per own, Per of, std::size_t i) const {
  if (own == Per::kModel) return 0;
  if (own != Per::kSource || of == Per::kSource) return i;
  const std::int32_t source = of == Per::kPosition ? source_of_position_[i] : sources_[i];
  return static_cast<std::size_t>(source);
}

std::span<const float> ProgramValues::vector_of(int slot, Per of, std::size_t i) const {
  return row_of(read(slot), index_of_vector(per(slot), of, i), width(slot));
}

std::span<const float> ProgramValues::operand(int slot, Per of, std::size_t i) const {
  if (of != Per::kRowPosition || per(slot) != Per::kPosition) return vector_of(slot, of, i);
  return read(slot).subspan(start(i) * units(slot), length(i) * units(slot));
}

std::size_t ProgramValues::defined(int slot, std::size_t i) const {
  if (per(slot) == Per::kRowPast) return past_.of(i).size();
  return per(slot) == Per::kRowPosition ? length(i) * units(slot) : units(slot);
}

std::span<float> ProgramValues::write_defined(int slot, std::size_t row) {
  const std::span<float> all = row_of(write(slot), row, width(slot));
  const std::size_t count = defined(slot, row);
  std::fill(all.begin() + static_cast<std::ptrdiff_t>(count), all.end(), 0.0F);
  return all.first(count);
}

void ProgramValues::add_repeated(std::span<const float> x, Per own, int slot) {
  const Per of = per(slot);
  if (own == of) return kernels::add(x, write(slot));
  const std::size_t wide = units(slot);
  for (std::size_t i = 0; i < count(of); ++i) {
    const std::span<float> y = row_of(write(slot), i, width(slot)).first(defined(slot, i));
    if (of == Per::kRowPosition && own == Per::kPosition) {
      kernels::add(x.subspan(start(i) * wide, y.size()), y);
      continue;
    }
    const std::span<const float> one = row_of(x, index_of_vector(own, of, i), wide);
    for (std::size_t j = 0; j < y.size(); j += wide) kernels::add(one, y.subspan(j, wide));
  }
}

std::size_t ProgramValues::start(std::size_t row) const {
  return annotations_.starts[static_cast<std::size_t>(sources_[row])];
}

std::size_t ProgramValues::length(std::size_t row) const {
  return annotations_.lengths[static_cast<std::size_t>(sources_[row])];
}

void ProgramValues::begin(std::span<const StepRow> rows) {
  sources_.resize(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto [source, parent, token] = rows[row];
    ATTEND_CHECK(source >= 0 && static_cast<std::size_t>(source) < annotations_.sources());
    ATTEND_CHECK(parent < 0 || static_cast<std::size_t>(parent) < previous_rows_);
    sources_[row] = source;
  }
  past_.begin(rows);
}

void ProgramValues::finish() {
  previous_rows_ = sources_.size();
  past_.keep_rows();
  for (std::size_t kind = 0; kind < past_slots_.size(); ++kind) {
    past_.keep(kind, read(past_slots_[kind]));
  }
}

std::size_t ProgramValues::past_kind(int slot) const {
  const auto found = std::find(past_slots_.begin(), past_slots_.end(), slot);
  ATTEND_CHECK(found != past_slots_.end());
  return static_cast<std::size_t>(found - past_slots_.begin());
}

// All values are gathered before the first is replaced, because one may follow another.
void ProgramValues::carry(std::span<const StepRow> rows) {
  for (std::size_t k = 0; k < next_.size(); ++k) {
    const step::CarriedSlot& carried = schedule_.carried[k];
    const std::size_t wide = width(carried.before);
    const std::span<float> gathered = next_[k].get(rows.size() * wide);
    const float* after = values_[index_of(carried.after)].data();
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::span<float> to = row_of(gathered, row, wide);
      if (rows[row].parent >= 0) {
        std::copy_n(after + static_cast<std::size_t>(rows[row].parent) * wide, wide, to.begin());
      } else if (carried.initial >= 0) {
        set_initial(carried.initial, row, to);
      } else {
        std::fill(to.begin(), to.end(), 0.0F);
      }
    }
  }
  for (std::size_t k = 0; k < next_.size(); ++k) {
    std::swap(values_[index_of(schedule_.carried[k].before)], next_[k]);
    next_[k].get(rows.size() * width(schedule_.carried[k].before));  // so that no step allocates
  }
}

// A value of positions gives its numbers at the positions of the row's source, and 0 after them.
void ProgramValues::set_initial(int initial, std::size_t row, std::span<float> to) const {
  const std::span<const float> from =
      operand(initial, per(initial) == Per::kPosition ? Per::kRowPosition : Per::kRow, row);
  copy(from, to.first(from.size()));
  std::fill(to.begin() + static_cast<std::ptrdiff_t>(from.size()), to.end(), 0.0F);
}

void ProgramValues::resume(const step::Resumed& resumed, std::span<const StepRow> rows) {
  const std::span<float> to = write(resumed.result);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const int from = rows[row].parent >= 0 ? resumed.postponed : resumed.initial;
    if (from == resumed.initial) {
      set_initial(from, row, row_of(to, row, width(resumed.result)));
    } else {
      copy(vector_of(from, Per::kRow, row), row_of(to, row, width(resumed.result)));
    }
  }
}

}  // namespace attend::runtime
