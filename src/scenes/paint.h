// Paints scenes. Internal to the folder.
#pragma once

#include "base/base.h"
#include "scenes/layout.h"
#include "scenes/scene.h"

namespace attend::scenes {

/// Returns a picture of grey blotches: a level, a slope across the picture, and noise on two grids
/// that is interpolated. Red, green and blue are equal and from 60 to 190.
Picture paint_background(int side, Random& random);

/// Paints an object in one colour, a little different in every object, over a picture. Each pixel
/// has sixteen points; the share of those within the shape is the share of the colour. Sets
/// `placed.object.box` to the smallest box with every pixel that has at least one such point.
void paint_object(Picture& picture, PlacedObject& placed, Random& random);

}  // namespace attend::scenes
