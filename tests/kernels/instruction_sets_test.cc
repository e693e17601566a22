// Runs kernels with every instruction set of the machine; the other tests use the best one only.
#include <gtest/gtest.h>

#include <hwy/targets.h>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

// While it lives, kernels use one given instruction set.
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

constexpr std::size_t kRows = 7;

// The inputs of the kernels, equal for every instruction set.
struct Inputs {
  explicit Inputs(std::size_t of) : units(of) {}
  Values more(std::size_t size) { return reference::random_values(random, size); }

  std::size_t units;
  Random random{16};
  Values weights = more(units * units), x = more(kRows * units), bias = more(units);
};

void append(Values& all, std::span<const Ranked> best) {
  for (const Ranked& one : best) append(all, {static_cast<float>(one.index), one.value});
}

void products(const Inputs& in, Values& all) {
  Values y(kRows * in.units), panels(in.units);
  std::vector<Ranked> best(3);
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    const WeightView view{in.weights.data(), in.units, in.units, in.units};
    const Matrix matrix(view, one);
    matrix.multiply(in.x, kRows, in.bias, y);
    append(all, y);
    for (std::size_t panel = 0; panel * matrix.panel_width() < in.units; ++panel) {
      matrix.multiply_panel(in.bias, panel, std::span(in.x).first(in.units), panels);
    }
    append(all, panels);
    if (one == Precision::kInt8) break;  // the 4-bit copy needs VNNI
    rank_log_softmax(matrix, CoarseProduct(view, one), in.bias, 1, {}, panels, best);
    append(all, best);
  }
  rank_log_softmax(in.weights, best);
  append(all, best);
}

void functions_of_rows(const Inputs& in, Values& all) {
  Values y = in.x;
  tanh(y);
  append(all, y);
  logistic(y);
  append(all, y);
  hard_logistic(y);
  add(in.x, y);
  append(all, y);
  layer_norm(y, kRows, in.units, in.bias, {});
  append(all, y);
  Values normal = in.x, scales(kRows), sums = in.x, d_gain(in.units);
  const NormSizes norm{kRows, 1, in.units};
  layer_norm_forward(norm, {normal.data(), in.units}, in.bias, {scales.data(), 1},
                     {sums.data(), in.units});
  append(all, sums);
  layer_norm_backward(norm, {y.data(), in.units}, in.bias, {scales.data(), 1},
                      {normal.data(), in.units}, d_gain);
  append(all, normal);
  append(all, d_gain);
  softmax(y);
  append(all, y);
  log_softmax(y);
  append(all, y);
}

// A picture of 3 × 4 positions with as many channels as there are units.
void pictures(Inputs& in, Values& all) {
  const Grid grid{3, 4};
  const Values x = in.more(grid.positions() * in.units);
  const Values more = reference::random_values(in.random, 9 * in.units * in.units, 0.1);
  Values y(convolved_grid(grid, 2).positions() * in.units);
  convolve(Matrix(more, in.units, 9 * in.units), grid, {2, 1}, x, y);
  append(all, y);
  const Values residual = in.more(y.size());
  group_norm_relu(y, y.size() / in.units, in.units % 2 == 0 ? 2 : 1, in.bias, in.bias, residual);
  append(all, y);
}

void cells(Inputs& in, Values& all) {
  const CellSizes sizes{kRows, in.units};
  const Values a = in.more(4 * kRows * in.units), u = in.more(4 * kRows * in.units);
  const std::span<const float> a3 = std::span(a).first(3 * kRows * in.units);
  const std::span<const float> u3 = std::span(u).first(3 * kRows * in.units);
  const std::span<const float> u2 = u3.first(2 * kRows * in.units);
  Values state = in.x, cell = in.x, z(state.size()), reset(state.size());
  lstm(sizes, GateFunction::kLogistic, a, u, state, cell);
  append(all, state);
  gru_reset_after(sizes, {}, a3, u3, in.bias, state);
  append(all, state);
  gru_reset_before(sizes, GateFunction::kHard, a3, u2, state, z, reset);
  append(all, reset);
  gru_update(sizes, UpdateGate::kOld, a3, reset, z, state);
  append(all, state);
}

void attention(Inputs& in, Values& all) {
  const std::span<const float> v = std::span(in.weights).first(in.units);
  Values energies(kRows), context(in.units);
  additive_energies(in.bias, in.x, v, 0.5F, EnergyActivation::kLinear, energies);
  append(all, energies);
  softmax(energies);
  weighted_sum(energies, in.x, context);
  append(all, context);
  dot_energies(in.bias, in.x, 0.5F, EnergyActivation::kLinear, energies);
  append(all, energies);
  const std::vector<std::int32_t> lengths{5};  // one source in seven steps
  Values sums(5 * in.units, 0.0F), shares = in.more(kRows * 5);
  add_weighted_rows({1, 5, 0, 0}, lengths, {kRows, in.units, shares.data(), in.x.data()},
                    sums.data());
  append(all, sums);
  Values keys = in.x, query = in.bias;
  EXPECT_TRUE(exponential_keys(keys));
  exponential_query(query);
  additive_energies_of_keys(query, keys, v, 0.5F, EnergyActivation::kRelu, energies);
  append(all, energies);
  const std::size_t few = std::min(in.units, kFewUnits);
  Values columns(padded_positions(in.units) * few), seen(in.units);
  EXPECT_TRUE(exponential_columns(std::span(in.weights).first(in.units * few), few, columns));
  additive_energies_of_columns(std::span(in.bias).first(few), columns, std::span(in.x).first(few),
                               0.5F, EnergyActivation::kLinear, seen);
  append(all, seen);
}

// Returns the results of all kernels for `units` units.
Values results(std::size_t units) {
  Inputs in(units);
  Values all;
  products(in, all);
  functions_of_rows(in, all);
  pictures(in, all);
  cells(in, all);
  attention(in, all);
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
