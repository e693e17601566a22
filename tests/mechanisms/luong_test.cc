// Luong, Pham and Manning 2015 (§6): input feeding, and the score that the paper calls concat.
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// s_i = LSTM(s_{i-1}, [E y_{i-1}; r_{i-1}]) with r_0 = 0; e_ij = v · tanh(W s_i + U h_j + b); r_i =
// tanh(W_r [s_i; c_i] + b_r).
TEST(LuongConcat, EqualsItsEquations) {
  const DecoderTrial trial(with_small_sizes(model::preset("luong-concat")));
  LstmState s = trial.copied_lstm(0);
  Row r(4, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    s = lstm(trial.gates("decoder.0", concatenated({trial.word(i), r})),
             trial.weight("decoder.0.recurrent_weight"), s);
    const PlainLook look = additive_look(trial, s.h);
    r = tanh_of(trial.affine("readout.weight", "readout.bias", concatenated({s.h, look.context})));
    expect_near(trial.observed("alignment", i), look.alignment);
    expect_near(trial.output(i), r);
  }
}

}  // namespace
}  // namespace attend::testing
