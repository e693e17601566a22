// Makes scenes: pictures of shapes with their captions and the boxes of what the captions name.
//
//   SceneOptions options;
//   options.most_objects = 3;
//   const SceneGenerator generator(options);
//   const Scene scene = generator.scene(0);
//   scene.caption.text;   // "a small red circle left of a blue square"
//
// A scene depends on the options and its index alone. Pixels are computed with whole numbers, and
// are equal on all machines.
#pragma once

#include <cstdint>

#include "scenes/scene.h"

namespace attend::scenes {

inline constexpr int kLeastSide = 48;  ///< the smallest objects would be no shapes below it
inline constexpr int kMostSide = 512;
inline constexpr int kMostObjects = 3;

struct SceneOptions {
  std::uint64_t seed = 1;
  int side = 64;  ///< height and width of the pictures in pixels, from kLeastSide to kMostSide
  /// The number of objects, from 1 to kMostObjects; every number between has the same probability.
  int least_objects = 1;
  int most_objects = 2;
  SceneSplit split = SceneSplit::kAll;
  double test_share = 0.1;  ///< share of all captions, in (0, 1)
};

/// Immutable and thread-safe.
class SceneGenerator {
 public:
  /// Throws UsageError for an option out of range.
  explicit SceneGenerator(const SceneOptions& options);

  /// Returns a scene of the wanted side of the split. Throws UsageError where a million scenes have
  /// had no caption of this side, as for a very small share.
  Scene scene(std::uint64_t index) const;

 private:
  SceneOptions options_;
};

}  // namespace attend::scenes
