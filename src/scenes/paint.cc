#include "scenes/paint.h"

#include <algorithm>

#include "scenes/shapes.h"

namespace attend::scenes {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kPoints = 4;  // in a row and in a column of a pixel

using Rgb = std::array<int, kChannels>;

/// Returns a whole number from −bound to bound.
int draw_around_zero(int bound, Random& random) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(2 * bound + 1))) - bound;
}

// -------------------------------------------------------------------------------- background ---

/// Noise on a square grid of points, interpolated between them.
class Noise {
 public:
  /// `cells` a side, values from −bound to bound.
  Noise(int cells, int bound, Random& random)
      : cells_(cells), values_(static_cast<std::size_t>((cells + 1) * (cells + 1))) {
    for (int& value : values_) value = draw_around_zero(bound, random);
  }
  /// Returns the value at a pixel of a picture, times kScale.
  int at(int x, int y, int side) const {
    const Place across = place(x, side), down = place(y, side);
    const int above =
        mean(value(down.cell, across.cell), value(down.cell, across.cell + 1), across.share);
    const int below = mean(value(down.cell + 1, across.cell), value(down.cell + 1, across.cell + 1),
                           across.share);
    return mean(above, below, down.share) / kScale;
  }

  static constexpr int kScale = 256;

 private:
  struct Place {
    int cell, share;  // share: from 0 to kScale
  };
  Place place(int pixel, int side) const {
    const int position = (2 * pixel + 1) * cells_;  // in halves of a pixel, times the cells
    return {position / (2 * side), position % (2 * side) * kScale / (2 * side)};
  }
  int value(int row, int column) const {
    return values_[static_cast<std::size_t>(row * (cells_ + 1) + column)];
  }
  static int mean(int first, int second, int share) {
    return first * (kScale - share) + second * share;
  }

  int cells_;
  std::vector<int> values_;  // [cells + 1, cells + 1]
};

// ------------------------------------------------------------------------------------ object ---

Rgb colour_values(Colour colour) {
  static constexpr std::array<Rgb, kColours.size()> kValues = {{{215, 35, 40},
                                                                {245, 135, 20},
                                                                {240, 220, 45},
                                                                {45, 165, 60},
                                                                {40, 85, 220},
                                                                {150, 50, 185},
                                                                {244, 244, 244},
                                                                {18, 18, 18}}};
  return kValues[static_cast<std::size_t>(colour)];
}

/// Returns a colour near the one that the word stands for. White and black stay without a tint.
Rgb draw_colour(Colour colour, Random& random) {
  constexpr int kBound = 10;
  Rgb values = colour_values(colour);
  const bool grey = colour == Colour::kWhite || colour == Colour::kBlack;
  const int common = draw_around_zero(kBound, random);
  for (int& value : values) {
    value = std::clamp(value + (grey ? common : draw_around_zero(kBound, random)), 0, 255);
  }
  return values;
}

/// Returns how many of the points of a pixel lie in the object, from 0 to kPoints².
int count_points(const PlacedObject& placed, int column, int row) {
  constexpr int kStep = kParts / kPoints;
  int count = 0;
  for (int i = 0; i < kPoints * kPoints; ++i) {
    const int x = column * kParts + i % kPoints * kStep + kStep / 2 - placed.x;
    const int y = row * kParts + i / kPoints * kStep + kStep / 2 - placed.y;
    count +=
        contains(placed.object.shape, x * kUnit / placed.radius, y * kUnit / placed.radius) ? 1 : 0;
  }
  return count;
}

void blend(Picture& picture, int column, int row, const Rgb& colour, int points) {
  constexpr int kAll = kPoints * kPoints;
  std::uint8_t* pixel =
      picture.pixels.data() + static_cast<std::size_t>(row * picture.side + column) * kChannels;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const int value = pixel[channel] * (kAll - points) + colour[channel] * points;
    pixel[channel] = static_cast<std::uint8_t>((value + kAll / 2) / kAll);
  }
}

void extend(Box& box, int column, int row) {
  box = {std::min(box.x0, column), std::min(box.y0, row), std::max(box.x1, column + 1),
         std::max(box.y1, row + 1)};
}

}  // namespace

Picture paint_background(int side, Random& random) {
  const int level = 100 + static_cast<int>(random.below(51));
  const int across = draw_around_zero(16, random), down = draw_around_zero(16, random);
  const Noise coarse(4, 10, random), fine(16, 6, random);
  Picture picture{side, {}};
  picture.pixels.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) *
                         kChannels);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int slope = (across * (2 * x - side) + down * (2 * y - side)) / (2 * side);
      const int noise = (coarse.at(x, y, side) + fine.at(x, y, side)) / Noise::kScale;
      picture.pixels.insert(picture.pixels.end(), kChannels,
                            static_cast<std::uint8_t>(level + slope + noise));
    }
  }
  return picture;
}

void paint_object(Picture& picture, PlacedObject& placed, Random& random) {
  const Rgb colour = draw_colour(placed.object.colour, random);
  const Box square = placed.object.box;
  Box box{picture.side, picture.side, 0, 0};
  for (int row = square.y0; row < square.y1; ++row) {
    for (int column = square.x0; column < square.x1; ++column) {
      const int points = count_points(placed, column, row);
      if (points == 0) continue;
      blend(picture, column, row, colour, points);
      extend(box, column, row);
    }
  }
  placed.object.box = box;
}

}  // namespace attend::scenes
