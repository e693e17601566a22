// Tests the costs that guide attention (§12.2, §12.3): their values, their part of the cost of a
// network, and their gradients in double.
#include "network/guidance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fixtures.h"
#include "network/network.h"

namespace attend::network {
namespace {

using model::Configuration;
using model::GuidedLoss;
using testing::add_random_links;
using testing::pointers;
using testing::random_examples;
using testing::small_configuration;

constexpr model::VocabularySizes kSizes{8, 9};

std::vector<Example> linked_examples(std::uint64_t seed) {
  std::vector<Example> examples = random_examples(4, kSizes, 6, 5, seed);
  add_random_links(examples, seed);
  return examples;
}

// ----------------------------------------------------------------------------------- batches ---

TEST(LinksOfABatch, AreUniformOverThePositionsOfATargetToken) {
  std::vector<Example> examples{{{{1, 2, 3}}, {1, 2}}, {{{3, 2}}, {1}}};
  EXPECT_FALSE(make_batch(pointers(examples), at::kFloat).links.defined());
  examples[0].links = {{0, 1}, {2, 1}};
  const Batch batch = make_batch(pointers(examples), at::kDouble, {4, 3});
  const Tensor expected = at::zeros({3, 2, 4}, at::kDouble);
  expected[1][0][0] = 0.5;
  expected[1][0][2] = 0.5;
  EXPECT_TRUE(batch.links.equal(expected));
  EXPECT_TRUE(batch.target_lengths.equal(at::tensor({2.0, 1.0}, at::kDouble)));
}

TEST(LinksOfABatch, MustBeInsideTheirExample) {
  std::vector<Example> examples{{{{1, 2, 3}}, {1, 2}}, {{{3}}, {1}}};
  for (const model::Link link : {model::Link{1, 0}, {0, 1}, {-1, 0}, {0, -1}}) {
    examples[1].links = {link};
    EXPECT_THROW(make_batch(pointers(examples), at::kFloat), CheckFailure);
  }
}

// ------------------------------------------------------------------------------------ values ---

// Three target tokens, the last one without links.
struct Rows {
  Tensor alignments = at::tensor({.2, .5, .3, .2, .5, .3, .2, .5, .3}, at::kDouble).view({3, 1, 3});
  Tensor links = at::tensor({0., 1., 0., .5, .5, 0., 0., 0., 0.}, at::kDouble).view({3, 1, 3});
};

TEST(GuidedCost, IsTheCrossEntropyOfTokensWithLinks) {
  const Rows rows;
  const double expected = -std::log(.5) - .5 * std::log(.2) - .5 * std::log(.5);  // 1.844440
  const Tensor found = guided_cost(rows.alignments, rows.links, GuidedLoss::kCrossEntropy);
  EXPECT_NEAR(found.item<double>(), expected, 1e-5);
  EXPECT_NEAR(found.item<double>(), 1.844440, 1e-5);
}

TEST(GuidedCost, IsTheSquaredErrorOfTokensWithLinks) {
  const Rows rows;
  const Tensor found = guided_cost(rows.alignments, rows.links, GuidedLoss::kSquaredError);
  EXPECT_NEAR(found.item<double>(), .5 * (.04 + .25 + .09) + .5 * (.09 + .09), 1e-12);
}

TEST(GuidedCost, IsFiniteWhereAttentionCannotLook) {
  Tensor alignments = at::tensor({0.0, 1.0}, at::kDouble).view({1, 1, 2}).requires_grad_(true);
  const Tensor links = at::tensor({1.0, 0.0}, at::kDouble).view({1, 1, 2});
  const Tensor cost = guided_cost(alignments, links, GuidedLoss::kCrossEntropy);
  cost.backward();
  EXPECT_NEAR(cost.item<double>(), -std::log(1e-6), 1e-9);
  EXPECT_TRUE(alignments.grad().isfinite().all().item<bool>());
}

// The off-diagonals for g = 0.2 and four tokens on each side.
TEST(DiagonalWeights, HaveTheGoldenValues) {
  const std::vector<Example> examples{{{{1, 2, 3, 4}}, {1, 2, 3, 4}}};
  const Tensor weights = diagonal_weights(make_batch(pointers(examples), at::kDouble), 0.2);
  ASSERT_EQ(weights.sizes(), at::IntArrayRef({4, 1, 4}));
  const double expected[4] = {0, 0.5422, 0.9561, 0.9991};
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      EXPECT_NEAR(weights[i][0][j].item<double>(), expected[std::abs(i - j)], 5e-5)
          << i << " " << j;
    }
  }
}

// The diagonal is that of the tokens of each example and not of the batch.
TEST(DiagonalWeights, DoNotDependOnPadding) {
  const std::vector<Example> examples{{{{1, 2, 3, 4, 5}}, {1, 2}}, {{{1, 2}}, {1, 2, 3}}};
  const auto all = pointers(examples);
  const Tensor together = diagonal_weights(make_batch(all, at::kDouble, {9, 7}), 0.3);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const auto row = static_cast<std::int64_t>(b);
    const Tensor alone = diagonal_weights(make_batch({all.data() + b, 1}, at::kDouble), 0.3);
    const Tensor part =
        together.select(1, row).narrow(0, 0, alone.size(0)).narrow(1, 0, alone.size(2));
    EXPECT_TRUE(at::allclose(part, alone.select(1, 0), 0, 1e-12));
    const Tensor padding = together.select(1, row).slice(0, alone.size(0));
    EXPECT_TRUE(padding.eq(0).all().item<bool>());
  }
  // Token i = 1 of 2 and position j = 3 of 5.
  const double distance = 1.0 / 2 - 3.0 / 5;
  EXPECT_NEAR(together[1][0][3].item<double>(), 1 - std::exp(-distance * distance / (2 * 0.09)),
              1e-12);
}

TEST(GuidanceCost, IsThereOnlyWhereItIsAskedFor) {
  model::GuidanceConfig guidance;  // with a weight of links and none of the diagonal
  std::vector<Example> examples = random_examples(2, kSizes, 4, 4, 3);
  const Batch open = make_batch(pointers(examples), at::kDouble);
  EXPECT_FALSE(guides(guidance, open));
  EXPECT_FALSE(guidance_cost(guidance, open, {}).defined());
  examples[0].links = {{0, 0}};
  const Batch linked = make_batch(pointers(examples), at::kDouble);
  EXPECT_TRUE(guides(guidance, linked));
  guidance.guided_weight = 0;
  EXPECT_FALSE(guides(guidance, linked));
  guidance.diagonal_weight = 1;
  EXPECT_TRUE(guides(guidance, open));
}

// ---------------------------------------------------------------------------- whole networks ---

Network make_network(const Configuration& configuration, const Tensors& tensors) {
  return {configuration, tensors, std::make_shared<PlainOperations>()};
}

// Compares the cost with the equations in plain loops.
TEST(Guidance, AddsToTheCostAndNotToTheLikelihood) {
  Configuration guided = small_configuration();
  guided.training.guidance = {0.7, GuidedLoss::kCrossEntropy, 0.3, 0.25};
  const Configuration open = small_configuration();
  const Layout layout(model::parameter_table(open, kSizes));
  const Tensors tensors = layout.views(initial_values(layout, 3, at::kDouble));
  const std::vector<Example> examples = linked_examples(5);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  std::vector<Example> without_links = examples;
  for (Example& example : without_links) example.links.clear();
  const Cost plain =
      make_network(open, tensors).cost(make_batch(pointers(without_links), at::kDouble), nullptr);
  const Network network = make_network(guided, tensors);
  const Tensor alignments = network.forced(batch).alignments;
  double expected = plain.cost.item<double>();
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const Example& example = examples[b];
    const std::size_t targets = example.target.size(), sources = example.source.tokens.size();
    for (std::size_t i = 0; i < targets; ++i) {
      double links = 0, sum = 0;
      const auto alpha = [&](std::size_t j) {
        return alignments[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(b)]
                         [static_cast<std::int64_t>(j)]
                             .item<double>();
      };
      for (const model::Link& link : example.links) {
        if (link.target != static_cast<std::int32_t>(i)) continue;
        sum -= std::log(alpha(static_cast<std::size_t>(link.source)) + 1e-6);
        ++links;
      }
      if (links > 0) expected += 0.7 * sum / links;
      for (std::size_t j = 0; j < sources; ++j) {
        const double distance = static_cast<double>(i) / static_cast<double>(targets) -
                                static_cast<double>(j) / static_cast<double>(sources);
        expected += 0.3 * alpha(j) * (1 - std::exp(-distance * distance / (2 * 0.25 * 0.25)));
      }
    }
  }
  const Cost cost = network.cost(batch, nullptr);
  EXPECT_NEAR(cost.cost.item<double>(), expected, 1e-9);
  EXPECT_NEAR(cost.log_likelihood.item<double>(), plain.log_likelihood.item<double>(), 1e-12);
  EXPECT_NEAR(network.evaluate(batch).cost, expected, 1e-9);
  EXPECT_NEAR(network.evaluate(batch).log_likelihood, plain.log_likelihood.item<double>(), 1e-12);
}

struct Case {
  std::string name;
  std::vector<std::string> settings;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class GuidanceGradients : public ::testing::TestWithParam<Case> {};

Tensor random_values(std::int64_t size, double scale, std::uint64_t seed) {
  Random random(seed);
  const Tensor values = at::empty({size}, at::kDouble);
  for (std::int64_t i = 0; i < size; ++i) {
    values.data_ptr<double>()[i] = scale * (2 * random.uniform() - 1);
  }
  return values;
}

// Compares the derivative along a random direction with a central difference that is extrapolated
// (Richardson).
TEST_P(GuidanceGradients, EqualCentralDifferences) {
  for (const GuidedLoss loss : {GuidedLoss::kCrossEntropy, GuidedLoss::kSquaredError}) {
    Configuration configuration = small_configuration();
    model::set_options(configuration, GetParam().settings);
    configuration.training.guidance = {3, loss, 2, 0.3};
    model::check(configuration);
    const Layout layout(model::parameter_table(configuration, kSizes));
    const Tensor values = random_values(layout.size(), 0.7, 7);
    Leaves leaves(layout, values);
    const Network network = make_network(configuration, leaves.tensors);
    const Batch batch = make_batch(pointers(linked_examples(11)), at::kDouble);
    network.cost(batch, nullptr).cost.backward();
    const Tensor direction = random_values(layout.size(), 1, 9);
    const double slope = (leaves.gradient * direction).sum().item<double>();
    const at::NoGradGuard no_gradient;
    const auto difference = [&](double step) {
      values.add_(direction, step);
      const double above = network.cost(batch, nullptr).cost.item<double>();
      values.sub_(direction, 2 * step);
      const double below = network.cost(batch, nullptr).cost.item<double>();
      values.add_(direction, step);
      return (above - below) / (2 * step);
    };
    const double expected = (4 * difference(1e-5) - difference(2e-5)) / 3;
    EXPECT_NEAR(slope / expected, 1.0, 1e-6);
  }
}

std::vector<Case> cases() {
  const std::string updates_first = "decoder.order=update-look-generate";
  const std::vector<std::string> heads{"attention.keys=projected", "attention.heads=2",
                                       "attention.score=scaled-dot"};
  return {{"default", {}},
          {"generate_first", {"decoder.order=look-generate-update"}},
          {"update_first", {updates_first}},
          {"fed", {updates_first, "decoder.input_feeding=readout"}},
          {"two_cells", {"decoder.order=update-look-update"}},
          {"cosine", {"attention.score=cosine"}},
          {"coverage", {"attention.coverage=sum"}},
          {"neural_coverage", {"attention.coverage=neural", "attention.coverage_units=2"}},
          {"location_aware", {"attention.score=location-aware"}},
          {"temporal", {"attention.temporal=past"}},
          {"monotonic", {"attention.kind=monotonic"}},
          {"hard", {"attention.kind=hard", updates_first}},
          {"hard_monotonic", {"attention.kind=hard-monotonic", updates_first}},
          {"hard_monotonic_1",
           {"attention.kind=hard-monotonic-1", "attention.score=general", "attention.reach=2",
            updates_first}},
          {"heads", heads},
          {"no_cell", {"decoder.cell=none", "decoder.initial_state=zero"}},
          {"hidden_end", {"attention.end_token=hidden"}}};
}

INSTANTIATE_TEST_SUITE_P(Models, GuidanceGradients, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace attend::network
