// Writes a picture as PNG. Internal to the folder.
#pragma once

#include <string>

#include "scenes/scene.h"

namespace attend::scenes {

/// Returns the bytes of a PNG file, without loss. The pixels that a reader gets are equal
/// everywhere; the bytes depend on the versions of libpng and zlib. Thread-safe.
std::string encode_png(const Picture& picture);

}  // namespace attend::scenes
