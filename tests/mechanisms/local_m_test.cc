// Windows that move on with the steps (§6.3): Luong, Pham and Manning's local-m.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "decoder_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

model::Configuration local_m(int reach) {
  model::Configuration c = small_decoder();
  c.attention.score = "general";
  c.attention.window = model::Window::kMonotonic;
  c.attention.reach = reach;
  model::check(c);
  return c;
}

// The centres of six steps in a source of `words` words.
Row centres(double words) {
  const model::Configuration c = local_m(1);
  Builder b({.annotation_units = 1, .encoder_units = 1, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  const Value query = b.carry("x", b.first_backward(), "x");
  b.next(query, query);
  const Value centre = model::window_centre(b, c, query);
  b.observe("centre", centre, step::Over::kScalar);
  b.look_in_window(centre, c.attention.reach);
  b.output(
      {b.weighted_sum(b.softmax(b.dot_energies(query, h)), h), "output.weight", "output.bias"});
  const network::StepProgram program(b.finish());
  network::ProgramInputs in;
  in.steps = 6;
  in.annotations = at::ones({1, 4, 1}, at::kDouble);
  in.first_backward = at::ones({1, 1}, at::kDouble);
  in.source_words = at::full({1, 1}, words, at::kDouble);
  network::PlainOperations operations;
  return row_of(program.run({}, operations, in).observations.at(0));
}

// Step i, counted from 1, looks around word i, which has the position i − 1, and then around the
// last word.
TEST(LocalM, MovesOnByOneWordInEachStep) {
  expect_near(centres(3), {0, 1, 2, 2, 2, 2});
  expect_near(centres(1), {0, 0, 0, 0, 0, 0});
  expect_near(centres(9), {0, 1, 2, 3, 4, 5});
}

// e_ij = s_{i-1} · W h_j; α_ij = exp(e_ij) / Σ_k exp(e_ik) over the positions j and k of the window
// p_i − D … p_i + D, p_i = min(i, S) − 1, without a Gaussian; c_i = Σ_j α_ij h_j.
TEST(LocalM, EqualsItsEquations) {
  for (const int reach : {1, 2, 9}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const DecoderTrial trial(local_m(reach), seed);
      for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
        const std::int64_t p = std::min(i, DecoderTrial::kWords - 1);
        const Row energies = trial.observed("energies", i);
        Row alignment(DecoderTrial::kPositions, 0), context(trial.annotation(0).size(), 0);
        double sum = 0;
        for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
          const auto k = static_cast<std::size_t>(j);
          if (std::abs(j - p) <= reach) sum += alignment[k] = std::exp(energies[k]);
        }
        for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
          double& share = alignment[static_cast<std::size_t>(j)];
          share /= sum;
          for (std::size_t k = 0; k < context.size(); ++k) {
            context[k] += share * trial.annotation(j)[k];
          }
        }
        expect_near(trial.observed("alignment", i), alignment);
        expect_near(trial.observed("context", i), context);
      }
    }
  }
}

// The first query is known: the state before the first step.
TEST(LocalM, ScoresThePositionsOfItsWindow) {
  model::Configuration c = local_m(1);
  c.decoder.initial_state = model::InitialState::kCopy;
  c.decoder.units = c.encoder.annotation_units();
  model::check(c);
  const DecoderTrial trial(c);
  const Row found = trial.observed("energies", 0);
  for (std::int64_t j = 0; j < 2; ++j) {
    const Row key = times(trial.weight("attention.annotation_weight"), trial.annotation(j));
    EXPECT_NEAR(found[static_cast<std::size_t>(j)], dot(trial.copied(), key), 1e-12) << j;
  }
  for (std::size_t j = 2; j < found.size(); ++j) {
    EXPECT_EQ(found[j], -std::numeric_limits<double>::infinity()) << j;
  }
}

TEST(LocalM, AddsNoParameters) {
  const auto count = [](const char* name) {
    return model::parameter_count(model::parameter_table(model::preset(name), {9, 9}));
  };
  EXPECT_EQ(count("luong-local-m"), count("luong"));
}

}  // namespace
}  // namespace attend::testing
