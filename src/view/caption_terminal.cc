// Draws a caption with characters: the picture, then for each word a small map of its weights.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "view/caption.h"
#include "view/colours.h"
#include "view/kitty.h"
#include "view/labels.h"
#include "view/line_breaks.h"
#include "view/picture.h"
#include "view/shades.h"
#include "view/terminal_header.h"
#include "view/view.h"

namespace attend::view {
namespace {

using Colour = TerminalOptions::Colour;

constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kPictureColumns = 48;  // at most
constexpr std::size_t kPictureLines = 24;    // at most
constexpr std::size_t kMapColumns = 14;      // as wide as "p 0.83, β 0.91"
constexpr std::size_t kMapLines = 12;        // at most
constexpr std::size_t kMapGap = 2;           // columns between maps
constexpr std::size_t kKittyPixels = 10;     // a column, of a lit panel
constexpr std::size_t kTextLines = 6;        // of a caption or a reference

double columns_of(std::string_view text) { return static_cast<double>(display_width(text)); }

std::size_t rounded(double value) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(value)));
}

/// A size in characters. A character is twice as high as wide.
struct Block {
  std::size_t columns = 1, lines = 1;
};

/// Returns the largest block of these limits in the proportions of a picture.
Block block_of(Extent size, Block most) {
  const double proportion = static_cast<double>(size.height) / static_cast<double>(size.width);
  const double lines = static_cast<double>(most.columns) * proportion / 2;
  if (lines <= static_cast<double>(most.lines)) return {most.columns, rounded(lines)};
  return {std::min(most.columns, rounded(static_cast<double>(most.lines) * 2 / proportion)),
          most.lines};
}

class CaptionDrawing {
 public:
  CaptionDrawing(const CaptionPicture& caption, const TerminalOptions& terminal,
                 TerminalGraphics graphics, const CaptionOptions& options)
      : caption_(caption, options),
        terminal_(terminal),
        kitty_(!plain() && graphics == TerminalGraphics::kKitty),
        map_(block_of(caption_.picture().size, {kMapColumns, kMapLines})) {}

  std::string draw() {
    wrap("1", caption_.title());
    if (!plain()) draw_picture();
    wrap("1", caption_.caption().empty() ? kEmptySide : caption_.caption());
    for (const std::string& reference : caption_.references()) wrap("2", "– " + reference);
    const std::size_t together =
        std::max<std::size_t>(1, (terminal_.width + kMapGap) / (kMapColumns + kMapGap));
    for (std::size_t i = 0; i < caption_.words().size(); i += together) {
      text_ += '\n';
      draw_words(i, std::min(caption_.words().size(), i + together));
    }
    draw_notes();
    return std::move(text_);
  }

 private:
  bool plain() const { return terminal_.colour == Colour::kNone; }

  void draw_picture() {
    const Raster& picture = caption_.picture();
    const Block block =
        block_of(picture.size, {std::min(terminal_.width, kPictureColumns), kPictureLines});
    if (kitty_) {
      text_ += kitty_picture(picture, block.columns, block.lines);
      return;
    }
    const Raster pixels = resample(picture, {block.columns, 2 * block.lines});
    const auto colour = [&pixels](std::size_t x, std::size_t y) {
      const std::uint8_t* pixel = &pixels.values[3 * (y * pixels.size.width + x)];
      return Rgb{pixel[0], pixel[1], pixel[2]};
    };
    for (std::size_t y = 0; y < block.lines; ++y) line(half_blocks(block.columns, y, colour));
  }

  /// Returns a line of half blocks. `colour(x, y)` is the colour of a pixel.
  template <typename ColourOf>
  std::string half_blocks(std::size_t columns, std::size_t y, ColourOf colour) const {
    std::string text, before;
    for (std::size_t x = 0; x < columns; ++x) {
      const std::string codes = foreground_code(colour(x, 2 * y), terminal_.colour) +
                                background_code(colour(x, 2 * y + 1), terminal_.colour);
      if (codes != before) text += codes;
      before = codes;
      text += "▀";
    }
    return text + "\x1b[0m";
  }

  /// Draws the words [begin, end) beside one another.
  void draw_words(std::size_t begin, std::size_t end) {
    draw_row(begin, end, "1", [this](std::size_t i) { return caption_.words()[i]; });
    if (kitty_) {
      draw_lit_panels(begin, end);
    } else {
      draw_maps(begin, end);
    }
    draw_row(begin, end, "2", [this](std::size_t i) { return caption_.numbers(i); });
    draw_row(begin, end, "2", [this](std::size_t i) { return std::string(caption_.place(i)); });
  }

  /// Draws a line with a text for each word. A line without any text is left out.
  template <typename TextOf>
  void draw_row(std::size_t begin, std::size_t end, const char* style, TextOf text_of) {
    std::string text;
    bool any = false;
    for (std::size_t i = begin; i < end; ++i) {
      const std::string label = shorten_columns(text_of(i), kMapColumns);
      any = any || !label.empty();
      const std::string gap(i + 1 < end ? kMapColumns + kMapGap - display_width(label) : 0, ' ');
      text += (label.empty() ? "" : styled(style, isolated(label))) + gap;
    }
    if (any) line(text);
  }

  void draw_maps(std::size_t begin, std::size_t end) {
    const Extent size{map_.columns, plain() ? map_.lines : 2 * map_.lines};
    std::vector<std::vector<float>> lights;
    for (std::size_t i = begin; i < end; ++i) lights.push_back(caption_.light(i, size));
    const std::string gap(kMapColumns - map_.columns + kMapGap, ' ');
    for (std::size_t y = 0; y < map_.lines; ++y) {
      std::string text;
      for (const std::vector<float>& light : lights) {
        text += (text.empty() ? "" : gap) + map_line(light, y);
      }
      line(text);
    }
  }

  std::string map_line(const std::vector<float>& light, std::size_t y) const {
    if (plain()) {
      std::string text;
      for (std::size_t x = 0; x < map_.columns; ++x) text += shade(light[y * map_.columns + x]);
      return text;
    }
    return half_blocks(map_.columns, y, [&](std::size_t x, std::size_t row) {
      return colour_of(light[row * map_.columns + x], terminal_.scale);
    });
  }

  /// Draws the lit pictures of the words as one picture, which is transparent between them.
  void draw_lit_panels(std::size_t begin, std::size_t end) {
    const Extent panel{map_.columns * kKittyPixels, map_.lines * 2 * kKittyPixels};
    const Raster picture = resample(caption_.picture(), panel);
    const std::size_t columns = (end - begin) * (kMapColumns + kMapGap) - kMapGap;
    Raster strip{{columns * kKittyPixels, panel.height}, 4, {}};
    strip.values.assign(strip.size.width * strip.size.height * 4, 0);
    for (std::size_t i = begin; i < end; ++i) {
      const Raster lit_picture = lit(picture, caption_.light(i, panel));
      const std::size_t left = (i - begin) * (kMapColumns + kMapGap) * kKittyPixels;
      for (std::size_t p = 0; p < panel.width * panel.height; ++p) {
        const std::size_t at = p / panel.width * strip.size.width + left + p % panel.width;
        std::copy_n(lit_picture.values.begin() + static_cast<std::ptrdiff_t>(3 * p), 3,
                    strip.values.begin() + static_cast<std::ptrdiff_t>(4 * at));
        strip.values[4 * at + 3] = 255;
      }
    }
    text_ += kitty_picture(strip, columns, map_.lines);
  }

  void draw_notes() {
    if (caption_.words().empty()) return;
    text_ += '\n';
    wrap("2", caption_.left_out_note());
    if (plain()) {
      std::string shades;
      for (std::size_t i = 1; i < kShades.size(); ++i) {
        shades += fmt::format("{} {}  ", kShades[i].glyph, kShades[i].meaning);
      }
      wrap("2", shades + "of the largest weight of the word");
    } else if (kitty_) {
      wrap("2", "light is where the word looked, the brightest its largest weight");
    } else {
      constexpr int kSteps = 12;
      std::string steps = "0 ";
      for (int i = 0; i <= kSteps; ++i) {
        steps +=
            background_code(colour_of(i / double{kSteps}, terminal_.scale), terminal_.colour) + " ";
      }
      line(steps + "\x1b[0m");
      wrap("2", "the last colour is the largest weight of the word");
    }
  }

  /// Adds a text in lines that fit.
  void wrap(const char* style, std::string_view text) {
    const LineRoom how{.room = static_cast<double>(terminal_.width),
                       .most_lines = kTextLines,
                       .measure = columns_of};
    for (const std::string& one : wrap_text(text, how)) line(styled(style, one));
  }

  std::string styled(const char* style, const std::string& text) const {
    return plain() ? text : fmt::format("\x1b[{}m{}\x1b[0m", style, text);
  }

  /// Adds a line without the spaces at its end.
  void line(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + '\n';
  }

  ShownCaption caption_;
  const TerminalOptions& terminal_;
  bool kitty_;
  Block map_;  // the size of the map of a word
  std::string text_;
};

}  // namespace

std::string draw_caption_terminal(const CaptionPicture& caption, const TerminalOptions& terminal,
                                  TerminalGraphics graphics, const CaptionOptions& options) {
  if (terminal.width < kNarrowest) {
    throw UsageError(
        fmt::format("a width of {} columns is too narrow to draw; at least {} are needed",
                    terminal.width, kNarrowest));
  }
  return CaptionDrawing(caption, terminal, graphics, options).draw();
}

}  // namespace attend::view
