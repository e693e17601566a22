#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/matrix.h"
#include "kernels/softmax.h"
#include "reference.h"

namespace attend::kernels {
namespace {

// The worked example of §16.
class GoldenAttention : public ::testing::Test {
 protected:
  const std::vector<float> query_weight_ = {.5F, -.3F, .1F, .2F};
  const std::vector<float> annotation_weight_ = {.2F, .1F, -.4F, .3F};
  const std::vector<float> energy_weight_ = {1.0F, -.5F};
  const std::vector<float> state_ = {.3F, -.7F};
  const std::vector<float> annotations_ = {1, 0, 0, 1, .5F, -.5F};

  std::vector<float> energies() const {
    std::vector<float> query(2), projected(6), result(3);
    Matrix(query_weight_, 2, 2).multiply(state_, 1, {}, query);
    Matrix(annotation_weight_, 2, 2).multiply(annotations_, 3, {}, projected);
    additive_energies(query, projected, energy_weight_, 0.0F, EnergyActivation::kLinear, result);
    return result;
  }

  void expect(std::size_t length, const std::vector<double>& alignment,
              const std::vector<double>& context) const {
    std::vector<float> row = energies(), sum(2);
    std::fill(row.begin() + static_cast<std::ptrdiff_t>(length), row.end(),
              -std::numeric_limits<float>::infinity());
    softmax(row);
    weighted_sum(row, annotations_, sum);
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(row[j], alignment[j], 1e-6);
    for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(sum[k], context[k], 1e-6);
  }
};

TEST_F(GoldenAttention, Energies) {
  const std::vector<float> found = energies();
  EXPECT_NEAR(found[0], 0.742950, 1e-6);
  EXPECT_NEAR(found[1], 0.336211, 1e-6);
  EXPECT_NEAR(found[2], 0.603515, 1e-6);
}

TEST_F(GoldenAttention, AlignmentAndContext) {
  expect(3, {0.394373, 0.262581, 0.343046}, {0.565896, 0.091058});
}

TEST_F(GoldenAttention, ThirdPositionMasked) {
  expect(2, {0.600306, 0.399694, 0.0}, {0.600306, 0.399694});
}

TEST_F(GoldenAttention, DotAndGeneral) {
  std::vector<float> row(3), keys(6);
  dot_energies(state_, annotations_, 0.0F, EnergyActivation::kLinear, row);
  softmax(row);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(row[j], (std::vector{0.386207, 0.142078, 0.471715}[j]), 1e-6);
  }
  Matrix(query_weight_, 2, 2).multiply(annotations_, 3, {}, keys);  // the query's W
  dot_energies(state_, keys, 0.0F, EnergyActivation::kLinear, row);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(row[j], (std::vector{0.08, -0.23, 0.155}[j]), 1e-6);
  }
  softmax(row);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(row[j], (std::vector{0.355703, 0.260890, 0.383407}[j]), 1e-6);
  }
}

TEST(DotEnergies, EqualTheLoopsInDouble) {
  Random random(9);
  for (const std::size_t units : reference::kSizes) {
    for (const std::size_t length : {0, 1, 3, 4, 10}) {
      const auto query = reference::random_values(random, units);
      const auto keys = reference::random_values(random, length * units);
      for (const auto activation : {EnergyActivation::kLinear, EnergyActivation::kRelu}) {
        std::vector<float> energies(length);
        dot_energies(query, keys, -0.25F, activation, energies);
        for (std::size_t j = 0; j < length; ++j) {
          double expected = -0.25, size = 1.0;
          for (std::size_t k = 0; k < units; ++k) {
            expected += static_cast<double>(query[k]) * keys[j * units + k];
            size += std::abs(static_cast<double>(query[k]) * keys[j * units + k]);
          }
          if (activation == EnergyActivation::kRelu) expected = std::max(expected, 0.0);
          EXPECT_NEAR(energies[j], expected, 1e-6 * size) << units << " units";
        }
      }
    }
  }
}

TEST(AdditiveEnergies, EqualTheLoopsInDouble) {
  Random random(7);
  for (const std::size_t units : reference::kSizes) {
    for (const std::size_t length : {0, 1, 3, 10}) {
      const auto query = reference::random_values(random, units);
      const auto projected = reference::random_values(random, length * units);
      const auto weight = reference::random_values(random, units, 0.3);
      for (const auto activation : {EnergyActivation::kLinear, EnergyActivation::kRelu}) {
        std::vector<float> energies(length);
        additive_energies(query, projected, weight, -0.25F, activation, energies);
        for (std::size_t j = 0; j < length; ++j) {
          double expected = -0.25;
          for (std::size_t k = 0; k < units; ++k) {
            expected +=
                weight[k] * std::tanh(static_cast<double>(query[k]) + projected[j * units + k]);
          }
          if (activation == EnergyActivation::kRelu) expected = std::max(expected, 0.0);
          EXPECT_NEAR(energies[j], expected, 3e-6) << units << " units";
        }
      }
    }
  }
}

TEST(WeightedSum, EqualsTheLoopsInDouble) {
  Random random(8);
  for (const std::size_t units : {0, 1, 3, 16, 31, 64, 65, 130, 200}) {
    for (const std::size_t length : {0, 1, 2, 9}) {
      const auto alignment = reference::random_values(random, length, 0.3);
      const auto annotations = reference::random_values(random, length * units);
      std::vector<float> context(units, 99.0F);
      weighted_sum(alignment, annotations, context);
      for (std::size_t k = 0; k < units; ++k) {
        double expected = 0.0;
        for (std::size_t j = 0; j < length; ++j) {
          expected += static_cast<double>(alignment[j]) * annotations[j * units + k];
        }
        EXPECT_NEAR(context[k], expected, 1e-6);
      }
    }
  }
}

// Alignment counts up to more than are summed at once, widths with and without a rest.
TEST(WeightedSums, HaveTheBitsThatEachWouldHaveAlone) {
  constexpr std::size_t kLength = 7;
  Random random(4);
  for (const std::size_t units : {1, 16, 37, 64, 130}) {
    const auto annotations = reference::random_values(random, kLength * units);
    for (std::size_t count = 1; count <= 11; ++count) {
      const auto alignments = reference::random_values(random, count * kLength);
      std::vector<float> sums(count * units), alone(units);
      weighted_sums({alignments.data(), kLength}, count, kLength, annotations, {sums.data(), units},
                    units);
      for (std::size_t r = 0; r < count; ++r) {
        weighted_sum(std::span(alignments).subspan(r * kLength, kLength), annotations, alone);
        for (std::size_t k = 0; k < units; ++k) ASSERT_EQ(sums[r * units + k], alone[k]);
      }
    }
  }
}

TEST(AdditiveEnergies, SizesMustFit) {
  std::vector<float> two(2), three(3), six(6);
  EXPECT_THROW(additive_energies(two, six, three, 0, EnergyActivation::kLinear, three),
               CheckFailure);
  EXPECT_THROW(additive_energies(two, six, two, 0, EnergyActivation::kLinear, two), CheckFailure);
  EXPECT_THROW(dot_energies(two, three, 0, EnergyActivation::kLinear, two), CheckFailure);
  EXPECT_THROW(weighted_sum(two, six, two), CheckFailure);
}

TEST(Attention, EnergiesOfExponentialsAreThoseOfTanh) {
  Random random(41);
  for (const std::size_t units : {1, 10, 16, 37, 512}) {
    constexpr std::size_t kLength = 9;
    for (const double scale : {0.3, 2.0, 5.0, 100.0}) {  // 100: queries far beyond saturation
      const auto weight = reference::random_values(random, units);
      auto query = reference::random_values(random, units, scale);
      auto keys = reference::random_values(random, kLength * units, std::min(scale, 4.0));
      std::vector<double> expected;
      for (std::size_t j = 0; j < kLength; ++j) {
        double sum = 0.25;
        for (std::size_t k = 0; k < units; ++k) {
          sum += weight[k] * std::tanh(static_cast<double>(query[k]) + keys[j * units + k]);
        }
        expected.push_back(sum);
      }
      ASSERT_TRUE(exponential_keys(keys));
      exponential_query(query);
      std::vector<float> energies(kLength);
      additive_energies_of_keys(query, keys, weight, 0.25F, EnergyActivation::kLinear, energies);
      for (std::size_t j = 0; j < kLength; ++j) {
        ASSERT_NEAR(energies[j], expected[j], 3e-7 * static_cast<double>(units + 10)) << units;
      }
    }
  }
}

TEST(Attention, EnergiesOfColumnsAreThoseOfTanh) {
  Random random(29);
  for (const EnergyActivation activation : {EnergyActivation::kLinear, EnergyActivation::kRelu}) {
    for (const std::size_t units : {1, 2, 10, 31, 32}) {
      for (const std::size_t length : {1, 2, 15, 16, 17, 30, 32, 33, 70}) {
        const auto query = reference::random_values(random, units, 3.0);
        const auto keys = reference::random_values(random, length * units, 3.0);
        const auto weight = reference::random_values(random, units);
        std::vector<float> columns(padded_positions(length) * units), energies(length);
        ASSERT_TRUE(exponential_columns(keys, units, columns));
        additive_energies_of_columns(query, columns, weight, 0.25F, activation, energies);
        for (std::size_t j = 0; j < length; ++j) {
          double expected = 0.25;
          for (std::size_t k = 0; k < units; ++k) {
            expected += weight[k] * std::tanh(static_cast<double>(query[k]) + keys[j * units + k]);
          }
          if (activation == EnergyActivation::kRelu) expected = std::max(expected, 0.0);
          ASSERT_NEAR(energies[j], expected, 3e-7 * static_cast<double>(units + 10))
              << units << " units, " << length << " positions";
        }
      }
    }
  }
}

TEST(Attention, ColumnsTakeOnlyKeysThatFit) {
  std::vector<float> columns(2 * padded_positions(3), 7.0F);
  for (const float wrong : {17.5F, -18.0F, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_FALSE(exponential_columns(std::vector<float>{0, 1, 2, 3, 4, wrong}, 2, columns));
    EXPECT_EQ(columns, std::vector<float>(columns.size(), 7.0F));
  }
  EXPECT_THROW(exponential_columns(std::vector<float>(5), 2, columns), CheckFailure);
  EXPECT_THROW(exponential_columns(std::vector<float>(6), 3, columns), CheckFailure);
}

TEST(Attention, AQueryOfColumnsThatIsNoNumberShows) {
  std::vector<float> columns(padded_positions(1)), energy(1);
  ASSERT_TRUE(exponential_columns(std::vector<float>{0.5F}, 1, columns));
  const std::vector<float> query = {std::numeric_limits<float>::quiet_NaN()};
  for (const EnergyActivation activation : {EnergyActivation::kLinear, EnergyActivation::kRelu}) {
    additive_energies_of_columns(query, columns, std::vector<float>{1.0F}, 0.0F, activation,
                                 energy);
    EXPECT_TRUE(std::isnan(energy[0]));
  }
}

TEST(Attention, KeysThatDoNotFitStayAsTheyAre) {
  for (const float bad : {17.1F, -18.0F, 1e30F, std::numeric_limits<float>::quiet_NaN()}) {
    for (const std::size_t place : {0, 15, 16, 36}) {
      std::vector<float> keys(37, 0.5F);
      keys[place] = bad;
      EXPECT_FALSE(exponential_keys(keys));
      EXPECT_EQ(keys[1], 0.5F);
    }
  }
  std::vector<float> keys = {17.0F, -17.0F};
  EXPECT_TRUE(exponential_keys(keys));
}

TEST(Attention, AQueryThatIsNoNumberShows) {
  std::vector<float> query = {1.0F, std::numeric_limits<float>::quiet_NaN()}, keys(2), energy(1);
  ASSERT_TRUE(exponential_keys(keys));
  exponential_query(query);
  additive_energies_of_keys(query, keys, std::vector<float>{1.0F, 1.0F}, 0.0F,
                            EnergyActivation::kLinear, energy);
  EXPECT_TRUE(std::isnan(energy[0]));
}

}  // namespace
}  // namespace attend::kernels
