// Small decoders for the tests of step programs: dot attention over annotations of 4 units, a GRU
// of 4 units, a readout of 3 units, 5 words.
#pragma once

#include "step/step.h"

namespace attend::step {

inline Builder small_builder() {
  return Builder({.annotation_units = 4, .encoder_units = 2, .target_vocabulary = 5},
                 Initialization::kGlorot);
}

/// s_i = GRU(s_{i-1}, [E y; c_i]), where c_i looks from s_{i-1}. With `next`, the GRU reads E y_i
/// instead of E y_{i-1}, and the readout reads s_{i-1}.
inline Program small_program(bool next = false) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value before = b.carry("state", b.zeros(4), "s_{i-1}");
  const Value energies = b.dot_energies(before, h);
  const Value alignment = b.softmax(energies);
  const Value context = b.weighted_sum(alignment, h);
  b.observe("alignment", alignment, Over::kSource);
  const auto readout = [&](Value state) {
    const Value r = b.linear({"readout.weight", 3, "W_r"}, {state, context}, {"readout.bias"});
    b.output({b.dropout(r, DropoutPlace::kReadout), "output.weight", "output.bias"});
  };
  if (next) readout(before);
  b.parameters().embedding("target_embedding.weight", 5, 2);
  const Value word = next ? b.next_embedding("target_embedding.weight", 2)
                          : b.previous_embedding("target_embedding.weight", 2);
  b.parameters().cell("decoder.0", {}, 6, 4);
  const Value gates = b.linear({"decoder.0.input_weight", 12}, {word, context}, {"decoder.0.bias"});
  const Value state = b.cell({}, "decoder.0", gates, {before, {}}, 0).hidden;
  b.next(before, state);
  if (!next) readout(state);
  return b.finish();
}

/// s_i = GRU(s_{i-1}, [E y_{i-1}; c_i]), where c_i looks from s_{i-1} in a window around p = S
/// σ(v_p s_{i-1}).
inline Program window_program(std::int64_t reach) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value before = b.carry("state", b.zeros(4), "s_{i-1}");
  const Value share = b.sigmoid(b.linear({"attention.centre_vector", 1, "v_p"}, {before}));
  const Value centre = b.multiply(b.source_words(), share);
  b.write(centre, {"p_i", "window", ""});
  b.look_in_window(centre, reach);
  const Value alignment = b.multiply(b.softmax(b.dot_energies(before, h)), b.gaussian());
  const Value context = b.weighted_sum(alignment, h);
  b.observe("alignment", b.spread(alignment), Over::kSource);
  b.parameters().embedding("target_embedding.weight", 5, 2);
  const Value word = b.previous_embedding("target_embedding.weight", 2);
  b.parameters().cell("decoder.0", {}, 6, 4);
  const Value gates = b.linear({"decoder.0.input_weight", 12}, {word, context}, {"decoder.0.bias"});
  const Value state = b.cell({}, "decoder.0", gates, {before, {}}, 0).hidden;
  b.next(before, state);
  b.output({state, "output.weight", "output.bias"});
  return b.finish();
}

/// Hard attention: s_i = GRU(s_{i-1}, E y_{i-1}); r_ij = tanh(W_r [s_i; h_j] + b_r); p(y_i) = Σ_j
/// π_ij p(y_i | j), where π is the alignment, or never moves back.
inline Program hard_program(bool monotonic) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value before = b.carry("state", b.zeros(4), "s_{i-1}");
  b.parameters().embedding("target_embedding.weight", 5, 2);
  const Value word = b.previous_embedding("target_embedding.weight", 2);
  b.parameters().cell("decoder.0", {}, 2, 4);
  const Value gates = b.linear({"decoder.0.input_weight", 12}, {word}, {"decoder.0.bias"});
  const Value state = b.cell({}, "decoder.0", gates, {before, {}}, 0).hidden;
  b.next(before, state);
  const Value energies = b.dot_energies(state, h);
  Output output;
  output.input = b.tanh(b.linear({"readout.weight", 3, "W_r"}, {state, h}, {"readout.bias"}));
  output.weight = "output.weight";
  output.bias = "output.bias";
  output.normalizer = b.log_normalizer(output.input, output);
  if (monotonic) {
    const Value position = b.carry("position", b.first_position(), "f_{i-1,j}");
    output.prior = b.monotonic_prior(position, energies);
    const Value token = b.token_log_probability(output.input, output.normalizer, output);
    b.next(position, b.posterior(output.prior, token));
  } else {
    output.prior = b.softmax(energies);
  }
  b.observe("alignment", output.prior, Over::kSource);
  b.output(output);
  return b.finish();
}

}  // namespace attend::step
