#include "view/shades.h"

#include <fmt/format.h>

namespace attend::view {
namespace {

// `ground` is 48 for the background and 38 for the text.
std::string colour_code(int ground, Rgb colour, TerminalOptions::Colour mode) {
  return mode == TerminalOptions::Colour::k256
             ? fmt::format("\x1b[{};5;{}m", ground, nearest_of_256(colour))
             : fmt::format("\x1b[{};2;{};{};{}m", ground, colour.red, colour.green, colour.blue);
}

}  // namespace

const char* shade(double weight) {
  const char* glyph = kShades.front().glyph;
  for (const Shade& step : kShades) {
    if (weight >= step.from) glyph = step.glyph;
  }
  return glyph;
}

std::string background_code(Rgb colour, TerminalOptions::Colour mode) {
  return colour_code(48, colour, mode);
}

std::string foreground_code(Rgb colour, TerminalOptions::Colour mode) {
  return colour_code(38, colour, mode);
}

}  // namespace attend::view
