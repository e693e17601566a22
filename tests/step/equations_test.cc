// How nodes are written.
#include <gtest/gtest.h>

#include "small_program.h"

namespace attend::step {
namespace {

TEST(StepEquations, WriteASymbolOrTheOperation) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value q = b.carry("state", b.zeros(4), "s_{i-1}");
  EXPECT_EQ(b.text(b.linear({"attention.query_weight", 4, "W"}, {q})), "W s_{i-1}");
  EXPECT_EQ(b.text(b.linear({"readout.weight", 4, "W_r"}, {q, q}, {"readout.bias", "b_r"})),
            "W_r [s_{i-1}; s_{i-1}] + b_r");
  EXPECT_EQ(b.text(b.dot_energies(q, h)), "s_{i-1} · h_j");
  EXPECT_EQ(b.text(b.relu(b.tanh(b.sigmoid(q)))), "max(0, tanh(σ(s_{i-1})))");
  EXPECT_EQ(b.text(b.unit_length(q)), "(s_{i-1} / |s_{i-1}|)");
  EXPECT_EQ(b.text(b.inverse_length(q)), "(1 / |s_{i-1}|)");
  EXPECT_EQ(b.text(b.scale(q, 0.5)), "0.5 · s_{i-1}");
  EXPECT_EQ(b.text(b.scale(b.add(q, q), 0.5)), "0.5 · (s_{i-1} + s_{i-1})");
}

TEST(StepEquations, WriteWhatCellsReadAndLeave) {
  Builder b = small_builder();
  const Value s = b.carry("state", b.zeros(4), "s_{i-1}"), x = b.last_state("→h_T");
  const CellConfig after{Cell::kGru, GruReset::kAfter}, lstm{Cell::kLstm};
  const Value gates = b.linear({"w", 12, "W"}, {x}), inside = b.linear({"c", 12, "C"}, {x});
  EXPECT_EQ(b.text(b.cell(after, "a", gates, {s, {}}, 0).hidden), "GRU(s_{i-1}, W →h_T)");
  EXPECT_EQ(b.text(b.cell(after, "a", gates, {s, {}}, 0, inside).hidden),
            "GRU(s_{i-1}, W →h_T, C →h_T)");
  const CellState state = b.cell(lstm, "b", b.linear({"v", 16, "W"}, {x}), {s, b.zeros(4)}, 0);
  b.write(state.hidden, {"s_i", "", ""});
  EXPECT_EQ(b.text(state.hidden), "s_i");
  EXPECT_EQ(b.text(state.cell), "cell(s_i)");
}

TEST(StepEquations, GiveTheSumOfASoftmaxItsOwnIndex) {
  Builder b = small_builder();
  const Value energies = b.dot_energies(b.zeros(4), b.annotations("→h_j"));
  b.write(energies, {"e_ij", "energies", ""});
  EXPECT_EQ(b.text(b.softmax(energies)), "exp(e_ij) / Σ_k exp(e_ik)");
}

TEST(StepEquations, GiveTheThresholdOfANormaliserItsSum) {
  Builder b = small_builder();
  const Value energies = b.dot_energies(b.zeros(4), b.annotations("→h_j"));
  b.write(energies, {"e_ij", "energies", ""});
  EXPECT_EQ(b.text(b.softmax(energies, Normaliser::kSparsemax)),
            "max(0, e_ij − τ_i), Σ_k max(0, e_ik − τ_i) = 1");
  EXPECT_EQ(b.text(b.softmax(energies, Normaliser::kEntmax)),
            "max(0, e_ij / 2 − τ_i)², Σ_k max(0, e_ik / 2 − τ_i)² = 1");
}

TEST(StepEquations, SayWhichPositionsHaveEnergies) {
  Builder b = small_builder();
  const Value q = b.carry("state", b.zeros(4), "s_i");
  const Value energies = b.location_energies(b.linear({"attention.location_weight", 9}, {q}));
  EXPECT_EQ(b.text(energies), "(W s_i)_j");
  b.write(energies, {"e_ij", "energies", ""});
  EXPECT_EQ(b.text(b.softmax(energies)), "exp(e_ij) / Σ_k exp(e_ik), j and k ≤ 9");
  EXPECT_EQ(b.text(b.softmax(energies, Normaliser::kSparsemax)),
            "max(0, e_ij − τ_i), Σ_k max(0, e_ik − τ_i) = 1, j and k ≤ 9");
}

TEST(StepEquations, WriteTheRangeOfAWindowBehindItsProduct) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value q = b.carry("state", b.zeros(4), "s_i");
  const Value centre = b.linear({"attention.centre_vector", 1, "v_p"}, {q});
  b.write(centre, {"p_i", "window", ""});
  b.look_in_window(centre, 1);
  const Value energies = b.dot_energies(q, h);
  b.write(energies, {"e_ij", "energies", ""});
  const Value softmax = b.softmax(energies);
  const std::string range = ", j and k from ⌊p_i⌋ − 1 to ⌊p_i⌋ + 1";
  EXPECT_EQ(b.text(softmax), "exp(e_ij) / Σ_k exp(e_ik)" + range);
  EXPECT_EQ(b.text(b.gaussian()), "exp(−(j − p_i)² / 0.5)");  // 2 σ² = D² / 2
  EXPECT_EQ(b.text(b.multiply(softmax, b.gaussian())),
            "exp(e_ij) / Σ_k exp(e_ik) · exp(−(j − p_i)² / 0.5)" + range);
  EXPECT_EQ(b.text(b.spread(energies)), "e_ij");
}

TEST(StepEquations, WriteNumbersOfPositions) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value q = b.carry("state", b.zeros(4), "s_i");
  const Value coverage = b.carry("coverage", b.zero_positions(), "c_{i-1,j}");
  const Value alignment = b.softmax(b.dot_energies(q, h));
  b.write(alignment, {"α_ij", "", ""});
  EXPECT_EQ(b.text(b.zero_positions()), "0");
  EXPECT_EQ(b.text(b.ones(1)), "1");
  EXPECT_EQ(b.text(b.minus_infinity()), "−∞");
  EXPECT_EQ(b.text(b.first_position()), "1 if j = 1, else 0");
  EXPECT_EQ(b.text(b.source_words()), "S");
  EXPECT_EQ(b.text(b.sum_positions(b.minimum(alignment, coverage))), "Σ_j min(α_ij, c_{i-1,j})");
  EXPECT_EQ(b.text(b.additive_energies("v", q, h, coverage, "w")),
            "v · tanh(s_i + h_j + W_c c_{i-1,j})");
}

TEST(StepEquations, WriteQuotientsAndFilters) {
  Builder b = small_builder();
  const Value last = b.carry("alignment", b.zero_positions(), "α_{i-1,j}");
  const Value share = b.sigmoid(b.linear({"w", 1, "U_f"}, {b.annotations("h")}, {"b", "b_f"}));
  EXPECT_EQ(b.text(b.divide(last, share)), "α_{i-1,j} / σ(U_f h_j + b_f)");
  EXPECT_EQ(b.text(b.convolution({"filters", 3, "F"}, 5, last)), "F * α_{i-1,j}");
}

TEST(StepEquations, WriteEnergiesAndThoseOfThePast) {
  Builder b = small_builder();
  const Value past = b.carry("past", b.minus_infinity(), "l_{i-1,j}");
  const Value energies = b.dot_energies(b.carry("state", b.zeros(4), "s_i"), b.annotations("h"));
  b.write(energies, {"e_ij", "", ""});
  EXPECT_EQ(b.text(b.temporal_energies(energies, past)),
            "e_ij − l_{i-1,j}, in the first step e_ij");
  EXPECT_EQ(b.text(b.log_add_exp(past, energies)), "log(exp(l_{i-1,j}) + exp(e_ij))");
}

TEST(StepEquations, WriteMonotonicAlignments) {
  Builder b = small_builder();
  const Value last = b.carry("alignment", b.first_position(), "α_{i-1,j}");
  const Value energies = b.dot_energies(b.carry("state", b.zeros(4), "s_i"), b.annotations("h"));
  const Value plain = b.monotonic_alignment(energies, last, MonotonicPrediction::kExpectation);
  EXPECT_EQ(b.text(plain),
            "σ(s_i · h_j) q_ij, q_ij = (1 − σ(s_i · h_{j-1})) q_{i,j-1} + α_{i-1,j}");
  b.write(energies, {"e_ij", "", ""});
  EXPECT_EQ(b.text(plain), "σ(e_ij) q_ij, q_ij = (1 − σ(e_{i,j-1})) q_{i,j-1} + α_{i-1,j}");
  EXPECT_EQ(b.text(b.monotonic_alignment(energies, last, MonotonicPrediction::kScan)),
            b.text(plain) +
                "; in prediction 1 at the first j from the last position on with e_ij > 0, else 0");
}

TEST(StepEquations, WriteMixturesOfPositions) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value q = b.carry("state", b.zeros(4), "s_i");
  const Value f = b.carry("position", b.first_position(), "f_{i-1,j}");
  const Value energies = b.dot_energies(q, h);
  b.write(energies, {"e_ij", "", ""});
  const Value prior = b.monotonic_prior(f, energies);
  EXPECT_EQ(b.text(prior), "Σ_{k ≤ j} f_{i-1,k} exp(e_ij) / Σ_{l ≥ k} exp(e_il)");
  b.write(prior, {"π_ij", "", ""});
  Output output{b.tanh(b.linear({"readout.weight", 3, "W_r"}, {q, h})), "output.weight",
                "output.bias"};
  b.write(output.input, {"r_ij", "", ""});
  output.normalizer = b.log_normalizer(output.input, output);
  EXPECT_EQ(b.text(output.normalizer), "log Σ_y exp(W_o r_ij + b_o)");
  const Value token = b.token_log_probability(output.input, output.normalizer, output);
  EXPECT_EQ(b.text(token), "p(y_i | j)");
  EXPECT_EQ(b.text(b.posterior(prior, token)), "π_ij p(y_i | j) / Σ_k π_ik p(y_i | k)");
}

TEST(StepEquations, WriteMovesByOffsets) {
  Builder b = small_builder();
  const Value h = b.annotations("→h_j");
  const Value q = b.carry("state", b.zeros(4), "s_i");
  const Value f = b.carry("position", b.first_position(), "f_{i-1,j}");
  const Value energies = b.linear({"offset.weight", 3, "W_d"}, {q, h}, {"offset.bias", "b_d"});
  b.write(energies, {"e_ij", "", ""});
  EXPECT_EQ(b.text(b.band_prior(f, energies)),
            "Σ_{k ≤ j} f_{i-1,k} exp(e_ik)_{j-k} / Σ_d exp(e_ik)_d, j − k and d ≤ 2");
}

TEST(StepEquations, CountTheUnitsOfASliceFromOne) {
  Builder b = small_builder();
  EXPECT_EQ(b.text(b.slice(b.annotations("→h_j"), 1, 3)), "h_j[2 … 4]");
}

TEST(StepEquations, ListTheNodesThatHaveALabel) {
  const std::vector<Equation> lines = equations(small_program());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].name + ": " + lines[0].text, "annotations: h_j = →h_j");
  EXPECT_EQ(lines[1].name, "choice");
  EXPECT_EQ(lines[1].text.substr(0, 17), "p(y_i) = softmax(");
}

}  // namespace
}  // namespace attend::step
