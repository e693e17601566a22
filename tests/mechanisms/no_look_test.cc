// Models without a look: Cho et al. 2014 (§3) and Sutskever, Vinyals and Le 2014 (§2).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

using model::AttentionKind;
using model::InitialState;

model::Configuration decoder_without_look(AttentionKind kind, InitialState state) {
  model::Configuration c = small_decoder();
  c.attention.kind = kind;
  c.decoder.initial_state = state;
  if (state == InitialState::kCopy) c.decoder.units = c.encoder.annotation_units();
  model::check(c);
  return c;
}

// s_i = GRU(s_{i-1}, [E y_{i-1}; c]) and r_i = tanh(W_r [s_i; E y_{i-1}; c] + b_r), where `context`
// is c, or empty in a model without one.
void expect_equations(const DecoderTrial& trial, Row s, const Row& context) {
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row input = concatenated({trial.word(i), context});
    s = gru(
        plus(times(trial.weight("decoder.0.input_weight"), input), trial.vector("decoder.0.bias")),
        trial.weight("decoder.0.recurrent_weight"), s);
    const Row parts = concatenated({s, trial.word(i), context});
    expect_near(trial.output(i), tanh_of(plus(times(trial.weight("readout.weight"), parts),
                                              trial.vector("readout.bias"))));
  }
}

TEST(NoLook, AFixedContextIsTheLastStateOfTheEncoder) {
  const DecoderTrial trial(decoder_without_look(AttentionKind::kFixed, InitialState::kZero));
  expect_equations(trial, Row(3, 0), trial.last());
  EXPECT_FALSE(trial.shows("alignment"));
}

TEST(NoLook, WithoutAContextTheFirstStateHoldsTheSource) {
  const DecoderTrial trial(decoder_without_look(AttentionKind::kNone, InitialState::kCopy));
  expect_equations(trial, trial.copied(), {});
  EXPECT_FALSE(trial.shows("alignment"));
}

TEST(NoLook, HasNoParametersOfAttention) {
  for (const AttentionKind kind : {AttentionKind::kFixed, AttentionKind::kNone}) {
    model::Configuration c = decoder_without_look(kind, InitialState::kMean);
    c.attention.energy_bias = true;
    for (const model::TensorSpec& spec : model::parameter_table(c, {9, 9})) {
      EXPECT_FALSE(spec.name.starts_with("attention.")) << spec.name;
    }
  }
}

}  // namespace
}  // namespace attend::testing
