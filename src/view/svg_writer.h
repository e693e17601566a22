// Writes SVG element by element. Internal to the folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "view/colours.h"
#include "view/labels.h"

namespace attend::view {

inline constexpr std::string_view kTextColour = "#1f2328";
inline constexpr std::string_view kMutedColour = "#6a737d";

struct TextStyle {
  double size = 13;
  /// What of the text stands at its point: "start" is its left end in every direction, "middle",
  /// "end" is its right end.
  std::string_view anchor = "start";
  std::string_view colour = kTextColour;
  double rotate = 0;  ///< degrees around the anchor
  bool bold = false;
  std::string_view tooltip = {};  ///< empty: none
  /// Nothing: that of the first letter that has one.
  std::optional<Direction> direction = {};
};

struct Point {
  double x = 0, y = 0;
};

struct Stroke {
  std::string_view colour = kTextColour;
  double width = 1;
  std::string_view dashes = {};
};

/// Writes a white page, with coordinates in pixels. Every text is an element of its own, isolated
/// from the direction of its neighbours. All text is escaped here. Not thread-safe.
class SvgWriter {
 public:
  /// Screen readers read `name` and `description` in place of the picture.
  SvgWriter(double width, double height, std::string_view name, std::string_view description);

  void text(Point at, std::string_view content, const TextStyle& style = {});
  void rectangle(Point corner, double width, double height, std::string_view fill,
                 std::string_view tooltip = {});
  void line(Point from, Point to, const Stroke& stroke);
  void path(const std::vector<Point>& points, const Stroke& stroke);
  void circle(Point centre, double radius, std::string_view fill, std::string_view tooltip = {});
  /// Defines an image, which use_image() draws any number of times. `id` is a name of XML.
  void define_image(std::string_view id, double width, double height, std::string_view uri);
  void use_image(std::string_view id, Point corner);
  /// Draws an image, stretched to this size. `uri` holds its bytes.
  void image(Point corner, double width, double height, std::string_view uri,
             std::string_view tooltip = {});
  void open_group(std::string_view name);
  void close_group();
  std::string finish();

 private:
  void close_with_tooltip(std::string_view element, std::string_view tooltip);
  std::string svg_;
};

/// Returns a coordinate with at most two decimals.
std::string coordinate(double value);

}  // namespace attend::view
