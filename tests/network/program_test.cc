// Step programs in libtorch: costs beside the cross-entropy, and values of one source in all steps.
#include "network/program.h"

#include <gtest/gtest.h>

#include <cmath>

#include "network/plain_operations.h"

namespace attend::network {
namespace {

using step::Builder;
using step::Value;

// A decoder whose state is the sum of all contexts: s_i = s_{i-1} + c_i with c_i = look(s_{i-1}),
// and whose cost in each step is w · s_i.
StepProgram summing_program() {
  Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  const Value before = b.carry("sum", b.first_backward(), "s_{i-1}");
  const Value alignment = b.softmax(b.dot_energies(before, h));
  const Value sum = b.add(before, b.weighted_sum(alignment, h));
  b.next(before, sum);
  b.observe("alignment", alignment, step::Over::kSource);
  b.cost("size", b.linear({"attention.size_weight", 1}, {sum}), 0.5);
  b.output({b.first_backward(), "output.weight", "output.bias"});
  return StepProgram(b.finish());
}

ProgramInputs inputs() {
  ProgramInputs result;
  result.steps = 3;
  result.annotations = at::tensor({1.0, 0.0, 0.0, 1.0, 0.5, -0.5}, at::kDouble).view({1, 3, 2});
  result.first_input = at::tensor({0.3, -0.7}, at::kDouble).view({1, 2});
  return result;
}

Tensor total_cost(const StepProgram& program, const Tensor& weight, const ProgramInputs& in) {
  PlainOperations operations;
  const ProgramOutputs outputs = program.run({{"attention.size_weight", weight}}, operations, in);
  return outputs.costs.at(0).sum() * program.program().costs[0].weight;
}

TEST(StepProgram, GivesTheCostsOfAllSteps) {
  const StepProgram program = summing_program();
  const ProgramInputs in = inputs();
  const Tensor weight = at::tensor({2.0, -1.0}, at::kDouble).view({1, 2});
  // The equation in plain loops.
  const double h[3][2] = {{1, 0}, {0, 1}, {.5, -.5}};
  double s[2] = {.3, -.7}, expected = 0;
  for (int i = 0; i < 3; ++i) {
    double e[3], sum = 0, context[2] = {0, 0};
    for (int j = 0; j < 3; ++j) sum += e[j] = std::exp(s[0] * h[j][0] + s[1] * h[j][1]);
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 2; ++k) context[k] += e[j] / sum * h[j][k];
    }
    for (int k = 0; k < 2; ++k) s[k] += context[k];
    expected += 0.5 * (2 * s[0] - s[1]);
  }
  EXPECT_NEAR(total_cost(program, weight, in).item<double>(), expected, 1e-12);
}

TEST(StepProgram, DifferentiatesCostsThroughAlignments) {
  const StepProgram program = summing_program();
  const Tensor weight = at::tensor({2.0, -1.0}, at::kDouble).view({1, 2});
  ProgramInputs in = inputs();
  in.annotations.requires_grad_(true);
  total_cost(program, weight, in).backward();
  constexpr double kStep = 1e-6;
  for (std::int64_t j = 0; j < 6; ++j) {
    const auto at_distance = [&](double distance) {
      ProgramInputs moved = inputs();
      moved.annotations.view(-1)[j] += distance;
      return total_cost(program, weight, moved).item<double>();
    };
    const double expected = (at_distance(kStep) - at_distance(-kStep)) / (2 * kStep);
    EXPECT_NEAR(in.annotations.grad().view(-1)[j].item<double>(), expected, 1e-6) << j;
  }
}

TEST(StepProgram, RepeatsAValueOfTheSourceInAllSteps) {
  const StepProgram program = summing_program();
  PlainOperations operations;
  const ProgramInputs in = inputs();
  const Tensor weight = at::zeros({1, 2}, at::kDouble);
  const ProgramOutputs outputs = program.run({{"attention.size_weight", weight}}, operations, in);
  EXPECT_EQ(outputs.output.sizes(), at::IntArrayRef({3, 1, 2}));
  EXPECT_TRUE(outputs.output[2].equal(in.first_input));
  EXPECT_EQ(outputs.observations.at(0).sizes(), at::IntArrayRef({3, 1, 3}));
}

}  // namespace
}  // namespace attend::network
