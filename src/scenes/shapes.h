// The outlines of the shapes. Internal to the folder.
#pragma once

#include "scenes/scene.h"

namespace attend::scenes {

/// The half of the side of the square that every shape fills: from −kUnit to kUnit in x and y, with
/// y downwards. Only the star is a little less high than wide.
inline constexpr int kUnit = 4096;

/// Whether a point of the square, or near it, belongs to the shape. Computed with whole numbers, so
/// that pictures are equal on all machines. |x| and |y| must be at most 2 · kUnit.
bool contains(Shape shape, int x, int y);

}  // namespace attend::scenes
