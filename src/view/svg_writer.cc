#include "view/svg_writer.h"

#include <fmt/format.h>

#include "view/markup.h"

namespace attend::view {
namespace {

/// Viewers use the first font that has a glyph. Their own sans-serif font is last.
constexpr std::string_view kFonts =
    "Noto Sans, Noto Sans CJK SC, Noto Sans Arabic, Noto Sans Devanagari, DejaVu Sans, sans-serif";

/// Returns the value of text-anchor, whose start is the right end of a text from right to left.
std::string_view anchor_of(std::string_view anchor, Direction direction) {
  if (direction == Direction::kLeftToRight || anchor == "middle") return anchor;
  return anchor == "start" ? "end" : "start";
}

/// Names the attribute that refers to an image. SVG 1.1 demands the namespace.
constexpr std::string_view kReference = "xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href";

std::string image_element(std::string_view attributes, double width, double height,
                          std::string_view uri) {
  return fmt::format("<image {} width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" {}=\"{}\"",
                     attributes, coordinate(width), coordinate(height), kReference,
                     escape_markup(uri));
}

}  // namespace

std::string coordinate(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

SvgWriter::SvgWriter(double width, double height, std::string_view name,
                     std::string_view description) {
  svg_ = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\" font-family=\"{2}\">\n"
      "<title>{3}</title>\n<desc>{4}</desc>\n",
      coordinate(width), coordinate(height), kFonts, escape_markup(name),
      escape_markup(description));
  rectangle({0, 0}, width, height, "#ffffff");
}

void SvgWriter::text(Point at, std::string_view content, const TextStyle& style) {
  svg_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"", coordinate(at.x),
                      coordinate(at.y), coordinate(style.size), style.colour);
  const Direction direction =
      style.direction.value_or(first_direction(content).value_or(Direction::kLeftToRight));
  const std::string_view anchor = anchor_of(style.anchor, direction);
  if (anchor != "start") svg_ += fmt::format(" text-anchor=\"{}\"", anchor);
  if (style.bold) svg_ += " font-weight=\"bold\"";
  if (style.rotate != 0) {
    svg_ += fmt::format(" transform=\"rotate({} {} {})\"", coordinate(style.rotate),
                        coordinate(at.x), coordinate(at.y));
  }
  svg_ += fmt::format(" direction=\"{}\" unicode-bidi=\"isolate\">", name(direction));
  if (!style.tooltip.empty()) svg_ += "<title>" + escape_markup(style.tooltip) + "</title>";
  svg_ += escape_markup(content) + "</text>\n";
}

void SvgWriter::rectangle(Point corner, double width, double height, std::string_view fill,
                          std::string_view tooltip) {
  svg_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"",
                      coordinate(corner.x), coordinate(corner.y), coordinate(width),
                      coordinate(height), fill);
  close_with_tooltip("rect", tooltip);
}

void SvgWriter::line(Point from, Point to, const Stroke& stroke) { path({from, to}, stroke); }

void SvgWriter::path(const std::vector<Point>& points, const Stroke& stroke) {
  svg_ += "<path d=\"";
  for (std::size_t i = 0; i < points.size(); ++i) {
    svg_ += fmt::format("{}{} {}", i == 0 ? "M" : " L", coordinate(points[i].x),
                        coordinate(points[i].y));
  }
  svg_ += fmt::format("\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", stroke.colour,
                      coordinate(stroke.width));
  if (!stroke.dashes.empty()) svg_ += fmt::format(" stroke-dasharray=\"{}\"", stroke.dashes);
  if (points.size() > 2) svg_ += " stroke-linejoin=\"round\" stroke-linecap=\"round\"";
  svg_ += "/>\n";
}

void SvgWriter::circle(Point centre, double radius, std::string_view fill,
                       std::string_view tooltip) {
  svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"", coordinate(centre.x),
                      coordinate(centre.y), coordinate(radius), fill);
  close_with_tooltip("circle", tooltip);
}

void SvgWriter::define_image(std::string_view id, double width, double height,
                             std::string_view uri) {
  svg_ += fmt::format("<defs>{}/></defs>\n",
                      image_element(fmt::format("id=\"{}\"", id), width, height, uri));
}

void SvgWriter::use_image(std::string_view id, Point corner) {
  svg_ += fmt::format("<use x=\"{}\" y=\"{}\" {}=\"#{}\"/>\n", coordinate(corner.x),
                      coordinate(corner.y), kReference, id);
}

void SvgWriter::image(Point corner, double width, double height, std::string_view uri,
                      std::string_view tooltip) {
  const std::string place =
      fmt::format("x=\"{}\" y=\"{}\"", coordinate(corner.x), coordinate(corner.y));
  svg_ += image_element(place, width, height, uri);
  close_with_tooltip("image", tooltip);
}

void SvgWriter::close_with_tooltip(std::string_view element, std::string_view tooltip) {
  svg_ += tooltip.empty()
              ? std::string("/>\n")
              : fmt::format("><title>{}</title></{}>\n", escape_markup(tooltip), element);
}

void SvgWriter::open_group(std::string_view name) {
  svg_ += fmt::format("<g class=\"{}\">\n", escape_markup(name));
}

void SvgWriter::close_group() { svg_ += "</g>\n"; }

std::string SvgWriter::finish() { return std::move(svg_) + "</svg>\n"; }

}  // namespace attend::view
