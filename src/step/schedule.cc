#include "step/schedule.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/base.h"

namespace attend::step {
namespace {

std::size_t index_of(int number) { return static_cast<std::size_t>(number); }

// The inputs that a node depends on.
struct Origin {
  bool token = false;    // the previous token, or the next
  bool carried = false;  // a carried value, or what this step has drawn
  bool next = false;     // the next token
};

// Builds one schedule. Slots are made in the order of the operations.
class Scheduler {
 public:
  Scheduler(const Program& program, const ScheduleOptions& options)
      : program_(program), options_(options) {
    schedule_.program = &program;
  }

  Schedule run() {
    find_origins();
    find_needed();
    slots_.resize(program_.nodes.size());
    previous_.resize(program_.nodes.size());
    add_carried();
    postpone();
    for (std::size_t k = 0; k < program_.nodes.size(); ++k) {
      const bool chooses = program_.nodes[k].op == Op::kLogProbabilities;
      if (!origins_[k].next && !chooses) add_node(static_cast<int>(k), false);
    }
    finish_carried();
    for (const Observation& one : program_.observations) {
      schedule_.observations.push_back({one.name, slot(one.value), one.over});
    }
    for (const ExtraCost& one : program_.costs) schedule_.costs.push_back(slot(one.value));
    schedule_.output = slot(program_.output.input);
    if (program_.output.mixes()) {
      schedule_.prior = slot(program_.output.prior);
      schedule_.normalizer = slot(program_.output.normalizer);
    }
    if (program_.output.copies()) {
      schedule_.gate = slot(program_.output.gate);
      schedule_.copied = slot(program_.output.copied);
    }
    return std::move(schedule_);
  }

 private:
  const Node& node(int k) const { return program_.nodes[index_of(k)]; }

  int add_slot(const Shape& shape, Stage stage) {
    schedule_.slots.push_back({shape, stage});
    return static_cast<int>(schedule_.slots.size()) - 1;
  }

  void find_origins() {
    for (const Node& one : program_.nodes) {
      Origin origin;
      origin.next = reads_next_token(one.op);
      origin.token = one.op == Op::kPreviousEmbedding || origin.next;
      // Every step draws anew, whatever the weights are that it draws by.
      origin.carried = one.op == Op::kCarried || one.op == Op::kDraw;
      for (const Value& input : one.inputs) {
        const Origin& of_input = origins_[index_of(input.node)];
        origin.token |= of_input.token;
        origin.carried |= of_input.carried;
        origin.next |= of_input.next;
      }
      origins_.push_back(origin);
    }
    for (const Carried& one : program_.carried) {
      ATTEND_CHECK(!origins_[index_of(one.initial.node)].carried);
    }
    ATTEND_CHECK(!origins_[index_of(program_.output.input.node)].next);
    for (const Observation& one : program_.observations) {
      ATTEND_CHECK(!origins_[index_of(one.value.node)].next);
    }
  }

  // Marks the nodes that a carried value depends on.
  void find_needed() {
    needed_.resize(program_.nodes.size());
    for (const Carried& one : program_.carried) needed_[index_of(one.next.node)] = true;
    for (std::size_t k = program_.nodes.size(); k-- > 0;) {
      if (!needed_[k]) continue;
      for (const Value& input : program_.nodes[k].inputs) needed_[index_of(input.node)] = true;
    }
  }

  // The stage of a node that is not postponed.
  Stage stage_of(int k) const {
    const Origin& origin = origins_[index_of(k)];
    if (!origin.carried) return origin.token ? Stage::kToken : Stage::kOnce;
    return needed_[index_of(k)] ? Stage::kStep : Stage::kAfter;
  }

  // The slot of a value in this step.
  int slot(Value value) const {
    const std::vector<int>& results = slots_[index_of(value.node)];
    ATTEND_CHECK(!results.empty());
    return results[index_of(value.result)];
  }

  // Makes the slots of carried values as the previous step left them. Where a carried value depends
  // on the next token, its value in this step is found by a postponed operation.
  void add_carried() {
    for (const Carried& one : program_.carried) {
      const int before = add_slot(program_.shape(one.value), Stage::kStep);
      const bool resumes = origins_[index_of(one.next.node)].next;
      (resumes ? previous_ : slots_)[index_of(one.value.node)] = {before};
      schedule_.carried.push_back({one.name, before, -1, -1});
    }
  }

  // Adds the operations that the previous step left out. They read the token that it chose, and
  // values as it left them.
  void postpone() {
    for (std::size_t k = 0; k < program_.nodes.size(); ++k) {
      if (origins_[k].next) add_node(static_cast<int>(k), true);
    }
    for (const Carried& one : program_.carried) {
      if (!origins_[index_of(one.next.node)].next) continue;
      const int computed = previous_[index_of(one.next.node)][index_of(one.next.result)];
      const int result = add_slot(program_.shape(one.value), Stage::kStep);
      schedule_.resumed.push_back({computed, -1, result});
      slots_[index_of(one.value.node)] = {result};
    }
  }

  // The slot of an operand of a postponed operation.
  int previous_slot(Value value) {
    std::vector<int>& results = previous_[index_of(value.node)];
    if (!results.empty()) return results[index_of(value.result)];
    const Origin& origin = origins_[index_of(value.node)];
    if (!origin.carried && !origin.token) {  // the step before had this value too
      add_node(value.node, false);
      return slot(value);
    }
    // The step before must keep the value.
    for (std::size_t r = 0; r < node(value.node).results.size(); ++r) {
      results.push_back(add_slot(node(value.node).results[r], Stage::kStep));
      kept_.push_back({{value.node, static_cast<int>(r)}, results.back()});
    }
    return results[index_of(value.result)];
  }

  void add_node(int k, bool postponed) {
    std::vector<int>& results = postponed ? previous_[index_of(k)] : slots_[index_of(k)];
    if (!results.empty()) return;
    const Node& own = node(k);
    ATTEND_CHECK(!postponed || !is_of_past(own.op));  // a step reads what it has computed itself
    if (own.op == Op::kDropout && !options_.drops) {
      if (!postponed) add_node(own.inputs[0].node, false);
      results = {postponed ? previous_slot(own.inputs[0]) : slot(own.inputs[0])};
      return;
    }
    Operation operation{.node = &own, .stage = stage_of(k), .postponed = postponed};
    if (postponed) operation.stage = origins_[index_of(k)].carried ? Stage::kStep : Stage::kToken;
    for (const Value& input : own.inputs) {
      if (!postponed) add_node(input.node, false);
      operation.inputs.push_back(postponed ? previous_slot(input) : slot(input));
    }
    std::vector<int> made;
    if (own.op == Op::kLinear) {
      made = {add_linear(std::move(operation))};
    } else {
      for (const Shape& shape : own.results) made.push_back(add_slot(shape, operation.stage));
      operation.results = made;
      schedule_.operations.push_back(std::move(operation));
    }
    results = made;
  }

  // Splits a product into products of the parts that are known at one moment and belong to one
  // thing, and adds them up from the earliest to the latest. Returns the slot of the sum.
  int add_linear(Operation whole) {
    const bool biased = whole.node->weights.size() > 1;
    std::map<std::pair<Stage, Per>, Operation> groups;
    std::int64_t column = 0;
    for (const int input : whole.inputs) {
      const Slot& part = schedule_.slots[index_of(input)];
      const bool splits =
          whole.stage != Stage::kAfter || options_.splits_after || part.stage == Stage::kOnce;
      const std::pair key = splits ? std::pair(part.stage, part.shape.per)
                                   : std::pair(whole.stage, std::max(part.shape.per, Per::kRow));
      Operation& group = groups.try_emplace(key, whole).first->second;
      if (group.first_columns.empty()) group.inputs.clear();
      group.stage = key.first;
      group.inputs.push_back(input);
      group.first_columns.push_back(column);
      column += part.shape.units;
    }
    int sum = -1;
    Per per = Per::kModel;
    for (auto& [key, group] : groups) {
      per = sum < 0 ? key.second : join({per, 1}, {key.second, 1}).per;
      group.added = sum;
      group.adds_bias = biased && sum < 0;
      if (key == groups.rbegin()->first) group.stage = whole.stage;
      sum = add_slot({per, whole.node->results[0].units}, group.stage);
      group.results = {sum};
      schedule_.operations.push_back(std::move(group));
    }
    return sum;
  }

  void finish_carried() {
    for (std::size_t k = 0; k < program_.carried.size(); ++k) {
      const Carried& one = program_.carried[k];
      CarriedSlot& carried = schedule_.carried[k];
      carried.initial = slot(one.initial);
      const bool resumes = origins_[index_of(one.next.node)].next;
      carried.after = slot(resumes ? one.value : one.next);
    }
    std::size_t k = 0;
    for (const Carried& one : program_.carried) {
      if (origins_[index_of(one.next.node)].next) {
        schedule_.resumed[k++].initial = slot(one.initial);
      }
    }
    for (const auto& [value, before] : kept_) {
      schedule_.carried.push_back({"kept", before, -1, slot(value)});
    }
  }

  const Program& program_;
  ScheduleOptions options_;
  Schedule schedule_;
  std::vector<Origin> origins_;              // of each node
  std::vector<bool> needed_;                 // whether a carried value depends on the node
  std::vector<std::vector<int>> slots_;      // of each node: its results in this step
  std::vector<std::vector<int>> previous_;   // of each node: its results for postponed operations
  std::vector<std::pair<Value, int>> kept_;  // values that postponed operations read
};

}  // namespace

Schedule make_schedule(const Program& program, const ScheduleOptions& options) {
  return Scheduler(program, options).run();
}

}  // namespace attend::step
