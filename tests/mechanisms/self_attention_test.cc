// Attention of the decoder to its own past: Paulus, Xiong and Socher 2017 (§11.1, §11.2), and
// Daniluk et al. 2017 (§11.2).
#include <gtest/gtest.h>

#include <cmath>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

Row softmax_or_nothing(const Row& energies) {
  return energies.empty() ? Row() : softmax_of(energies);
}

// The weights of the steps before i, and 0 for those from i on.
Row in_all_steps(Row alignment) {
  alignment.resize(static_cast<std::size_t>(DecoderTrial::kSteps), 0);
  return alignment;
}

Row weighted(const Row& alignment, const std::vector<Row>& values, std::size_t units) {
  Row sum(units, 0);
  for (std::size_t t = 0; t < alignment.size(); ++t) {
    for (std::size_t k = 0; k < units; ++k) sum[k] += alignment[t] * values[t][k];
  }
  return sum;
}

// s_i = LSTM(s_{i-1}, E y_{i-1}); e_ij = s_i · W h_j, whose exponentials are divided by those of
// earlier steps; e'_it = s_i · W' s_t for t < i; r_i = tanh(W_r [s_i; c_i; c'_i] + b_r).
TEST(SelfAttention, EqualsItsEquations) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const DecoderTrial trial(with_small_sizes(model::preset("self-attention")), seed);
    const Numbers to_source = trial.weight("attention.annotation_weight"),
                  to_past = trial.weight("self_attention.key_weight");
    LstmState s = trial.copied_lstm(0);
    std::vector<Row> past;
    Row sums(DecoderTrial::kPositions, 0);
    for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
      s = lstm(trial.gates("decoder.0", trial.word(i)), trial.weight("decoder.0.recurrent_weight"),
               s);
      Row alignment, context(trial.annotation(0).size(), 0);
      double total = 0;
      for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
        const double e = std::exp(dot(s.h, times(to_source, trial.annotation(j))));
        double& sum = sums[static_cast<std::size_t>(j)];
        alignment.push_back(i == 0 ? e : e / sum);
        total += alignment.back();
        sum += e;
      }
      for (std::size_t j = 0; j < alignment.size(); ++j) {
        const Row h = trial.annotation(static_cast<std::int64_t>(j));
        for (std::size_t k = 0; k < h.size(); ++k) context[k] += alignment[j] / total * h[k];
      }
      Row energies;
      for (const Row& earlier : past) energies.push_back(dot(s.h, times(to_past, earlier)));
      const Row own = softmax_or_nothing(energies);
      const Row self = weighted(own, past, s.h.size());
      expect_near(trial.observed("past", i), in_all_steps(own));
      expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias",
                                                        concatenated({s.h, context, self}))));
      past.push_back(s.h);
    }
  }
}

// [k_i; v_i] = s_i or [k_i; v_i; p_i] = s_i; e'_it = v · tanh(W_q k_i + W_k k_t) for the last L
// steps before i; c'_i = Σ_t α'_it v_t; r_i = tanh(W_r [p_i; c_i; c'_i] + b_r), with v_i in place
// of p_i if there is none.
void expect_split(model::StateParts kind, std::size_t window) {
  model::Configuration c = with_small_sizes(model::preset("key-value-predict"));
  c.decoder.units = 6;
  c.decoder.initial_state = model::InitialState::kMean;
  c.decoder.self_attention_window = static_cast<int>(window);
  c.decoder.self_attention_parts = kind;
  model::check(c);
  const DecoderTrial trial(c);
  const std::size_t parts = kind == model::StateParts::kKeyValue ? 2 : 3, units = 6 / parts;
  const auto part = [units](const Row& h, std::size_t number) {
    const auto first = h.begin() + static_cast<std::ptrdiff_t>(number * units);
    return Row(first, first + static_cast<std::ptrdiff_t>(units));
  };
  LstmState s{tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.mean())),
              tanh_of(trial.affine("initial.0.cell_weight", "initial.0.cell_bias", trial.mean()))};
  std::vector<Row> past;
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    s = lstm(trial.gates("decoder.0", trial.word(i)), trial.weight("decoder.0.recurrent_weight"),
             s);
    const std::size_t first = window == 0 || past.size() < window ? 0 : past.size() - window;
    const Row query = times(trial.weight("self_attention.query_weight"), part(s.h, 0));
    Row energies, own(first, 0);
    std::vector<Row> values;
    for (std::size_t t = 0; t < past.size(); ++t) {
      values.push_back(part(past[t], 1));
      if (t < first) continue;
      const Row key = times(trial.weight("self_attention.key_weight"), part(past[t], 0));
      energies.push_back(
          dot(trial.vector("self_attention.energy_weight"), tanh_of(plus(query, key))));
    }
    for (const double share : softmax_or_nothing(energies)) own.push_back(share);
    const Row self = weighted(own, values, units);
    expect_near(trial.observed("past", i), in_all_steps(own));
    const Row read = concatenated({part(s.h, parts - 1), additive_look(trial, s.h).context, self});
    expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias", read)));
    past.push_back(s.h);
  }
}

TEST(SelfAttention, SplitsTheStateIntoKeyValueAndPrediction) {
  for (const model::StateParts kind :
       {model::StateParts::kKeyValue, model::StateParts::kKeyValuePredict}) {
    for (const std::size_t window : {0U, 1U, 2U, 15U}) expect_split(kind, window);
  }
}

// With the readout fed, each state depends on what earlier steps saw of the past: s_i =
// LSTM(s_{i-1}, [E y_{i-1}; r_{i-1}]) with r_0 = 0.
TEST(SelfAttention, ComesBackThroughAFedReadout) {
  model::Configuration c = with_small_sizes(model::preset("self-attention"));
  c.attention.temporal = model::Temporal::kNone;
  c.decoder.self_attention = model::SelfAttention::kDot;
  c.decoder.input_feeding = model::InputFeeding::kReadout;
  model::check(c);
  const DecoderTrial trial(c);
  LstmState s = trial.copied_lstm(0);
  std::vector<Row> past;
  Row readout(4, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    s = lstm(trial.gates("decoder.0", concatenated({trial.word(i), readout})),
             trial.weight("decoder.0.recurrent_weight"), s);
    Row energies, own;
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      energies.push_back(
          dot(s.h, times(trial.weight("attention.annotation_weight"), trial.annotation(j))));
    }
    std::vector<Row> annotations;
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      annotations.push_back(trial.annotation(j));
    }
    const Row context = weighted(softmax_of(energies), annotations, annotations[0].size());
    for (const Row& earlier : past) own.push_back(dot(s.h, earlier));
    const Row self = weighted(softmax_or_nothing(own), past, s.h.size());
    readout =
        tanh_of(trial.affine("readout.weight", "readout.bias", concatenated({s.h, context, self})));
    expect_near(trial.output(i), readout);
    past.push_back(s.h);
  }
}

TEST(SelfAttention, AddsTheWeightsOfItsScore) {
  model::Configuration c = model::preset("key-value-predict");
  const auto count = [&] { return model::parameter_count(model::parameter_table(c, {9, 9})); };
  const std::int64_t with = count(), k = 64, units = 192, readout = c.decoder.readout_units;
  c.decoder.self_attention = model::SelfAttention::kNone;
  c.decoder.self_attention_window = 0;
  c.decoder.self_attention_parts = model::StateParts::kWhole;
  // W_q, W_k and v; the readout reads [p; c'] in place of s.
  EXPECT_EQ(with - count(), 2 * k * k + k + readout * (2 * k - units));
}

}  // namespace
}  // namespace attend::testing
