// A small decoder for the tests of step programs: dot attention over annotations of 4 units, a GRU
// of 4 units, a linear readout of 3 units, 5 words.
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

}  // namespace attend::step
