// RNNencdec, with which Bahdanau, Cho and Bengio compare RNNsearch (§3, §4.4).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// c is the last forward state; s_0 = tanh(W_s c + b_s); p(y_i) from s_{i-1}, E y_{i-1} and c
// through maxout; s_i = GRU(s_{i-1}, [E y_i; c]).
TEST(RnnEncDec, EqualsItsEquations) {
  const DecoderTrial trial(with_small_sizes(model::preset("rnnencdec")));
  const Row c = trial.last();
  Row s = tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", c));
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row parts = concatenated({s, trial.word(i), c});
    expect_near(trial.output(i), maxout_of(trial.affine("readout.weight", "readout.bias", parts)));
    if (i + 1 == DecoderTrial::kSteps) break;
    s = gru(trial.gates("decoder.0", concatenated({trial.word(i + 1), c})),
            trial.weight("decoder.0.recurrent_weight"), s);
  }
  EXPECT_FALSE(trial.shows("alignment"));
}

// It is RNNsearch in everything but its encoder, its context and its first state.
TEST(RnnEncDec, HasTheSizesOfRnnsearch) {
  const model::Configuration c = model::preset("rnnencdec"), search = model::preset("rnnsearch");
  EXPECT_EQ(c.encoder.units, search.encoder.units);
  EXPECT_EQ(c.encoder.embedding, search.encoder.embedding);
  EXPECT_EQ(c.decoder.units, search.decoder.units);
  EXPECT_EQ(c.decoder.embedding, search.decoder.embedding);
  EXPECT_EQ(c.decoder.readout_units, search.decoder.readout_units);
  EXPECT_EQ(c.decoder.order, search.decoder.order);
}

}  // namespace
}  // namespace attend::testing
