// Draws scenes on one sheet, so that people can look at them.
#pragma once

#include <span>
#include <string>

#include "scenes/scene.h"

namespace attend::scenes {

/// Returns an SVG document with the pictures side by side, enlarged, the boxes drawn into them and
/// the captions below. There must be at least one scene.
std::string contact_sheet(std::span<const Scene> scenes);

}  // namespace attend::scenes
