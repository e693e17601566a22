// Reads what the tests need out of a picture, and captions word by word, without the code under
// test.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "scenes/scenes.h"

namespace attend::scenes {

struct Pixel {
  int red, green, blue;
  /// Backgrounds, white and black have none.
  bool has_tint() const { return red != green || green != blue; }
};

inline Pixel pixel(const Picture& picture, int x, int y) {
  const auto at = static_cast<std::size_t>(y * picture.side + x) * 3;
  return {picture.pixels[at], picture.pixels[at + 1], picture.pixels[at + 2]};
}

inline bool holds(const Box& box, int x, int y) {
  return box.x0 <= x && x < box.x1 && box.y0 <= y && y < box.y1;
}

/// Returns the smallest box with every pixel within `box` that has a tint.
inline Box box_of_tint(const Picture& picture, const Box& box) {
  Box found{picture.side, picture.side, 0, 0};
  for (int y = box.y0; y < box.y1; ++y) {
    for (int x = box.x0; x < box.x1; ++x) {
      if (!pixel(picture, x, y).has_tint()) continue;
      found = {std::min(found.x0, x), std::min(found.y0, y), std::max(found.x1, x + 1),
               std::max(found.y1, y + 1)};
    }
  }
  return found;
}

inline std::vector<std::string> words_of(const std::string& caption) {
  std::istringstream stream(caption);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

inline std::vector<Scene> take(const SceneOptions& options, int count) {
  const SceneGenerator generator(options);
  std::vector<Scene> scenes;
  for (int i = 0; i < count; ++i) scenes.push_back(generator.scene(static_cast<std::uint64_t>(i)));
  return scenes;
}

inline SceneOptions with_objects(int least, int most) {
  SceneOptions options;
  options.least_objects = least;
  options.most_objects = most;
  return options;
}

}  // namespace attend::scenes
