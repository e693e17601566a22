// The gated context of Xu et al. 2015, Show, Attend and Tell (§1.6).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// β_i = σ(w · s_{i-1} + b), one number; c_i = β_i Σ_j α_ij h_j enters the LSTM and the readout.
TEST(ContextGate, EqualsItsEquations) {
  model::Configuration c = small_decoder();
  c.decoder.cell.type = model::Cell::kLstm;
  c.decoder.initial_state = model::InitialState::kZero;
  c.attention.context_gate = model::ContextGate::kScalar;
  model::check(c);
  const DecoderTrial trial(c);
  LstmState s{Row(3, 0), Row(3, 0)};
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const PlainLook look = additive_look(trial, s.h);
    const double gate =
        sigmoid(trial.affine("attention.gate_weight", "attention.gate_bias", s.h)[0]);
    Row context = look.context;
    for (double& value : context) value *= gate;
    s = lstm(trial.gates("decoder.0", concatenated({trial.word(i), context})),
             trial.weight("decoder.0.recurrent_weight"), s);
    expect_near(trial.observed("alignment", i), look.alignment);  // its rows still sum to 1
    expect_near(trial.observed("context", i), context);
    const Row parts = concatenated({s.h, trial.word(i), context});
    expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias", parts)));
  }
}

}  // namespace
}  // namespace attend::testing
