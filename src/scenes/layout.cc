#include "scenes/layout.h"

#include <algorithm>
#include <cstdlib>

namespace attend::scenes {
namespace {

struct PercentRange {
  int first, last;
};

PercentRange percent_of_side(ObjectSize size) {
  static constexpr std::array<PercentRange, kSizes.size()> kRanges = {
      {{16, 20}, {26, 30}, {38, 43}}};
  return kRanges[static_cast<std::size_t>(size)];
}

/// Returns a whole number from `first` to `last`.
int draw_number(int first, int last, Random& random) {
  return first + static_cast<int>(random.below(static_cast<std::uint64_t>(last - first + 1)));
}

template <class Item, std::size_t count>
Item draw_item(const std::array<Item, count>& items, Random& random) {
  return items[random.below(count)];
}

std::vector<PlacedObject> draw_objects(int count, int side, Random& random) {
  std::array colours = kColours;
  random.shuffle(std::span<Colour>(colours));
  std::vector<PlacedObject> placed(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < placed.size(); ++i) {
    Object& object = placed[i].object;
    object.shape = draw_item(kShapes, random);
    object.colour = colours[i];
    object.size = draw_item(kSizes, random);
    const PercentRange percent = percent_of_side(object.size);
    const int length = side * kParts;
    placed[i].radius =
        draw_number(length * percent.first / 100, length * percent.last / 100, random) / 2;
  }
  std::sort(placed.begin(), placed.end(), [](const PlacedObject& a, const PlacedObject& b) {
    return is_named_before(a.object, b.object);
  });
  return placed;
}

void draw_place(PlacedObject& placed, int side, Random& random) {
  const int border = placed.radius + kParts;  // a pixel stays free
  placed.x = draw_number(border, side * kParts - border, random);
  placed.y = draw_number(border, side * kParts - border, random);
  const auto down = [](int length) { return length / kParts; };
  const auto up = [](int length) { return (length + kParts - 1) / kParts; };
  placed.object.box = {down(placed.x - placed.radius), down(placed.y - placed.radius),
                       up(placed.x + placed.radius), up(placed.y + placed.radius)};
}

/// Whether at least two pixels and 1/32 of the side lie between two objects, so that a pixel stays
/// free between their boxes.
bool are_apart(const PlacedObject& a, const PlacedObject& b, int side) {
  const int wanted = a.radius + b.radius + std::max(side / 32, 2) * kParts;
  return std::abs(a.x - b.x) >= wanted || std::abs(a.y - b.y) >= wanted;
}

/// Whether one distance is so much larger than the other that the promise of scene.h holds for the
/// exact boxes. Their centres are less than a pixel from those of the squares, which changes each
/// distance by less than two pixels. So the larger one must be 3/2 of the smaller one and three
/// pixels more.
bool is_clear(const PlacedObject& a, const PlacedObject& b) {
  const int across = std::abs(a.x - b.x), down = std::abs(a.y - b.y);
  return 2 * std::max(across, down) >= 3 * std::min(across, down) + 6 * kParts;
}

bool draw_places(std::vector<PlacedObject>& placed, int side, Random& random) {
  for (std::size_t i = 0; i < placed.size(); ++i) {
    draw_place(placed[i], side, random);
    if (i > 0 && !is_clear(placed[0], placed[i])) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (!are_apart(placed[i], placed[j], side)) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<PlacedObject> draw_layout(int objects, int side, Random& random) {
  constexpr int kTrials = 200;
  while (true) {
    std::vector<PlacedObject> placed = draw_objects(objects, side, random);
    for (int trial = 0; trial < kTrials; ++trial) {
      if (draw_places(placed, side, random)) return placed;
    }
  }
}

}  // namespace attend::scenes
