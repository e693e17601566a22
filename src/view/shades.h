// Shades of weights in a terminal. Internal to the folder.
#pragma once

#include <array>
#include <string>

#include "view/colours.h"
#include "view/view.h"

namespace attend::view {

/// One of five shades and the weight at which it begins.
struct Shade {
  const char* glyph;
  double from;
  const char* meaning;
};
inline constexpr std::array<Shade, 5> kShades = {Shade{"·", 0, "0"}, Shade{"░", 0.1, "≥.1"},
                                                 Shade{"▒", 0.3, "≥.3"}, Shade{"▓", 0.55, "≥.55"},
                                                 Shade{"█", 0.8, "≥.8"}};

/// Returns the glyph of a weight.
const char* shade(double weight);

/// Returns the escape sequence that sets the background or the text of what follows. `mode` is not
/// Colour::kNone.
std::string background_code(Rgb colour, TerminalOptions::Colour mode);
std::string foreground_code(Rgb colour, TerminalOptions::Colour mode);

}  // namespace attend::view
