// Tests attention by a dot product, forward and backward, against plain loops in double and their
// central differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <tuple>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;
using Doubles = std::vector<double>;

constexpr double kTolerance = 3e-6;

Doubles doubles(const Values& x) { return {x.begin(), x.end()}; }

// d f / d x_k by central differences; f takes the changed copy of x.
Doubles differences(const Values& x, const std::function<double(const Doubles&)>& f) {
  Doubles point = doubles(x), result;
  for (double& value : point) {
    const double saved = value, step = 1e-5;
    value = saved + step;
    const double above = f(point);
    value = saved - step;
    result.push_back((above - f(point)) / (2 * step));
    value = saved;
  }
  return result;
}

void expect_near(const Values& found, const Doubles& expected, const char* what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t k = 0; k < found.size(); ++k) {
    ASSERT_NEAR(found[k], expected[k], kTolerance * std::max(1.0, std::abs(expected[k])))
        << what << ' ' << k;
  }
}

struct Case {
  AttentionSizes sizes;
  std::vector<std::int32_t> lengths;
  EnergyActivation activation;
  std::size_t steps = 1;

  // Computes the alignments of all steps and sentences.
  Doubles alignments(const Doubles& keys, const Doubles& queries, double bias) const {
    const std::size_t n = sizes.attention_units, length = sizes.source_length;
    Doubles result(steps * sizes.batch * length);
    for (std::size_t row = 0; row < steps * sizes.batch; ++row) {
      const std::size_t first = row % sizes.batch * length;
      const std::span shares(result.data() + row * length,
                             static_cast<std::size_t>(lengths[row % sizes.batch]));
      double sum = 0;
      for (std::size_t j = 0; j < shares.size(); ++j) {
        double energy = bias;
        for (std::size_t k = 0; k < n; ++k)
          energy += queries[row * n + k] * keys[(first + j) * n + k];
        if (activation == EnergyActivation::kRelu) energy = std::max(energy, 0.0);
        sum += shares[j] = std::exp(energy);
      }
      for (double& share : shares) share /= sum;
    }
    return result;
  }

  // Computes the contexts of all steps and sentences.
  Doubles contexts(const Doubles& h, const Doubles& shares) const {
    const std::size_t h_units = sizes.annotation_units, length = sizes.source_length;
    Doubles result(steps * sizes.batch * h_units);
    for (std::size_t at = 0; at < shares.size(); ++at) {
      const std::size_t row = at / length;
      const double* annotation = h.data() + (row % sizes.batch * length + at % length) * h_units;
      for (std::size_t k = 0; k < h_units; ++k) {
        result[row * h_units + k] += shares[at] * annotation[k];
      }
    }
    return result;
  }
};

// Runs forward and backward over all steps, as training does. `gamma` are the gradients of the
// contexts, and `delta` those of the alignments, which may be empty.
struct Pass {
  Values energies, alignments, contexts;                    // for all steps
  Values d_h, d_keys, d_queries, d_energies, d_bias{1.0F};  // sums start at 1

  Pass(const Case& one, const Values& h, const Values& keys, const Values& queries, float bias,
       const Values& gamma, const Values& delta) {
    const AttentionSizes& s = one.sizes;
    const std::size_t positions = s.batch * s.source_length, rows = one.steps * s.batch;
    energies = alignments = d_energies = Values(one.steps * positions, 9.0F);
    contexts.resize(rows * s.annotation_units);
    d_queries.assign(queries.size(), 55.0F);
    const AttentionSource source{s,       one.lengths, h.data(),      keys.data(),
                                 nullptr, bias,        one.activation};
    for (std::size_t i = 0; i < one.steps; ++i) {
      const std::size_t query = i * s.batch * s.attention_units;
      const std::size_t context = i * s.batch * s.annotation_units;
      const AttentionStep step{queries.data() + query, energies.data() + i * positions,
                               alignments.data() + i * positions, contexts.data() + context};
      dot_attention_forward(source, step);
      dot_attention_backward(
          source, step,
          {gamma.data() + context, delta.empty() ? nullptr : delta.data() + i * positions},
          {d_energies.data() + i * positions, d_queries.data() + query, d_bias.data()});
    }
    d_h.assign(h.size(), 1.0F);
    d_keys.assign(keys.size(), 1.0F);
    add_weighted_rows(s, one.lengths,
                      {one.steps, s.annotation_units, alignments.data(), gamma.data()}, d_h.data());
    add_weighted_rows(s, one.lengths,
                      {one.steps, s.attention_units, d_energies.data(), queries.data()},
                      d_keys.data());
  }
};

// `kBoth`: a cost reads the contexts and the alignments; `kContext`: the contexts alone.
enum class Results { kContext, kBoth };

class DotAttention
    : public ::testing::TestWithParam<std::tuple<EnergyActivation, std::size_t, Results>> {};

TEST_P(DotAttention, EqualsCentralDifferences) {
  const auto [activation, units, results] = GetParam();
  Random random(34);
  const Case one{{3, 6, units, units + 2}, {6, 1, 5}, activation, 3};
  const AttentionSizes& s = one.sizes;
  const std::size_t positions = s.batch * s.source_length, rows = one.steps * s.batch;
  const double scale = 1 / std::sqrt(static_cast<double>(units));
  const Values h = reference::random_values(random, positions * s.annotation_units);
  const Values keys = reference::random_values(random, positions * units, scale);
  const Values queries = reference::random_values(random, rows * units);
  const Values gamma = reference::random_values(random, rows * s.annotation_units, 0.5);
  const Values bias{0.3F};
  Values delta, d_alignments;
  if (results == Results::kBoth) {
    delta = reference::random_values(random, rows * s.source_length, 0.5);
    d_alignments = reference::poison_padding(delta, one.lengths, s.source_length);
  }
  const Pass pass(one, h, keys, queries, bias[0], gamma, d_alignments);

  const Doubles eh = doubles(h), ek = doubles(keys), eq = doubles(queries);
  expect_near(pass.alignments, one.alignments(ek, eq, bias[0]), "alignment");
  expect_near(pass.contexts, one.contexts(eh, one.alignments(ek, eq, bias[0])), "context");
  const auto cost = [&](const Doubles& ah, const Doubles& ak, const Doubles& aq, double ab) {
    const Doubles shares = one.alignments(ak, aq, ab), contexts = one.contexts(ah, shares);
    double sum = 0;
    for (std::size_t k = 0; k < gamma.size(); ++k) sum += gamma[k] * contexts[k];
    for (std::size_t k = 0; k < delta.size(); ++k) sum += delta[k] * shares[k];
    return sum;
  };
  const auto plus_one = [](Doubles x) {
    for (double& value : x) value += 1;
    return x;
  };
  expect_near(pass.d_h,
              plus_one(differences(h, [&](const auto& x) { return cost(x, ek, eq, bias[0]); })),
              "annotations");
  expect_near(pass.d_keys,
              plus_one(differences(keys, [&](const auto& x) { return cost(eh, x, eq, bias[0]); })),
              "keys");
  expect_near(pass.d_queries,
              differences(queries, [&](const auto& x) { return cost(eh, ek, x, bias[0]); }),
              "queries");
  expect_near(pass.d_bias,
              plus_one(differences(bias, [&](const auto& x) { return cost(eh, ek, eq, x[0]); })),
              "bias");
  for (std::size_t i = 0; i < one.steps; ++i) {  // padding gets 0
    EXPECT_EQ(pass.alignments[i * positions + 6 + 1], 0.0F);
    EXPECT_EQ(pass.d_energies[i * positions + 12 + 5], 0.0F);
  }
}

INSTANTIATE_TEST_SUITE_P(ActivationsAndUnits, DotAttention,
                         ::testing::Combine(::testing::Values(EnergyActivation::kLinear,
                                                              EnergyActivation::kRelu),
                                            ::testing::Values(1, 5, 16, 21, 40),
                                            ::testing::Values(Results::kContext, Results::kBoth)));

TEST(AddWeightedRows, EqualsTheLoopsInDouble) {
  Random random(35);
  for (const std::size_t units : reference::kSizes) {
    for (const std::size_t steps : {0, 1, 7}) {
      const AttentionSizes sizes{2, 9, 0, 0};
      const std::vector<std::int32_t> lengths{9, 3};
      const Values weights = reference::random_values(random, steps * 2 * 9, 0.5);
      const Values rows = reference::random_values(random, steps * 2 * units);
      Values to(2 * 9 * units, 0.5F);
      add_weighted_rows(sizes, lengths, {steps, units, weights.data(), rows.data()}, to.data());
      Doubles expected(to.size(), 0.5);
      for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t j = 0; j < static_cast<std::size_t>(lengths[b]); ++j) {
          for (std::size_t k = 0; k < units * steps; ++k) {
            const std::size_t row = k / units * 2 + b;
            expected[(b * 9 + j) * units + k % units] +=
                static_cast<double>(weights[row * 9 + j]) * rows[row * units + k % units];
          }
        }
      }
      expect_near(to, expected, "sums");
    }
  }
}

}  // namespace
}  // namespace attend::kernels
