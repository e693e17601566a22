// Shapes, and the order of the parameters.
#include <gtest/gtest.h>

#include "base/base.h"
#include "small_program.h"

namespace attend::step {
namespace {

TEST(Builder, ListsParametersByTheGroupsOfTheTable) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : small_program().parameters) names.push_back(spec.name);
  EXPECT_EQ(names, (std::vector<std::string>{"target_embedding.weight", "decoder.0.input_weight",
                                             "decoder.0.recurrent_weight", "decoder.0.bias",
                                             "readout.weight", "readout.bias", "output.weight",
                                             "output.bias"}));
}

TEST(Builder, GivesAProductTheColumnsOfItsParts) {
  const Program program = small_program();
  for (const TensorSpec& spec : program.parameters) {
    if (spec.name != "readout.weight") continue;
    EXPECT_EQ(spec.shape, (std::vector<std::int64_t>{3, 8}));
  }
}

TEST(Builder, RefusesShapesThatDoNotFit) {
  Builder b = small_builder();
  const Value h = b.annotations("");
  const Value query = b.zeros(3);
  EXPECT_THROW(b.dot_energies(query, h), CheckFailure);                    // 3 and 4 units
  EXPECT_THROW(b.dot_energies(h, query), CheckFailure);                    // keys are positions
  EXPECT_THROW(b.add(query, h), CheckFailure);                             // 3 and 4 units
  EXPECT_THROW(b.softmax(query), CheckFailure);                            // not over positions
  EXPECT_THROW(b.weighted_sum(h, h), CheckFailure);                        // not an alignment
  EXPECT_THROW(b.maxout(query), CheckFailure);                             // an odd number of units
  EXPECT_THROW(b.cell({}, "decoder.0", h, {query, {}}, 0), CheckFailure);  // not 9 gate units
  EXPECT_THROW(b.slice(query, 2, 2), CheckFailure);                        // there are 3 units
}

// Numbers of earlier steps belong to the operations of the past alone.
TEST(Builder, RefusesEarlierStepsElsewhere) {
  Builder b = small_builder();
  const Value state = b.carry("state", b.zeros(4), "s"), first = b.slice(state, 0, 2);
  EXPECT_EQ(b.units(first), 2);
  EXPECT_THROW(b.past_dot_energies(state, first), CheckFailure);            // 4 and 2 units
  EXPECT_THROW(b.past_dot_energies(b.zeros(4), b.zeros(4)), CheckFailure);  // of the source
  EXPECT_THROW(b.past_softmax(state), CheckFailure);
  EXPECT_THROW(b.past_sum(state, state), CheckFailure);
  const Value energies = b.past_dot_energies(first, first, 2);
  EXPECT_THROW(b.tanh(energies), CheckFailure);
  EXPECT_THROW(b.add(energies, state), CheckFailure);
  EXPECT_THROW(b.linear({"readout.weight", 3}, {energies}), CheckFailure);
  EXPECT_THROW(b.softmax(energies), CheckFailure);
  EXPECT_EQ(b.units(b.past_sum(b.past_softmax(energies), state)), 4);
}

// x [3 n] is added to U h of all gates. Only a GRU that resets after the product has a place for
// it.
TEST(Builder, AddsInsideTheResetGateOfAGruThatResetsAfterTheProduct) {
  Builder b = small_builder();
  const CellConfig after{Cell::kGru, GruReset::kAfter};
  b.parameters().cell("decoder.0", after, 0, 4);  // a cell without inputs has no input weight
  EXPECT_EQ(b.parameters().find("decoder.0.input_weight"), nullptr);
  const Value state = b.zeros(4), gates = b.zeros(12);
  EXPECT_EQ(b.units(b.cell(after, "decoder.0", gates, {state, {}}, 0, b.zeros(12)).hidden), 4);
  EXPECT_THROW(b.cell(after, "decoder.0", gates, {state, {}}, 0, b.zeros(4)), CheckFailure);
  EXPECT_THROW(b.cell({}, "decoder.0", gates, {state, {}}, 0, b.zeros(12)), CheckFailure);
  const CellConfig lstm{Cell::kLstm};
  EXPECT_THROW(b.cell(lstm, "decoder.0", b.zeros(16), {state, state}, 0, b.zeros(12)),
               CheckFailure);
}

TEST(Builder, RefusesAParameterOfAnotherShape) {
  Builder b = small_builder();
  b.linear({"readout.weight", 3}, {b.zeros(4)});
  EXPECT_NO_THROW(b.linear({"readout.weight", 3}, {b.zeros(4)}));
  EXPECT_THROW(b.linear({"readout.weight", 3}, {b.zeros(5)}), CheckFailure);
}

TEST(Builder, RefusesACarriedValueWithoutASuccessor) {
  Builder b = small_builder();
  const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
  b.output({state, "output.weight", "output.bias"});
  EXPECT_THROW(b.finish(), CheckFailure);
}

// A row of 4 units, as a decoder's state.
Value row(Builder& b) { return b.carry("state", b.zeros(4), "s_{i-1}"); }

TEST(Builder, GivesEachRowTheNumbersOfItsWindow) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  b.look_in_window(b.linear({"attention.centre_vector", 1}, {state}), 3);
  const Value energies = b.dot_energies(state, h);
  EXPECT_EQ(b.units(energies), 7);
  EXPECT_EQ(b.units(b.softmax(energies)), 7);
  EXPECT_EQ(b.units(b.gaussian()), 7);
  const Value alignment = b.multiply(b.softmax(energies), b.gaussian());
  EXPECT_EQ(b.units(b.weighted_sum(alignment, h)), 4);
  EXPECT_EQ(b.units(b.sum_positions(b.spread(alignment))), 1);
}

TEST(Builder, RefusesShapesThatDoNotFitInAWindow) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value of_source = b.softmax(b.dot_energies(state, h));  // one number for each position
  EXPECT_THROW(b.gaussian(), CheckFailure);                     // there is no window yet
  EXPECT_THROW(b.spread(state), CheckFailure);
  const Value centre = b.linear({"attention.centre_vector", 1}, {state});
  EXPECT_THROW(b.look_in_window(state, 3), CheckFailure);               // four numbers
  EXPECT_THROW(b.look_in_window(b.source_words(), 3), CheckFailure);    // of a source
  EXPECT_THROW(b.look_in_window(b.zero_positions(), 3), CheckFailure);  // of positions
  EXPECT_THROW(b.look_in_window(centre, 0), CheckFailure);
  b.look_in_window(centre, 3);
  EXPECT_THROW(b.look_in_window(centre, 3), CheckFailure);  // a second window
  const Value alignment = b.softmax(b.dot_energies(state, h));
  EXPECT_THROW(b.softmax(of_source), CheckFailure);
  EXPECT_THROW(b.softmax(state), CheckFailure);  // 4 and 7 numbers
  EXPECT_THROW(b.weighted_sum(of_source, h), CheckFailure);
  EXPECT_THROW(b.weighted_sum(alignment, state), CheckFailure);  // values are positions
  EXPECT_THROW(b.weighted_sum(state, h), CheckFailure);
  EXPECT_THROW(b.spread(of_source), CheckFailure);
  EXPECT_THROW(b.spread(state), CheckFailure);
  EXPECT_THROW(b.dot_energies(h, h), CheckFailure);  // queries are not positions
  EXPECT_THROW(b.weighted_sum(b.multiply(alignment, of_source), h), CheckFailure);
}

// A row of 4 numbers has energies for 4 positions, and a softmax looks at no other.
TEST(Builder, LimitsASoftmaxToThePositionsThatHaveEnergies) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  b.next(state, state);
  EXPECT_THROW(b.location_energies(h), CheckFailure);  // not one row
  const Value energies = b.location_energies(state);
  EXPECT_EQ(b.units(energies), 1);
  EXPECT_THROW(b.location_energies(energies), CheckFailure);
  b.output({b.weighted_sum(b.softmax(b.relu(energies)), h), "output.weight", "output.bias"});
  const Program program = b.finish();
  int seen = 0;
  for (const Node& node : program.nodes) {
    if (node.op != Op::kLocationEnergies && node.op != Op::kSoftmax) continue;
    EXPECT_EQ(node.limit, 4);
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

TEST(Builder, GivesAVectorOneInverseLength) {
  Builder b = small_builder();
  const Value v = b.parameter("attention.energy_weight", 3, "v");
  EXPECT_EQ(b.units(b.inverse_length(v)), 1);
  EXPECT_EQ(b.units(b.multiply(b.inverse_length(v), row(b))), 4);
}

TEST(Builder, GivesEnergiesFeaturesOfRowsAndPositions) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value query = b.linear({"attention.query_weight", 5}, {state});
  const Value keys = b.linear({"attention.annotation_weight", 5}, {h});
  const Value coverage = b.carry("coverage", b.zero_positions(), "c_{i-1,j}");
  const auto energies = [&](Value features) {
    return b.additive_energies("attention.energy_weight", query, keys, features,
                               "attention.coverage_weight");
  };
  EXPECT_THROW(energies(state), CheckFailure);  // a row has no number for each position
  EXPECT_THROW(energies(b.zero_positions()), CheckFailure);
  EXPECT_EQ(b.units(energies(coverage)), 1);
  EXPECT_EQ(b.parameters().find("attention.coverage_weight")->shape,
            (std::vector<std::int64_t>{5, 1}));
}

TEST(Builder, RefusesFeaturesInAWindow) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value coverage = b.carry("coverage", b.zero_positions(), "c_{i-1,j}");
  b.look_in_window(b.linear({"attention.centre_vector", 1}, {state}), 2);
  EXPECT_THROW(b.additive_energies("attention.energy_weight", state, h, coverage, "w"),
               CheckFailure);
}

TEST(Builder, CarriesNumbersOfEachPosition) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value coverage = b.carry("coverage", b.zero_positions(), "c_{i-1,j}");
  EXPECT_EQ(b.units(b.carry("keys", h, "k")), 4);
  EXPECT_THROW(b.carry("past", b.sum_positions(coverage), "p"), CheckFailure);  // of a row
  EXPECT_THROW(b.next(coverage, state), CheckFailure);                          // of a row
  EXPECT_THROW(b.next(coverage, b.zero_positions()), CheckFailure);  // of positions, not of rows
  EXPECT_NO_THROW(b.next(coverage, b.softmax(b.dot_energies(state, h))));
}

// Gates and state of a GRU belong to rows and positions, or neither does.
TEST(Builder, UpdatesAGruOfRowsAndPositions) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value memory = b.carry("memory", b.zero_positions(2), "m_{i-1,j}");
  EXPECT_EQ(b.units(memory), 2);
  const Value alignment = b.softmax(b.dot_energies(state, h));
  b.parameters().cell("memory", {}, 9, 2);
  const Value gates = b.linear({"memory.input_weight", 6}, {alignment, h, state}, {"memory.bias"});
  const CellState next = b.cell({}, "memory", gates, {memory, {}}, 0);
  EXPECT_NO_THROW(b.next(memory, next.hidden));
  EXPECT_THROW(b.cell({}, "memory", b.zeros(6), {memory, {}}, 0), CheckFailure);
  EXPECT_THROW(b.cell({}, "memory", gates, {b.zeros(2), {}}, 0), CheckFailure);
  const CellConfig after{Cell::kGru, GruReset::kAfter};
  EXPECT_THROW(b.cell(after, "memory", gates, {memory, {}}, 0, b.zeros(6)), CheckFailure);
  const Value of_lstm = b.linear({"lstm.input_weight", 8}, {alignment, h});
  EXPECT_THROW(b.cell({Cell::kLstm}, "lstm", of_lstm, {memory, memory}, 0), CheckFailure);
}

TEST(Builder, FiltersNumbersOfRowsAndPositions) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value alignment = b.softmax(b.dot_energies(state, h));
  const Value found = b.convolution({"filters", 3, "F"}, 5, alignment);
  EXPECT_EQ(b.units(found), 3);
  EXPECT_EQ(b.parameters().find("filters")->shape, (std::vector<std::int64_t>{3, 5}));
  EXPECT_THROW(b.convolution({"even", 3, "F"}, 4, alignment), CheckFailure);  // has no middle
  EXPECT_THROW(b.convolution({"again", 3, "F"}, 5, found), CheckFailure);     // three numbers
  EXPECT_THROW(b.convolution({"keys", 3, "F"}, 5, b.zero_positions()), CheckFailure);
}

TEST(Builder, GivesEnergiesSeveralKindsOfFeatures) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value coverage = b.carry("coverage", b.zero_positions(), "c_{i-1,j}");
  const Value memory = b.carry("memory", b.zero_positions(3), "m_{i-1,j}");
  const Value energies = b.additive_energies("attention.energy_weight", state, h,
                                             {{coverage, "one"}, {memory, "three", "W_m"}});
  EXPECT_EQ(b.text(energies), "v · tanh(s_{i-1} + h_j + W_c c_{i-1,j} + W_m m_{i-1,j})");
  EXPECT_EQ(b.parameters().find("three")->shape, (std::vector<std::int64_t>{4, 3}));
}

TEST(Builder, DividesByThePastOfPositionsOnly) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value past = b.carry("past", b.minus_infinity(), "l_{i-1,j}");
  const Value energies = b.dot_energies(state, h);
  EXPECT_EQ(b.units(b.temporal_energies(energies, past)), 1);
  EXPECT_THROW(b.temporal_energies(state, past), CheckFailure);                   // a row
  EXPECT_THROW(b.temporal_energies(energies, state), CheckFailure);               // of a row
  EXPECT_THROW(b.temporal_energies(energies, b.minus_infinity()), CheckFailure);  // of a source
  EXPECT_NO_THROW(b.next(past, b.log_add_exp(past, energies)));
}

TEST(Builder, AlignsMonotonicallyFromOneNumberOfEachPosition) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value last = b.carry("alignment", b.first_position(), "α_{i-1,j}");
  const Value energies = b.dot_energies(state, h);
  constexpr MonotonicPrediction kScan = MonotonicPrediction::kScan;
  EXPECT_THROW(b.monotonic_alignment(state, last, kScan), CheckFailure);      // a row
  EXPECT_THROW(b.monotonic_alignment(energies, state, kScan), CheckFailure);  // of a row
  EXPECT_THROW(b.monotonic_alignment(energies, b.first_position(), kScan), CheckFailure);
  EXPECT_NO_THROW(b.next(last, b.monotonic_alignment(energies, last, kScan)));
}

TEST(Builder, RepeatsForVectorsOfRowsAndPositions) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value readouts = b.tanh(b.linear({"readout.weight", 3}, {state, h}));
  EXPECT_EQ(b.units(readouts), 3);
  EXPECT_EQ(b.units(b.add(readouts, readouts)), 3);
  EXPECT_EQ(b.units(b.add(state, h)), 4);
  EXPECT_EQ(b.units(b.multiply(readouts, b.softmax(b.dot_energies(state, h)))), 3);
  EXPECT_THROW(b.add(readouts, state), CheckFailure);  // of another size
  EXPECT_THROW(b.unit_length(readouts), CheckFailure);
  EXPECT_THROW(b.softmax(readouts), CheckFailure);
}

TEST(Builder, MixesDistributionsOfPositions) {
  const Program program = hard_program(true);
  ASSERT_EQ(program.nodes.back().op, Op::kLogProbabilities);
  EXPECT_EQ(program.nodes.back().inputs,
            (std::vector<Value>{program.output.input, program.output.prior}));
  for (const TensorSpec& spec : program.parameters) {
    if (spec.name != "output.weight") continue;
    EXPECT_EQ(spec.shape, (std::vector<std::int64_t>{5, 3}));
  }
}

TEST(Builder, RefusesMixturesThatDoNotFit) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);
  const Value alignment = b.softmax(b.dot_energies(state, h));
  Output output{b.linear({"readout.weight", 3}, {state, h}), "output.weight", "output.bias"};
  EXPECT_THROW(b.output(output), CheckFailure);  // a readout for each position, and no prior
  output.prior = alignment;
  EXPECT_THROW(b.output(output), CheckFailure);                 // no normaliser
  EXPECT_THROW(b.log_normalizer(state, output), CheckFailure);  // one readout alone
  output.normalizer = b.log_normalizer(output.input, output);
  Output of_row = output;
  of_row.input = state;
  EXPECT_THROW(b.output(of_row), CheckFailure);  // one readout, and a prior
  Output without_numbers = output;
  without_numbers.prior = state;
  EXPECT_THROW(b.output(without_numbers), CheckFailure);
  EXPECT_THROW(b.monotonic_prior(state, alignment), CheckFailure);
  EXPECT_THROW(b.posterior(alignment, state), CheckFailure);
  const Value offsets = b.linear({"offset.weight", 3}, {state, h});
  EXPECT_NO_THROW(b.band_prior(alignment, offsets));
  EXPECT_THROW(b.band_prior(alignment, alignment), CheckFailure);  // one offset moves nowhere
  EXPECT_THROW(b.band_prior(state, offsets), CheckFailure);
  EXPECT_THROW(b.band_prior(alignment, state), CheckFailure);
  EXPECT_THROW(b.sum_positions(state), CheckFailure);
}

// Only carried values may depend on the token that a step chooses.
TEST(Builder, RefusesToShowWhatTheChosenTokenDecides) {
  for (const bool costs : {false, true}) {
    Builder b = small_builder();
    const Value h = b.annotations(""), state = row(b);
    b.next(state, state);
    Output output{b.linear({"readout.weight", 3}, {state, h}), "output.weight", "output.bias"};
    output.prior = b.softmax(b.dot_energies(state, h));
    output.normalizer = b.log_normalizer(output.input, output);
    const Value token = b.token_log_probability(output.input, output.normalizer, output);
    if (costs) {
      b.cost("token", b.sum_positions(token), 1);
    } else {
      b.observe("token", token, Over::kSource);
    }
    b.output(output);
    EXPECT_THROW(b.finish(), CheckFailure);
  }
}

TEST(Builder, SlicesVectors) {
  Builder b = small_builder();
  const Value h = b.annotations(""), state = row(b);  // four units each
  EXPECT_EQ(b.units(b.slice(h, 0, 4)), 4);
  EXPECT_EQ(b.units(b.slice(state, 3, 1)), 1);
  EXPECT_NO_THROW(b.dot_energies(b.slice(state, 0, 2), b.slice(h, 2, 2)));  // still positions
  EXPECT_THROW(b.slice(h, 3, 2), CheckFailure);
  EXPECT_THROW(b.slice(h, -1, 2), CheckFailure);
  EXPECT_THROW(b.slice(h, 0, 0), CheckFailure);
}

TEST(Builder, RepeatsWhatBelongsToLess) {
  Builder b = small_builder();
  const Value h = b.annotations("");
  const Value one = b.parameter("attention.scale", 1, "g");
  EXPECT_EQ(b.units(b.multiply(h, one)), 4);
  const Value source = b.zeros(4);
  EXPECT_EQ(b.units(b.add(h, source)), 4);
}

}  // namespace
}  // namespace attend::step
