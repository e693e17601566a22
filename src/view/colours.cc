#include "view/colours.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/base.h"

namespace attend::view {
namespace {

double to_srgb(double linear) {
  linear = std::clamp(linear, 0.0, 1.0);
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

double to_linear(std::uint8_t value) {
  const double share = value / 255.0;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

std::uint8_t byte(double share) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0, 1.0) * 255));
}

/// Converts from OKLab (Ottosson 2020) in polar form. Colours that sRGB cannot show are clipped.
Rgb from_oklch(double lightness, double chroma, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const double a = chroma * std::cos(angle);
  const double b = chroma * std::sin(angle);
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {byte(to_srgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)),
          byte(to_srgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)),
          byte(to_srgb(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))};
}

/// Lightness rises in even steps. The hue turns from violet over blue and teal to yellow, and the
/// chroma is highest in the middle, where sRGB has room for it.
Rgb perceptual(double weight) {
  const double lightness = 0.20 + 0.75 * weight;
  const double hue = 300 - 195 * weight;
  const double chroma = 0.055 + 0.085 * std::sin(std::numbers::pi * std::min(1.0, 0.15 + weight));
  return from_oklch(lightness, std::max(chroma, 0.09 * weight), hue);
}

int nearest_level(std::uint8_t value, const std::array<int, 6>& levels) {
  int best = 0;
  for (int i = 1; i < 6; ++i) {
    if (std::abs(value - levels[i]) < std::abs(value - levels[best])) best = i;
  }
  return best;
}

int squared_distance(Rgb a, int red, int green, int blue) {
  const int dr = a.red - red, dg = a.green - green, db = a.blue - blue;
  return dr * dr + dg * dg + db * db;
}

}  // namespace

ColourScale colour_scale(std::string_view name) {
  if (name == "grey") return ColourScale::kGrey;
  if (name == "ink") return ColourScale::kInk;
  if (name == "perceptual") return ColourScale::kPerceptual;
  throw UsageError(
      fmt::format("no colour scale is called '{}'; there are grey, ink and perceptual", name));
}

Rgb colour_of(double weight, ColourScale scale) {
  weight = std::clamp(weight, 0.0, 1.0);
  switch (scale) {
    case ColourScale::kGrey: {
      const std::uint8_t level = byte(weight);
      return {level, level, level};
    }
    case ColourScale::kInk: {
      return {byte(1 - 0.95 * weight), byte(1 - 0.91 * weight), byte(1 - 0.82 * weight)};
    }
    case ColourScale::kPerceptual:
      return perceptual(weight);
  }
  return {};
}

std::string hex(Rgb colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
}

double luminance(Rgb colour) {
  return 0.2126 * to_linear(colour.red) + 0.7152 * to_linear(colour.green) +
         0.0722 * to_linear(colour.blue);
}

int nearest_of_256(Rgb colour) {
  static constexpr std::array<int, 6> kLevels = {0, 95, 135, 175, 215, 255};
  const int red = nearest_level(colour.red, kLevels);
  const int green = nearest_level(colour.green, kLevels);
  const int blue = nearest_level(colour.blue, kLevels);
  const int mean = (colour.red + colour.green + colour.blue) / 3;
  const int grey = std::clamp((mean - 3) / 10, 0, 23);  // 8, 18, … 238
  const int level = 8 + 10 * grey;
  if (squared_distance(colour, level, level, level) <
      squared_distance(colour, kLevels[red], kLevels[green], kLevels[blue])) {
    return 232 + grey;
  }
  return 16 + 36 * red + 6 * green + blue;
}

}  // namespace attend::view
