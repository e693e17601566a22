// Sparsemax and 1.5-entmax in place of the softmax (§1.5): Martins and Astudillo 2016, Peters,
// Niculae and Martins 2019.
#include "network/normalisers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

using model::Normaliser;

constexpr Normaliser kSparse[] = {Normaliser::kSparsemax, Normaliser::kEntmax};

double weight(Normaliser normaliser, double energy, double threshold) {
  if (normaliser == Normaliser::kSparsemax) return std::max(energy - threshold, 0.0);
  return std::pow(std::max(energy / 2 - threshold, 0.0), 2);
}

// The weights max(0, e_j − τ), or max(0, e_j / 2 − τ)², with the τ at which they sum to 1. Halves
// the range of τ until it is found; `open` says which positions take part.
Row weights_of(Normaliser normaliser, const Row& energies, const std::vector<bool>& open) {
  double low = -100, high = 100;
  Row weights(energies.size(), 0);
  for (int i = 0; i < 200; ++i) {
    const double threshold = (low + high) / 2;
    double sum = 0;
    for (std::size_t j = 0; j < energies.size(); ++j) {
      if (open[j]) sum += weights[j] = weight(normaliser, energies[j], threshold);
    }
    (sum > 1 ? low : high) = threshold;
  }
  return weights;
}

Row weights_of(Normaliser normaliser, const Row& energies) {
  return weights_of(normaliser, energies, std::vector<bool>(energies.size(), true));
}

at::Tensor tensor_of(const Row& values) {
  return at::tensor(values, at::kDouble).view({1, static_cast<std::int64_t>(values.size())});
}

Row computed(Normaliser normaliser, const Row& energies) {
  return row_of(network::normalise(normaliser, tensor_of(energies), {}));
}

TEST(Sparsemax, HasTheWeightsOfTheExample) {  // §16
  expect_near(computed(Normaliser::kSparsemax, {0.5, 0.3, -1}), {0.6, 0.4, 0});
}

TEST(Entmax, HasTheWeightsOfTheExample) {  // §16
  expect_near(computed(Normaliser::kEntmax, {1.4, 1, -9}), {0.64, 0.36, 0});
}

TEST(Normalisers, EqualTheirDefinition) {
  Random random(3);
  for (const Normaliser normaliser : kSparse) {
    for (const double scale : {0.1, 2.0, 20.0}) {
      for (const std::int64_t size : {1, 2, 9}) {
        for (int trial = 0; trial < 20; ++trial) {
          const Row energies = row_of(scale * random_tensor({size}, random));
          expect_near(computed(normaliser, energies), weights_of(normaliser, energies), 1e-10);
        }
      }
    }
    expect_near(computed(normaliser, {3, 3, 3, 3}), Row(4, 0.25));
  }
}

// Σ_k ∂α_k / ∂e_j g_k by differences, against autograd. The weights are sampled away from the
// energies at which one becomes 0.
TEST(Normalisers, HaveTheGradientsOfTheirDefinition) {
  Random random(4);
  for (const Normaliser normaliser : kSparse) {
    for (int trial = 0; trial < 20; ++trial) {
      const at::Tensor energies = random_tensor({1, 6}, random).requires_grad_(true);
      const at::Tensor gradient = random_tensor({1, 6}, random);
      network::normalise(normaliser, energies, {}).backward(gradient);
      const Row found = row_of(energies.grad()), at = row_of(energies), g = row_of(gradient);
      for (std::size_t j = 0; j < at.size(); ++j) {
        const auto moved = [&](double distance) {
          Row other = at;
          other[j] += distance;
          return dot(weights_of(normaliser, other), g);
        };
        constexpr double kStep = 1e-6;
        EXPECT_NEAR(found[j], (moved(kStep) - moved(-kStep)) / (2 * kStep), 1e-5) << trial;
      }
    }
  }
}

// Closed positions have exactly 0, even where their energies are the largest, and the others share
// 1 as if they were alone.
TEST(Normalisers, GiveClosedPositionsNothing) {
  const Row energies{0.4, 7, 0.1, -0.2, 9};
  const std::vector<bool> open{true, false, true, true, false};
  const at::Tensor closed = at::tensor({0, 1, 0, 0, 1}, at::kLong).view({1, 5}) == 1;
  for (const Normaliser normaliser : kSparse) {
    const Row found = row_of(network::normalise(normaliser, tensor_of(energies), closed));
    expect_near(found, weights_of(normaliser, energies, open));
    EXPECT_EQ(found[1], 0);
    EXPECT_EQ(found[4], 0);
  }
}

// A row that may look nowhere has no weights and no gradient.
TEST(Normalisers, LookNowhereWhereAllIsClosed) {
  for (const Normaliser normaliser : kSparse) {
    step::Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
                    step::Initialization::kGlorot);
    const step::Value h = b.annotations("");
    const step::Value alignment = b.softmax(b.dot_energies(b.first_backward(), h), normaliser);
    b.observe("alignment", alignment, step::Over::kSource);
    b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
    const network::StepProgram program(b.finish());
    Random random(5);
    network::ProgramInputs in;
    in.steps = 1;
    in.annotations = random_tensor({2, 4, 2}, random).requires_grad_(true);
    in.first_backward = random_tensor({2, 2}, random);
    in.mask = at::zeros({2, 4}, at::kDouble);
    in.mask[0].fill_(-std::numeric_limits<double>::infinity());
    network::PlainOperations operations;
    const network::ProgramOutputs found = program.run({}, operations, in);
    expect_near(row_of(found.observations.at(0)[0][0]), Row(4, 0));
    EXPECT_NEAR(found.observations.at(0)[0][1].sum().item<double>(), 1, 1e-12);
    found.output.sum().backward();
    expect_near(row_of(in.annotations.grad()[0]), Row(8, 0));
  }
}

// A whole decoder: α_i = normaliser(e_i), c_i = Σ_j α_ij h_j. In a window all other positions have
// 0, and the Gaussian multiplies the weights.
TEST(Normalisers, EqualTheirEquationsInADecoder) {
  for (const Normaliser normaliser : kSparse) {
    for (const model::Window window : {model::Window::kAll, model::Window::kPredicted}) {
      model::Configuration c = small_decoder();
      c.attention.normaliser = normaliser;
      c.attention.window = window;
      c.attention.reach = 2;
      c.decoder.initial_state = model::InitialState::kCopy;
      c.decoder.units = c.encoder.annotation_units();
      model::check(c);
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const DecoderTrial trial(c, seed);
        double centre = 0;
        std::vector<bool> open(DecoderTrial::kPositions, true);
        if (window == model::Window::kPredicted) {
          const double share =
              dot(trial.vector("attention.centre_vector"),
                  tanh_of(times(trial.weight("attention.centre_weight"), trial.copied())));
          centre = DecoderTrial::kWords * sigmoid(share);
          for (int j = 0; j < DecoderTrial::kPositions; ++j) {
            open[static_cast<std::size_t>(j)] = std::abs(j - std::floor(centre)) <= 2;
          }
        }
        Row alignment = weights_of(normaliser, trial.observed("energies", 0), open);
        Row context(static_cast<std::size_t>(c.encoder.annotation_units()), 0);
        for (int j = 0; j < DecoderTrial::kPositions; ++j) {
          double& share = alignment[static_cast<std::size_t>(j)];
          // 2 σ² is 2, because σ is half the reach.
          if (window == model::Window::kPredicted) {
            share *= std::exp(-(j - centre) * (j - centre) / 2);
          }
          const Row h = trial.annotation(j);
          for (std::size_t k = 0; k < h.size(); ++k) context[k] += share * h[k];
        }
        expect_near(trial.observed("alignment", 0), alignment);
        expect_near(trial.observed("context", 0), context);
      }
    }
  }
}

}  // namespace
}  // namespace attend::testing
