// The decoder of captions of Xu et al. 2015, Show, Attend and Tell (§7.1).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

model::Configuration small_captioner(model::Readout readout) {
  model::Configuration c = small_decoder();
  c.decoder.cell.type = model::Cell::kLstm;
  c.decoder.initial_state = model::InitialState::kMean;
  c.decoder.readout = readout;
  c.decoder.readout_feedback = model::Feedback::kSum;
  c.decoder.readout_units = c.decoder.embedding;
  c.attention.context_gate = model::ContextGate::kScalar;
  model::check(c);
  return c;
}

// s_0 = tanh(W_h ā + b), cell(s_0) = tanh(W_c ā + b); r_i = W_r [s_i; c_i] + b_r + E y_{i-1}, with
// a tanh around all of it in the released code and none in the paper.
TEST(Captioner, EqualsItsEquations) {
  for (const model::Readout readout : {model::Readout::kTanh, model::Readout::kLinear}) {
    const DecoderTrial trial(small_captioner(readout));
    const auto first = [&](const char* part) {
      const std::string prefix = std::string("initial.0.") + part;
      return tanh_of(trial.affine(prefix + "_weight", prefix + "_bias", trial.mean()));
    };
    LstmState s{first("state"), first("cell")};
    for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
      Row context = additive_look(trial, s.h).context;
      const double gate =
          sigmoid(trial.affine("attention.gate_weight", "attention.gate_bias", s.h)[0]);
      for (double& value : context) value *= gate;
      s = lstm(trial.gates("decoder.0", concatenated({trial.word(i), context})),
               trial.weight("decoder.0.recurrent_weight"), s);
      const Row sum =
          plus(trial.affine("readout.weight", "readout.bias", concatenated({s.h, context})),
               trial.word(i));
      expect_near(trial.output(i), readout == model::Readout::kTanh ? tanh_of(sum) : sum);
    }
  }
}

}  // namespace
}  // namespace attend::testing
