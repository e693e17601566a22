// Colours of weights and of series. Internal to the folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "view/view.h"

namespace attend::view {

struct Rgb {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Rgb&) const = default;
};

/// Returns the colour of a weight. A weight outside [0, 1] has the colour of the nearer end.
Rgb colour_of(double weight, ColourScale scale);

std::string hex(Rgb colour);  ///< "#0a0b0c"

/// Returns the relative luminance from 0 to 1 (WCAG 2).
double luminance(Rgb colour);

/// Returns the nearest of the 216 colours and 24 greys that terminals number from 16 to 255.
int nearest_of_256(Rgb colour);

/// The colours of series. They can be told apart without red and green too (Okabe and Ito 2008).
inline constexpr std::array<std::string_view, 7> kSeriesColours = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#444444"};

}  // namespace attend::view
