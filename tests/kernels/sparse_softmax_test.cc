#include "kernels/sparse_softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

double sparse_weight(double energy, double threshold) { return std::max(energy - threshold, 0.0); }
double entmax_weight(double energy, double threshold) {
  const double root = std::max(energy / 2 - threshold, 0.0);
  return root * root;
}

// One of the two functions, and its weight of an energy and a threshold.
struct Normaliser {
  const char* name;
  double (*weight)(double energy, double threshold);
  void (*forward)(std::span<float> row, std::span<float> scratch);
  void (*backward)(std::span<const float> weights, std::span<const float> d_weights,
                   std::span<float> d_energies);
};
constexpr Normaliser kNormalisers[] = {
    {"sparsemax", sparse_weight, sparsemax, sparsemax_backward},
    {"entmax", entmax_weight, entmax, entmax_backward},
};

// Bisects the threshold at which the weights sum to 1.
std::vector<double> by_bisection(const Normaliser& one, const std::vector<double>& energies) {
  const double largest = *std::max_element(energies.begin(), energies.end());
  double low = std::min(largest, largest / 2) - 2, high = std::max(largest, largest / 2);
  std::vector<double> weights(energies.size());
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      weights[j] = one.weight(energies[j], middle);
    }
    (std::accumulate(weights.begin(), weights.end(), 0.0) > 1 ? low : high) = middle;
  }
  return weights;
}

Values computed(const Normaliser& one, Values row) {
  Values scratch(row.size());
  one.forward(row, scratch);
  return row;
}

TEST(SparseSoftmax, EqualsItsDefinitionInDouble) {
  Random random(3);
  for (const Normaliser& one : kNormalisers) {
    for (const double scale : {0.01, 1.0, 30.0}) {
      for (const std::size_t size : reference::kSizes) {
        if (size == 0) continue;
        const Values energies = reference::random_values(random, size, scale);
        const std::vector<double> expected = by_bisection(one, {energies.begin(), energies.end()});
        const Values found = computed(one, energies);
        for (std::size_t j = 0; j < size; ++j) EXPECT_NEAR(found[j], expected[j], 2e-6) << one.name;
        EXPECT_NEAR(std::accumulate(found.begin(), found.end(), 0.0), 1.0, 1e-5) << one.name;
      }
    }
  }
}

TEST(SparseSoftmax, OfSmallExamples) {
  // (0.5 + 0.3 − 1) / 2 = −0.1 is the threshold of the first two.
  const Values sparse = computed(kNormalisers[0], {0.3F, -1, 0.5F});
  EXPECT_NEAR(sparse[0], 0.4, 1e-6);
  EXPECT_EQ(sparse[1], 0.0F);
  EXPECT_NEAR(sparse[2], 0.6, 1e-6);
  // Halves 0.7 and 0.5: the mean is 0.6, the spread 0.02, the threshold 0.6 − √0.49 = −0.1.
  const Values smooth = computed(kNormalisers[1], {1.0F, -9, 1.4F});
  EXPECT_NEAR(smooth[0], 0.36, 1e-6);
  EXPECT_EQ(smooth[1], 0.0F);
  EXPECT_NEAR(smooth[2], 0.64, 1e-6);
}

TEST(SparseSoftmax, SharesAmongEqualEnergiesOfAnySize) {
  for (const Normaliser& one : kNormalisers) {
    for (const float energy : {0.0F, 1e30F, -1e30F}) {
      EXPECT_EQ(computed(one, {energy, energy, energy, energy}), Values(4, 0.25F)) << one.name;
    }
    EXPECT_EQ(computed(one, {1e30F, 7, -1e30F}), (Values{1, 0, 0})) << one.name;
    EXPECT_EQ(computed(one, {-3}), Values{1}) << one.name;
  }
}

TEST(SparseSoftmax, MaskedEnergiesGetZero) {
  for (const Normaliser& one : kNormalisers) {
    Values row(20, -kInfinity);
    row[3] = row[19] = 2.0F;
    const Values found = computed(one, row);
    for (std::size_t j = 0; j < row.size(); ++j) {
      EXPECT_EQ(found[j], j == 3 || j == 19 ? 0.5F : 0.0F) << one.name;
    }
    EXPECT_EQ(computed(one, Values(5, -kInfinity)), Values(5)) << one.name;
  }
}

// A distance of 1e-6 of doubles is small enough that no weight becomes 0 or leaves 0 within it.
TEST(SparseSoftmax, HasTheGradientOfCentralDifferences) {
  Random random(5);
  for (const Normaliser& one : kNormalisers) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      for (int trial = 0; trial < 20; ++trial) {
        const Values energies = reference::random_values(random, size, 1.0);
        const Values d_weights = reference::random_values(random, size, 1.0);
        Values found(size, 0.25F);
        one.backward(computed(one, energies), d_weights, found);
        for (std::size_t j = 0; j < size; ++j) {
          const auto moved = [&](double distance) {
            std::vector<double> all(energies.begin(), energies.end());
            all[j] += distance;
            const std::vector<double> weights = by_bisection(one, all);
            return std::inner_product(weights.begin(), weights.end(), d_weights.begin(), 0.0);
          };
          constexpr double kStep = 1e-6;
          const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
          EXPECT_NEAR(found[j] - 0.25F, expected, 2e-4) << one.name << " " << size;
        }
      }
    }
  }
}

}  // namespace
}  // namespace attend::kernels
