// Functions of two values of all kinds. The definition must repeat each operand as step::join()
// says, and the fast interpreter must give the values and the gradients of the definition.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fused/fused.h"
#include "network/network.h"

namespace attend::fused {
namespace {

using at::Tensor;
using network::Tensors;
using step::Builder;
using step::Op;
using step::Per;
using step::Shape;
using step::Value;

// All sizes differ, so that a value that is repeated in a wrong dimension is noticed.
constexpr std::int64_t kSteps = 5, kBatch = 2, kPositions = 4, kUnits = 3;

// A value of a kind. Those of rows depend on the state.
Value operand(Builder& b, const Shape& shape, const std::string& name, Value state) {
  const Value h = b.annotations("");
  switch (shape.per) {
    case Per::kModel:
      return b.parameter(name, shape.units, "m");
    case Per::kSource:
      return b.linear({name, shape.units}, {b.first_backward()});
    case Per::kPosition:
      return b.linear({name, shape.units}, {h});
    case Per::kRow:
      return b.linear({name, shape.units}, {state});
    case Per::kRowPast:  // no operand of a function
    case Per::kRowPosition:
      break;
  }
  if (shape.units == 1) return b.dot_energies(state, b.linear({name, kUnits}, {h}));
  return b.linear({name, shape.units}, {state, h});
}

Value joined(Builder& b, Op op, Value x, Value y) {
  switch (op) {
    case Op::kAdd:
      return b.add(x, y);
    case Op::kMultiply:
      return b.multiply(x, y);
    case Op::kMinimum:
      return b.minimum(x, y);
    default:
      return b.log_add_exp(x, y);
  }
}

Tensor joined(Op op, const Tensor& x, const Tensor& y) {
  switch (op) {
    case Op::kAdd:
      return x + y;
    case Op::kMultiply:
      return x * y;
    case Op::kMinimum:
      return at::minimum(x, y);
    default:
      return (x.exp() + y.exp()).log();
  }
}

struct JoinCase {
  Op op = Op::kAdd;
  Shape x, y;
  Shape result() const { return step::join(x, y); }
};

// s_i = tanh(s_{i-1} + a function of x and y, reduced to a row), so that every step needs it.
network::StepProgram program_of(const JoinCase& one) {
  Builder b({.annotation_units = kUnits, .encoder_units = kUnits, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations(""), before = b.carry("state", b.first_backward(), "s_{i-1}");
  const Value x = operand(b, one.x, "x", before), y = operand(b, one.y, "y", before);
  const Value both = joined(b, one.op, x, y);
  Value row = both;
  if (one.result().per == Per::kRowPosition) {
    const Value numbers = one.result().units == 1
                              ? both
                              : b.additive_energies("energy.weight", before, h, both, "columns");
    row = b.weighted_sum(numbers, h);
  }
  b.next(before, b.tanh(b.add(before, row)));
  b.observe("both", both, step::Over::kUnits);
  if (one.x.per >= Per::kRow) b.observe("x", x, step::Over::kUnits);
  if (one.y.per >= Per::kRow) b.observe("y", y, step::Over::kUnits);
  b.output({before, "output.weight", "output.bias"});
  return network::StepProgram(b.finish());
}

struct Found {
  network::ProgramInputs in;
  Tensors tensors;
  network::ProgramOutputs outputs;
};

Tensor draw(Random& random, at::IntArrayRef shape, at::ScalarType type) {
  const Tensor values = at::empty(shape, at::kDouble);
  for (std::int64_t k = 0; k < values.numel(); ++k) values.data_ptr<double>()[k] = random.normal();
  return values.to(type).requires_grad_(true);
}

// Runs the program and differentiates a sum of what it gives, with factors of their own.
Found run(const network::StepProgram& program, network::Operations& operations,
          at::ScalarType type) {
  Random random(5);
  Found found;
  found.in.steps = kSteps;
  found.in.annotations = draw(random, {kBatch, kPositions, kUnits}, type);
  found.in.first_backward = draw(random, {kBatch, kUnits}, type);
  for (const step::TensorSpec& spec : program.program().parameters) {
    found.tensors[spec.name] = draw(random, spec.shape, type);
  }
  operations.begin_pass();
  found.outputs = program.run(found.tensors, operations, found.in);
  const Tensor& both = found.outputs.observations[0];
  const Tensor& output = found.outputs.output;
  const Tensor factors = draw(random, both.sizes(), type).detach();
  ((both * factors).sum() + output.sum()).backward();
  return found;
}

// The value of an operand in all steps, at all positions: [steps, batch, positions, units].
Tensor repeated(const Found& found, const Shape& shape, const std::string& name,
                const Tensor& observed) {
  const Tensor& weight = found.tensors.at(name);
  const auto full = [&](const Tensor& x, std::vector<std::int64_t> sizes) {
    sizes.push_back(shape.units);
    return x.detach().reshape(sizes).expand({kSteps, kBatch, kPositions, shape.units});
  };
  switch (shape.per) {
    case Per::kModel:
      return full(weight, {1, 1, 1});
    case Per::kSource:
      return full(found.in.first_backward.matmul(weight.t()), {1, kBatch, 1});
    case Per::kPosition:
      return full(found.in.annotations.matmul(weight.t()), {1, kBatch, kPositions});
    case Per::kRow:
      return full(observed, {kSteps, kBatch, 1});
    case Per::kRowPast:  // no operand of a function
    case Per::kRowPosition:
      break;
  }
  return full(observed, {kSteps, kBatch, kPositions});
}

void expect_repeated(const JoinCase& one, const Found& found) {
  const std::vector<Tensor>& shown = found.outputs.observations;
  const bool shows_x = one.x.per >= Per::kRow, shows_y = one.y.per >= Per::kRow;
  const Tensor x = repeated(found, one.x, "x", shows_x ? shown[1] : Tensor());
  const Tensor y = repeated(found, one.y, "y", shows_y ? shown.back() : Tensor());
  const Tensor expected = joined(one.op, x, y);
  const std::int64_t positions = one.result().per == Per::kRowPosition ? kPositions : 1;
  const Tensor both = shown[0]
                          .detach()
                          .reshape({kSteps, kBatch, positions, one.result().units})
                          .expand_as(expected);
  EXPECT_LE((both - expected).abs().max().item<double>(), 1e-12);
}

void expect_near(const Tensor& found, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(found.defined(), expected.defined()) << what;
  if (!expected.defined()) return;
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  const Tensor exact = expected.detach().to(at::kDouble);
  const double scale = std::max(1.0, exact.abs().max().item<double>());
  const double distance = (found.detach().to(at::kDouble) - exact).abs().max().item<double>();
  EXPECT_LE(distance, 1e-4 * scale) << what;
}

void expect_same(const Found& fused, const Found& plain) {
  expect_near(fused.outputs.observations[0], plain.outputs.observations[0], "both");
  expect_near(fused.outputs.output, plain.outputs.output, "output");
  expect_near(fused.in.annotations.grad(), plain.in.annotations.grad(), "annotations");
  expect_near(fused.in.first_backward.grad(), plain.in.first_backward.grad(), "first backward");
  for (const auto& [name, tensor] : plain.tensors) {
    expect_near(fused.tensors.at(name).grad(), tensor.grad(), name);
  }
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Per per : {Per::kModel, Per::kSource, Per::kPosition, Per::kRow, Per::kRowPosition}) {
    for (const std::int64_t units : {std::int64_t{1}, kUnits}) all.push_back({per, units});
  }
  return all;
}

class Joins : public ::testing::TestWithParam<Op> {};

TEST_P(Joins, RepeatValuesOfAllKinds) {
  network::PlainOperations plain;
  int cases = 0;
  for (const Shape& x : shapes()) {
    for (const Shape& y : shapes()) {
      const JoinCase one{GetParam(), x, y};
      if (one.result().per < Per::kRow) continue;  // no step computes it
      SCOPED_TRACE(::testing::Message() << static_cast<int>(x.per) << ":" << x.units << " and "
                                        << static_cast<int>(y.per) << ":" << y.units);
      const network::StepProgram program = program_of(one);
      const Found expected = run(program, plain, at::kDouble);
      expect_repeated(one, expected);
      FusedOperations fused(Precision::kFloat32);
      expect_same(run(program, fused, at::kFloat), expected);
      ++cases;
    }
  }
  EXPECT_EQ(cases, 64);  // of 100 pairs, 36 are of a model, a source and its positions alone
}

INSTANTIATE_TEST_SUITE_P(Functions, Joins,
                         ::testing::Values(Op::kAdd, Op::kMultiply, Op::kMinimum, Op::kLogAddExp),
                         [](const auto& one) {
                           std::string name(step::name_of(one.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace attend::fused
