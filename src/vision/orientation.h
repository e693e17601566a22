// The EXIF orientation of a picture. Internal to the folder.
#pragma once

#include <cstdint>
#include <span>

#include "vision/image.h"

namespace attend::vision {

/// Returns the orientation, 1 … 8, that the first directory of EXIF data holds (tag 0x0112 of the
/// TIFF structure). A prefix "Exif\0\0" may precede the structure. Returns 1, which means upright,
/// where there is no such tag or the data is damaged. Reads at most 64 Ki entries.
int exif_orientation(std::span<const std::uint8_t> bytes);

/// Whether height and width change places: orientations 5 … 8.
bool swaps_sides(int orientation);

/// Turns and mirrors a stored picture so that it is upright. Takes memory for a second picture
/// unless the orientation is 1.
Image upright(Image image, int orientation);

}  // namespace attend::vision
