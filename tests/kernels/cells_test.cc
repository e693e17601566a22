#include "kernels/cells.h"

#include <gtest/gtest.h>

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

// Calls body(sizes, gates, update) for all sizes and options.
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

TEST(Cells, SizesMustFit) {
  Values two(2), four(4), six(6);
  const CellSizes sizes{1, 2};
  EXPECT_THROW(lstm(sizes, GateFunction::kLogistic, six, six, two, two), CheckFailure);
  EXPECT_THROW(gru_reset_after(sizes, {}, six, four, two, two), CheckFailure);
  EXPECT_THROW(gru_update(sizes, UpdateGate::kNew, six, four, two, two), CheckFailure);
}

}  // namespace
}  // namespace attend::kernels
