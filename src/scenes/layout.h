// Draws by lot what a scene holds and where. Internal to the folder.
#pragma once

#include <vector>

#include "base/base.h"
#include "scenes/scene.h"

namespace attend::scenes {

/// Lengths of a layout are whole numbers of these parts of a pixel.
inline constexpr int kParts = 8;

/// An object and where its square is (shapes.h), in parts of a pixel. `object.box` holds the pixels
/// that the square touches.
struct PlacedObject {
  Object object;
  int x = 0, y = 0;  ///< of its middle, from the left and from the top of the picture
  int radius = 0;    ///< half of its side
};

/// Draws from one to three objects for a picture of `side` pixels, in the order of the caption and
/// with all the promises of scene.h. Every shape and every size has the same probability, and every
/// set of different colours. Where objects have found no place in 200 trials, others are drawn;
/// this makes three large objects rarer. Every place that keeps the promises has the same
/// probability.
std::vector<PlacedObject> draw_layout(int objects, int side, Random& random);

}  // namespace attend::scenes
