// Multiply-adds, counted by hand.
#include <gtest/gtest.h>

#include "small_program.h"

namespace attend::step {
namespace {

TEST(Work, CountsTheProductsOfASmallDecoder) {
  const Work found = work(small_program());
  EXPECT_EQ(found.per_source, 0);
  EXPECT_EQ(found.per_position, 0);  // a dot score needs no keys
  // Gates of [E y; c] 12 · 6, the recurrence 12 · 4, the readout 3 · 8, the output 5 · 3.
  EXPECT_EQ(found.per_step, 12 * 6 + 12 * 4 + 3 * 8 + 5 * 3);
  EXPECT_EQ(found.per_step_and_position, 4 + 4);  // an energy and a weighted sum
  EXPECT_EQ(found.per_token(10, 2), found.per_step + 10 * 8);
}

// A window has seven positions, and costs what it costs for a source of any length.
TEST(Work, CountsAWindowInEachStep) {
  const Work found = work(window_program(3));
  EXPECT_EQ(found.per_step_and_position, 0);
  // The centre 4, energies and weighted sum 7 · 4 each, gates 12 · 6 and 12 · 4, the output 5 · 4.
  EXPECT_EQ(found.per_step, 4 + 2 * 7 * 4 + 12 * 6 + 12 * 4 + 5 * 4);
}

// Energies of locations are one product in each step, for a source of any length.
TEST(Work, CountsTheEnergiesOfLocationsInEachStep) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
  b.next(state, state);
  const Value energies = b.location_energies(b.linear({"attention.location_weight", 9}, {state}));
  b.output({b.weighted_sum(b.softmax(energies), h), "output.weight", "output.bias"});
  const Work found = work(b.finish());
  EXPECT_EQ(found.per_step, 9 * 4 + 5 * 4);   // the energies and the output
  EXPECT_EQ(found.per_step_and_position, 4);  // the weighted sum
}

// Hard attention has an output layer for each position.
TEST(Work, CountsTheOutputLayerOfEachPosition) {
  const Work hard = work(hard_program(false));
  // The readout's part of the state 3 · 4, gates 12 · 2 and 12 · 4.
  EXPECT_EQ(hard.per_step, 3 * 4 + 12 * 2 + 12 * 4);
  EXPECT_EQ(hard.per_position, 3 * 4);               // the readout's part of the annotations
  EXPECT_EQ(hard.per_step_and_position, 4 + 5 * 3);  // an energy and the output layer
  const Work monotonic = work(hard_program(true));
  EXPECT_EQ(monotonic.per_step_and_position, 4 + 5 * 3 + 3);  // and the logit of the token again
}

// Filters, features and a GRU of each position.
TEST(Work, CountsWhatEachPositionOfARowHas) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
  b.next(state, state);
  const Value last = b.carry("last", b.zero_positions(), "α_{i-1,j}");
  const Value memory = b.carry("memory", b.zero_positions(2), "m_{i-1,j}");
  const Value found = b.convolution({"filters", 3, "F"}, 5, last);
  const Value alignment = b.softmax(b.additive_energies(
      "attention.energy_weight", state, h, {{memory, "of_memory"}, {found, "of_filters"}}));
  b.next(last, alignment);
  b.parameters().cell("memory", {}, 9, 2);
  const Value gates = b.linear({"memory.input_weight", 6}, {alignment, h, state}, {"memory.bias"});
  b.next(memory, b.cell({}, "memory", gates, {memory, {}}, 0).hidden);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const Program program = b.finish();
  const Work counted = work(program);
  EXPECT_EQ(counted.per_position, 6 * 4);      // the gates' part of h_j
  EXPECT_EQ(counted.per_step, 6 * 4 + 5 * 4);  // the gates' part of the state, and the output
  EXPECT_EQ(counted.per_step_and_position,     // in this order:
            3 * 5 + 4 * 2 + 4 * 3 + 4          // filters, both features, v
                + 4 + 6 * 1 + 6 * 2);          // weighted sum, the gates' part of α, the GRU
  // Filters, the energy and the alignment have gradients of their own. The GRU of two units keeps
  // its state with a gradient, the gates before α is added with a gradient, the gates in one array
  // for values and gradients, and the reset values.
  EXPECT_EQ(2 * kept_values(program).per_step_and_position,
            2 * (3 + 1 + 1) + 2 * 2 + 2 * 6 + 6 + 2);
}

// Hard attention whose last position decides how far a step moves on.
TEST(Work, KeepsWhatEachMoveOfAPositionNeeds) {
  const auto kept = [](std::int64_t offsets) {
    Builder b = small_builder();
    const Value h = b.annotations("→h_j");
    const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
    b.next(state, state);
    const Value position = b.carry("position", b.first_position(), "f_{i-1,j}");
    const Value energies = b.linear({"attention.offset_weight", offsets}, {state, h});
    const Value prior = b.band_prior(position, energies);
    b.next(position, prior);
    b.output({b.weighted_sum(prior, h), "output.weight", "output.bias"});
    return kept_values(b.finish()).per_step_and_position;
  };
  // The energy of an offset with its gradient, and at least 21 bytes of the graph.
  EXPECT_EQ(kept(2), 1 + 2 * (1 + 3));
  EXPECT_EQ(kept(50), 1 + 50 * (1 + 3));
}

// A step reads each earlier step, or the last ones only: 2 · 4 products for each.
TEST(Work, CountsEarlierSteps) {
  const auto program = [](std::int64_t recent, bool additive) {
    Builder b = small_builder();
    const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
    b.next(state, state);
    const Value energies = additive ? b.past_additive_energies("self.weight", state, state, recent)
                                    : b.past_dot_energies(state, state, recent);
    const Value context = b.past_sum(b.past_softmax(energies), state);
    b.output({context, "output.weight", "output.bias"});
    return b.finish();
  };
  const Work all = work(program(0, false)), last = work(program(3, true));
  for (const Work& one : {all, last}) {
    EXPECT_EQ(one.per_step_and_past, 4 + 4);
    EXPECT_EQ(one.per_step, 5 * 4);
  }
  EXPECT_EQ(all.past_pairs(6), 0 + 1 + 2 + 3 + 4 + 5);
  EXPECT_EQ(last.past_pairs(6), 0 + 1 + 2 + 3 + 3 + 3);
  EXPECT_EQ(last.past_pairs(4), 0 + 1 + 2 + 3);
  EXPECT_EQ(last.past_pairs(2), 0 + 1);
  EXPECT_EQ(all.per_token(10, 6), 5 * 4 + 8 * 15 / 6.0);
  EXPECT_EQ(kept_values(program(0, false)).per_pair_of_steps, 1 + 1);
  EXPECT_EQ(kept_values(program(0, true)).per_pair_of_steps, 1 + 1 + 4);  // and the hidden layer
  EXPECT_EQ(kept_past_values(program(0, true)), 4);                       // keys and values are one
}

TEST(Work, KeepsTheReadoutOfEachPosition) {
  // An energy, the alignment, W_r [s; h] + b_r, its tanh, the normaliser and the five scores that
  // it sums up.
  EXPECT_EQ(kept_values(hard_program(false)).per_step_and_position, 1 + 1 + 3 + 3 + 1 + 5);
  // The prior in place of the alignment; the log-probability of the token and the posterior as
  // well.
  EXPECT_EQ(kept_values(hard_program(true)).per_step_and_position, 14 + 2);
}

TEST(Work, KeepsTheNumbersOfAWindowInEachStep) {
  const auto program = [](bool in_window) {
    Builder b = small_builder();
    const Value h = b.annotations("→h_j");
    const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
    b.next(state, state);
    if (in_window) b.look_in_window(b.linear({"attention.centre_vector", 1}, {state}), 3);
    const Value energies = b.additive_energies("attention.energy_weight", state, h);
    b.output({b.weighted_sum(b.softmax(energies), h), "output.weight", "output.bias"});
    return b.finish();
  };
  EXPECT_EQ(kept_values(program(false)).per_step_and_position, 2);
  const KeptValues window = kept_values(program(true));
  EXPECT_EQ(window.per_step_and_position, 0);
  // Seven energies and shares, the context, the centre.
  EXPECT_EQ(window.per_step, 7 + 7 + 4 + 1);
}

TEST(Work, KeepsTheValuesOfSteps) {
  const KeptValues kept = kept_values(small_program());
  EXPECT_EQ(kept.per_step_and_position, 2);  // the energy and the alignment
  EXPECT_EQ(kept.per_position, 4);           // the annotations
}

}  // namespace
}  // namespace attend::step
