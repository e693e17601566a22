// Stochastic attention and the doubly stochastic cost (§7.3, §7.4): golden values, frequencies of
// what is drawn, and that REINFORCE estimates the exact gradient.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "fixtures.h"
#include "network/dropout.h"
#include "network/guidance.h"
#include "network/network.h"
#include "network/step_operations.h"

namespace attend::network {
namespace {

using model::Configuration;
using model::EncoderKind;
using testing::picture_configuration;
using testing::pointers;
using testing::random_pictures;

const step::Shape kNumber{step::Per::kRowPosition, 1};

Tensor draw(const Tensor& alignment, const Tensor& draws, bool passes_gradient = false) {
  const step::Node node{
      .op = step::Op::kDraw, .results = {kNumber}, .passes_gradient = passes_gradient};
  OperationInputs inputs;
  inputs.operands = {alignment};
  inputs.draws = draws;
  return compute(node, inputs);
}

Tensor predicted(const Tensor& alignment, step::StochasticPrediction way, std::int64_t step = 0) {
  const step::Node node{.op = step::Op::kDraw, .results = {kNumber}, .stochastic = way};
  OperationInputs inputs;
  inputs.operands = {alignment};
  inputs.first_step = step;
  return compute(node, inputs);
}

Tensor expected_log(const Tensor& weights, const Tensor& alignment) {
  const step::Node node{.op = step::Op::kExpectedLog, .results = {{step::Per::kRow, 1}}};
  OperationInputs inputs;
  inputs.operands = {weights, alignment};
  return compute(node, inputs);
}

// ----------------------------------------------------------------------- doubly stochastic ---

// Three steps over three positions; 0.32 is that of the reference values.
Tensor coverage_rows() {
  return at::tensor({.7, .2, .1, .6, .3, .1, .1, .1, .8}, at::kDouble).view({3, 1, 3});
}

Batch batch_of_lengths(std::vector<std::size_t> targets) {
  std::vector<Example> examples;
  for (const std::size_t length : targets) {
    examples.push_back({{{1, 2, 3}}, std::vector<text::TokenId>(length, 1)});
  }
  return make_batch(pointers(examples), at::kDouble, {3, 3});
}

TEST(DoublyStochasticCost, IsTheSquareOfWhatPositionsLack) {
  const Batch batch = batch_of_lengths({3});
  EXPECT_NEAR(doubly_stochastic_costs(batch, coverage_rows()).sum().item<double>(), 0.32, 1e-12);
}

TEST(DoublyStochasticCost, LeavesOutStepsBehindTheEndOfATarget) {
  const Batch batch = batch_of_lengths({3, 2});
  const Tensor rows = at::cat({coverage_rows(), coverage_rows()}, 1);
  const double shorter = .09 + .25 + .64;  // (1 − 1.3)² + (1 − 0.5)² + (1 − 0.2)²
  EXPECT_NEAR(doubly_stochastic_costs(batch, rows).sum().item<double>(), 0.32 + shorter, 1e-12);
}

TEST(DoublyStochasticCost, HasTheFactorOfThePaperOrOfItsCode) {
  Configuration c = picture_configuration(EncoderKind::kFeatures);
  c.attention.doubly_stochastic = 2;
  c.training.batch_size = 64;
  const Batch batch = batch_of_lengths({3});
  const auto cost = [&] {
    return doubly_stochastic_cost(c, batch, coverage_rows()).item<double>();
  };
  EXPECT_NEAR(cost(), 2 * 0.32, 1e-12);
  c.attention.doubly_stochastic_scale = model::DoublyStochasticScale::kCode;
  EXPECT_NEAR(cost(), 2 * 0.32 * 64 / 3, 1e-12);  // three positions
}

TEST(DoublyStochasticCost, IsAddedToTheCostOfANetwork) {
  Configuration c = picture_configuration(EncoderKind::kFeatures);
  const Layout layout(model::parameter_table(c, {1, 9}));
  const Tensor values = initial_values(layout, 3, at::kDouble);
  const auto examples = random_pictures(4, c, 9, 5, 2);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  const auto operations = std::make_shared<PlainOperations>();
  const auto cost = [&](double weight) {
    c.attention.doubly_stochastic = weight;
    return Network(c, layout.views(values), operations).cost(batch, nullptr).cost.item<double>();
  };
  const Tensor alignments = Network(c, layout.views(values), operations).forced(batch).alignments;
  EXPECT_NEAR(cost(0.7) - cost(0),
              0.7 * doubly_stochastic_costs(batch, alignments).sum().item<double>(), 1e-9);
}

// --------------------------------------------------------------------------- what is drawn ---

TEST(Draw, TakesTheFirstPositionBehindWhichMoreThanItsNumberLies) {
  const Tensor alignment = at::tensor({.2, .5, .3}, at::kDouble).view({1, 1, 3}).expand({5, 1, 3});
  const Tensor numbers = at::tensor({0.0, .19, .21, .69, .71}, at::kDouble).view({5, 1});
  EXPECT_TRUE(
      draw(alignment, numbers).argmax(-1).view(-1).equal(at::tensor({0, 0, 1, 1, 2}, at::kLong)));
}

TEST(Draw, HasTheFrequenciesOfTheAlignment) {
  constexpr std::int64_t kDraws = 100000;
  const std::vector<double> wanted{.05, .6, 0, .35};
  const Tensor alignment = at::tensor(wanted, at::kDouble).view({1, 1, 4}).expand({1, kDraws, 4});
  Dropout dropout({}, 1, 1, 0);
  const Tensor drawn = draw(alignment, dropout.uniform({1, kDraws}, at::kDouble));
  EXPECT_TRUE(drawn.sum(-1).eq(1).all().item<bool>());
  for (std::int64_t j = 0; j < 4; ++j) {
    const double p = wanted[static_cast<std::size_t>(j)];
    const double error = 3 * std::sqrt(p * (1 - p) / kDraws);
    EXPECT_NEAR(drawn.select(2, j).mean().item<double>(), p, error + 1e-12) << j;
  }
}

TEST(Draw, TakesTheExpectationWhereItsNumberIsNegative) {
  const Tensor alignment = at::tensor({.2, .8}, at::kDouble).view({1, 1, 2}).requires_grad_(true);
  const Tensor none = at::full({1, 1}, -1.0, at::kDouble);
  EXPECT_TRUE(draw(alignment, none).equal(alignment));
  EXPECT_FALSE(draw(alignment, none).requires_grad());
  EXPECT_TRUE(draw(alignment, none, true).requires_grad());
}

// Sentences are drawn for wholly or not at all, half of them with a standard error of 1/2 / √n.
TEST(Draw, IsLeftOutForHalfOfTheSentencesOrOfTheBatches) {
  constexpr std::int64_t kSteps = 3, kBatch = 400, kCalls = 400;
  const auto options = at::TensorOptions().dtype(at::kDouble);
  Dropout dropout({}, 1, 1, 0);
  const Tensor always = dropout.draws(model::Sampling::kAlways, kSteps, kBatch, options);
  EXPECT_EQ(always.sizes(), (std::vector<std::int64_t>{kSteps, kBatch}));
  EXPECT_TRUE((always >= 0).logical_and(always < 1).all().item<bool>());
  const Tensor pictures = dropout.draws(model::Sampling::kHalfOfPictures, kSteps, kBatch, options);
  const Tensor left_out = pictures == -1;
  EXPECT_TRUE(at::equal(left_out.all(0), left_out.any(0))) << "all steps of a sentence";
  EXPECT_NEAR(left_out[0].sum().item<double>(), kBatch / 2.0, 3 * std::sqrt(kBatch) / 2);
  std::int64_t batches = 0;
  for (std::int64_t call = 0; call < kCalls; ++call) {
    const Tensor batch = dropout.draws(model::Sampling::kHalfOfBatches, kSteps, 5, options) == -1;
    EXPECT_EQ(batch.all().item<bool>(), batch.any().item<bool>());
    batches += batch.all().item<bool>();
  }
  EXPECT_NEAR(static_cast<double>(batches), kCalls / 2.0, 3 * std::sqrt(kCalls) / 2);
}

TEST(Draw, PredictsByTheLargestWeightByANumberOrByAllWeights) {
  const Tensor alignment = at::tensor({.3, .4, .3}, at::kDouble).view({1, 1, 3});
  const auto position = [&](step::StochasticPrediction way, std::int64_t step) {
    return predicted(alignment, way, step).argmax(-1).item<std::int64_t>();
  };
  EXPECT_EQ(position(step::StochasticPrediction::kArgmax, 0), 1);
  EXPECT_TRUE(predicted(alignment, step::StochasticPrediction::kExpectation).equal(alignment));
  std::vector<int> counts(3);
  for (std::int64_t step = 0; step < 1000; ++step) {
    ++counts[static_cast<std::size_t>(position(step::StochasticPrediction::kSample, step))];
  }
  EXPECT_NEAR(counts[0], 300, 5);  // the numbers of the steps spread evenly
  EXPECT_NEAR(counts[1], 400, 5);
}

// ------------------------------------------------------------------------------- REINFORCE ---

// The gradient at α of the released code: λ_r (b − cost) (−s / α) + λ_e (log α + 1).
TEST(Reinforce, HasTheGradientOfTheReleasedCode) {
  const double cost = 2.5, baseline = 1.75, reward = 0.1, entropy = 0.002;
  const Tensor alignment =
      at::tensor({.2, .5, .3}, at::kDouble).view({1, 1, 3}).detach().requires_grad_(true);
  const Tensor drawn = draw(alignment, at::full({1, 1}, 0.6, at::kDouble));
  const Tensor extra = expected_log(drawn, alignment) * ((cost - baseline) * reward) +
                       expected_log(alignment, alignment) * entropy;
  extra.sum().backward();
  const Tensor expected =
      (baseline - cost) * reward * (-drawn / alignment) + entropy * (alignment.log() + 1);
  EXPECT_TRUE(at::allclose(alignment.grad(), expected.detach(), 1e-12, 1e-12));
  EXPECT_NEAR(alignment.grad().view(-1)[1].item<double>(),
              0.75 * 0.1 / 0.5 + 0.002 * (std::log(.5) + 1), 1e-12);
}

// Where the expectation is taken and passes the gradient of soft attention, the reward of what was
// drawn passes none through what was drawn: only −s/α is left, whose softmax gradient is 0.
TEST(Reinforce, PassesNoGradientThroughWhatWasDrawn) {
  const Tensor energies =
      at::tensor({.5, -.2, .1}, at::kDouble).view({1, 1, 3}).detach().requires_grad_(true);
  const Tensor alignment = energies.softmax(-1);
  const Tensor expected = draw(alignment, at::full({1, 1}, -1.0, at::kDouble), true);
  const step::Node node{.op = step::Op::kExpectedLog,
                        .inputs = {{1, 0}, {0, 0}},  // the draw and the alignment
                        .results = {{step::Per::kRow, 1}}};
  OperationInputs inputs;
  inputs.operands = {expected, alignment};
  compute(node, inputs).sum().backward();
  EXPECT_LE(energies.grad().abs().max().item<double>(), 1e-12);
}

// The mean of the estimator over many samples against the exact gradient of Σ_j α_j cost_j.
TEST(Reinforce, EstimatesTheExactGradient) {
  constexpr std::int64_t kSamples = 100000;
  const Tensor costs = at::tensor({.3, 1.2, 2.0}, at::kDouble);
  const Tensor energies = at::tensor({.5, -.2, .1}, at::kDouble);
  const Tensor exact_energies = energies.clone().requires_grad_(true);
  (exact_energies.softmax(0) * costs).sum().backward();
  const Tensor exact = exact_energies.grad();

  const Tensor leaves =
      energies.view({1, 1, 3}).expand({1, kSamples, 3}).contiguous().requires_grad_(true);
  const Tensor alignment = leaves.softmax(-1);
  Dropout dropout({}, 3, 1, 0);
  const Tensor drawn = draw(alignment, dropout.uniform({1, kSamples}, at::kDouble));
  const Tensor cost = (drawn * costs).sum(-1, true);
  const double baseline = 1;
  (expected_log(drawn, alignment) * (cost - baseline)).sum().backward();
  const Tensor samples = leaves.grad().view({kSamples, 3});
  for (std::int64_t j = 0; j < 3; ++j) {
    const Tensor own = samples.select(1, j);
    const double error = own.std().item<double>() / std::sqrt(static_cast<double>(kSamples));
    EXPECT_NEAR(own.mean().item<double>(), exact[j].item<double>(), 3 * error) << j;
    EXPECT_GT(std::abs(exact[j].item<double>()), 10 * error) << "the test could not fail";
  }
}

// A network adds λ_r (cost of the sentence − b) Σ_i log α_i at what was drawn, and λ_e Σ α log α.
TEST(Reinforce, CostsOfANetworkAreThoseOfItsAlignments) {
  Configuration c = picture_configuration(EncoderKind::kFeatures);
  c.attention.kind = model::AttentionKind::kStochastic;
  const Layout layout(model::parameter_table(c, {1, 9}));
  const Tensor values = initial_values(layout, 3, at::kDouble);
  const auto examples = random_pictures(3, c, 9, 4, 2);
  Batch batch = make_batch(pointers(examples), at::kDouble);
  batch.baseline = 1.5;
  const auto operations = std::make_shared<PlainOperations>();
  const auto cost = [&](double reward, double entropy) {
    c.attention.reward_weight = reward;
    c.attention.entropy_weight = entropy;
    return Network(c, layout.views(values), operations).cost(batch, nullptr).cost.item<double>();
  };
  const Forced forced = Network(c, layout.views(values), operations).forced(batch);
  double rewarded = 0, negative_entropy = 0;  // without dropout, the largest weight is looked at
  for (std::size_t b = 0; b < examples.size(); ++b) {
    double sentence = 0, logs = 0;
    for (std::size_t i = 0; i < examples[b].target.size(); ++i) {
      const auto at_step = [&](const Tensor& x) {
        return x[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(b)];
      };
      sentence -= at_step(forced.log_probabilities)[examples[b].target[i]].item<double>();
      const Tensor alignment = at_step(forced.alignments);
      logs += std::log(alignment.max().item<double>());
      negative_entropy += (alignment * alignment.log()).sum().item<double>();
    }
    rewarded += (sentence / static_cast<double>(examples[b].target.size()) - 1.5) * logs;
  }
  EXPECT_NEAR(cost(0.1, 0) - cost(0, 0), 0.1 * rewarded, 1e-9);
  EXPECT_NEAR(cost(0, 0.002) - cost(0, 0), 0.002 * negative_entropy, 1e-9);
}

}  // namespace
}  // namespace attend::network
