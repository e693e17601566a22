// The RNN Encoder–Decoder of Cho et al. 2014 (§3).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// z, r and the candidate of a GRU whose reset gate is around the context too; z multiplies the old
// state. `a` is W e + b and `g` is U s + C c with the bias inside the gate.
Row cho_update(const Row& a, const Row& g, const Row& s) {
  const std::size_t n = s.size();
  Row next(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double z = sigmoid(a[k] + g[k]), r = sigmoid(a[n + k] + g[n + k]);
    next[k] = z * s[k] + (1 - z) * std::tanh(a[2 * n + k] + r * g[2 * n + k]);
  }
  return next;
}

// c = tanh(V h_T); s_0 = tanh(V' c); s_i = GRU(s_{i-1}, E y_{i-1}) with C c in all gates; r_i =
// maxout(O [s_i; E y_{i-1}; c]).
TEST(Cho, EqualsItsEquations) {
  const DecoderTrial trial(with_small_sizes(model::preset("cho")));
  const Row c = tanh_of(trial.affine("context.weight", "context.bias", trial.last()));
  Row s = tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", c));
  const Row fixed = times(trial.weight("decoder.0.context_weight"), c);
  Row inside(3 * s.size(), 0);
  const Row bias = trial.vector("decoder.0.recurrent_bias");
  for (std::size_t k = 0; k < s.size(); ++k) inside[2 * s.size() + k] = bias[k];
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row recurrent = times(trial.weight("decoder.0.recurrent_weight"), s);
    s = cho_update(trial.gates("decoder.0", trial.word(i)), plus(plus(recurrent, fixed), inside),
                   s);
    const Row parts = concatenated({s, trial.word(i), c});
    expect_near(trial.output(i), maxout_of(trial.affine("readout.weight", "readout.bias", parts)));
  }
  EXPECT_FALSE(trial.shows("alignment"));
}

// The reset gate makes a difference to the context's part of the candidate.
TEST(Cho, IsAnotherModelOutsideTheResetGate) {
  model::Configuration c = with_small_sizes(model::preset("cho"));
  c.decoder.gru_context = model::GruContext::kOutside;
  for (const model::TensorSpec& spec : model::parameter_table(c, {9, 9})) {
    EXPECT_NE(spec.name, "decoder.0.context_weight");
    if (spec.name != "decoder.0.input_weight") continue;
    EXPECT_EQ(spec.shape[1], c.decoder.embedding + c.encoder.annotation_units());
  }
}

// The paper gives shapes and no total: embeddings of 100, 1000 units, 500 maxout units, 15,000
// words a side.
TEST(Cho, HasTheMatricesOfThePaper) {
  std::int64_t count = 0;
  for (const model::TensorSpec& spec :
       model::parameter_table(model::published("cho"), {15000, 15000})) {
    if (!spec.name.ends_with("bias")) count += spec.count();
  }
  const std::int64_t encoder = 3 * 1000 * (100 + 1000), decoder = 3 * 1000 * (100 + 1000 + 1000);
  const std::int64_t summary = 2 * 1000 * 1000, readout = 1000 * (1000 + 100 + 1000);
  EXPECT_EQ(count, encoder + decoder + summary + readout + 2 * 15000 * 100 + 15000 * 500);
}

}  // namespace
}  // namespace attend::testing
