// Draws an alignment with characters, with one line for every target unit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "view/colours.h"
#include "view/labels.h"
#include "view/picture.h"
#include "view/shades.h"
#include "view/terminal_header.h"
#include "view/view.h"

namespace attend::view {
namespace {

using Colour = TerminalOptions::Colour;

constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kLongestTarget = 20;  // in columns, of the label of a row
constexpr std::size_t kProbabilityColumns = 6;

class TerminalDrawing {
 public:
  TerminalDrawing(const AlignmentPicture& picture, const TerminalOptions& options)
      : picture_(picture), options_(options) {
    if (options.max_source_units == 0 || options.max_target_units == 0) {
      throw UsageError("a picture needs at least one unit a side");
    }
    columns_ = std::min(picture_.source.size(), options.max_source_units);
    rows_ = std::min(picture_.target.size(), options.max_target_units);
    measure();
  }

  std::string draw() {
    if (!picture_.original.title.empty()) line(styled("1", title()));
    if (columns_ == 0) draw_panel(0, 0);
    for (std::size_t begin = 0; begin < columns_; begin += panel_) {
      if (begin > 0) text_ += '\n';
      draw_panel(begin, std::min(columns_, begin + panel_));
    }
    draw_notes();
    if (columns_ > 0 && rows_ > 0) draw_legend();
    return std::move(text_);
  }

 private:
  void measure() {
    std::size_t longest = 1;
    for (std::size_t i = 0; i < rows_; ++i) {
      longest = std::max(longest, display_width(picture_.target[i]));
    }
    std::size_t widest = 1;
    for (std::size_t j = 0; j < columns_; ++j) {
      widest = std::max(widest, display_width(picture_.source[j]));
    }
    const std::size_t right = picture_.has_probabilities() ? kProbabilityColumns : 0;
    label_ = std::min({longest, kLongestTarget, options_.width / 3});
    room_ = options_.width - label_ - 1 - right;
    cell_ = widest == 1 && columns_ * 2 > room_ && columns_ <= room_ ? 1 : 2;
    panel_ = std::max<std::size_t>(1, room_ / cell_);
  }

  std::string title() const {
    return isolated(shorten_columns(visible_title(picture_.original.title), options_.width));
  }

  void draw_panel(std::size_t begin, std::size_t end) {
    if (columns_ > panel_) {
      note(fmt::format("source units {} to {} of {}", begin + 1, end, picture_.source.size()));
    }
    const std::span<const std::string> labels(picture_.source);
    if (columns_ == 0) line(std::string(label_ + 1, ' ') + styled("2", kEmptySide));
    for (const std::string& header :
         header_lines(labels.subspan(begin, end - begin), cell_, room_)) {
      line(std::string(label_ + 1, ' ') + header);
    }
    for (std::size_t i = 0; i < rows_; ++i) draw_row(i, begin, end);
    if (rows_ == 0) line(std::string(label_ + 1, ' ') + styled("2", kEmptySide));
  }

  void draw_row(std::size_t row, std::size_t begin, std::size_t end) {
    std::string text = pad_left(shorten_columns(picture_.target[row], label_), label_) + ' ';
    for (std::size_t j = begin; j < end; ++j) text += cell(picture_.weight(row, j));
    if (options_.colour != Colour::kNone) text += "\x1b[0m";
    if (picture_.has_probabilities()) {
      text += styled("2", fmt::format("  {:.2f}", picture_.probability(row)));
    }
    line(text);
  }

  std::string cell(double weight) const {
    if (options_.colour == Colour::kNone) {
      const std::string glyph = shade(weight);
      return glyph + (cell_ == 1 ? "" : glyph == "·" ? " " : glyph);
    }
    return background(weight) + std::string(cell_, ' ');
  }

  std::string background(double weight) const {
    return background_code(colour_of(weight, options_.scale), options_.colour);
  }

  void draw_notes() {
    const auto left_out = [this](std::size_t shown, std::size_t all, const char* side) {
      if (shown < all) note(fmt::format("{} more {} units not shown", all - shown, side));
    };
    left_out(columns_, picture_.source.size(), "source");
    left_out(rows_, picture_.target.size(), "target");
  }

  void note(const std::string& text) { line(styled("2", shorten_columns(text, options_.width))); }

  /// Draws the legend unless it does not fit.
  void draw_legend() {
    const bool plain = options_.colour == Colour::kNone;
    std::string text = plain ? "" : "0 ";
    for (const Shade& step : kShades) {
      if (plain) text += fmt::format("{}{} {}", text.empty() ? "" : "  ", step.glyph, step.meaning);
    }
    constexpr int kSteps = 12;
    const std::size_t columns = plain ? display_width(text) : kSteps + 5;
    if (columns > options_.width) return;
    for (int i = 0; i <= kSteps && !plain; ++i) text += background(i / double{kSteps}) + " ";
    if (!plain) text += "\x1b[0m 1";
    const std::size_t indent = label_ + 1 + columns <= options_.width ? label_ + 1 : 0;
    text_ += '\n';
    line(std::string(indent, ' ') + text);
  }

  std::string styled(const char* style, const std::string& text) const {
    if (options_.colour == Colour::kNone) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", style, text);
  }

  /// Adds a line without the spaces at its end.
  void line(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + '\n';
  }

  CheckedPicture picture_;
  const TerminalOptions& options_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t label_ = 0;  // columns of the row labels
  std::size_t room_ = 0;   // columns for cells
  std::size_t cell_ = 2;   // columns of one cell
  std::size_t panel_ = 1;  // source units in one panel
  std::string text_;
};

}  // namespace

std::string draw_terminal(const AlignmentPicture& picture, const TerminalOptions& options) {
  if (options.width < kNarrowest) {
    throw UsageError(
        fmt::format("a width of {} columns is too narrow to draw; at least {} are needed",
                    options.width, kNarrowest));
  }
  return TerminalDrawing(picture, options).draw();
}

}  // namespace attend::view
