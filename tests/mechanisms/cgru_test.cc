// The conditional GRU of dl4mt and Nematus (§4.6).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// A GRU that resets after the product and whose z multiplies the old state. `outside` is added to
// W x, and `inside` to U h, within the reset gate. Blocks stand in the order z, r, candidate.
Row dl4mt_gru(const Row& product, const Numbers& u, const Row& outside, const Row& inside,
              const Row& h) {
  const std::size_t n = h.size();
  const Row a = plus(product, outside), g = plus(times(u, h), inside);
  Row next(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double z = sigmoid(a[k] + g[k]), r = sigmoid(a[n + k] + g[n + k]);
    const double candidate = std::tanh(a[2 * n + k] + r * g[2 * n + k]);
    next[k] = z * h[k] + (1 - z) * candidate;
  }
  return next;
}

model::Configuration small_cgru() {
  model::Configuration c = model::preset("cgru");
  const model::Configuration sizes = small_decoder();
  c.encoder.units = sizes.encoder.units;
  c.attention.units = sizes.attention.units;
  c.decoder.units = sizes.decoder.units;
  c.decoder.embedding = sizes.decoder.embedding;
  c.decoder.readout_units = sizes.decoder.readout_units;
  model::check(c);
  return c;
}

// s'_i = REC1(s_{i-1}, E y_{i-1}), whose biases lie outside the reset gate; c_i = look(s'_i); s_i =
// REC2(s'_i, c_i), whose biases lie inside; r_i = tanh(W_r [s_i; E y_{i-1}; c_i] + b_r).
TEST(ConditionalGru, EqualsItsEquations) {
  const DecoderTrial trial(small_cgru());
  const auto product = [&](const char* weight, const Row& x) {
    return times(trial.weight(weight), x);
  };
  const Row none(9, 0);  // 3 n
  Row s = tanh_of(
      plus(product("initial.0.state_weight", trial.mean()), trial.vector("initial.0.state_bias")));
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row first = dl4mt_gru(product("decoder.0.input_weight", trial.word(i)),
                                trial.weight("decoder.0.recurrent_weight"),
                                trial.vector("decoder.0.bias"), none, s);
    const Row query =
        plus(product("attention.query_weight", first), trial.vector("attention.bias"));
    Row energies, context(4, 0);
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      const Row key = product("attention.annotation_weight", trial.annotation(j));
      energies.push_back(dot(trial.vector("attention.energy_weight"), tanh_of(plus(query, key))));
    }
    const Row alignment = softmax_of(energies);
    for (std::size_t j = 0; j < alignment.size(); ++j) {
      const Row h = trial.annotation(static_cast<std::int64_t>(j));
      for (std::size_t k = 0; k < 4; ++k) context[k] += alignment[j] * h[k];
    }
    s = dl4mt_gru(product("decoder.context.input_weight", context),
                  trial.weight("decoder.context.recurrent_weight"), none,
                  trial.vector("decoder.context.recurrent_bias"), first);
    expect_near(trial.observed("alignment", i), alignment);
    expect_near(trial.output(i),
                tanh_of(plus(product("readout.weight", concatenated({s, trial.word(i), context})),
                             trial.vector("readout.bias"))));
  }
}

// With transitions, the state passes through further cells that read nothing else; their biases lie
// where those of the second cell lie. With input feeding, the first cell reads c_{i-1} too.
TEST(ConditionalGru, PassesTheStateThroughFurtherCells) {
  for (const auto bias : {model::GruBias::kInside, model::GruBias::kBoth}) {
    model::Configuration c = small_cgru();
    c.decoder.transitions = 2;
    c.decoder.second_bias = bias;
    c.decoder.input_feeding = model::InputFeeding::kContext;
    model::check(c);
    const DecoderTrial trial(c);
    const Row none(9, 0);
    const auto outside = [&](const std::string& cell) {
      return bias == model::GruBias::kBoth ? trial.vector(cell + ".bias") : none;
    };
    const auto inside = [&](const std::string& cell) {
      Row all = trial.vector(cell + ".recurrent_bias");
      if (bias == model::GruBias::kBoth) all.insert(all.begin(), 6, 0);  // of the candidate alone
      return all;
    };
    Row s = tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.mean()));
    Row context(4, 0);
    for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
      const Row input = concatenated({trial.word(i), context});
      s = dl4mt_gru(times(trial.weight("decoder.0.input_weight"), input),
                    trial.weight("decoder.0.recurrent_weight"), trial.vector("decoder.0.bias"),
                    none, s);
      context = additive_look(trial, s).context;
      s = dl4mt_gru(times(trial.weight("decoder.context.input_weight"), context),
                    trial.weight("decoder.context.recurrent_weight"), outside("decoder.context"),
                    inside("decoder.context"), s);
      for (const std::string cell : {"decoder.transition.0", "decoder.transition.1"}) {
        s = dl4mt_gru(none, trial.weight(cell + ".recurrent_weight"), outside(cell), inside(cell),
                      s);
      }
      const Row parts = concatenated({s, trial.word(i), context});
      expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias", parts)));
    }
  }
}

}  // namespace
}  // namespace attend::testing
