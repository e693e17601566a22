// Compares the equations that `attend show --explain` prints with those of the papers.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace attend::model
