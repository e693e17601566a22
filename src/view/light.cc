#include "view/light.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/base.h"

namespace attend::view {
namespace {

constexpr double kKeptInTheDark = 0.25;  // the share of the picture that stays
constexpr double kKeptInTheLight = 0.64;
constexpr double kWhite = 0.36;         // the light that is added where the light is brightest
constexpr Extent kPlacePixels{36, 36};  // divisible by 3
constexpr float kAsLarge = 0.999F;      // the share of the largest value that counts as equal
constexpr double kStandsOut = 1.5;      // the largest value of a place over the mean

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// Returns K(u, c) for the middle u of each pixel, [pixels, regions].
std::vector<float> smoothing_kernel(std::size_t regions, std::size_t pixels) {
  std::vector<float> kernel;
  kernel.reserve(pixels * regions);
  const auto count = static_cast<double>(regions);
  for (std::size_t x = 0; x < pixels; ++x) {
    const double u = (static_cast<double>(x) + 0.5) * count / static_cast<double>(pixels);
    double before = normal_distribution(-u / kSmoothing);
    const double total = normal_distribution((count - u) / kSmoothing) - before;
    for (std::size_t c = 0; c < regions; ++c) {
      const double here = normal_distribution((static_cast<double>(c + 1) - u) / kSmoothing);
      kernel.push_back(static_cast<float>(std::max(0.0, here - before) / total));
      before = here;
    }
  }
  return kernel;
}

/// Returns the smoothed weights, [size.height, size.width].
std::vector<float> smooth(std::span<const float> weights, Grid grid, Extent size) {
  ATTEND_CHECK_EQ(weights.size(), grid.rows * grid.columns);
  const std::vector<float> across = smoothing_kernel(grid.columns, size.width);
  const std::vector<float> down = smoothing_kernel(grid.rows, size.height);
  std::vector<float> rows(grid.rows * size.width);  // [grid.rows, size.width]
  for (std::size_t r = 0; r < grid.rows; ++r) {
    for (std::size_t x = 0; x < size.width; ++x) {
      rows[r * size.width + x] =
          std::inner_product(weights.begin() + static_cast<std::ptrdiff_t>(r * grid.columns),
                             weights.begin() + static_cast<std::ptrdiff_t>((r + 1) * grid.columns),
                             across.begin() + static_cast<std::ptrdiff_t>(x * grid.columns), 0.0F);
    }
  }
  std::vector<float> out(size.width * size.height);
  for (std::size_t y = 0; y < size.height; ++y) {
    float* line = out.data() + y * size.width;
    for (std::size_t r = 0; r < grid.rows; ++r) {
      const float share = down[y * grid.rows + r];
      for (std::size_t x = 0; x < size.width; ++x) line[x] += share * rows[r * size.width + x];
    }
  }
  return out;
}

/// Returns the share of the picture that stays at a brightness.
double kept(double light) { return kKeptInTheDark + (kKeptInTheLight - kKeptInTheDark) * light; }

std::uint8_t byte(double share) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0, 1.0) * 255));
}

/// Returns the pixel of at least `least` that is nearest to the centre: of equally bright places,
/// as there are in a grid of one row, the outer ones say nothing.
std::size_t innermost(std::span<const float> values, float least) {
  const auto from_centre = [](std::size_t i) {
    const auto offset = [](std::size_t x, std::size_t side) {
      return 2 * static_cast<double>(x) + 1 - static_cast<double>(side);
    };
    return std::hypot(offset(i % kPlacePixels.width, kPlacePixels.width),
                      offset(i / kPlacePixels.width, kPlacePixels.height));
  };
  std::size_t best = values.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < least) continue;
    if (best == values.size() || from_centre(i) < from_centre(best)) best = i;
  }
  return best;
}

}  // namespace

std::vector<float> smooth_light(std::span<const float> weights, Grid grid, Extent size) {
  std::vector<float> light = smooth(weights, grid, size);
  const float largest = *std::max_element(light.begin(), light.end());
  for (float& value : light) value = largest > 0 ? std::min(value / largest, 1.0F) : 0;
  return light;
}

Raster light_mask(std::span<const float> light, Extent size) {
  ATTEND_CHECK_EQ(light.size(), size.width * size.height);
  Raster mask{size, 2, {}};
  mask.values.reserve(2 * light.size());
  for (const float value : light) {
    const double alpha = 1 - kept(value);
    mask.values.push_back(byte(kWhite * value / alpha));
    mask.values.push_back(byte(alpha));
  }
  return mask;
}

Raster lit(const Raster& picture, std::span<const float> light) {
  ATTEND_CHECK_EQ(picture.channels, std::size_t{3});
  ATTEND_CHECK_EQ(light.size(), picture.size.width * picture.size.height);
  Raster out = picture;
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double value = light[i / 3];
    out.values[i] = byte(kept(value) * out.values[i] / 255 + kWhite * value);
  }
  return out;
}

std::string_view place_of(std::span<const float> weights, Grid grid) {
  constexpr std::array<std::string_view, 9> kPlaces = {"top left",    "top",    "top right",
                                                       "left",        "centre", "right",
                                                       "bottom left", "bottom", "bottom right"};
  const std::vector<float> values = smooth(weights, grid, kPlacePixels);
  const auto largest = std::max_element(values.begin(), values.end());
  if (!(*largest > 0)) return "nowhere";
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  if (*largest < kStandsOut * mean) return "everywhere";
  const std::size_t index = innermost(values, kAsLarge * *largest);
  const std::size_t row = index / kPlacePixels.width * 3 / kPlacePixels.height;
  const std::size_t column = index % kPlacePixels.width * 3 / kPlacePixels.width;
  return kPlaces[3 * row + column];
}

}  // namespace attend::view
