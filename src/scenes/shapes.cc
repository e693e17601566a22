#include "scenes/shapes.h"

#include <cstdlib>

#include "base/base.h"

namespace attend::scenes {
namespace {

struct Point {
  int x, y;
};

// The corners of a star with five points, clockwise from the top. An inner corner is 0.45 times as
// far from the middle as an outer one.
constexpr std::array<Point, 10> kStar = {{{0, -3895},
                                          {1139, -1157},
                                          {4096, -920},
                                          {1843, 1010},
                                          {2531, 3895},
                                          {0, 2349},
                                          {-2531, 3895},
                                          {-1843, 1010},
                                          {-4096, -920},
                                          {-1139, -1157}}};

constexpr int square(int value) { return value * value; }

bool in_circle(int x, int y, int radius) { return square(x) + square(y) <= square(radius); }

/// Whether a ray from the point to the right crosses the outline an odd number of times.
template <std::size_t count>
bool in_polygon(const std::array<Point, count>& corners, int x, int y) {
  bool inside = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Point& a = corners[i];
    const Point& b = corners[(i + 1) % count];
    if ((a.y > y) == (b.y > y)) continue;
    // The sign tells on which side of the line from a to b the point is.
    const int turn = (b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y);
    if ((turn > 0) == (b.y > a.y)) inside = !inside;
  }
  return inside;
}

bool in_cross(int x, int y) {
  constexpr int kArm = kUnit * 35 / 100;  // half of its width
  return (std::abs(x) <= kArm && std::abs(y) <= kUnit) ||
         (std::abs(y) <= kArm && std::abs(x) <= kUnit);
}

bool in_ring(int x, int y) { return in_circle(x, y, kUnit) && !in_circle(x, y, kUnit * 55 / 100); }

/// Two circles, and what lies between them and their tangents through the lowest point. A tangent
/// touches its circle at (±0.9, −0.2).
bool in_heart(int x, int y) {
  const int aside = std::abs(x);
  if (in_circle(aside - kUnit / 2, y + kUnit / 2, kUnit / 2)) return true;
  return y >= -kUnit / 2 && 10 * aside <= 9 * kUnit && 4 * aside + 3 * y <= 3 * kUnit;
}

}  // namespace

bool contains(Shape shape, int x, int y) {
  switch (shape) {
    case Shape::kCircle:
      return in_circle(x, y, kUnit);
    case Shape::kSquare:
      return std::abs(x) <= kUnit && std::abs(y) <= kUnit;
    case Shape::kTriangle:
      return y <= kUnit && 2 * std::abs(x) <= y + kUnit;
    case Shape::kDiamond:
      return std::abs(x) + std::abs(y) <= kUnit;
    case Shape::kStar:
      return in_polygon(kStar, x, y);
    case Shape::kCross:
      return in_cross(x, y);
    case Shape::kRing:
      return in_ring(x, y);
    case Shape::kHeart:
      return in_heart(x, y);
  }
  ATTEND_CHECK(!"a shape");
  return false;
}

}  // namespace attend::scenes
