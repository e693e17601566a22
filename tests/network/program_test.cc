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
  b.output({sum, "output.weight", "output.bias"});
  return StepProgram(b.finish());
}

ProgramInputs inputs() {
  ProgramInputs result;
  result.steps = 3;
  result.annotations = at::tensor({1.0, 0.0, 0.0, 1.0, 0.5, -0.5}, at::kDouble).view({1, 3, 2});
  result.first_backward = at::tensor({0.3, -0.7}, at::kDouble).view({1, 2});
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

// A query that no step changes gives one look for all steps.
TEST(StepProgram, RepeatsInAllStepsWhatDependsOnTheSourceAlone) {
  Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  const Value alignment = b.softmax(b.dot_energies(b.first_backward(), h));
  b.observe("alignment", alignment, step::Over::kSource);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const StepProgram program(b.finish());
  PlainOperations operations;
  const ProgramOutputs outputs = program.run({}, operations, inputs());
  EXPECT_EQ(outputs.output.sizes(), at::IntArrayRef({3, 1, 2}));
  EXPECT_TRUE(outputs.output[2].equal(outputs.output[0]));
  EXPECT_EQ(outputs.observations.at(0).sizes(), at::IntArrayRef({3, 1, 3}));
}

// Batch and source have two elements each, so that a vector of the wrong dimension would fit.
TEST(StepProgram, AddsAVectorOfTheSourceToEachOfItsPositions) {
  Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value keys = b.add(b.annotations(""), b.first_backward());
  const Value energies = b.dot_energies(b.first_backward(), keys);
  b.observe("energies", energies, step::Over::kSource);
  b.output({b.weighted_sum(b.softmax(energies), keys), "output.weight", "output.bias"});
  const StepProgram program(b.finish());
  ProgramInputs in;
  in.steps = 1;
  in.annotations = at::arange(8, at::kDouble).view({2, 2, 2});
  in.first_backward = at::tensor({1.0, 2.0, -3.0, 5.0}, at::kDouble).view({2, 2});
  PlainOperations operations;
  const Tensor found = program.run({}, operations, in).observations.at(0);
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t j = 0; j < 2; ++j) {
      const Tensor q = in.first_backward[n];
      const double expected = q.dot(in.annotations[n][j] + q).item<double>();
      EXPECT_DOUBLE_EQ(found[0][n][j].item<double>(), expected) << n << " " << j;
    }
  }
}

// Slices of values of a source, of positions, and of rows and positions.
TEST(StepProgram, SlicesVectors) {
  Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations(""), state = b.carry("state", b.first_backward(), "");
  b.next(state, state);
  const Value both = b.linear({"readout.weight", 3}, {state, h});
  b.observe("energies", b.dot_energies(b.slice(b.first_backward(), 1, 1), b.slice(h, 0, 1)),
            step::Over::kSource);
  b.observe("two", b.slice(both, 1, 2), step::Over::kSource);
  b.observe("one", b.slice(both, 2, 1), step::Over::kSource);
  b.observe("number", b.slice(b.slice(both, 2, 1), 0, 1), step::Over::kSource);
  b.output({b.slice(state, 1, 1), "output.weight", "output.bias"});
  const StepProgram program(b.finish());
  const Tensor weight = at::arange(12, at::kDouble).view({3, 4});
  PlainOperations operations;
  const ProgramInputs in = inputs();
  const ProgramOutputs found = program.run({{"readout.weight", weight}}, operations, in);
  const Tensor states = in.first_backward.expand({3, 2});
  const Tensor all = at::cat({states, in.annotations[0]}, 1).mm(weight.t());  // [positions, 3]
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(found.observations[0][i][0].allclose(-0.7 * in.annotations[0].select(1, 0)));
    EXPECT_TRUE(found.observations[1][i][0].allclose(all.narrow(1, 1, 2)));
    EXPECT_TRUE(found.observations[2][i][0].allclose(all.select(1, 2)));
    EXPECT_TRUE(found.observations[3][i][0].equal(found.observations[2][i][0]));
  }
  EXPECT_TRUE(found.output.equal(at::full({3, 1, 1}, -0.7, at::kDouble)));
}

// The sum of all alignments so far, a value of a row and a position.
TEST(StepProgram, CarriesNumbersOfPositions) {
  Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  const Value before = b.carry("sum", b.zero_positions(), "");
  const Value alignment = b.softmax(b.add(b.dot_energies(b.first_backward(), h), before));
  const Value sum = b.add(before, alignment);
  b.next(before, sum);
  b.observe("sum", sum, step::Over::kSource);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const StepProgram program(b.finish());
  PlainOperations operations;
  const Tensor found = program.run({}, operations, inputs()).observations.at(0);  // [3, 1, 3]
  const double energies[3] = {.3, -.7, .5};                                       // s · h_j
  double sums[3] = {0, 0, 0};
  for (std::int64_t i = 0; i < 3; ++i) {
    double e[3], total = 0;
    for (int j = 0; j < 3; ++j) total += e[j] = std::exp(energies[j] + sums[j]);
    for (int j = 0; j < 3; ++j) {
      sums[j] += e[j] / total;
      EXPECT_NEAR(found[i][0][j].item<double>(), sums[j], 1e-12) << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace attend::network
