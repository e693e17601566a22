// Intra-temporal attention (§11.1): Paulus, Xiong and Socher 2017.
#include <gtest/gtest.h>

#include <cmath>

#include "decoder_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

model::Configuration temporal_decoder() {
  model::Configuration c = small_decoder();
  c.attention.temporal = model::Temporal::kPast;
  model::check(c);
  return c;
}

// The alignments of given energies [steps, positions]: the queries are the energies, and the
// annotations unit vectors.
at::Tensor alignments_of(const at::Tensor& energies) {
  const std::int64_t steps = energies.size(0), positions = energies.size(1);
  Builder b({.annotation_units = positions, .encoder_units = positions, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  b.parameters().embedding("target_embedding.weight", 1, positions);
  const Value query = b.previous_embedding("target_embedding.weight", positions);
  const Value divided = model::divide_by_past(b, temporal_decoder(), b.dot_energies(query, h));
  const Value alignment = b.softmax(divided);
  b.observe("alignment", alignment, step::Over::kSource);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const network::StepProgram program(b.finish());
  network::ProgramInputs in;
  in.steps = steps;
  in.annotations = at::eye(positions, at::kDouble).unsqueeze(0);
  in.previous.rows = energies;
  network::PlainOperations operations;
  return program.run({}, operations, in).observations.at(0).view({steps, positions});
}

TEST(Temporal, HasTheAlignmentsOfTheExample) {  // §16
  const at::Tensor energies =
      at::tensor({1., 0., -1., 1., .5, 0., .5, .5, .5}, at::kDouble).view({3, 3});
  const at::Tensor found = alignments_of(energies);
  expect_near(row_of(found[0]), {0.665241, 0.244728, 0.090031}, 5e-7);
  expect_near(row_of(found[1]), {0.186324, 0.307196, 0.506480}, 5e-7);
  expect_near(row_of(found[2]), {0.142309, 0.292092, 0.565599}, 5e-7);
}

// e'_1j = exp(e_1j), e'_ij = exp(e_ij) / Σ_{k < i} exp(e_kj), α_ij = e'_ij / Σ_k e'_ik, for the
// energies that a decoder computed.
TEST(Temporal, EqualsItsEquations) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const DecoderTrial trial(temporal_decoder(), seed);
    Row sums(DecoderTrial::kPositions, 0);
    for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
      const Row energies = trial.observed("energies", i);
      Row alignment;
      double total = 0;
      for (std::size_t j = 0; j < energies.size(); ++j) {
        alignment.push_back(i == 0 ? std::exp(energies[j]) : std::exp(energies[j]) / sums[j]);
        total += alignment[j];
        sums[j] += std::exp(energies[j]);
      }
      for (double& share : alignment) share /= total;
      Row context(trial.annotation(0).size(), 0);
      for (std::size_t j = 0; j < alignment.size(); ++j) {
        for (std::size_t k = 0; k < context.size(); ++k) {
          context[k] += alignment[j] * trial.annotation(static_cast<std::int64_t>(j))[k];
        }
      }
      expect_near(trial.observed("alignment", i), alignment);
      expect_near(trial.observed("context", i), context);
    }
  }
}

// Exponentials of these energies overflow, or are 0; their logarithms do not.
TEST(Temporal, TakesEnergiesOfAnySize) {
  const at::Tensor small =
      at::tensor({1., 0., -1., 1., .5, 0., .5, .5, .5}, at::kDouble).view({3, 3});
  for (const double shift : {1e4, -1e4}) {
    EXPECT_LE((alignments_of(small + shift) - alignments_of(small)).abs().max().item<double>(),
              1e-10);
  }
  const at::Tensor found = alignments_of(small * 1e4);
  EXPECT_TRUE(found.isfinite().all().item<bool>());
}

// A step after another with equal energies shares its attention equally, wherever the first looked.
TEST(Temporal, LooksAwayFromWhereItHasLooked) {
  const at::Tensor found =
      alignments_of(at::tensor({5., 0., -2., 5., 0., -2.}, at::kDouble).view({2, 3}));
  expect_near(row_of(found[1]), Row(3, 1.0 / 3));
}

// The first step has nothing to divide by, and its gradient is that of a softmax.
TEST(Temporal, HasAGradientInTheFirstStep) {
  Random random(2);
  const at::Tensor energies = random_tensor({3, 4}, random).requires_grad_(true);
  alignments_of(energies).select(0, 0)[1].backward();
  const Row alpha = softmax_of(row_of(energies[0])), found = row_of(energies.grad()[0]);
  for (std::size_t j = 0; j < alpha.size(); ++j) {
    EXPECT_NEAR(found[j], alpha[1] * ((j == 1 ? 1 : 0) - alpha[j]), 1e-12) << j;
  }
  expect_near(row_of(energies.grad().narrow(0, 1, 2)), Row(8, 0));
}

TEST(Temporal, AddsNoParameters) {
  model::Configuration c = model::preset("temporal");
  const auto count = [&] { return model::parameter_count(model::parameter_table(c, {9, 9})); };
  const std::int64_t with = count();
  c.attention.temporal = model::Temporal::kNone;
  EXPECT_EQ(with, count());
}

}  // namespace
}  // namespace attend::testing
