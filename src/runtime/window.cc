#include "runtime/window.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace attend::runtime {

Window window_around(float centre, std::size_t reach, std::size_t length) {
  const auto distance = static_cast<std::int64_t>(reach), size = static_cast<std::int64_t>(length);
  // Farther away the window lies outside the source; an integer could not hold every float.
  const auto lowest = static_cast<double>(-distance - 1),
             highest = static_cast<double>(size) + static_cast<double>(distance) + 1;
  if (std::isnan(centre)) return {};
  const double nearest = std::clamp(std::floor(static_cast<double>(centre)), lowest, highest);
  const std::int64_t begin = static_cast<std::int64_t>(nearest) - distance;
  const std::int64_t end = std::min(begin + 2 * distance + 1, size);
  const std::int64_t first = std::max<std::int64_t>(begin, 0);
  if (first >= end) return {};
  return {static_cast<std::size_t>(first - begin), static_cast<std::size_t>(first),
          static_cast<std::size_t>(end - first)};
}

}  // namespace attend::runtime
