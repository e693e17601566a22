#include "kernels/monotonic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The probability of every way to stop: attention stood at position k with probability last_k,
// passes k … j − 1 by and stops at j.
std::vector<double> by_all_ways(const std::vector<double>& energies,
                                const std::vector<double>& last) {
  std::vector<double> alignment(energies.size());
  for (std::size_t k = 0; k < energies.size(); ++k) {
    double passes = last[k];
    for (std::size_t j = k; j < energies.size(); ++j) {
      alignment[j] += passes * reference::logistic(energies[j]);
      passes *= 1 - reference::logistic(energies[j]);
    }
  }
  return alignment;
}

std::vector<double> in_double(const Values& values) { return {values.begin(), values.end()}; }

// An alignment whose values sum to less than 1.
Values random_alignment(Random& random, std::size_t size) {
  Values values(size);
  for (float& value : values) {
    value = static_cast<float>(random.uniform() / static_cast<double>(size));
  }
  return values;
}

Values aligned(const Values& energies, const Values& last) {
  Values alignment(energies.size(), 9.0F);
  monotonic_alignment(energies, last, alignment);
  return alignment;
}

Values scanned(const Values& energies, const Values& last) {
  Values alignment(energies.size(), 9.0F);
  monotonic_scan(energies, last, alignment);
  return alignment;
}

TEST(MonotonicAlignment, EqualsTheSumOverAllWaysToStop) {
  Random random(1);
  for (const std::size_t size : reference::kSizes) {
    const Values energies = reference::random_values(random, size, 2.0);
    const Values last = random_alignment(random, size), found = aligned(energies, last);
    const std::vector<double> expected = by_all_ways(in_double(energies), in_double(last));
    for (std::size_t j = 0; j < size; ++j) EXPECT_NEAR(found[j], expected[j], 1e-6);
    EXPECT_LE(std::accumulate(found.begin(), found.end(), 0.0), 1.0 + 1e-6);
  }
}

TEST(MonotonicAlignment, PassesClosedPositionsBy) {
  const Values found = aligned({-kInfinity, 0, -kInfinity, 30}, {1, 0, 0, 0});
  EXPECT_EQ(found[0], 0.0F);
  EXPECT_EQ(found[1], 0.5F);
  EXPECT_EQ(found[2], 0.0F);
  EXPECT_NEAR(found[3], 0.5, 1e-6);
  EXPECT_EQ(aligned(Values(3, -kInfinity), {1, 0, 0}), Values(3));
}

TEST(MonotonicAlignment, HasTheGradientOfCentralDifferences) {
  Random random(2);
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{9}}) {
    const Values energies = reference::random_values(random, size, 1.0);
    const Values last = random_alignment(random, size);
    const Values gradient = reference::random_values(random, size, 1.0);
    Values d_energies(size, 0.25F), d_last(size, -0.5F);
    monotonic_alignment_backward(energies, last, gradient, d_energies, d_last);
    const auto cost = [&](const std::vector<double>& e, const std::vector<double>& a) {
      const std::vector<double> alignment = by_all_ways(e, a);
      return std::inner_product(alignment.begin(), alignment.end(), gradient.begin(), 0.0);
    };
    constexpr double kStep = 1e-6;
    for (std::size_t j = 0; j < size; ++j) {
      std::vector<double> above = in_double(energies), below = above;
      above[j] += kStep;
      below[j] -= kStep;
      const std::vector<double> same = in_double(last);
      EXPECT_NEAR(d_energies[j] - 0.25F, (cost(above, same) - cost(below, same)) / (2 * kStep),
                  1e-5);
      above = below = same;
      above[j] += kStep;
      below[j] -= kStep;
      const std::vector<double> own = in_double(energies);
      EXPECT_NEAR(d_last[j] + 0.5F, (cost(own, above) - cost(own, below)) / (2 * kStep), 1e-5);
    }
    Values again(size, 0.25F);
    monotonic_alignment_backward(energies, last, gradient, again, {});
    EXPECT_EQ(again, d_energies);
  }
}

// Σ_i f_i A(i, j), where row i of A is the softmax of the energies from position i on.
std::vector<double> by_transitions(const std::vector<double>& energies,
                                   const std::vector<double>& f) {
  std::vector<double> prior(energies.size());
  for (std::size_t i = 0; i < energies.size(); ++i) {
    double sum = 0;
    for (std::size_t k = i; k < energies.size(); ++k) sum += std::exp(energies[k]);
    for (std::size_t j = i; j < energies.size() && sum > 0; ++j) {
      prior[j] += f[i] * std::exp(energies[j]) / sum;
    }
  }
  return prior;
}

Values prior_of(const Values& energies, const Values& f) {
  Values prior(energies.size(), 9.0F);
  monotonic_prior(energies, f, prior);
  return prior;
}

TEST(MonotonicPrior, EqualsTheSumOverTransitions) {
  Random random(3);
  for (const std::size_t size : reference::kSizes) {
    Values energies = reference::random_values(random, size, 2.0);
    const Values f = random_alignment(random, size);
    for (const bool closed : {false, true}) {
      if (closed) {
        for (float& energy : energies) energy = random.chance(0.3) ? -kInfinity : energy;
      }
      const Values found = prior_of(energies, f);
      const std::vector<double> expected = by_transitions(in_double(energies), in_double(f));
      for (std::size_t j = 0; j < size; ++j) EXPECT_NEAR(found[j], expected[j], 1e-6);
    }
  }
}

// The softmax of the first two would round the weight of the second position to 0.
TEST(MonotonicPrior, IsExactWhereEnergiesAreFarApart) {
  for (const float high : {28.0F, 110.0F, 1e4F}) {
    EXPECT_EQ(prior_of({high, 0}, {0, 1}), (Values{0, 1}));
    EXPECT_EQ(prior_of({0, high}, {1, 0})[1], 1.0F);
    EXPECT_EQ(prior_of({high, 0, -kInfinity}, {0.25F, 0.75F, 0}), (Values{0.25F, 0.75F, 0}));
  }
  EXPECT_NEAR(prior_of({28, 0}, {1, 0})[1] / std::exp(-28.0), 1, 1e-5);
  EXPECT_EQ(prior_of(Values(2, -kInfinity), {1, 0}), Values(2));
}

TEST(MonotonicPrior, HasTheGradientOfCentralDifferences) {
  Random random(4);
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{9}}) {
    Values energies = reference::random_values(random, size, 1.0);
    if (size > 2) energies[3] = energies[8] = -kInfinity;
    const Values f = random_alignment(random, size);
    const Values gradient = reference::random_values(random, size, 1.0);
    Values d_energies(size, 0.25F), d_f(size, -0.5F);
    monotonic_prior_backward(energies, f, gradient, d_energies, d_f);
    const auto cost = [&](const std::vector<double>& e, const std::vector<double>& from) {
      const std::vector<double> prior = by_transitions(e, from);
      return std::inner_product(prior.begin(), prior.end(), gradient.begin(), 0.0);
    };
    constexpr double kStep = 1e-6;
    for (std::size_t j = 0; j < size; ++j) {
      const std::vector<double> own = in_double(energies), from = in_double(f);
      std::vector<double> above = own, below = own;
      above[j] += kStep;
      below[j] -= kStep;
      EXPECT_NEAR(d_energies[j] - 0.25F, (cost(above, from) - cost(below, from)) / (2 * kStep),
                  1e-5);
      above = below = from;
      above[j] += kStep;
      below[j] -= kStep;
      EXPECT_NEAR(d_f[j] + 0.5F, (cost(own, above) - cost(own, below)) / (2 * kStep), 1e-5);
    }
  }
}

TEST(MonotonicPrior, HasFiniteGradientsWhereEnergiesAreFarApart) {
  for (const Values& f : {Values{0, 1}, Values{1, 0}}) {
    Values d_energies(2), d_f(2);
    monotonic_prior_backward(Values{110, 0}, f, Values{1, -1}, d_energies, d_f);
    EXPECT_NEAR(d_energies[0], 0, 1e-30);
    EXPECT_NEAR(d_energies[1], 0, 1e-30);
    EXPECT_EQ(d_f, (Values{1, -1}));
  }
}

TEST(MonotonicScan, StopsAtTheFirstPositionAboveZero) {
  EXPECT_EQ(scanned({-1, 2, 3}, {1, 0, 0}), (Values{0, 1, 0}));
  EXPECT_EQ(scanned({5, 2, 3}, {0, 1, 0}), (Values{0, 1, 0}));  // it may stay
  EXPECT_EQ(scanned({5, -2, 3}, {0, 1, 0}), (Values{0, 0, 1}));
  EXPECT_EQ(scanned({0, -0.5F, 0.1F}, {1, 0, 0}), (Values{0, 0, 1}));
}

TEST(MonotonicScan, LooksNowhereBehindTheLastPosition) {
  EXPECT_EQ(scanned({5, -2, -3}, {0, 1, 0}), (Values{0, 0, 0}));
  EXPECT_EQ(scanned({5, 2, 3}, {0, 0, 0}), (Values{0, 0, 0}));
  EXPECT_EQ(scanned({5, -kInfinity, -kInfinity}, {0, 1, 0}), (Values{0, 0, 0}));
}

}  // namespace
}  // namespace attend::kernels
