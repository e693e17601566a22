#include "kernels/cells.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/matrix.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;

double gate(GateFunction function, double x) {
  return function == GateFunction::kHard ? reference::hard_logistic(x) : reference::logistic(x);
}

double mixed(UpdateGate update, double z, double candidate, double old) {
  return update == UpdateGate::kNew ? (1 - z) * old + z * candidate : z * old + (1 - z) * candidate;
}

// The GRU of §16: x = (.5, −1), h = (.2, .4), no bias.
class GoldenGru : public ::testing::Test {
 protected:
  const Values x_ = {.5F, -1}, h_ = {.2F, .4F};
  const Values input_weight_ = {.1F, .2F,  .3F,  -.1F,       // z
                                .4F, 0,    -.2F, .5F,        // r
                                .6F, -.4F, .2F,  .1F};       // candidate
  const Values recurrent_weight_ = {.3F,  -.2F, .1F,  .4F,   // z
                                    -.1F, .2F,  .5F,  .3F,   // r
                                    .2F,  .7F,  -.3F, .5F};  // candidate
  static constexpr CellSizes kSizes{1, 2};

  Values inputs() const {
    Values a(6);
    Matrix(input_weight_, 6, 2).multiply(x_, 1, {}, a);
    return a;
  }

  Values before(UpdateGate update) const {
    const std::span<const float> u(recurrent_weight_);
    Values recurrent(4), z(2), reset(2), candidate(2), state = h_;
    Matrix(u.first(8), 4, 2).multiply(h_, 1, {}, recurrent);
    gru_reset_before(kSizes, GateFunction::kLogistic, inputs(), recurrent, state, z, reset);
    EXPECT_NEAR(z[0], 0.457602, 1e-6);
    EXPECT_NEAR(z[1], 0.605874, 1e-6);
    EXPECT_NEAR(reset[0], 0.564636 * 0.2, 1e-6);
    EXPECT_NEAR(reset[1], 0.406127 * 0.4, 1e-6);
    Matrix(u.subspan(8), 2, 2).multiply(reset, 1, {}, candidate);
    gru_update(kSizes, update, inputs(), candidate, z, state);
    return state;
  }

  Values after(UpdateGate update) const {
    Values recurrent(6), state = h_;
    const Values bias(2);
    Matrix(recurrent_weight_, 6, 2).multiply(h_, 1, {}, recurrent);
    gru_reset_after(kSizes, {GateFunction::kLogistic, update}, inputs(), recurrent, bias, state);
    return state;
  }

  static void expect(const Values& state, double first, double second) {
    EXPECT_NEAR(state[0], first, 1e-6);
    EXPECT_NEAR(state[1], second, 1e-6);
  }
};

TEST_F(GoldenGru, ResetBeforeUpdateNew) { expect(before(UpdateGate::kNew), 0.421408, 0.186316); }
TEST_F(GoldenGru, ResetBeforeUpdateOld) { expect(before(UpdateGate::kOld), 0.462436, 0.260996); }
TEST_F(GoldenGru, ResetAfterUpdateNew) { expect(after(UpdateGate::kNew), 0.431895, 0.192062); }
TEST_F(GoldenGru, ResetAfterUpdateOld) { expect(after(UpdateGate::kOld), 0.474866, 0.264734); }

constexpr GateFunction kGates[] = {GateFunction::kLogistic, GateFunction::kHard};
constexpr UpdateGate kUpdates[] = {UpdateGate::kNew, UpdateGate::kOld};

// Calls body(sizes, gates, update) for all sizes and options of the cells.
template <class Body>
void for_all(Body body) {
  for (const std::size_t units : reference::kSizes) {
    for (const std::size_t rows : {0, 1, 3}) {
      for (const GateFunction gates : kGates) {
        for (const UpdateGate update : kUpdates) body(CellSizes{rows, units}, gates, update);
      }
    }
  }
}

TEST(Gru, ResetBeforeEqualsOneUnitAtATime) {
  Random random(13);
  for_all([&](CellSizes sizes, GateFunction gates, UpdateGate update) {
    const std::size_t n = sizes.units, values = sizes.rows * n;
    const Values a = reference::random_values(random, 3 * values, 2.0);
    const Values u = reference::random_values(random, 2 * values);
    const Values u_c = reference::random_values(random, values);
    const Values h = reference::random_values(random, values, 0.5);
    Values z(values), reset(values), state = h;
    gru_reset_before(sizes, gates, a, u, state, z, reset);
    gru_update(sizes, update, a, u_c, z, state);
    for (std::size_t r = 0; r < sizes.rows; ++r) {
      for (std::size_t k = 0; k < n; ++k) {
        const float* row = a.data() + r * 3 * n;
        const std::size_t at = r * n + k;
        const double exact_z = gate(gates, row[k] + u[r * 2 * n + k]);
        const double exact_r = gate(gates, row[n + k] + u[r * 2 * n + n + k]);
        const double candidate = std::tanh(row[2 * n + k] + u_c[at]);
        EXPECT_NEAR(z[at], exact_z, 1e-6);
        EXPECT_NEAR(reset[at], exact_r * h[at], 1e-6);
        EXPECT_NEAR(state[at], mixed(update, exact_z, candidate, h[at]), 1e-6);
      }
    }
  });
}

TEST(Gru, ResetAfterEqualsOneUnitAtATime) {
  Random random(14);
  for_all([&](CellSizes sizes, GateFunction gates, UpdateGate update) {
    const std::size_t n = sizes.units, values = sizes.rows * n;
    const Values a = reference::random_values(random, 3 * values);
    const Values u = reference::random_values(random, 3 * values);
    const Values bias = reference::random_values(random, n);
    const Values h = reference::random_values(random, values, 0.5);
    Values state = h;
    gru_reset_after(sizes, {gates, update}, a, u, bias, state);
    for (std::size_t r = 0; r < sizes.rows; ++r) {
      for (std::size_t k = 0; k < n; ++k) {
        const float* row = a.data() + r * 3 * n;
        const float* recurrent = u.data() + r * 3 * n;
        const double z = gate(gates, row[k] + recurrent[k]);
        const double reset = gate(gates, row[n + k] + recurrent[n + k]);
        const double candidate =
            std::tanh(row[2 * n + k] + reset * (recurrent[2 * n + k] + bias[k]));
        EXPECT_NEAR(state[r * n + k], mixed(update, z, candidate, h[r * n + k]), 1e-6);
      }
    }
  });
}

TEST(Lstm, EqualsOneUnitAtATime) {
  Random random(15);
  for_all([&](CellSizes sizes, GateFunction gates, UpdateGate) {
    const std::size_t n = sizes.units, values = sizes.rows * n;
    const Values a = reference::random_values(random, 4 * values);
    const Values u = reference::random_values(random, 4 * values);
    const Values c = reference::random_values(random, values);
    Values state(values, 99.0F), cell = c;
    lstm(sizes, gates, a, u, state, cell);
    for (std::size_t r = 0; r < sizes.rows; ++r) {
      for (std::size_t k = 0; k < n; ++k) {
        const auto sum = [&](std::size_t g) {
          return static_cast<double>(a[r * 4 * n + g * n + k]) + u[r * 4 * n + g * n + k];
        };
        const double exact_cell =
            gate(gates, sum(1)) * c[r * n + k] + gate(gates, sum(0)) * std::tanh(sum(3));
        EXPECT_NEAR(cell[r * n + k], exact_cell, 1e-6);
        EXPECT_NEAR(state[r * n + k], gate(gates, sum(2)) * std::tanh(exact_cell), 1e-6);
      }
    }
  });
}

TEST(Lstm, GatesFarOffSaturate) {
  constexpr float kFar[] = {-1e30F, -200.0F, -40.0F, 40.0F, 200.0F, 1e30F};
  for (const float i : kFar) {
    for (const float f : kFar) {
      for (const float g : kFar) {
        for (const float o : kFar) {
          const Values gates = {i, f, o, g}, none(4);
          Values state = {0}, cell = {3};
          lstm({1, 1}, GateFunction::kLogistic, gates, none, state, cell);
          const double exact_cell =
              3 * reference::logistic(f) + reference::logistic(i) * std::tanh(g);
          EXPECT_NEAR(cell[0], exact_cell, 1e-6);
          EXPECT_NEAR(state[0], reference::logistic(o) * std::tanh(exact_cell), 1e-6);
        }
      }
    }
  }
}

TEST(Lstm, HandsNotANumberOn) {
  const float no_number = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t gate = 0; gate < 4; ++gate) {
    Values gates(4), state = {0}, cell = {0.5F};
    gates[gate] = no_number;
    lstm({1, 1}, GateFunction::kLogistic, gates, Values(4), state, cell);
    EXPECT_TRUE(std::isnan(state[0])) << gate;
  }
}

// Gates chosen by an index must give the results of those rows copied.
class ChosenGates : public ::testing::Test {
 protected:
  static constexpr std::size_t kRows = 4, kUnits = 21;
  static constexpr CellSizes kSizes{kRows, kUnits};
  const std::vector<std::int32_t> index_ = {2, 0, 2, 5};
  Random random_{17};
  const Values table_ = reference::random_values(random_, 6 * 4 * kUnits);
  const Values recurrent_ = reference::random_values(random_, kRows * 4 * kUnits);
  const Values state_ = reference::random_values(random_, kRows* kUnits, 0.5);

  Values rows(std::size_t gates) const {
    Values chosen;
    for (const std::int32_t row : index_) {
      const auto from = table_.begin() + row * static_cast<std::ptrdiff_t>(gates * kUnits);
      chosen.insert(chosen.end(), from, from + static_cast<std::ptrdiff_t>(gates * kUnits));
    }
    return chosen;
  }
  GateRows indexed(std::size_t gates) const {
    return {std::span(table_).first(6 * gates * kUnits), index_};
  }
  std::span<const float> recurrent(std::size_t gates) const {
    return std::span(recurrent_).first(kRows * gates * kUnits);
  }
};

TEST_F(ChosenGates, OfAnLstm) {
  Values state(state_.size()), cell = state_, expected(state_.size()), expected_cell = state_;
  lstm(kSizes, GateFunction::kLogistic, indexed(4), recurrent(4), state, cell);
  lstm(kSizes, GateFunction::kLogistic, rows(4), recurrent(4), expected, expected_cell);
  EXPECT_EQ(state, expected);
  EXPECT_EQ(cell, expected_cell);
}

TEST_F(ChosenGates, OfGrus) {
  const Values bias(kUnits, 0.1F);
  Values state = state_, expected = state_, z(state_.size()), reset(state_.size());
  gru_reset_after(kSizes, {}, indexed(3), recurrent(3), bias, state);
  gru_reset_after(kSizes, {}, rows(3), recurrent(3), bias, expected);
  EXPECT_EQ(state, expected);
  gru_reset_before(kSizes, GateFunction::kHard, indexed(3), recurrent(2), state, z, reset);
  gru_update(kSizes, UpdateGate::kNew, indexed(3), reset, z, state);
  gru_reset_before(kSizes, GateFunction::kHard, rows(3), recurrent(2), expected, z, reset);
  gru_update(kSizes, UpdateGate::kNew, rows(3), reset, z, expected);
  EXPECT_EQ(state, expected);
}

TEST_F(ChosenGates, MustBeThere) {
  Values state = state_, cell = state_;
  for (const std::int32_t wrong : {-1, 6}) {
    const std::vector<std::int32_t> index = {0, 0, wrong, 0};
    EXPECT_THROW(
        lstm(kSizes, GateFunction::kLogistic, GateRows(table_, index), recurrent(4), state, cell),
        CheckFailure);
  }
  const std::vector<std::int32_t> few = {0, 0};
  EXPECT_THROW(
      lstm(kSizes, GateFunction::kLogistic, GateRows(table_, few), recurrent(4), state, cell),
      CheckFailure);
}

TEST(Cells, SizesMustFit) {
  Values two(2), four(4), six(6);
  const CellSizes sizes{1, 2};
  EXPECT_THROW(lstm(sizes, GateFunction::kLogistic, six, six, two, two), CheckFailure);
  EXPECT_THROW(gru_reset_after(sizes, {}, six, four, two, two), CheckFailure);
  EXPECT_THROW(gru_update(sizes, UpdateGate::kNew, six, four, two, two), CheckFailure);
}

}  // namespace
}  // namespace attend::kernels
