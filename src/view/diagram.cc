// Draws boxes and arrows in SVG.
#include <algorithm>
#include <cmath>

#include "view/diagram_layout.h"

namespace attend::view {
namespace {

constexpr double kMargin = 24;
constexpr double kTitleSize = 16;
constexpr double kNoteSize = 11;
constexpr std::string_view kArrowColour = "#57606a";
constexpr std::string_view kFeedbackColour = "#d55e00";

std::string_view fill_of(BoxKind kind) {
  switch (kind) {
    case BoxKind::kInput:
      return "#eef0f2";
    case BoxKind::kEncoder:
      return "#dcebf7";
    case BoxKind::kAttention:
      return "#d9f0e6";
    case BoxKind::kDecoder:
      return "#fdeadb";
    case BoxKind::kOutput:
      break;
  }
  return "#f3e3ee";
}

void draw_box(SvgWriter& svg, const DiagramBox& box, const PlacedBox& at) {
  svg.rectangle(at.corner, at.width, at.height, fill_of(box.kind));
  const double right = at.corner.x + at.width, bottom = at.corner.y + at.height;
  svg.path({at.corner, {right, at.corner.y}, {right, bottom}, {at.corner.x, bottom}, at.corner},
           {.colour = kArrowColour});
  const double lines = static_cast<double>(box.lines.size()) * kDiagramLine;
  double y = at.corner.y + (at.height - lines) / 2 + kDiagramText;
  for (std::size_t k = 0; k < box.lines.size(); ++k, y += kDiagramLine) {
    svg.text({at.corner.x + at.width / 2, y}, box.lines[k],
             {.size = kDiagramText,
              .anchor = "middle",
              .colour = k == 0 ? kTextColour : kMutedColour,
              .bold = k == 0,
              .direction = Direction::kLeftToRight});
  }
}

// The last part of every arrow points upward or to its box from below.
void draw_arrow(SvgWriter& svg, const std::vector<Point>& points, bool feedback) {
  const std::string_view colour = feedback ? kFeedbackColour : kArrowColour;
  svg.path(points, {.colour = colour, .width = 1.2, .dashes = feedback ? "5 4" : ""});
  const Point tip = points.back(), before = points[points.size() - 2];
  const double angle = std::atan2(tip.y - before.y, tip.x - before.x);
  const auto barb = [&](double turn) {
    return Point{tip.x - 7 * std::cos(angle + turn), tip.y - 7 * std::sin(angle + turn)};
  };
  svg.path({barb(0.45), tip, barb(-0.45)}, {.colour = colour, .width = 1.2});
}

}  // namespace

std::string draw_svg(const Diagram& diagram) {
  double least = em_width(diagram.title) * kTitleSize * 1.08;
  for (const std::string& note : diagram.notes) {
    least = std::max(least, em_width(note) * kNoteSize);
  }
  const double above = diagram.title.empty() ? 0 : 30;
  const DiagramLayout layout = place(diagram, above, least + 2 * kMargin);
  const double notes = static_cast<double>(diagram.notes.size()) * kDiagramLine;
  SvgWriter svg(layout.width, layout.height + notes + 8,
                diagram.title.empty() ? "Diagram" : diagram.title,
                "Boxes are computed from those whose arrows reach them from below.");
  if (!diagram.title.empty()) {
    svg.text({kMargin, 26}, diagram.title, {.size = kTitleSize, .bold = true});
  }
  for (std::size_t k = 0; k < diagram.arrows.size(); ++k) {
    draw_arrow(svg, layout.arrows[k], diagram.arrows[k].feedback);
  }
  for (std::size_t k = 0; k < diagram.boxes.size(); ++k) {
    draw_box(svg, diagram.boxes[k], layout.boxes[k]);
  }
  double y = layout.height + kNoteSize - 4;
  for (const std::string& note : diagram.notes) {
    svg.text({kMargin, y}, note, {.size = kNoteSize, .colour = kMutedColour});
    y += kDiagramLine;
  }
  return svg.finish();
}

}  // namespace attend::view
