// The summariser of See, Liu and Manning 2017 (§13.3) with coverage and without its pointer.
#include <gtest/gtest.h>

#include <algorithm>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// x_i = W_x [E y_{i-1}; c_{i-1}] + b_x with c_0 = 0; s_i = LSTM(s_{i-1}, x_i); the query is [s_i;
// its cell]; r_i = W_r [s_i; c_i] + b_r. The first state and its cell are layers of the last
// states.
TEST(See, EqualsItsEquations) {
  model::Configuration c = model::published("coverage-see");
  c.decoder.tied_embeddings = model::TiedEmbeddings::kNone;  // the trial has no encoder
  const DecoderTrial trial(with_small_sizes(c));
  LstmState s{tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.last())),
              tanh_of(trial.affine("initial.0.cell_weight", "initial.0.cell_bias", trial.last()))};
  Row context(4, 0), coverage(DecoderTrial::kPositions, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row x =
        trial.affine("input.weight", "input.bias", concatenated({trial.word(i), context}));
    s = lstm(trial.gates("decoder.0", x), trial.weight("decoder.0.recurrent_weight"), s);
    const PlainLook look = additive_look(trial, concatenated({s.h, s.c}), coverage);
    double cost = 0;
    for (std::size_t j = 0; j < coverage.size(); ++j) {
      cost += std::min(look.alignment[j], coverage[j]);
    }
    coverage = plus(coverage, look.alignment);
    context = look.context;
    expect_near(trial.observed("alignment", i), look.alignment);
    EXPECT_NEAR(trial.cost(i), cost, 1e-12) << i;
    expect_near(trial.output(i),
                trial.affine("readout.weight", "readout.bias", concatenated({s.h, context})));
  }
}

}  // namespace
}  // namespace attend::testing
