// A bottom layer that looks, and whose context enters the layers above (§1.6): Wu et al. 2016.
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

LstmState update(const DecoderTrial& trial, const std::string& layer, const Row& input,
                 const LstmState& state) {
  return lstm(trial.gates(layer, input), trial.weight(layer + ".recurrent_weight"), state);
}

// c_i = look(bottom s_{i-1}); bottom s_i = LSTM([E y_{i-1}; c_i]); top s_i = LSTM([bottom s_i;
// c_i]); the softmax reads the top layer.
TEST(Gnmt, EqualsItsEquations) {
  const DecoderTrial trial(with_small_sizes(model::preset("gnmt")));
  LstmState bottom = trial.copied_lstm(0), top = trial.copied_lstm(1);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const PlainLook look = additive_look(trial, bottom.h);
    bottom = update(trial, "decoder.0", concatenated({trial.word(i), look.context}), bottom);
    top = update(trial, "decoder.1", concatenated({bottom.h, look.context}), top);
    expect_near(trial.observed("alignment", i), look.alignment);
    expect_near(trial.output(i), top.h);
  }
}

// The second version of tensorflow/nmt: the bottom layer reads c_{i-1}, looks with its new state,
// and hands c_i to the layers above in the same step. c_0 is 0.
TEST(Gnmt, LooksWithTheNewStateOfTheBottomLayerIfItUpdatesFirst) {
  model::Configuration c = with_small_sizes(model::preset("gnmt"));
  c.decoder.order = model::Order::kUpdateLookGenerate;
  c.decoder.input_feeding = model::InputFeeding::kContext;
  c.encoder.layers = c.decoder.layers = 3;
  model::check(c);
  const DecoderTrial trial(c);
  LstmState states[] = {trial.copied_lstm(0), trial.copied_lstm(1), trial.copied_lstm(2)};
  Row context(4, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    states[0] = update(trial, "decoder.0", concatenated({trial.word(i), context}), states[0]);
    const PlainLook look = additive_look(trial, states[0].h);
    context = look.context;
    states[1] = update(trial, "decoder.1", concatenated({states[0].h, context}), states[1]);
    states[2] = update(trial, "decoder.2", concatenated({states[1].h, context}), states[2]);
    expect_near(trial.observed("alignment", i), look.alignment);
    expect_near(trial.output(i), states[2].h);
  }
}

// The query alone is the bottom layer's; the context goes where it usually goes.
TEST(Gnmt, KeepsTheContextInTheBottomLayerIfNothingElseIsAsked) {
  model::Configuration c = with_small_sizes(model::preset("gnmt"));
  c.decoder.context_layers = model::ContextLayers::kBottom;
  const DecoderTrial trial(c);
  LstmState bottom = trial.copied_lstm(0), top = trial.copied_lstm(1);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const PlainLook look = additive_look(trial, bottom.h);
    bottom = update(trial, "decoder.0", concatenated({trial.word(i), look.context}), bottom);
    top = update(trial, "decoder.1", bottom.h, top);
    expect_near(trial.output(i), top.h);
  }
}

}  // namespace
}  // namespace attend::testing
