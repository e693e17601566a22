// Guided alignment and the cost of the diagonal through the fused functions: the gradients of the
// plain tensor operations, on the fast path that the decoder takes without them.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "comparison.h"
#include "random_configuration.h"

namespace attend::fused {
namespace {

using network::DecoderPath;
using network::initial_values;
using network::testing::add_random_links;
using network::testing::random_examples;
using network::testing::small_configuration;
using namespace testing;

class FusedGuidance : public ::testing::TestWithParam<int> {};

TEST_P(FusedGuidance, EqualsTensorOperations) {
  Random random(static_cast<std::uint64_t>(GetParam()) + 5000);
  Configuration c;
  do {
    c = attend::testing::random_configuration(random);
  } while (!c.attention.looks());
  c.training.guidance.guided_weight = 0.5;
  if (random.chance(0.5)) c.training.guidance.guided_loss = model::GuidedLoss::kSquaredError;
  const bool visible = c.encoder.padding == model::Padding::kVisible;
  if (!visible) c.training.guidance.diagonal_weight = 0.5;
  model::VocabularySizes sizes{9, 9};
  std::vector<Example> examples = random_examples(1 + random.below(7), sizes, 8, 6, random.next());
  if (visible) {
    for (Example& example : examples) {
      example.source.tokens.resize(static_cast<std::size_t>(c.source.fixed_length), 0);
    }
  }
  add_random_links(examples, random.next());
  const Layout layout(model::parameter_table(c, sizes));
  const Tensor values = at::empty({layout.size()}, at::kFloat);
  for (std::int64_t i = 0; i < layout.size(); ++i) {
    values.data_ptr<float>()[i] = static_cast<float>(0.5 * random.normal());
  }
  SCOPED_TRACE(model::write_yaml(c));
  expect_fused_equals_plain(c, sizes, examples, values);
}

INSTANTIATE_TEST_SUITE_P(RandomModels, FusedGuidance, ::testing::Range(1, 61));

// Attention may look at the first positions of a source only, and links lie there or outside.
TEST(FusedGuidance, EqualsTensorOperationsWhereAttentionIsRestricted) {
  Configuration c = small_configuration();
  c.training.guidance = {1, model::GuidedLoss::kSquaredError, 1, 0.3};
  const model::VocabularySizes sizes{8, 9};
  std::vector<Example> examples = random_examples(6, sizes, 7, 5, 3);
  add_random_links(examples, 4);
  for (Example& example : examples) {
    example.source.allowed.assign(example.source.tokens.size(), 0);
    example.source.allowed.front() = 1;
  }
  const Layout layout(model::parameter_table(c, sizes));
  expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
}

// Counts which way the decoder of a pass takes.
class CountingOperations : public FusedOperations {
 public:
  using FusedOperations::FusedOperations;
  network::DecodedSteps decoder_steps(const network::DecoderInputs& inputs) override {
    ++plans;
    return FusedOperations::decoder_steps(inputs);
  }
  std::vector<Tensor> run_steps(const network::StepsInputs& inputs) override {
    ++programs;
    shown = inputs.shown;
    return FusedOperations::run_steps(inputs);
  }

  int plans = 0, programs = 0;
  network::Shown shown{};
};

struct Way {
  int plans = 0, programs = 0;
  network::Shown shown{};
};

// Returns the way of one gradient of a model with an alignment cost, if `guided`, or without one.
Way way_of(Configuration c, bool guided) {
  c.training.guidance.diagonal_weight = guided ? 1 : 0;
  const model::VocabularySizes sizes{8, 9};
  std::vector<Example> examples = random_examples(3, sizes, 5, 4, 8);
  if (guided) add_random_links(examples, 5);
  const Layout layout(model::parameter_table(c, sizes));
  network::Leaves leaves(layout, initial_values(layout, 3, at::kFloat));
  const auto operations = std::make_shared<CountingOperations>(Precision::kFloat32);
  const network::Network network(c, leaves.tensors, operations);
  network.accumulate_gradient(network::make_batch(network::testing::pointers(examples), at::kFloat),
                              nullptr, 1.0);
  return {operations->plans, operations->programs, operations->shown};
}

TEST(FusedGuidance, KeepsThePlan) {
  for (const bool guided : {false, true}) {
    const Way way = way_of(small_configuration(), guided);
    EXPECT_EQ(way.plans, 1) << guided;
    EXPECT_EQ(way.programs, 0) << guided;
  }
}

TEST(FusedGuidance, ShowsTheAlignmentAloneWithoutAPlan) {
  Configuration c = small_configuration();
  c.attention.score = "cosine";
  const Way open = way_of(c, false), guided = way_of(c, true);
  EXPECT_EQ(open.programs, 1);
  EXPECT_EQ(guided.programs, 1);
  EXPECT_EQ(guided.plans, 0);
  EXPECT_EQ(open.shown, network::Shown::kNothing);
  EXPECT_EQ(guided.shown, network::Shown::kAlignment);
}

// Wide rows, in which gradients pass through whole vectors and rounded annotations.
TEST(FusedGuidance, StaysWithinTheRoundingOfBfloat16) {
  Configuration c;
  c.training.guidance = {1, model::GuidedLoss::kCrossEntropy, 1, 0.2};
  const model::VocabularySizes sizes{40, 150};
  std::vector<Example> examples = random_examples(33, sizes, 20, 15, 8);
  add_random_links(examples, 9);
  const network::Batch batch =
      network::make_batch(network::testing::pointers(examples), at::kFloat);
  const Layout layout(model::parameter_table(c, sizes));
  const Tensor values = initial_values(layout, 3, at::kFloat);
  const Result exact = run(c, layout, values, batch, fused_operations(c));
  c.training.precision = Precision::kBfloat16;
  for (const DecoderPath path : {DecoderPath::kFastest, DecoderPath::kProgram}) {
    const Result rounded = run(c, layout, values, batch, fused_operations(c, path));
    EXPECT_NEAR(rounded.cost, exact.cost, 2e-3 * exact.cost);
    const double error = (rounded.gradient - exact.gradient).norm().item<double>();
    EXPECT_LE(error, 0.02 * exact.gradient.norm().item<double>());
  }
}

}  // namespace
}  // namespace attend::fused
