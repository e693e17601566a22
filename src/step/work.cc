// Counts what a program costs: multiply-adds, and numbers that training keeps.
#include <algorithm>
#include <vector>

#include "step/program.h"

namespace attend::step {
namespace {

// The number of rows of the weight of a node.
std::int64_t outputs_of(const Program& program, const Node& node) {
  for (const TensorSpec& spec : program.parameters) {
    if (spec.name == node.weights[0]) return spec.shape[0];
  }
  return 0;
}

// The number of columns of the weight of a node.
std::int64_t columns_of(const Program& program, const Node& node) {
  for (const TensorSpec& spec : program.parameters) {
    if (spec.name == node.weights[0]) return spec.shape[1];
  }
  return 0;
}

class Counter {
 public:
  explicit Counter(const Program& program) : program_(program) {}

  Work count() {
    for (const Node& node : program_.nodes) count_node(node);
    return work_;
  }

 private:
  double units(Value value) const { return static_cast<double>(program_.shape(value).units); }

  void add(Per per, double products) {
    switch (per) {
      case Per::kModel:
        break;
      case Per::kSource:
        work_.per_source += products;
        break;
      case Per::kPosition:
        work_.per_position += products;
        break;
      case Per::kRow:
        work_.per_step += products;
        break;
      case Per::kRowPosition:
        work_.per_step_and_position += products;
        break;
      case Per::kRowPast:
        work_.per_step_and_past += products;
        break;
    }
  }

  void count_node(const Node& node) {
    const Per per = node.results[0].per;
    const auto own = static_cast<double>(node.results[0].units);
    if (is_of_past(node.op)) work_.recent = node.recent;
    switch (node.op) {
      case Op::kLogProbabilities:
        if (node.inputs.size() == 2) break;  // a mixture: kLogNormalizer has the products
        add(program_.shape(node.inputs[0]).per, own * units(node.inputs[0]));
        break;
      case Op::kLinear:
        for (const Value& part : node.inputs) add(program_.shape(part).per, own * units(part));
        break;
      case Op::kGru:
      case Op::kLstm:
        add(per, units(node.inputs[0]) * own);
        break;
      case Op::kAdditiveEnergies:  // the weights after v are those of features
        for (std::size_t k = 1; k < node.weights.size(); ++k) {
          add(per, units(node.inputs[1]) * units(node.inputs[k + 1]));
        }
        [[fallthrough]];
      case Op::kDotEnergies:  // in a window, `own` is the number of its positions
        add(per, own * units(node.inputs[1]));
        break;
      case Op::kConvolution:
        add(per, own * static_cast<double>(columns_of(program_, node)));
        break;
      case Op::kWeightedSum: {
        const bool window = node.reach > 0;
        add(window ? Per::kRow : Per::kRowPosition, window ? own * units(node.inputs[0]) : own);
        break;
      }
      case Op::kPastDotEnergies:
      case Op::kPastAdditiveEnergies:
        add(per, units(node.inputs[1]));
        break;
      case Op::kPastSum:
        add(Per::kRowPast, own);
        break;
      case Op::kLogNormalizer:
        add(per, units(node.inputs[0]) * static_cast<double>(outputs_of(program_, node)));
        break;
      case Op::kTokenLogProbability:
        add(per, units(node.inputs[0]));
        break;
      default:  // no product
        break;
    }
  }

  const Program& program_;
  Work work_;
};

}  // namespace

double Work::past_pairs(double target) const {
  const auto most = static_cast<double>(recent);
  if (recent == 0 || target <= most) return target * (target - 1) / 2;
  return most * (most - 1) / 2 + (target - most) * most;
}

Work work(const Program& program) { return Counter(program).count(); }

namespace {

// The numbers that an operation keeps beside its results. All are counted as values with a
// gradient, of which there are two numbers each.
Shape kept_inside(const Program& program, const Node& node) {
  switch (node.op) {
    case Op::kPastAdditiveEnergies:
      return {Per::kRowPast, program.shape(node.inputs[1]).units};
    case Op::kLogNormalizer:
      return {Per::kRowPosition, outputs_of(program, node)};
    // The gates 3 n of a cell of positions are a sum: its part of the row, which has a gradient,
    // and the whole, which is overwritten by its gradient. With the n reset values that is 10 n
    // numbers; the result of the product stands for 6 n of them.
    case Op::kGru:
      if (node.results[0].per != Per::kRowPosition) break;
      return {Per::kRowPosition, 2 * node.results[0].units};
    // The graph of autograd holds five numbers for each offset: the position that it leads to,
    // which has eight bytes, whether there is one, its share, and the product of these two.
    case Op::kBandPrior:
      return {Per::kRowPosition, 3 * program.shape(node.inputs[1]).units};
    default:
      break;
  }
  return {Per::kModel, 0};
}

}  // namespace

KeptValues kept_values(const Program& program) {
  KeptValues kept;
  const auto add = [&kept](const Shape& shape) {
    switch (shape.per) {
      case Per::kModel:
      case Per::kSource:
        break;
      case Per::kPosition:
        kept.per_position += shape.units;
        break;
      case Per::kRow:
        kept.per_step += shape.units;
        break;
      case Per::kRowPosition:
        kept.per_step_and_position += shape.units;
        break;
      case Per::kRowPast:
        kept.per_pair_of_steps += shape.units;
        break;
    }
  };
  for (const Node& node : program.nodes) {
    // Training never keeps the log-probabilities. A carried value is that of the step before.
    if (node.op == Op::kLogProbabilities || node.op == Op::kCarried) continue;
    for (const Shape& shape : node.results) add(shape);
    add(kept_inside(program, node));
  }
  return kept;
}

std::int64_t kept_past_values(const Program& program) {
  std::int64_t count = 0;
  std::vector<Value> seen;
  for (const Node& node : program.nodes) {
    if (!reads_past(node.op)) continue;
    const Value value = node.inputs[1];
    if (std::find(seen.begin(), seen.end(), value) != seen.end()) continue;
    seen.push_back(value);
    count += program.shape(value).units;
  }
  return count;
}

}  // namespace attend::step
