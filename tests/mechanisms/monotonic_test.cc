// Monotonic attention (§13.1): Raffel, Luong, Liu, Weiss and Eck 2017.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "decoder_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

model::Configuration monotonic_decoder() {
  model::Configuration c = small_decoder();
  c.attention.kind = model::AttentionKind::kMonotonic;
  c.attention.energy_bias = true;
  model::check(c);
  return c;
}

struct Choices {
  bool predicts = false;
  model::MonotonicPrediction prediction = model::MonotonicPrediction::kScan;
  at::Tensor noise = {};         // [steps, positions]
  std::vector<int> closed = {};  // positions
};

// The alignments of given energies [steps, positions]: the queries are the energies, and the
// annotations unit vectors.
at::Tensor alignments_of(const at::Tensor& energies, const Choices& choices = {}) {
  const std::int64_t steps = energies.size(0), positions = energies.size(1);
  Builder b({.annotation_units = positions, .encoder_units = positions, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  b.parameters().embedding("target_embedding.weight", 1, positions);
  const Value query = b.previous_embedding("target_embedding.weight", positions);
  model::Configuration c = monotonic_decoder();
  c.attention.prediction = choices.prediction;
  const Value alignment = model::monotonic_alignment(b, c, b.dot_energies(query, h));
  b.observe("alignment", alignment, step::Over::kSource);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const network::StepProgram program(b.finish());
  network::ProgramInputs in;
  in.steps = steps;
  in.annotations = at::eye(positions, at::kDouble).unsqueeze(0);
  in.previous.rows = energies;
  in.predicts = choices.predicts;
  if (!choices.closed.empty()) in.mask = at::zeros({1, positions}, at::kDouble);
  for (const int j : choices.closed) in.mask[0][j] = -std::numeric_limits<double>::infinity();
  network::DecoderMasks masks;
  if (choices.noise.defined()) masks.noise = choices.noise.unsqueeze(1);
  in.masks = &masks;
  network::PlainOperations operations;
  return program.run({}, operations, in).observations.at(0).view({steps, positions});
}

// The energies whose probabilities to stop are those of the example.
at::Tensor energies_of_the_example() {
  const at::Tensor p = at::tensor({.1, .5, .8, .3, .6, .2, .7, .9}, at::kDouble).view({2, 4});
  return p.log() - (1 - p).log();
}

// The probability of every way to stop: attention stood at position k with probability last_k,
// passes k … j − 1 by and stops at j.
Row by_all_ways(const Row& energies, const Row& last) {
  Row alignment(energies.size(), 0);
  for (std::size_t k = 0; k < energies.size(); ++k) {
    double passes = last[k];
    for (std::size_t j = k; j < energies.size(); ++j) {
      alignment[j] += passes * sigmoid(energies[j]);
      passes *= 1 - sigmoid(energies[j]);
    }
  }
  return alignment;
}

Row first_alignment(std::size_t positions) {
  Row first(positions, 0);
  first[0] = 1;
  return first;
}

TEST(Monotonic, HasTheAlignmentsOfTheExample) {  // §16
  const at::Tensor found = alignments_of(energies_of_the_example());
  expect_near(row_of(found[0]), {0.1, 0.45, 0.36, 0.027});
  expect_near(row_of(found[1]), {0.06, 0.098, 0.5264, 0.22734});
}

TEST(Monotonic, EqualsTheSumOverAllWaysToStop) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const DecoderTrial trial(monotonic_decoder(), seed);
    Row last = first_alignment(DecoderTrial::kPositions);
    for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
      const Row alignment = by_all_ways(trial.observed("energies", i), last);
      Row context(trial.annotation(0).size(), 0);
      for (std::size_t j = 0; j < alignment.size(); ++j) {
        for (std::size_t k = 0; k < context.size(); ++k) {
          context[k] += alignment[j] * trial.annotation(static_cast<std::int64_t>(j))[k];
        }
      }
      expect_near(trial.observed("alignment", i), alignment);
      expect_near(trial.observed("context", i), context);
      last = alignment;
    }
  }
}

// A closed position is passed by, as if the source did not have it.
TEST(Monotonic, PassesClosedPositionsBy) {
  const at::Tensor energies = energies_of_the_example();
  const at::Tensor found = alignments_of(energies, {.closed = {0, 2}});
  Row last = first_alignment(4);
  for (std::int64_t i = 0; i < 2; ++i) {
    Row closed = row_of(energies[i]);
    closed[0] = closed[2] = -std::numeric_limits<double>::infinity();
    last = by_all_ways(closed, last);
    expect_near(row_of(found[i]), last);
    EXPECT_EQ(row_of(found[i])[0], 0);
    EXPECT_EQ(row_of(found[i])[2], 0);
  }
  expect_near(row_of(alignments_of(energies, {.closed = {0, 1, 2, 3}})), Row(8, 0));
}

// From the last position on, the first one with an energy above 0; nothing after the end.
TEST(Monotonic, ScansInPrediction) {
  const at::Tensor energies = at::tensor({-1., 2.,  -1., 3.,   // stops at 1
                                          4.,  1.,  5.,  -2.,  // stays
                                          4.,  -1., 0.,  0.1,  // 0 does not stop: 3
                                          1.,  1.,  1.,  -1.,  // no position stops
                                          1.,  1.,  1.,  1.},  // and no later step looks
                                         at::kDouble)
                                  .view({5, 4});
  const at::Tensor found = alignments_of(energies, {.predicts = true});
  expect_near(row_of(found[0]), {0, 1, 0, 0});
  expect_near(row_of(found[1]), {0, 1, 0, 0});
  expect_near(row_of(found[2]), {0, 0, 0, 1});
  expect_near(row_of(found[3]), {0, 0, 0, 0});
  expect_near(row_of(found[4]), {0, 0, 0, 0});
  const at::Tensor closed = alignments_of(energies, {.predicts = true, .closed = {1}});
  expect_near(row_of(closed[0]), {0, 0, 0, 1});
}

// The option decides: an expectation stays one in prediction.
TEST(Monotonic, MayTakeTheExpectationInPrediction) {
  const at::Tensor energies = energies_of_the_example();
  const at::Tensor found = alignments_of(
      energies, {.predicts = true, .prediction = model::MonotonicPrediction::kExpectation});
  EXPECT_TRUE(found.equal(alignments_of(energies)));
}

// Sharp energies leave one way to stop: the expectation is the scan.
TEST(Monotonic, ExpectsWhatAScanFindsWhereEnergiesAreSharp) {
  Random random(6);
  for (int trial = 0; trial < 20; ++trial) {
    const at::Tensor energies = 1e7 * random_tensor({4, 7}, random);
    expect_near(row_of(alignments_of(energies)),
                row_of(alignments_of(energies, {.predicts = true})), 1e-6);
  }
}

TEST(Monotonic, AddsNoiseToItsEnergies) {
  Random random(7);
  const at::Tensor energies = random_tensor({3, 5}, random), noise = random_tensor({3, 5}, random);
  expect_near(row_of(alignments_of(energies, {.noise = noise})),
              row_of(alignments_of(energies + noise)));
}

// The noise depends on seed, update and shard alone, as the masks of dropout do, so that a training
// that was interrupted draws it again.
TEST(Monotonic, DrawsItsNoiseFromTheStreamOfTheMasks) {
  const model::DropoutConfig rates;
  const auto draw = [&](std::int64_t update, int shard) {
    network::Dropout dropout(rates, 5, update, shard);
    return dropout.noise({50, 40}, 2, at::kDouble);
  };
  const at::Tensor noise = draw(6, 0);
  EXPECT_TRUE(noise.equal(draw(6, 0)));
  EXPECT_FALSE(noise.equal(draw(7, 0)));
  EXPECT_FALSE(noise.equal(draw(6, 1)));
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.2);
  EXPECT_NEAR(noise.square().mean().item<double>(), 4, 0.5);
}

// Costs of one batch: without dropout there is no noise, with it every update has its own.
TEST(Monotonic, TrainsWithNoiseAndIsMeasuredWithout) {
  model::Configuration c = monotonic_decoder();
  const model::VocabularySizes sizes{7, 7};
  network::Tensors tensors;
  Random random(8);
  for (const step::TensorSpec& spec : model::parameter_table(c, sizes)) {
    tensors[spec.name] = 2 * random_tensor(spec.shape, random);
  }
  model::Example example;
  example.source.tokens = {1, 4, 2, 5};
  example.target = {3, 1, 2};
  const model::Example* const examples[] = {&example};
  const network::Batch batch = network::make_batch(examples, at::kDouble);
  const auto cost = [&](std::optional<std::int64_t> update) {
    const network::Network network(c, tensors, std::make_shared<network::PlainOperations>());
    if (!update) return network.cost(batch, nullptr).cost.item<double>();
    network::Dropout dropout(c.training.dropout, 5, *update, 0);
    return network.cost(batch, &dropout).cost.item<double>();
  };
  EXPECT_EQ(cost({}), cost({}));
  EXPECT_EQ(cost(1), cost(1));
  EXPECT_NE(cost(1), cost(2));
  EXPECT_NE(cost(1), cost({}));
  const double measured = cost({});
  c.attention.noise = 0;
  EXPECT_EQ(cost(1), measured);
}

// Attention that is to pass the first positions by begins with a bias below 0.
TEST(Monotonic, StartsWithABiasBelowZero) {
  const model::Configuration c = model::preset("monotonic");
  for (const step::TensorSpec& spec : model::parameter_table(c, {9, 9})) {
    if (spec.name != "attention.energy_bias") continue;
    EXPECT_EQ(spec.initial, step::Initial::kConstant);
    EXPECT_EQ(spec.scale, -1);
    return;
  }
  FAIL() << "no bias";
}

}  // namespace
}  // namespace attend::testing
