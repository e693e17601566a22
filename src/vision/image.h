// A decoded picture.
#pragma once

#include <cstddef>

#include "attend/answers.hpp"

namespace attend::vision {

using attend::Image;
using attend::Size;

/// The number of values of a pixel: red, green and blue.
inline constexpr std::size_t kChannels = 3;

/// Returns how many values an image of this size has. Both sides must be at least 0.
inline std::size_t value_count(Size size) {
  return static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) * kChannels;
}

}  // namespace attend::vision
