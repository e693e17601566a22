// Compares the equations that `attend show --explain` prints with those of the papers.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "model/model.h"

namespace attend::model {
namespace {

std::vector<std::string> lines(const Configuration& configuration) {
  std::vector<std::string> result;
  for (const step::Equation& equation : equations(configuration)) {
    result.push_back(equation.name + ": " + equation.text);
  }
  return result;
}

using Lines = std::vector<std::string>;

TEST(Equations, OfTheDefaultLookUpdateAndGenerate) {
  EXPECT_EQ(
      lines(preset("default")),
      (Lines{"annotations: h_j = [→h_j; ←h_j] of GRU", "first state: s_0 = tanh(W_s ←h_1 + b_s)",
             "energies: e_ij = v · tanh(W s_{i-1} + U h_j + b)",
             "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik)", "context: c_i = Σ_j α_ij h_j",
             "state: s_i = GRU(s_{i-1}, [E y_{i-1}; c_i])",
             "readout: r_i = tanh(W_r [s_i; E y_{i-1}; c_i] + b_r)",
             "choice: p(y_i) = softmax(W_o r_i + b_o)"}));
}

TEST(Equations, OfRnnsearchUpdateWithTheTokenThatWasChosen) {  // §1.4
  const Lines found = lines(preset("rnnsearch"));
  EXPECT_EQ(Lines(found.end() - 3, found.end()),
            (Lines{"readout: r_i = maxout(W_r [s_{i-1}; E y_{i-1}; c_i] + b_r)",
                   "choice: p(y_i) = softmax(W_o r_i + b_o)",
                   "state: s_i = GRU(s_{i-1}, [E y_i; c_i])"}));
}

TEST(Equations, OfLuongUpdateBeforeTheyLook) {  // §6
  EXPECT_EQ(lines(preset("luong")),
            (Lines{"annotations: h_j = ←h_j of LSTM", "first state: s_0 = ←h_1, layer by layer",
                   "state: s_i = LSTM(s_{i-1}, [E y_{i-1}; r_{i-1}])",
                   "energies: e_ij = s_i · W h_j", "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik)",
                   "context: c_i = Σ_j α_ij h_j", "readout: r_i = tanh(W_r [s_i; c_i] + b_r)",
                   "choice: p(y_i) = softmax(W_o r_i + b_o)"}));
  Configuration dot = preset("luong");
  dot.attention.score = "dot";
  dot.encoder.layers = dot.decoder.layers = 4;
  dot.decoder.input_feeding = InputFeeding::kNone;
  EXPECT_EQ(lines(dot)[0], "annotations: h_j = ←h_j of 4×LSTM");
  EXPECT_EQ(lines(dot)[2], "state: s_i = 4×LSTM(s_{i-1}, E y_{i-1})");
  EXPECT_EQ(lines(dot)[3], "energies: e_ij = s_i · h_j");
}

// An encoder that reverses the words alone reads </s>, the token T, last.
TEST(Equations, NameTheTokenThatTheEncoderReadsLast) {  // §6.1
  const auto first_state = [](std::vector<std::string> settings) {
    Configuration c = preset("default");
    set_options(c, settings);
    check(c);
    return lines(c)[1];
  };
  const std::string backward = "encoder.direction=backward", words = "encoder.reverse=words";
  const std::string last = "decoder.initial_state=last", copy = "decoder.initial_state=copy";
  EXPECT_EQ(first_state({last}), "first state: s_0 = tanh(W_s [→h_T; ←h_1] + b_s)");
  EXPECT_EQ(first_state({backward, last}), "first state: s_0 = tanh(W_s ←h_1 + b_s)");
  EXPECT_EQ(first_state({backward, words, last}), "first state: s_0 = tanh(W_s ←h_T + b_s)");
  EXPECT_EQ(first_state({backward, words, copy}), "first state: s_0 = ←h_T, layer by layer");
}

TEST(Equations, OfTheDateExercise) {
  Configuration dates = preset("dates");
  dates.attention.energies = Energies::kRelu;
  const Lines found = lines(dates);
  EXPECT_EQ(found[1], "first state: s_0 = 0");
  EXPECT_EQ(found[2], "energies: e_ij = max(0, v · tanh(W s_{i-1} + U h_j + b) + b_e)");
  EXPECT_EQ(found[5], "state: s_i = LSTM(s_{i-1}, c_i)");
  EXPECT_EQ(found[6], "choice: p(y_i) = softmax(W_o s_i + b_o)");
  EXPECT_EQ(found.size(), 7U);
}

TEST(Equations, OfTheConditionalGruUpdateTwice) {  // §4.6
  const Lines found = lines(preset("cgru"));
  EXPECT_EQ(found[2], "first update: s'_i = GRU(s_{i-1}, E y_{i-1})");
  EXPECT_EQ(found[3], "energies: e_ij = v · tanh(W s'_i + U h_j + b) + b_e");
  EXPECT_EQ(found[6], "state: s_i = GRU(s'_i, c_i)");
  EXPECT_EQ(found[7], "readout: r_i = tanh(W_r [s_i; E y_{i-1}; c_i] + b_r)");
  EXPECT_EQ(found.size(), 9U);
}

TEST(Equations, OfEveryScore) {  // §1.5
  const std::map<std::string, std::string> expected{
      {"additive", "v · tanh(W s_{i-1} + U h_j + b)"},
      {"normed-additive", "g / |v| · v · tanh(W s_{i-1} + U h_j + b)"},
      {"concat-code", "v · tanh(W s_{i-1} + h_j)"},
      {"dot", "s_{i-1} · h_j"},
      {"scaled-dot", "s_{i-1} · h_j / √256"},
      {"general", "s_{i-1} · W h_j"},
      {"scaled-general", "g · s_{i-1} · W h_j"},
      {"cosine", "g · (s_{i-1} / |s_{i-1}|) · (W h_j / |W h_j|)"},
      {"location", "(W s_{i-1})_j"},
      {"location-aware", "v · tanh(W s_{i-1} + U h_j + b + W_f f_ij)"},
      {"linear-pooling", "w · tanh(h_j)"},
      {"learned-query", "u · tanh(W h_j + b)"}};
  Configuration c = preset("default");
  c.decoder.units = c.encoder.annotation_units();
  for (const Option& option : options(c)) {
    if (option.name != "attention.score") continue;
    for (const std::string& score : option.choices) {
      option.set(score);
      ASSERT_TRUE(expected.contains(score)) << score;
      const Lines found = lines(c);
      EXPECT_EQ(std::count(found.begin(), found.end(), "energies: e_ij = " + expected.at(score)), 1)
          << score;
    }
  }
  c.attention.score = "location";
  c.attention.maximum_source = 50;
  EXPECT_EQ(lines(c)[3], "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik), j and k ≤ 50");
  c.attention.normaliser = Normaliser::kSparsemax;
  EXPECT_EQ(lines(c)[3],
            "alignment: α_ij = max(0, e_ij − τ_i), Σ_k max(0, e_ik − τ_i) = 1, j and k ≤ 50");
}

TEST(Equations, OfAWindowHaveItsCentreAndItsRange) {  // §6.3
  Configuration c = preset("luong-local-p");
  c.attention.reach = 4;
  const Lines found = lines(c);
  EXPECT_EQ(found[3], "window: p_i = S · σ(v_p tanh(W_p s_i))");
  EXPECT_EQ(found[5],
            "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik) · exp(−(j − p_i)² / 8), j and k from "
            "⌊p_i⌋ − 4 to ⌊p_i⌋ + 4");
}

TEST(Equations, OfAWindowOfTheStepHaveNoGaussian) {  // §6.3
  Configuration c = preset("luong-local-m");
  c.attention.reach = 4;
  const Lines found = lines(c);
  EXPECT_EQ(found[3], "window: p_i = min(i, S) − 1");
  EXPECT_EQ(found[5],
            "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik), j and k from ⌊p_i⌋ − 4 to ⌊p_i⌋ + 4");
}

TEST(Equations, OfHeadsHaveThresholdsOfTheirOwn) {  // §10.2
  Configuration c = preset("multi-head");
  c.attention.normaliser = Normaliser::kSparsemax;
  EXPECT_EQ(lines(c)[7],
            "alignment of a head: α^a_ij = max(0, e^a_ij − τ^a_i), Σ_k max(0, e^a_ik − τ^a_i) = 1");
}

TEST(Equations, OfOtherNormalisersHaveTheirThreshold) {  // §1.5
  Configuration c = preset("luong");
  c.attention.normaliser = Normaliser::kSparsemax;
  EXPECT_EQ(lines(c)[4], "alignment: α_ij = max(0, e_ij − τ_i), Σ_k max(0, e_ik − τ_i) = 1");
  c.attention.normaliser = Normaliser::kEntmax;
  EXPECT_EQ(lines(c)[4],
            "alignment: α_ij = max(0, e_ij / 2 − τ_i)², Σ_k max(0, e_ik / 2 − τ_i)² = 1");
  c.attention.window = Window::kPredicted;
  c.attention.reach = 4;
  EXPECT_EQ(lines(c)[5],
            "alignment: α_ij = max(0, e_ij / 2 − τ_i)² · exp(−(j − p_i)² / 8), "
            "Σ_k max(0, e_ik / 2 − τ_i)² = 1, j and k from ⌊p_i⌋ − 4 to ⌊p_i⌋ + 4");
}

TEST(Equations, OfCoverageAddUpTheAlignments) {  // §13.3
  const Lines found = lines(preset("coverage-see"));
  EXPECT_EQ(found[3], "energies: e_ij = v · tanh(W s_i + U h_j + b + W_c c_{i-1,j})");
  EXPECT_EQ(found[5], "coverage: c_ij = c_{i-1,j} + α_ij");
}

TEST(Equations, OfTheCoveragesOfTuNameFertilityAndGru) {  // §13.3
  const Lines linguistic = lines(preset("coverage-linguistic"));
  EXPECT_EQ(
      Lines(linguistic.begin() + 2, linguistic.begin() + 6),
      (Lines{"energies: e_ij = v · tanh(W s_{i-1} + U h_j + b + W_c C_{i-1,j})",
             "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik)", "fertility: Φ_j = 2 · σ(U_f h_j + b_f)",
             "coverage: C_ij = C_{i-1,j} + α_ij / Φ_j"}));
  EXPECT_EQ(lines(preset("coverage-neural"))[4],
            "coverage: C_ij = GRU(C_{i-1,j}, [α_ij; h_j; s_{i-1}])");
}

TEST(Equations, OfTheLocationAwareScoreFilterTheLastAlignment) {  // §1.5
  Configuration c = preset("coverage-linguistic");
  c.attention.score = "location-aware";
  const Lines found = lines(c);
  EXPECT_EQ(found[2], "first alignment: α_0j = 0");
  EXPECT_EQ(found[3], "location features: f_ij = (F * α_{i-1})_j");
  EXPECT_EQ(found[4],
            "energies: e_ij = v · tanh(W s_{i-1} + U h_j + b + W_f f_ij + W_c C_{i-1,j})");
  // Monotonic attention has a first alignment of its own.
  c = preset("monotonic");
  c.attention.score = "location-aware";
  const Lines monotonic = lines(c);
  EXPECT_EQ(std::count_if(monotonic.begin(), monotonic.end(),
                          [](const std::string& line) { return line.starts_with("first alig"); }),
            1);
}

TEST(Equations, OfTheDivisionByThePastAreLogarithms) {  // §11.1
  const Lines found = lines(preset("temporal"));
  EXPECT_EQ(Lines(found.begin() + 3, found.begin() + 7),
            (Lines{"energies: e_ij = s_i · W h_j",
                   "temporal energies: d_ij = e_ij − l_{i-1,j}, in the first step e_ij",
                   "past energies: l_ij = log Σ_{k ≤ i} exp(e_kj)",
                   "alignment: α_ij = exp(d_ij) / Σ_k exp(d_ik)"}));
}

TEST(Equations, OfMonotonicAttentionSayWhatPredictionDoes) {  // §13.1
  Configuration c = preset("monotonic");
  const std::string expectation =
      "alignment: α_ij = σ(e_ij) q_ij, q_ij = (1 − σ(e_{i,j-1})) q_{i,j-1} + α_{i-1,j}";
  EXPECT_EQ(lines(c)[2], "energies: e_ij = g / |v| · v · tanh(W s_{i-1} + U h_j + b) + b_e");
  EXPECT_EQ(lines(c)[3], "first alignment: α_0j = 1 if j = 1, else 0");
  EXPECT_EQ(lines(c)[4], expectation +
                             "; in prediction 1 at the first j from the last position on with "
                             "e_ij > 0, else 0");
  c.attention.prediction = MonotonicPrediction::kExpectation;
  EXPECT_EQ(lines(c)[4], expectation);
}

TEST(Equations, OfHardAttentionMixDistributions) {  // §13.2
  Configuration c = preset("hard-monotonic");
  const Lines found = lines(c);
  EXPECT_EQ(Lines(found.end() - 5, found.end()),
            (Lines{"readouts: r_ij = tanh(W_r [s_i; h_j] + b_r)",
                   "first position: f_0j = 1 if j = 1, else 0",
                   "prior: π_ij = Σ_{k ≤ j} f_{i-1,k} exp(e_ij) / Σ_{l ≥ k} exp(e_il)",
                   "posterior: f_ij = π_ij p(y_i | j) / Σ_k π_ik p(y_i | k)",
                   "choice: p(y_i) = Σ_j π_ij softmax(W_o r_ij + b_o)"}));
  c.attention.kind = AttentionKind::kHard;
  EXPECT_EQ(lines(c).back(), "choice: p(y_i) = Σ_j α_ij softmax(W_o r_ij + b_o)");
}

TEST(Equations, OfFirstOrderHardAttentionMoveByOffsets) {  // §13.2
  const Lines found = lines(preset("hard-monotonic-1"));
  EXPECT_EQ(found[3], "energies: e_ij = W_d [s_i; T h_j] + b_d");
  EXPECT_EQ(found[6],
            "prior: π_ij = Σ_{k ≤ j} f_{i-1,k} exp(e_ik)_{j-k} / Σ_d exp(e_ik)_d, j − k and d ≤ 5");
  EXPECT_EQ(found[8], "choice: p(y_i) = Σ_j π_ij softmax(W_o r_ij + b_o)");
}

TEST(Equations, OfModelsWithoutALook) {  // §2, §3
  Configuration c = preset("default");
  c.attention.kind = AttentionKind::kFixed;
  EXPECT_EQ(lines(c), (Lines{"annotations: h_j = [→h_j; ←h_j] of GRU",
                             "first state: s_0 = tanh(W_s ←h_1 + b_s)", "context: c = [→h_T; ←h_1]",
                             "state: s_i = GRU(s_{i-1}, [E y_{i-1}; c])",
                             "readout: r_i = tanh(W_r [s_i; E y_{i-1}; c] + b_r)",
                             "choice: p(y_i) = softmax(W_o r_i + b_o)"}));
  c.attention.kind = AttentionKind::kNone;
  EXPECT_EQ(lines(c)[2], "state: s_i = GRU(s_{i-1}, E y_{i-1})");
  EXPECT_EQ(lines(c)[3], "readout: r_i = tanh(W_r [s_i; E y_{i-1}] + b_r)");
}

TEST(Equations, OfChoHaveTheContextInsideTheResetGate) {  // §3
  EXPECT_EQ(
      lines(preset("cho")),
      (Lines{"annotations: h_j = →h_j of GRU", "context: c = tanh(V →h_T + b_c)",
             "first state: s_0 = tanh(W_s c + b_s)", "state: s_i = GRU(s_{i-1}, E y_{i-1}, c)",
             "readout: r_i = maxout(W_r [s_i; E y_{i-1}; c] + b_r)",
             "choice: p(y_i) = softmax(W_o r_i + b_o)"}));
}

TEST(Equations, OfGnmtLookWithTheBottomLayer) {  // §1.6
  Configuration c = preset("gnmt");
  Lines found = lines(c);
  EXPECT_EQ(found[2], "energies: e_ij = v · tanh(W s'_{i-1} + U h_j + b)");
  EXPECT_EQ(found[5],
            "state: s_i = 2×LSTM(s_{i-1}, [E y_{i-1}; c_i]), c_i in every layer, s'_i in the "
            "bottom layer");
  EXPECT_EQ(found[6], "choice: p(y_i) = softmax(W_o s_i + b_o)");
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.input_feeding = InputFeeding::kContext;
  found = lines(c);
  EXPECT_EQ(found[2], "bottom state: s'_i = LSTM(s'_{i-1}, [E y_{i-1}; c_{i-1}])");
  EXPECT_EQ(found[3], "energies: e_ij = v · tanh(W s'_i + U h_j + b)");
  EXPECT_EQ(found[6], "state: s_i = LSTM(s_{i-1}, [s'_i; c_i])");
  c.encoder.layers = c.decoder.layers = 4;
  EXPECT_EQ(lines(c)[6], "state: s_i = 3×LSTM(s_{i-1}, [s'_i; c_i]), c_i in every layer");
}

TEST(Equations, OfSeeMixTheLastContextIntoTheInput) {  // §13.3
  const Lines found = lines(published("coverage-see"));
  EXPECT_EQ(found[2], "input: x_i = W_x [E y_{i-1}; c_{i-1}] + b_x");
  EXPECT_EQ(found[3], "state: s_i = LSTM(s_{i-1}, x_i)");
  EXPECT_EQ(found[4], "energies: e_ij = v · tanh(W [s_i; cell(s_i)] + U h_j + b + W_c c_{i-1,j})");
}

TEST(Equations, OfACopySayWhenAndWhat) {  // §13.4
  const Lines found = lines(published("copy"));
  EXPECT_EQ(found[found.size() - 2], "generation: p_gen = σ(W_g [c_i; s_i; cell(s_i); x_i] + b_g)");
  EXPECT_EQ(found.back(),
            "choice: p(y_i) = p_gen softmax(W_o r_i + b_o) + (1 − p_gen) Σ_{j: x_j = y_i} α_ij");
}

TEST(Equations, OfFurtherCellsAndOfAGate) {  // §4.6, §1.6
  Configuration c = preset("cgru");
  c.decoder.transitions = 2;
  c.attention.context_gate = ContextGate::kScalar;
  const Lines found = lines(c);
  EXPECT_EQ(found[5], "gate: β_i = σ(W_β s'_i + b_β)");
  EXPECT_EQ(found[6], "context: c_i = β_i · Σ_j α_ij h_j");
  EXPECT_EQ(found[7], "second update: s''_i = GRU(s'_i, c_i)");
  EXPECT_EQ(found[8], "state: s_i = 2×GRU(s''_i)");
}

TEST(Equations, OfKeysAndValues) {  // §10.1
  const Lines found = lines(preset("key-value"));
  EXPECT_EQ(Lines(found.begin() + 3, found.begin() + 9),
            (Lines{"keys: k_j = h_j[1 … 128]", "values: v_j = h_j[129 … 256]",
                   "energies: e_ij = v · tanh(W s_i + U k_j + b)",
                   "alignment: α_ij = exp(e_ij) / Σ_k exp(e_ik)", "context: c_i = Σ_j α_ij v_j",
                   "readout: r_i = tanh(W_r [s_i; c_i] + b_r)"}));
  Configuration projected = preset("default");
  projected.attention.keys = Keys::kProjected;
  EXPECT_EQ(lines(projected)[2], "query: q_i = W_Q s_{i-1}");
  EXPECT_EQ(lines(projected)[5], "energies: e_ij = v · tanh(W q_i + U k_j + b)");
}

// The first head stands for all of them.
TEST(Equations, OfSeveralHeads) {  // §10.2
  const Lines found = lines(preset("multi-head"));
  EXPECT_EQ(
      Lines(found.begin() + 3, found.begin() + 12),
      (Lines{"query: q^a_i = W_Q^a s_i", "keys: k^a_j = W_K^a h_j", "values: v^a_j = W_V^a h_j",
             "energies: e^a_ij = q^a_i · k^a_j / √64",
             "alignment of a head: α^a_ij = exp(e^a_ij) / Σ_k exp(e^a_ik)",
             "context of a head: c^a_i = Σ_j α^a_ij v^a_j",
             "alignment: α_ij = mean_a α^a_ij, a = 1 … 4", "context: c_i = W_O [c^1_i; …; c^4_i]",
             "readout: r_i = tanh(W_r [s_i; E y_{i-1}; c_i] + b_r)"}));
}

TEST(Equations, OfSelfAttention) {  // §11.2
  const Lines found = lines(preset("self-attention"));
  const std::size_t first = found.size() - 5;
  EXPECT_EQ(found[first], "self energies: e'_it = s_i · W_k s_t");
  EXPECT_EQ(found[first + 1],
            "self alignment: α'_it = exp(e'_it) / Σ_k exp(e'_ik), t and k: all before i");
  EXPECT_EQ(found[first + 2], "self context: c'_i = Σ_t α'_it s_t, in the first step 0");
  EXPECT_EQ(found[first + 3], "readout: r_i = tanh(W_r [s_i; c_i; c'_i] + b_r)");
}

TEST(Equations, OfKeysValuesAndPredictions) {  // §11.2
  const Lines found = lines(preset("key-value-predict"));
  const std::size_t first = found.size() - 8;
  EXPECT_EQ(found[first], "key: k_i = s_i[1 … 64]");
  EXPECT_EQ(found[first + 1], "value: v_i = s_i[65 … 128]");
  EXPECT_EQ(found[first + 2], "prediction: p_i = s_i[129 … 192]");
  EXPECT_EQ(found[first + 3], "self energies: e'_it = v' · tanh(W_q k_i + W_k k_t)");
  EXPECT_EQ(found[first + 4],
            "self alignment: α'_it = exp(e'_it) / Σ_k exp(e'_ik), t and k: the last 15 before i");
  EXPECT_EQ(found[first + 5], "self context: c'_i = Σ_t α'_it v_t, in the first step 0");
  EXPECT_EQ(found[first + 6], "readout: r_i = tanh(W_r [p_i; c_i; c'_i] + b_r)");
}

TEST(Plans, ExistForTheCommonDecoders) {
  const std::set<std::string> rare{"cho",
                                   "gnmt",
                                   "luong-local-p",
                                   "luong-local-m",
                                   "luong-location",
                                   "coverage-see",
                                   "temporal",
                                   "monotonic",
                                   "hard-monotonic",
                                   "hard",
                                   "hard-monotonic-1",
                                   "key-value",
                                   "multi-head",
                                   "coverage-linguistic",
                                   "coverage-neural",
                                   "self-attention",
                                   "key-value-predict",
                                   "copy",
                                   "han",
                                   "han-mean",
                                   "han-max",
                                   "att-blstm",
                                   "flat-attention",
                                   "flat-mean",
                                   "flat-last",
                                   "flat-max",
                                   "captioner",
                                   "captioner-hard",
                                   "captioner-mean"};
  for (const Preset& one : presets()) {
    EXPECT_EQ(has_plan(preset(one.name)), !rare.contains(one.name)) << one.name;
  }
  const auto planned = [](const char* setting, const char* preset_name = "default") {
    Configuration c = preset(preset_name);
    set_option(c, setting);
    return has_plan(c);
  };
  EXPECT_TRUE(planned("attention.kind=fixed"));
  EXPECT_TRUE(planned("attention.kind=none"));
  for (const char* score : {"cosine", "scaled-dot", "scaled-general", "normed-additive"}) {
    EXPECT_FALSE(planned((std::string("attention.score=") + score).c_str())) << score;
  }
  EXPECT_FALSE(planned("attention.kind=monotonic"));
  EXPECT_FALSE(planned("attention.keys=halves"));
  EXPECT_FALSE(planned("attention.keys=projected"));
  EXPECT_FALSE(planned("attention.window=monotonic"));
  EXPECT_FALSE(planned("attention.temporal=past"));
  EXPECT_FALSE(planned("attention.coverage=linguistic"));
  EXPECT_FALSE(planned("attention.coverage=neural"));
  EXPECT_FALSE(planned("attention.score=location-aware"));
  EXPECT_FALSE(planned("attention.normaliser=sparsemax"));
  EXPECT_FALSE(planned("attention.normaliser=entmax"));
  EXPECT_FALSE(planned("decoder.cell=none"));
  EXPECT_FALSE(planned("decoder.copy=pointer"));
  for (const char* placement : {"attention.query=state-and-cell", "attention.context_gate=scalar",
                                "decoder.input_feeding=context", "decoder.input_layer=linear",
                                "decoder.transitions=1", "decoder.self_attention=dot"}) {
    EXPECT_FALSE(planned(placement)) << placement;
  }
  EXPECT_FALSE(planned("decoder.gru_context=inside", "rnnencdec"));
  EXPECT_FALSE(planned("attention.fixed_context=tanh", "rnnencdec"));
  EXPECT_FALSE(planned("decoder.initial_state=context", "rnnencdec"));
}

// A choice among the layers has no effect on one layer.
TEST(Plans, KnowOneLayerWhateverItIsCalled) {
  for (const char* choice : {"decoder.query_layer=bottom", "decoder.context_layers=all"}) {
    Configuration c = preset("default");
    set_option(c, choice);
    EXPECT_TRUE(has_plan(c)) << choice;
    c.decoder.layers = 2;
    EXPECT_FALSE(has_plan(c)) << choice;
  }
}

}  // namespace
}  // namespace attend::model
