// Finds out which values of a program prediction needs.
#include <algorithm>

#include "base/base.h"
#include "runtime/program.h"

namespace attend::runtime {
namespace {

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

// Calls visit(slot) for each value that an operation reads. A product that projects reads α and x_j
// in place of Σ_j α_j x_j, and products that are looked up in a complete table read no embedding.
template <typename Visit>
void for_each_read(const PreparedOperation& one, Visit visit) {
  const step::Operation& operation = *one.operation;
  if (operation.added >= 0) visit(operation.added);
  for (std::size_t k = 0; k < operation.inputs.size(); ++k) {
    const ProductPart* part = one.parts.empty() ? nullptr : &one.parts[k];
    if (part != nullptr && part->projects) {
      visit(part->alignment);
      visit(part->values);
    } else if (part == nullptr || !part->looks_up || one.tokens.embeds()) {
      visit(operation.inputs[k]);
    }
  }
}

}  // namespace

// Hands the need of each result on to the operands. Operands come before the operations that read
// them.
void ProgramDecoder::propagate_needs(const Operations& all, std::vector<Need>& needs) const {
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    Need need = Need::kNever;
    for (const int result : one->operation->results) {
      need = std::max(need, needs[index_of(result)]);
    }
    for_each_read(*one,
                  [&](int slot) { needs[index_of(slot)] = std::max(needs[index_of(slot)], need); });
  }
}

// Returns the need of each slot. If nothing in a step reads the normalisers of a mixture, which
// then wait for the next step only, the mixture leaves them and their operation is not needed.
std::vector<Need> ProgramDecoder::find_needs(const Operations& all) {
  std::vector<Need> needs(schedule_.slots.size(), Need::kNever);
  const auto always = [&](int slot) {
    if (slot >= 0) needs[index_of(slot)] = Need::kAlways;
  };
  for (const step::ObservedSlot& one : schedule_.observations) {
    needs[index_of(one.slot)] = Need::kShown;
  }
  for (const int slot :
       {schedule_.output, schedule_.prior, schedule_.gate, schedule_.copied, alignment_}) {
    always(slot);
  }
  for (const PreparedOperation& one : all) {  // each step leaves them for the next ones
    if (reads_past(one.operation->node->op)) always(one.operation->inputs[1]);
  }
  for (const step::Resumed& one : schedule_.resumed) {
    always(one.postponed);
    always(one.initial);
  }
  bool waits = false;
  for (const step::CarriedSlot& one : schedule_.carried) {
    always(one.initial);
    const bool is_normalizer = one.after == schedule_.normalizer;
    waits = waits || is_normalizer;
    if (!is_normalizer) always(one.after);
  }
  propagate_needs(all, needs);
  if (!waits) return needs;
  ATTEND_CHECK(maker_of(schedule_.normalizer)->inputs[0] == schedule_.output);
  mixture_normalizes_ = needs[index_of(schedule_.normalizer)] == Need::kNever;
  if (!mixture_normalizes_) always(schedule_.normalizer);
  return needs;
}

}  // namespace attend::runtime
