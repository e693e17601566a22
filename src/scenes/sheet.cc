#include "scenes/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/base.h"
#include "scenes/folder.h"

namespace attend::scenes {
namespace {

constexpr int kColumns = 6;
constexpr int kPictureSide = 192;  // in units of the document, as all lengths here
constexpr int kGap = 16;
constexpr int kLineHeight = 16;
constexpr std::size_t kLineLength = 30;  // in characters
constexpr int kLines = 4;                // the longest caption has 93 characters
constexpr int kPanelWidth = kPictureSide + kGap;
constexpr int kPanelHeight = kPictureSide + kLines * kLineHeight + kGap;

/// Breaks a caption into lines of at most kLineLength characters.
std::vector<std::string_view> lines_of(std::string_view caption) {
  std::vector<std::string_view> lines;
  while (caption.size() > kLineLength) {
    const std::size_t end = caption.rfind(' ', kLineLength);
    lines.push_back(caption.substr(0, end));
    caption.remove_prefix(end + 1);
  }
  lines.push_back(caption);
  return lines;
}

/// Draws a box as a dashed white line over a black one, which is seen on every colour.
std::string draw_box(const Box& box, double scale) {
  std::string text;
  for (const std::string_view stroke : {"black", "white\" stroke-dasharray=\"3 3"}) {
    text += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"none\" "
        "stroke=\"{}\"/>\n",
        box.x0 * scale, box.y0 * scale, (box.x1 - box.x0) * scale, (box.y1 - box.y0) * scale,
        stroke);
  }
  return text;
}

std::string draw_panel(const Scene& scene, int x, int y) {
  std::string text = fmt::format("<g transform=\"translate({} {})\">\n", x, y);
  text += fmt::format("<image width=\"{0}\" height=\"{0}\" href=\"data:image/png;base64,{1}\"/>\n",
                      kPictureSide, base64(picture_file(scene)));
  const double scale = static_cast<double>(kPictureSide) / scene.picture.side;
  for (const Object& object : scene.objects) text += draw_box(object.box, scale);
  int line_y = kPictureSide;
  for (const std::string_view line : lines_of(scene.caption.text)) {
    line_y += kLineHeight;
    text += fmt::format("<text y=\"{}\">{}</text>\n", line_y, line);
  }
  return text + "</g>\n";
}

}  // namespace

std::string contact_sheet(std::span<const Scene> scenes) {
  ATTEND_CHECK(!scenes.empty());
  const int count = static_cast<int>(scenes.size());
  const int columns = std::min(count, kColumns), rows = (count + kColumns - 1) / kColumns;
  const int width = columns * kPanelWidth + kGap, height = rows * kPanelHeight + kGap;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width, height);
  for (int i = 0; i < count; ++i) {
    text += draw_panel(scenes[static_cast<std::size_t>(i)], kGap + i % kColumns * kPanelWidth,
                       kGap + i / kColumns * kPanelHeight);
  }
  return text + "</svg>\n";
}

}  // namespace attend::scenes
