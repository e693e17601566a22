// Draws captions in SVG: the picture, then for each word the picture lit where the word looked.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/base.h"
#include "view/caption.h"
#include "view/labels.h"
#include "view/line_breaks.h"
#include "view/picture.h"
#include "view/svg_writer.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr double kMargin = 18;
constexpr double kTitleFont = 16, kTitleLine = 26;
constexpr double kCaptionFont = 15, kCaptionLine = 21;
constexpr double kWordFont = 14, kHead = 20;  // above a panel
constexpr double kSmallFont = 11, kSmallLine = 16;
constexpr double kNumberFont = 10.5;
constexpr double kGap = 14;       // between panels
constexpr double kTextGap = 6;    // between the texts and the panels
constexpr double kBlockGap = 22;  // between captions
constexpr double kWordSpace = 6;  // between a word and its numbers, at least
constexpr double kNarrowest = 480, kWidest = 4000;
constexpr double kSmallestPanel = 100, kLargestPanel = 400;
constexpr double kThinnest = 4;  // pixels, of a panel
constexpr std::size_t kCaptionLines = 4, kReferenceLines = 2;
constexpr std::string_view kNote =
    "Light shows where the model looked; the brightest place is the largest weight of the word. "
    "p: probability of the word. β: gate of the context.";

double ems(std::string_view text) { return em_width(text); }

std::vector<std::string> lines_of(std::string_view text, double font, double room,
                                  std::size_t most) {
  return wrap_text(text, {.room = room / font, .most_lines = most, .measure = ems});
}

/// Places one caption below another. Coordinates are pixels.
class CaptionSheet {
 public:
  CaptionSheet(std::span<const CaptionPicture> captions, const CaptionOptions& options)
      : options_(options), first_(first_with_picture(captions)) {
    check_options();
    for (const CaptionPicture& one : captions) captions_.emplace_back(one, options);
    std::size_t panels = 1;
    for (const ShownCaption& one : captions_) panels = std::max(panels, one.words().size() + 1);
    const double room = options.width - 2 * kMargin;
    const auto fitting = static_cast<std::size_t>((room + kGap) / (options.panel + kGap));
    columns_ = std::clamp<std::size_t>(fitting, 1, panels);
    const auto columns = static_cast<double>(columns_);
    width_ = std::max(columns * (options.panel + kGap) - kGap + 2 * kMargin, kNarrowest);
  }

  std::string draw() {
    SvgWriter svg(width_, height(), name(), description());
    y_ = kMargin;
    for (std::size_t k = 0; k < captions_.size(); ++k) {
      if (first_[k] == k) define_picture(svg, k);
      draw_caption(svg, k);
    }
    draw_lines(svg, note_lines(), {.size = kSmallFont, .colour = kMutedColour}, kSmallLine);
    return svg.finish();
  }

 private:
  void check_options() const {
    if (!(options_.width >= kNarrowest && options_.width <= kWidest)) {
      throw UsageError(fmt::format("a width of {} pixels is not between {} and {}", options_.width,
                                   kNarrowest, kWidest));
    }
    if (!(options_.panel >= kSmallestPanel && options_.panel <= kLargestPanel)) {
      throw UsageError(fmt::format("a panel of {} pixels is not between {} and {}", options_.panel,
                                   kSmallestPanel, kLargestPanel));
    }
  }

  double room() const { return width_ - 2 * kMargin; }

  static std::string id(std::size_t picture) { return fmt::format("picture-{}", picture); }

  std::vector<std::string> title_lines(const ShownCaption& one) const {
    return lines_of(one.title(), kTitleFont * 1.08, room(), 2);
  }
  std::vector<std::string> caption_lines(const ShownCaption& one) const {
    return lines_of(one.caption(), kCaptionFont, room(), kCaptionLines);
  }
  std::vector<std::string> reference_lines(const ShownCaption& one) const {
    std::vector<std::string> lines;
    for (const std::string& reference : one.references()) {
      const auto more = lines_of("– " + reference, kSmallFont, room(), kReferenceLines);
      lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
  }
  std::vector<std::string> note_lines() const { return lines_of(kNote, kSmallFont, room(), 3); }

  /// The width and height of a panel.
  Point panel_size(const ShownCaption& one) const {
    const Extent size = one.picture().size;
    const auto longer = static_cast<double>(std::max(size.width, size.height));
    const auto side = [&](std::size_t length) {
      return std::max(kThinnest, options_.panel * static_cast<double>(length) / longer);
    };
    return {side(size.width), side(size.height)};
  }

  double rows(const ShownCaption& one) const {
    return std::ceil(static_cast<double>(one.words().size() + 1) / static_cast<double>(columns_));
  }

  /// The height of a caption with all its panels. draw_caption() takes as much room.
  double height_of(const ShownCaption& one) const {
    const auto lines = [](const std::vector<std::string>& text, double height) {
      return static_cast<double>(text.size()) * height;
    };
    return lines(title_lines(one), kTitleLine) + lines(shown_caption(one), kCaptionLine) +
           lines(reference_lines(one), kSmallLine) + kTextGap +
           rows(one) * (kHead + panel_size(one).y + kGap) +
           (one.left_out_note().empty() ? 0 : kSmallLine) + kBlockGap;
  }

  double height() const {
    double height = 2 * kMargin + static_cast<double>(note_lines().size()) * kSmallLine;
    for (const ShownCaption& one : captions_) height += height_of(one);
    return std::ceil(height);
  }

  std::vector<std::string> shown_caption(const ShownCaption& one) const {
    std::vector<std::string> lines = caption_lines(one);
    if (lines.empty()) lines.emplace_back(kEmptySide);
    return lines;
  }

  void define_picture(SvgWriter& svg, std::size_t k) const {
    const Point size = panel_size(captions_[k]);
    svg.define_image(id(k), size.x, size.y, png_uri(captions_[k].picture()));
  }

  /// Draws lines of text from the margin at which their first letter stands.
  void draw_lines(SvgWriter& svg, const std::vector<std::string>& lines, TextStyle style,
                  double line_height) {
    for (const std::string& line : lines) {
      const bool right =
          style.direction.value_or(Direction::kLeftToRight) == Direction::kRightToLeft;
      style.anchor = right ? "end" : "start";
      svg.text({right ? width_ - kMargin : kMargin, y_ + 0.75 * line_height}, line, style);
      y_ += line_height;
    }
  }

  void draw_caption(SvgWriter& svg, std::size_t k) {
    const ShownCaption& one = captions_[k];
    svg.open_group("caption");
    draw_lines(svg, title_lines(one), {.size = kTitleFont, .bold = true}, kTitleLine);
    draw_lines(svg, shown_caption(one),
               {.size = kCaptionFont,
                .colour = one.caption().empty() ? kMutedColour : kTextColour,
                .direction = one.direction()},
               kCaptionLine);
    draw_lines(svg, reference_lines(one),
               {.size = kSmallFont, .colour = kMutedColour, .direction = one.direction()},
               kSmallLine);
    y_ += kTextGap;
    draw_panels(svg, k);
    if (const std::string note = one.left_out_note(); !note.empty()) {
      draw_lines(svg, {note}, {.size = kSmallFont, .colour = kMutedColour}, kSmallLine);
    }
    svg.close_group();
    y_ += kBlockGap;
  }

  /// Draws the picture and the words, in lines that begin where the caption does.
  void draw_panels(SvgWriter& svg, std::size_t k) {
    const ShownCaption& one = captions_[k];
    const Point size = panel_size(one);
    const bool right = one.direction() == Direction::kRightToLeft;
    for (std::size_t panel = 0; panel <= one.words().size(); ++panel) {
      const double along = static_cast<double>(panel % columns_) * (options_.panel + kGap);
      const double x = right ? width_ - kMargin - along - options_.panel : kMargin + along;
      const double y = y_ + static_cast<double>(panel / columns_) * (kHead + size.y + kGap);
      if (panel > 0) draw_head(svg, one, panel - 1, {x, y});
      const Point corner{x + (options_.panel - size.x) / 2, y + kHead};
      svg.use_image(id(first_[k]), corner);
      if (panel == 0) continue;
      svg.image(corner, size.x, size.y, one.mask_uri(panel - 1),
                fmt::format("{}: {}", one.words()[panel - 1], one.note(panel - 1)));
    }
    y_ += rows(one) * (kHead + size.y + kGap);
  }

  /// Draws a word where the caption begins, and its numbers at the other side. A long word is drawn
  /// smaller before it is shortened.
  void draw_head(SvgWriter& svg, const ShownCaption& one, std::size_t index, Point corner) const {
    const std::string numbers = one.numbers(index);
    const std::string& word = one.words()[index];
    const double taken = numbers.empty() ? 0 : em_width(numbers) * kNumberFont + kWordSpace;
    const double left = options_.panel - taken;
    const double size = std::clamp(left / em_width(word), kSmallFont, kWordFont);
    const bool right = one.direction() == Direction::kRightToLeft;
    const double near = corner.x + (right ? options_.panel : 0);
    const double far = corner.x + (right ? 0 : options_.panel);
    svg.text({near, corner.y + 14}, shorten_ems(word, left / size),
             {.size = size, .anchor = right ? "end" : "start", .tooltip = word});
    if (numbers.empty()) return;
    svg.text({far, corner.y + 14}, numbers,
             {.size = kNumberFont,
              .anchor = right ? "start" : "end",
              .colour = kMutedColour,
              .direction = Direction::kLeftToRight});
  }

  std::string name() const {
    const ShownCaption& one = captions_.front();
    return !one.title().empty() ? one.title() : one.caption().empty() ? "Caption" : one.caption();
  }

  /// Screen readers read this in place of the picture.
  std::string description() const {
    std::string text;
    for (const ShownCaption& one : captions_) text += one.description() + ". ";
    return text;
  }

  const CaptionOptions& options_;
  std::vector<std::size_t> first_;  // [captions]: the first caption with the same picture
  std::vector<ShownCaption> captions_;
  std::size_t columns_ = 1;  // panels in a row
  double width_ = 0;
  double y_ = 0;  // the upper edge of the next line or panel
};

}  // namespace

std::string draw_captions_svg(std::span<const CaptionPicture> captions,
                              const CaptionOptions& options) {
  check_caption_count(captions);
  return CaptionSheet(captions, options).draw();
}

}  // namespace attend::view
