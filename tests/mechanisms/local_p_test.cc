// Windows with a predicted centre (§6.3): Luong, Pham and Manning's local-p.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

// A program whose state is a number x that never changes, with a window around p = S σ(x). It looks
// with the energies x h_j, and shows the numbers of the window at their positions.
network::StepProgram window_program(std::int64_t reach) {
  Builder b({.annotation_units = 1, .encoder_units = 1, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  const Value x = b.carry("x", b.first_backward(), "x");
  b.next(x, x);
  b.look_in_window(b.multiply(b.source_words(), b.sigmoid(x)), reach);
  const Value softmax = b.softmax(b.dot_energies(x, h));
  const Value alignment = b.multiply(softmax, b.gaussian());
  b.observe("factors", b.gaussian(), step::Over::kUnits);
  b.observe("spread factors", b.spread(b.gaussian()), step::Over::kSource);
  b.observe("softmax", b.spread(softmax), step::Over::kSource);
  b.observe("alignment", b.spread(alignment), step::Over::kSource);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  return network::StepProgram(b.finish());
}

// A source of `positions` positions with S words, and the state x.
network::ProgramInputs window_inputs(double x, std::int64_t positions, double words) {
  network::ProgramInputs in;
  in.steps = 1;
  in.annotations = at::linspace(-1, 1, positions, at::kDouble).view({1, positions, 1});
  in.first_backward = at::full({1, 1}, x, at::kDouble);
  in.source_words = at::full({1, 1}, words, at::kDouble);
  return in;
}

std::vector<Row> observations(const network::StepProgram& program,
                              const network::ProgramInputs& inputs) {
  network::PlainOperations operations;
  std::vector<Row> rows;
  for (const at::Tensor& one : program.run({}, operations, inputs).observations) {
    rows.push_back(row_of(one));
  }
  return rows;
}

// S = 8 and σ(x) = 0.45 give p = 3.6; with D = 2 the window has the positions 1 … 5, counted from
// 0.
TEST(LocalP, HasTheFactorsOfTheExample) {  // §16
  const Row expected{0.034047, 0.278037, 0.835270, 0.923116, 0.375311};
  const auto rows = observations(window_program(2), window_inputs(std::log(.45 / .55), 9, 8));
  expect_near(rows[0], expected, 5e-7);
  ASSERT_EQ(rows[1].size(), 9U);
  for (std::size_t j = 0; j < 9; ++j) {
    const bool inside = j >= 1 && j <= 5;
    EXPECT_NEAR(rows[1][j], inside ? expected[j - 1] : 0.0, 5e-7) << j;
  }
}

// The softmax runs over the window and sums to 1 there; the Gaussian then takes some of it away.
TEST(LocalP, DoesNotNormaliseAgainAfterTheGaussian) {
  const auto rows = observations(window_program(2), window_inputs(std::log(.45 / .55), 9, 8));
  double softmax = 0, alignment = 0;
  for (std::size_t j = 0; j < 9; ++j) {
    softmax += rows[2][j];
    alignment += rows[3][j];
    EXPECT_NEAR(rows[3][j], rows[2][j] * rows[1][j], 1e-12) << j;
  }
  EXPECT_NEAR(softmax, 1, 1e-12);
  EXPECT_LT(alignment, 0.95);
}

// p is almost 0, or almost S = 5: the window 0 … 2, or 2 … 4, is left of five positions.
TEST(LocalP, DropsPositionsOutsideTheSource) {
  for (const double x : {-9.0, 9.0}) {
    const auto rows = observations(window_program(2), window_inputs(x, 5, 5));
    const std::size_t first = x < 0 ? 0 : 2;
    double sum = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      EXPECT_EQ(rows[2][j] > 0, j >= first && j <= first + 2) << x << " " << j;
      sum += rows[2][j];
    }
    EXPECT_NEAR(sum, 1, 1e-12) << x;
  }
}

TEST(LocalP, LooksNowhereWhereItMayNotLook) {
  network::ProgramInputs in = window_inputs(std::log(.45 / .55), 9, 8);
  in.mask = at::zeros({1, 9}, at::kDouble);
  in.mask[0][3] = -std::numeric_limits<double>::infinity();
  const auto rows = observations(window_program(2), in);
  EXPECT_EQ(rows[2][3], 0);
  EXPECT_NEAR(rows[2][1] + rows[2][2] + rows[2][4] + rows[2][5], 1, 1e-12);
  in.mask.fill_(-std::numeric_limits<double>::infinity());
  const auto closed = observations(window_program(2), in);
  for (const double share : closed[3]) EXPECT_EQ(share, 0);
}

// p = S σ(v_p · tanh(W_p s)); e_j = s · W h_j; α_j = exp(e_j) / Σ_window exp(e_k) · exp(−(j − p)² /
// (2 σ²)) with σ = D / 2.
TEST(LocalP, EqualsItsEquations) {
  model::Configuration c = small_decoder();
  c.attention.score = "general";
  c.attention.window = model::Window::kPredicted;
  c.attention.reach = 2;
  c.decoder.units = c.encoder.annotation_units();
  c.decoder.initial_state = model::InitialState::kCopy;
  model::check(c);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const DecoderTrial trial(c, seed);
    const Row s = trial.copied();
    const double share = dot(trial.vector("attention.centre_vector"),
                             tanh_of(times(trial.weight("attention.centre_weight"), s)));
    const double p = DecoderTrial::kWords * sigmoid(share), sigma = 1;
    Row alignment(DecoderTrial::kPositions, 0), context(s.size(), 0);
    double sum = 0;
    for (int j = 0; j < DecoderTrial::kPositions; ++j) {
      if (std::abs(j - std::floor(p)) > 2) continue;
      const Row key = times(trial.weight("attention.annotation_weight"), trial.annotation(j));
      sum += alignment[static_cast<std::size_t>(j)] = std::exp(dot(s, key));
    }
    for (int j = 0; j < DecoderTrial::kPositions; ++j) {
      double& share_of_j = alignment[static_cast<std::size_t>(j)];
      share_of_j *= std::exp(-(j - p) * (j - p) / (2 * sigma * sigma)) / sum;
      for (std::size_t k = 0; k < context.size(); ++k) {
        context[k] += share_of_j * trial.annotation(j)[k];
      }
    }
    expect_near(trial.observed("alignment", 0), alignment);
    expect_near(trial.observed("context", 0), context);
  }
}

}  // namespace
}  // namespace attend::testing
