// The other tests run with the best instruction set of the machine; here every one that it has.
#include <gtest/gtest.h>

#include <hwy/targets.h>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

// Chooses one instruction set while it lives.
class OneTarget {
 public:
  explicit OneTarget(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  ~OneTarget() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  OneTarget(const OneTarget&) = delete;
  OneTarget& operator=(const OneTarget&) = delete;
};

using Values = std::vector<float>;

void append(Values& all, const Values& values) {
  all.insert(all.end(), values.begin(), values.end());
}

// Results of all kernels for `units` units.
Values results(std::size_t units) {
  Random random(16);
  constexpr std::size_t kRows = 7;
  const auto values = [&](std::size_t size) { return reference::random_values(random, size); };
  Values all;
  const Values weights = values(units * units), x = values(kRows * units), bias = values(units);
  Values y(kRows * units);
  Matrix(weights, units, units).multiply(x, kRows, bias, y);
  append(all, y);
  for (const Precision one : {Precision::kBfloat16, Precision::kInt8}) {
    Matrix({weights.data(), units, units, units}, one).multiply(x, kRows, bias, y);
    append(all, y);
  }
  tanh(y);
  append(all, y);
  logistic(y);
  append(all, y);
  hard_logistic(y);
  add(x, y);
  append(all, y);
  layer_norm(y, kRows, units, bias, {});
  append(all, y);
  Values normal = x, scales(kRows), sums_of_norm = x, d_gain(units);
  const NormSizes norm{kRows, 1, units};
  layer_norm_forward(norm, {normal.data(), units}, bias, {scales.data(), 1},
                     {sums_of_norm.data(), units});
  append(all, sums_of_norm);
  layer_norm_backward(norm, {y.data(), units}, bias, {scales.data(), 1}, {normal.data(), units},
                      d_gain);
  append(all, normal);
  append(all, d_gain);
  softmax(y);
  append(all, y);
  log_softmax(y);
  append(all, y);
  const CellSizes sizes{kRows, units};
  const Values a = values(4 * kRows * units), u = values(4 * kRows * units);
  const std::span<const float> a3 = std::span(a).first(3 * kRows * units);
  const std::span<const float> u3 = std::span(u).first(3 * kRows * units);
  Values state = x, cell = y, z(state.size()), reset(state.size());
  lstm(sizes, GateFunction::kLogistic, a, u, state, cell);
  append(all, state);
  gru_reset_after(sizes, {}, a3, u3, bias, state);
  append(all, state);
  gru_reset_before(sizes, GateFunction::kHard, a3, u3.first(2 * kRows * units), state, z, reset);
  append(all, reset);
  gru_update(sizes, UpdateGate::kOld, a3, reset, z, state);
  append(all, state);
  Values energies(kRows), context(units);
  additive_energies(bias, x, std::span(weights).first(units), 0.5F, EnergyActivation::kLinear,
                    energies);
  append(all, energies);
  softmax(energies);
  weighted_sum(energies, x, context);
  append(all, context);
  dot_energies(bias, x, 0.5F, EnergyActivation::kLinear, energies);
  append(all, energies);
  const std::vector<std::int32_t> lengths{5};  // of one source, looked at in seven steps
  Values sums(5 * units, 0.0F), shares = values(kRows * 5);
  add_weighted_rows({1, 5, 0, 0}, lengths, {kRows, units, shares.data(), x.data()}, sums.data());
  append(all, sums);
  Values keys = x, query = bias;
  EXPECT_TRUE(exponential_keys(keys));
  exponential_query(query);
  additive_energies_of_keys(query, keys, std::span(weights).first(units), 0.5F,
                            EnergyActivation::kRelu, energies);
  append(all, energies);
  const std::size_t few = std::min(units, kFewUnits);
  std::vector<float> columns(padded_positions(units) * few), seen(units);
  EXPECT_TRUE(exponential_columns(std::span(weights).first(units * few), few, columns));
  additive_energies_of_columns(std::span(bias).first(few), columns, std::span(x).first(few), 0.5F,
                               EnergyActivation::kLinear, seen);
  append(all, seen);
  std::vector<Ranked> best(3);
  rank_log_softmax(weights, best);
  for (const Ranked& one : best) append(all, {static_cast<float>(one.index), one.value});
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    const WeightView view{weights.data(), units, units, units};
    const Matrix exact(view, one);
    for (std::size_t panel = 0; panel * exact.panel_width() < units; ++panel) {
      exact.multiply_panel(bias, panel, std::span(x).first(units), seen);
    }
    append(all, seen);
    if (one == Precision::kInt8) break;  // its copy needs VNNI
    rank_log_softmax(exact, CoarseProduct(view, one), bias, 1, {}, seen, best);
    for (const Ranked& ranked : best) {
      append(all, {static_cast<float>(ranked.index), ranked.value});
    }
  }
  return all;
}

TEST(InstructionSets, AllAgree) {
  for (const std::size_t units : {1, 5, 16, 37, 70}) {
    const Values expected = results(units);
    for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
      const std::int64_t target = left & -left;
      const OneTarget chosen(target);
      const Values found = results(units);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i], expected[i], 1e-5 * std::max(1.0F, std::abs(expected[i])))
            << hwy::TargetName(target) << ", " << units << " units, value " << i;
      }
    }
  }
}

}  // namespace
}  // namespace attend::kernels
