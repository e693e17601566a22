// A program in the order in which an engine runs it: what can be computed once for a source, what
// depends on the previous token alone, what each step computes, and what no later step needs. Both
// interpreters run schedules.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "step/builder.h"

namespace attend::step {

/// The earliest moment at which a value can be known, and the latest at which it is needed.
enum class Stage {
  kOnce,   ///< depends on the source and the parameters alone
  kToken,  ///< depends on a token too, but on no carried value
  kStep,   ///< depends on carried values, and a carried value depends on it
  kAfter   ///< depends on carried values, and no carried value depends on it
};

/// One operation of a schedule. Values are numbers of slots.
struct Operation {
  const Node* node = nullptr;  ///< what is computed; the program owns it
  Stage stage = Stage::kOnce;
  std::vector<int> inputs = {};
  std::vector<int> results = {};
  // A linear node becomes one operation for each stage and kind (Per) of its parts. Each operation
  // adds its part of the product to the sum so far.
  std::vector<std::int64_t> first_columns = {};  ///< the first column of W for each input
  int added = -1;          ///< slot of the sum of the earlier parts; −1 in the first
  bool adds_bias = false;  ///< whether b is added here
  /// Whether the operation belongs to the step before and was left out there because it needs the
  /// token that was chosen. Rows in their first step do not need the result.
  bool postponed = false;
};

/// The choice between a value that a postponed operation has computed and the initial value that
/// rows in their first step have.
struct Resumed {
  int postponed = -1;  ///< slot of the computed value
  int initial = -1;    ///< slot of the initial value, one for each source
  int result = -1;     ///< slot of the value in this step
};

/// A value that the beam takes along. One without an initial value is kept for postponed
/// operations: rows in their first step have 0 there and do not use the results of these
/// operations.
struct CarriedSlot {
  std::string name = {};
  int before = -1;   ///< slot of the value that the previous step left
  int initial = -1;  ///< slot of the value before the first step, or −1
  int after = -1;    ///< slot of the value that this step leaves
};

struct Slot {
  Shape shape = {};
  Stage stage = Stage::kOnce;
};

struct ObservedSlot {
  std::string name = {};
  int slot = -1;
  Over over = Over::kSource;
};

/// A program made ready. It refers to the program, which must outlive it.
struct Schedule {
  const Program* program = nullptr;
  std::vector<Slot> slots;
  /// All operations in an order in which operands come first. Of one stage they keep this order.
  std::vector<Operation> operations;
  /// Computed after the postponed operations and before the others of Stage::kStep.
  std::vector<Resumed> resumed;
  std::vector<CarriedSlot> carried;
  std::vector<ObservedSlot> observations;
  std::vector<int> costs;  ///< in the order of Program::costs
  int output = -1;         ///< the input of the output layer
  int prior = -1;          ///< Output::prior, or −1
  int normalizer = -1;     ///< Output::normalizer, or −1
  int gate = -1;           ///< Output::gate, or −1
  int copied = -1;         ///< Output::copied, or −1
  /// The slots that the output layer reads; those that do not exist are −1.
  std::array<int, 5> output_slots() const { return {output, prior, normalizer, gate, copied}; }
};

/// Choices that an engine makes for its schedule.
struct ScheduleOptions {
  /// Products are split, so that each part is multiplied in the stage in which it is known. In a
  /// product of Stage::kAfter, the parts that are known later than kOnce are multiplied together
  /// unless this is set. Set it for an engine that runs kAfter in every step.
  bool splits_after = false;
  bool drops = true;  ///< whether dropout stays; without it, its operand takes its place
};

Schedule make_schedule(const Program& program, const ScheduleOptions& options);

}  // namespace attend::step
