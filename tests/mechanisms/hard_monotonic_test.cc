// Exact hard attention (§13.2): Wu, Shapiro and Cotterell 2018, Wu and Cotterell 2019.
#include <gtest/gtest.h>

#include <cmath>

#include "hard_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using model::AttentionKind;
using step::Builder;
using step::Value;

// A program over two steps, two positions and two words, whose energies and probabilities are given
// numbers. The state of a step holds its number as a unit vector and then its energies. With
// annotations that are unit vectors too, r_ij = relu([s; h] − 1) is a unit vector that has one
// number for each step and position: W_o then holds the logits of word 0; those of word 1 are 0.
network::StepProgram given_numbers(AttentionKind kind) {
  Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 2},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  b.parameters().embedding("target_embedding.weight", 2, 4);
  const Value zeros = b.carry("zeros", b.zeros(4), "0");
  b.next(zeros, zeros);
  const Value given = b.add(b.previous_embedding("target_embedding.weight", 4), zeros);
  const Value step = b.linear({"given.step", 2}, {given});
  const Value energies = b.dot_energies(b.linear({"given.energies", 2}, {given}), h);
  const Value readouts = b.relu(b.linear({"readout.weight", 4}, {step, h}, {"readout.bias"}));
  model::Configuration c;
  c.attention.kind = kind;
  const Value look = kind == AttentionKind::kHard ? b.softmax(energies) : energies;
  b.output(model::mix_positions(b, c, look, readouts, {{}, "output.weight", "output.bias"}));
  return network::StepProgram(b.finish());
}

// The parameters of given_numbers(): unit k of a readout belongs to step k / 2 and position k % 2.
network::Tensors given_tensors(const at::Tensor& emissions) {
  const at::Tensor unit = at::eye(4, at::kDouble);
  const at::Tensor readout = at::zeros({4, 4}, at::kDouble),
                   output = at::zeros({2, 4}, at::kDouble);
  for (std::int64_t k = 0; k < 4; ++k) {
    readout[k][k / 2] = 1.0;
    readout[k][2 + k % 2] = 1.0;
    const double p = emissions[k / 2][k % 2].item<double>();
    output[0][k] = std::log(p / (1 - p));
  }
  return {{"given.step", unit.narrow(0, 0, 2)},
          {"given.energies", unit.narrow(0, 2, 2)},
          {"readout.weight", readout},
          {"readout.bias", at::full({4}, -1.0, at::kDouble)},
          {"output.weight", output},
          {"output.bias", at::zeros({2}, at::kDouble)},
          {"target_embedding.weight", at::zeros({2, 4}, at::kDouble)}};
}

// The product of the probabilities Σ_j π_ij p(y_i | j) of word 0 in both steps, whose probabilities
// at each position are its emissions.
double likelihood(AttentionKind kind, const at::Tensor& energies, const at::Tensor& emissions) {
  const network::Tensors tensors = given_tensors(emissions);
  network::ProgramInputs in;
  in.steps = 2;
  in.annotations = at::eye(2, at::kDouble).unsqueeze(0);
  in.previous.rows = at::cat({at::eye(2, at::kDouble), energies}, 1);
  in.previous_ids = at::tensor({-1, 0}, at::kLong).view({2, 1});
  network::PlainOperations operations;
  const network::ProgramOutputs found = given_numbers(kind).run(tensors, operations, in);
  const Row logits = row_of(tensors.at("output.weight")[0]);
  double product = 1;
  for (std::int64_t i = 0; i < 2; ++i) {
    const Row prior = row_of(found.prior[i]), normalizer = row_of(found.normalizer[i]);
    double p = 0;
    for (std::size_t j = 0; j < 2; ++j) {
      const Row readout = row_of(found.output[i][0][static_cast<std::int64_t>(j)]);
      p += prior[j] * std::exp(dot(logits, readout) - normalizer[j]);
    }
    product *= p;
  }
  return product;
}

constexpr double kTolerance = 1e-12;

TEST(HardMonotonic, HasTheLikelihoodsOfTheExample) {  // §16
  const at::Tensor energies = at::tensor({.2, .8, .5, .5}, at::kDouble).log().view({2, 2});
  const at::Tensor emissions = at::tensor({.9, .1, .3, .6}, at::kDouble).view({2, 2});
  EXPECT_NEAR(likelihood(AttentionKind::kHard, energies, emissions), 0.26 * 0.45, kTolerance);
  EXPECT_NEAR(likelihood(AttentionKind::kHardMonotonic, energies, emissions), 0.129, kTolerance);
}

// The first step moves to the second position, from which the second step cannot move back to the
// position with the higher energy.
TEST(HardMonotonic, StaysAtTheLastPositionWhateverTheEnergies) {
  const at::Tensor emissions = at::tensor({.9, .1, .3, .6}, at::kDouble).view({2, 2});
  for (const double high : {28.0, 110.0, 1000.0}) {
    const at::Tensor energies = at::tensor({0.0, 1000.0, high, 0.0}, at::kDouble).view({2, 2});
    EXPECT_NEAR(likelihood(AttentionKind::kHardMonotonic, energies, emissions), .1 * .6,
                kTolerance);
  }
}

// α_i = softmax(e_i), e_ij = s_i · W h_j, in plain loops.
Row alignment_of(const DecoderTrial& trial, const Row& s) {
  Row energies;
  for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
    energies.push_back(
        dot(s, times(trial.weight("attention.annotation_weight"), trial.annotation(j))));
  }
  return softmax_of(energies);
}

TEST(Hard, MixesWhatEachPositionSays) {
  const DecoderTrial trial(hard_decoder(AttentionKind::kHard));
  const std::vector<HardStep> steps = hard_steps(trial);
  double expected = 1;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto step = static_cast<std::int64_t>(i);
    const Row alignment = alignment_of(trial, steps[i].state);
    expected *= dot(alignment, steps[i].emissions);
    expect_near(trial.prior(step), alignment);
    expect_near(trial.observed("alignment", step), alignment);
    for (std::size_t j = 0; j < steps[i].readouts.size(); ++j) {
      expect_near(trial.output(step, static_cast<std::int64_t>(j)), steps[i].readouts[j]);
    }
  }
  EXPECT_NEAR(likelihood_of(trial), expected, 1e-12);
}

// The forward algorithm of a hidden Markov model: F_1(j) = α_1j p(y_1 | j), F_i(j) = Σ_{k ≤ j}
// F_{i-1}(k) α_ij / Σ_{l ≥ k} α_il · p(y_i | j). The likelihood is Σ_j F_n(j).
TEST(HardMonotonic, EqualsTheForwardAlgorithm) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const DecoderTrial trial(hard_decoder(AttentionKind::kHardMonotonic), seed);
    const std::vector<HardStep> steps = hard_steps(trial);
    const std::size_t positions = DecoderTrial::kPositions;
    Row forward(positions, 0);
    const Row first = alignment_of(trial, steps[0].state);
    for (std::size_t j = 0; j < positions; ++j) forward[j] = first[j] * steps[0].emissions[j];
    for (std::size_t i = 1; i < steps.size(); ++i) {
      const Row alignment = alignment_of(trial, steps[i].state);
      Row next(positions, 0);
      for (std::size_t k = 0; k < positions; ++k) {
        double later = 0;
        for (std::size_t l = k; l < positions; ++l) later += alignment[l];
        for (std::size_t j = k; j < positions; ++j) {
          next[j] += forward[k] * alignment[j] / later * steps[i].emissions[j];
        }
      }
      forward = next;
    }
    double expected = 0;
    for (const double one : forward) expected += one;
    EXPECT_NEAR(likelihood_of(trial), expected, kHardTolerance * expected) << "seed " << seed;
  }
}

// The alignment that people see is the prior π_i, which has not read y_i, and not the filtered
// distribution f_i.
TEST(HardMonotonic, ShowsThePrior) {
  const DecoderTrial trial(hard_decoder(AttentionKind::kHardMonotonic));
  expect_near(trial.observed("alignment", 0), alignment_of(trial, hard_steps(trial)[0].state),
              kHardTolerance);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    double sum = 0;
    for (const double share : trial.prior(i)) sum += share;
    EXPECT_NEAR(sum, 1, kHardTolerance) << i;
    expect_near(trial.observed("alignment", i), trial.prior(i));
  }
}

}  // namespace
}  // namespace attend::testing
