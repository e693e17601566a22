// The pointer-generator of See, Liu and Manning 2017 (§13.4): when a step copies, and what.
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// p_gen = σ(w_h · c_i + w_s · [s_i; its cell] + w_x · x_i + b), and the shares of the copied words
// are the alignment. The other equations are those of see_test.cc.
TEST(Copy, DecidesByContextStateAndInput) {
  model::Configuration c = model::published("copy");
  c.decoder.tied_embeddings = model::TiedEmbeddings::kNone;  // the trial has no encoder
  const DecoderTrial trial(with_small_sizes(c));
  LstmState s{tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.last())),
              tanh_of(trial.affine("initial.0.cell_weight", "initial.0.cell_bias", trial.last()))};
  Row context(4, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row x =
        trial.affine("input.weight", "input.bias", concatenated({trial.word(i), context}));
    s = lstm(trial.gates("decoder.0", x), trial.weight("decoder.0.recurrent_weight"), s);
    const PlainLook look = additive_look(trial, concatenated({s.h, s.c}));
    context = look.context;
    const Row z = trial.affine("copy.weight", "copy.bias", concatenated({context, s.h, s.c, x}));
    ASSERT_EQ(z.size(), 1U);
    EXPECT_NEAR(trial.gate(i), z[0], 1e-12) << i;
    expect_near(trial.observed("p_gen", i), {sigmoid(z[0])});
    expect_near(trial.copied(i), look.alignment);
    expect_near(trial.observed("alignment", i), look.alignment);
    expect_near(trial.output(i),
                trial.affine("readout.weight", "readout.bias", concatenated({s.h, context})));
  }
}

}  // namespace
}  // namespace attend::testing
