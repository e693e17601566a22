// Puts the boxes of a diagram on a page, layer by layer. Internal to the folder.
#pragma once

#include <cstddef>
#include <vector>

#include "view/svg_writer.h"
#include "view/view.h"

namespace attend::view {

inline constexpr double kDiagramText = 12;
inline constexpr double kDiagramLine = 16;  ///< from one line of a box to the next

struct PlacedBox {
  Point corner;
  double width = 0, height = 0;
};

/// Where everything of a diagram lies, in pixels. y grows downward.
struct DiagramLayout {
  double width = 0, height = 0;
  std::vector<PlacedBox> boxes;            // as in Diagram::boxes
  std::vector<std::vector<Point>> arrows;  // corners of each arrow, as in Diagram::arrows
};

/// Places boxes whose arrows have no circle without the feedback. `above` is kept free for a title,
/// and the page is at least `least_width` wide.
DiagramLayout place(const Diagram& diagram, double above, double least_width);

}  // namespace attend::view
