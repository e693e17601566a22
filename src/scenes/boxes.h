// Reads the boxes of a folder of scenes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "scenes/scene.h"

namespace attend::scenes {

/// The words of captions that name an object, by the name of the picture.
using NamedWords = std::map<std::string, std::vector<WordBox>, std::less<>>;

/// Reads boxes.tsv (docs/formats.md), a file of at most 1 GiB. Throws DataError (file:line) for a
/// file that cannot be read, and for a line that has not nine fields, an empty name or word, a
/// number that is none or above 1,000,000, an empty box, another caption than 0, or a place that is
/// not behind that of the word before in the same picture.
NamedWords read_boxes(const std::filesystem::path& path);

}  // namespace attend::scenes
