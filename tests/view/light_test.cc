#include "view/light.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/base.h"

namespace attend::view {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;

std::vector<float> one_region(Grid grid, std::size_t region) {
  std::vector<float> weights(grid.rows * grid.columns, 0);
  weights.at(region) = 0.25F;
  return weights;
}

// The definition: enlarge by repeating each weight, then sum over a fine Gaussian. Far from the
// borders, this needs no division by the part of the Gaussian that lies inside.
double smoothed_by_sums(std::span<const float> weights, double u) {
  constexpr double kStep = 0.001;
  double sum = 0;
  for (double x = kStep / 2; x < static_cast<double>(weights.size()); x += kStep) {
    const double distance = (x - u) / kSmoothing;
    sum += weights[static_cast<std::size_t>(x)] * std::exp(-distance * distance / 2) * kStep;
  }
  return sum / (kSmoothing * std::sqrt(2 * std::acos(-1.0)));
}

TEST(SmoothLight, IsTheEnlargedGridUnderAGaussian) {
  const std::vector<float> weights{0, 0, 0, 0, 0.1F, 0.6F, 0.3F, 0, 0, 0, 0};
  const std::vector<float> light = smooth_light(weights, {1, 11}, {88, 1});
  std::vector<double> expected;
  for (std::size_t x = 0; x < 88; ++x) {
    expected.push_back(smoothed_by_sums(weights, (static_cast<double>(x) + 0.5) / 8));
  }
  const double largest = *std::max_element(expected.begin(), expected.end());
  for (std::size_t x = 0; x < 88; ++x) EXPECT_NEAR(light[x], expected[x] / largest, 1e-4) << x;
}

TEST(SmoothLight, LeavesEqualWeightsEqual) {
  const std::vector<float> weights(5 * 3, 0.01F);
  EXPECT_THAT(smooth_light(weights, {5, 3}, {40, 30}), Each(FloatNear(1, 1e-5F)));
  EXPECT_THAT(smooth_light(std::vector{0.2F}, {1, 1}, {7, 5}), Each(FloatNear(1, 1e-5F)));
}

TEST(SmoothLight, IsDarkWithoutWeights) {
  EXPECT_THAT(smooth_light(std::vector<float>(6, 0), {2, 3}, {9, 6}), Each(0.F));
}

TEST(SmoothLight, IsBrightestInTheRegionAndFallsAwayFromIt) {
  constexpr Grid kGrid{4, 6};
  constexpr Extent kSize{48, 32};
  const std::vector<float> light = smooth_light(one_region(kGrid, 2 * 6 + 1), kGrid, kSize);
  const auto brightest =
      static_cast<std::size_t>(std::max_element(light.begin(), light.end()) - light.begin());
  EXPECT_EQ(brightest / kSize.width / 8, 2U);
  EXPECT_EQ(brightest % kSize.width / 8, 1U);
  EXPECT_FLOAT_EQ(light[brightest], 1);
  const std::size_t row = 20 * kSize.width;  // through the middle of the region
  for (std::size_t x = 13; x < kSize.width; ++x) EXPECT_LE(light[row + x], light[row + x - 1]) << x;
  EXPECT_LT(light[kSize.width - 1], 0.01F);
}

TEST(LightMask, LeavesWhatLitComputes) {
  const std::vector<float> light{0, 0.25F, 0.5F, 1};
  const Raster mask = light_mask(light, {4, 1});
  const Raster picture{{4, 1}, 3, {200, 100, 0, 200, 100, 0, 200, 100, 0, 200, 100, 0}};
  const Raster expected = lit(picture, light);
  for (std::size_t i = 0; i < 12; ++i) {
    const double alpha = mask.values[2 * (i / 3) + 1] / 255.0;
    const double drawn = picture.values[i] * (1 - alpha) + mask.values[2 * (i / 3)] * alpha;
    EXPECT_NEAR(drawn, expected.values[i], 1.5) << i;
  }
}

TEST(Lit, DarkensWhatIsNotLookedAt) {
  const Raster white{{2, 1}, 3, std::vector<std::uint8_t>(6, 255)};
  EXPECT_THAT(lit(white, std::vector{0.F, 1.F}).values, ElementsAre(64, 64, 64, 255, 255, 255));
  const Raster black{{2, 1}, 3, std::vector<std::uint8_t>(6, 0)};
  const Raster out = lit(black, std::vector{0.F, 1.F});
  EXPECT_EQ(out.values[0], 0);
  EXPECT_GT(out.values[3], 60);  // light is seen on black, too
}

TEST(PlaceOf, NamesTheThirdsOfThePicture) {
  constexpr Grid kGrid{3, 3};
  const char* places[] = {"top left", "top",         "top right", "left",        "centre",
                          "right",    "bottom left", "bottom",    "bottom right"};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(place_of(one_region(kGrid, i), kGrid), places[i]);
  EXPECT_EQ(place_of(one_region({14, 14}, 0), {14, 14}), "top left");
  EXPECT_EQ(place_of(one_region({14, 14}, 14 * 7 + 7), {14, 14}), "centre");
  EXPECT_EQ(place_of(one_region({1, 3}, 2), {1, 3}), "right");
}

TEST(PlaceOf, TellsEverywhereAndNowhere) {
  EXPECT_EQ(place_of(std::vector<float>(9, 1 / 9.F), {3, 3}), "everywhere");
  EXPECT_EQ(place_of(std::vector{1.F}, {1, 1}), "everywhere");
  EXPECT_EQ(place_of(std::vector<float>(9, 0), {3, 3}), "nowhere");
}

TEST(SmoothLight, RefusesSizesThatDoNotFit) {
  EXPECT_THROW(smooth_light(std::vector<float>(5, 0), {2, 3}, {4, 4}), CheckFailure);
}

}  // namespace
}  // namespace attend::view
