// Writes pictures.
#pragma once

#include <string>

#include "vision/image.h"

namespace attend::vision {

/// Returns the bytes of a PNG file with this picture, of at least 1 × 1 pixels, without loss.
/// Throws Error where the picture is too large for the format. Thread-safe.
std::string encode_png(const Image& image);

}  // namespace attend::vision
