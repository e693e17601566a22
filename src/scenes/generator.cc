#include "scenes/generator.h"

#include <fmt/format.h>

#include "base/base.h"
#include "scenes/layout.h"
#include "scenes/paint.h"

namespace attend::scenes {
namespace {

void check(const SceneOptions& options) {
  if (options.side < kLeastSide || options.side > kMostSide) {
    throw UsageError(fmt::format("a picture of {} pixels a side is not between {} and {}",
                                 options.side, kLeastSide, kMostSide));
  }
  if (options.least_objects < 1 || options.most_objects > kMostObjects ||
      options.least_objects > options.most_objects) {
    throw UsageError(fmt::format("{} to {} objects are no range within 1 to {}",
                                 options.least_objects, options.most_objects, kMostObjects));
  }
  if (!(options.test_share > 0.0 && options.test_share < 1.0)) {
    throw UsageError("the test share of captions must lie between 0 and 1");
  }
}

std::vector<Object> objects_of(const std::vector<PlacedObject>& layout) {
  std::vector<Object> objects;
  for (const PlacedObject& placed : layout) objects.push_back(placed.object);
  return objects;
}

/// Draws layouts until one is on the wanted side of the split.
std::vector<PlacedObject> draw_wanted(const SceneOptions& options, Random& random) {
  constexpr int kTrials = 1'000'000;
  const auto range = static_cast<std::uint64_t>(options.most_objects - options.least_objects + 1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const int count = options.least_objects + static_cast<int>(random.below(range));
    std::vector<PlacedObject> layout = draw_layout(count, options.side, random);
    if (options.split == SceneSplit::kAll) return layout;
    const std::string caption = describe(objects_of(layout)).text;
    if (split_of(caption, options.test_share) == options.split) return layout;
  }
  throw UsageError(fmt::format(
      "no caption of {} to {} objects was found on the side '{}' of the split: take another test "
      "share",
      options.least_objects, options.most_objects, split_name(options.split)));
}

}  // namespace

SceneGenerator::SceneGenerator(const SceneOptions& options) : options_(options) { check(options); }

Scene SceneGenerator::scene(std::uint64_t index) const {
  Random random = Random::stream(options_.seed, index);
  std::vector<PlacedObject> layout = draw_wanted(options_, random);
  const std::string planned = describe(objects_of(layout)).text;
  Scene scene;
  scene.picture = paint_background(options_.side, random);
  for (PlacedObject& placed : layout) paint_object(scene.picture, placed, random);
  scene.objects = objects_of(layout);
  scene.caption = describe(scene.objects);
  ATTEND_CHECK_EQ(scene.caption.text, planned);  // the exact boxes change no relation
  scene.side = split_of(scene.caption.text, options_.test_share);
  return scene;
}

}  // namespace attend::scenes
