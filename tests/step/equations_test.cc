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
  EXPECT_EQ(b.text(b.scale(q, 0.5)), "0.5 · s_{i-1}");
  EXPECT_EQ(b.text(b.scale(b.add(q, q), 0.5)), "0.5 · (s_{i-1} + s_{i-1})");
}

TEST(StepEquations, GiveTheSumOfASoftmaxItsOwnIndex) {
  Builder b = small_builder();
  const Value energies = b.dot_energies(b.zeros(4), b.annotations("→h_j"));
  b.write(energies, {"e_ij", "energies", ""});
  EXPECT_EQ(b.text(b.softmax(energies)), "exp(e_ij) / Σ_k exp(e_ik)");
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
