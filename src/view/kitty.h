// Shows pictures in a terminal by kitty's graphics protocol. Internal to the folder.
#pragma once

#include <cstddef>
#include <string>

#include "view/raster.h"

namespace attend::view {

/// Returns what shows a picture, stretched over so many columns and lines, and leaves the cursor at
/// the beginning of the line below. The cursor must be at the beginning of a line.
std::string kitty_picture(const Raster& raster, std::size_t columns, std::size_t lines);

}  // namespace attend::view
