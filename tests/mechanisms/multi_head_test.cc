// Several heads (§10.2): Vaswani et al. 2017 in a recurrent decoder.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

constexpr int kHeads = 3;

struct HeadLook {
  Row energies, alignment, context;
};

// e_j = W_Q s · W_K h_j / √d_k and c = Σ_j α_j W_V h_j of one head.
HeadLook look(const DecoderTrial& trial, int head, const Row& s) {
  const std::string prefix = "attention.head." + std::to_string(head) + ".";
  const Row q = times(trial.weight(prefix + "query_weight"), s);
  HeadLook result;
  for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
    const Row k = times(trial.weight(prefix + "key_weight"), trial.annotation(j));
    result.energies.push_back(dot(q, k) / std::sqrt(static_cast<double>(k.size())));
  }
  result.alignment = softmax_of(result.energies);
  result.context.resize(trial.weight(prefix + "value_weight").size());
  for (std::size_t j = 0; j < result.alignment.size(); ++j) {
    const Row v = times(trial.weight(prefix + "value_weight"),
                        trial.annotation(static_cast<std::int64_t>(j)));
    for (std::size_t k = 0; k < v.size(); ++k) result.context[k] += result.alignment[j] * v[k];
  }
  return result;
}

model::Configuration three_heads() {
  model::Configuration c = with_small_sizes(model::preset("multi-head"));
  c.decoder.initial_state = model::InitialState::kMean;
  c.attention.heads = kHeads;
  c.attention.key_units = 5;
  c.attention.value_units = 2;
  c.attention.context_units = 7;
  model::check(c);
  return c;
}

// s_i = GRU(s_{i-1}, E y_{i-1}); c_i = W_O [c^1_i; c^2_i; c^3_i]; r_i = tanh(W_r [s_i; E y_{i-1};
// c_i] + b_r). The alignment is the mean of those of the heads.
TEST(MultiHead, EqualsItsEquations) {
  const DecoderTrial trial(three_heads());
  Row s = tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.mean()));
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    s = gru(trial.gates("decoder.0", trial.word(i)), trial.weight("decoder.0.recurrent_weight"), s);
    std::vector<Row> contexts;
    Row mean(static_cast<std::size_t>(DecoderTrial::kPositions), 0);
    for (int head = 0; head < kHeads; ++head) {
      const HeadLook own = look(trial, head, s);
      const std::string number = std::to_string(head + 1);
      expect_near(trial.observed("energy." + number, i), own.energies);
      expect_near(trial.observed("head." + number, i), own.alignment);
      for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += own.alignment[j] / kHeads;
      contexts.push_back(own.context);
    }
    const Row context = times(trial.weight("attention.output_weight"), concatenated(contexts));
    ASSERT_EQ(context.size(), 7U);
    expect_near(trial.observed("alignment", i), mean);
    expect_near(trial.observed("context", i), context);
    const Row parts = concatenated({s, trial.word(i), context});
    expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias", parts)));
  }
}

// c_0 = 0 has the size of the context and not that of an annotation.
TEST(MultiHead, FeedsItsContext) {
  model::Configuration c = three_heads();
  c.decoder.input_feeding = model::InputFeeding::kContext;
  model::check(c);
  const DecoderTrial trial(c);
  Row s = tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.mean()));
  Row fed(7, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    s = gru(trial.gates("decoder.0", concatenated({trial.word(i), fed})),
            trial.weight("decoder.0.recurrent_weight"), s);
    std::vector<Row> contexts;
    for (int head = 0; head < kHeads; ++head) contexts.push_back(look(trial, head, s).context);
    fed = times(trial.weight("attention.output_weight"), concatenated(contexts));
    expect_near(trial.observed("context", i), fed);
  }
}

// With states and annotations of 512 units and 8 heads of 64, the four matrices of Vaswani et al.
// have 512 · 512 weights each.
TEST(MultiHead, HasTheMatricesOfTheTransformer) {
  model::Configuration c = model::preset("multi-head");
  c.attention.heads = 8;
  c.encoder.units = 256;
  c.decoder.units = 512;
  EXPECT_EQ(c.key_units(), 64);
  EXPECT_EQ(c.value_units(), 64);
  EXPECT_EQ(c.context_units(), 512);
  std::int64_t total = 0;
  for (const model::TensorSpec& spec : model::parameter_table(c, {9, 9})) {
    if (spec.name.starts_with("attention.")) total += spec.count();
  }
  EXPECT_EQ(total, 4 * 512 * 512);
}

}  // namespace
}  // namespace attend::testing
