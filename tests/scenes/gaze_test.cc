#include "scenes/gaze.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/base.h"
#include "picture_reader.h"

namespace attend::scenes {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(GazeOf, IsTheFirstLargestWeightRowByRow) {
  EXPECT_EQ(gaze_of(std::vector<float>{0, 1, 2, 3, 9, 4}, {2, 3}), (GridCell{1, 1}));
  EXPECT_EQ(gaze_of(std::vector<float>{0, 1, 2, 3, 9, 4}, {3, 2}), (GridCell{2, 0}));
  EXPECT_EQ(gaze_of(std::vector<float>{5, 5, 5, 5}, {2, 2}), (GridCell{0, 0}));
  EXPECT_EQ(gaze_of(std::vector<float>{1}, {1, 1}), (GridCell{0, 0}));
  EXPECT_EQ(gaze_of(std::vector<float>{kNan, -3, kNan, -2}, {2, 2}), (GridCell{1, 1}));
  EXPECT_EQ(gaze_of(std::vector<float>{kNan, kNan}, {1, 2}), (GridCell{0, 0}));
}

TEST(GazeOf, RefusesWeightsOfAnotherGrid) {
  EXPECT_THROW(gaze_of(std::vector<float>{1, 2, 3}, {2, 2}), CheckFailure);
  EXPECT_THROW(gaze_of(std::vector<float>{}, {0, 0}), CheckFailure);
}

TEST(PointsInto, AsksForTheCentreOfTheCell) {
  const Grid grid{8, 8};  // cells of 8 pixels; the centre of cell (2, 3) is at x 28, y 20
  EXPECT_TRUE(points_into({28, 20, 29, 21}, {2, 3}, grid, 64, 64));
  EXPECT_FALSE(points_into({29, 20, 60, 60}, {2, 3}, grid, 64, 64));
  EXPECT_FALSE(points_into({28, 21, 60, 60}, {2, 3}, grid, 64, 64));
  EXPECT_FALSE(points_into({0, 0, 28, 60}, {2, 3}, grid, 64, 64));
  EXPECT_FALSE(points_into({0, 0, 60, 20}, {2, 3}, grid, 64, 64));
}

TEST(PointsInto, TellsRowsFromColumnsAndHeightFromWidth) {
  // Rows of 5 pixels and columns of 50: the centre of cell (3, 0) is at x 25, y 17.5.
  EXPECT_TRUE(points_into({25, 17, 26, 18}, {3, 0}, {4, 2}, 20, 100));
  EXPECT_FALSE(points_into({17, 25, 18, 26}, {3, 0}, {4, 2}, 20, 100));
  EXPECT_FALSE(points_into({25, 18, 26, 19}, {3, 0}, {4, 2}, 20, 100));
  EXPECT_THROW(points_into({0, 0, 1, 1}, {4, 0}, {4, 2}, 20, 100), CheckFailure);
  EXPECT_THROW(points_into({0, 0, 1, 1}, {0, -1}, {4, 2}, 20, 100), CheckFailure);
}

TEST(PointsInto, IsPossibleForEveryBoxOfAGridOfEightCells) {
  for (const int side : {48, 64, 100, 128}) {
    SceneOptions options = with_objects(1, 3);
    options.side = side;
    for (const Scene& scene : take(options, 400)) {
      for (const Object& object : scene.objects) {
        int cells = 0;
        for (int i = 0; i < 64; ++i) {
          cells += points_into(object.box, {i / 8, i % 8}, {8, 8}, side, side) ? 1 : 0;
        }
        EXPECT_GT(cells, 0) << scene.caption.text;
      }
    }
  }
}

/// Returns weights that are largest at one cell of a 2 × 2 grid.
std::vector<float> looks_at(const std::vector<int>& cells) {
  std::vector<float> weights(cells.size() * 4, 0.1F);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    weights[i * 4 + static_cast<std::size_t>(cells[i])] = 0.7F;
  }
  return weights;
}

TEST(ScoreGaze, CountsHitsOfTheWordsThatNameAnObject) {
  const std::vector<WordBox> named = {{1, "red", {0, 0, 20, 20}},
                                      {2, "circle", {0, 0, 20, 20}},
                                      {6, "blue", {35, 35, 60, 60}},
                                      {7, "square", {35, 35, 60, 60}}};
  const std::vector<std::string> written = words_of("a red circle left of a blue square");
  const Grid grid{2, 2};
  const auto score = [&](const std::vector<int>& cells, const std::vector<std::string>& words) {
    return score_gaze(named, words, looks_at(cells), grid, 64, 64);
  };
  PointingScore all = score({3, 0, 0, 1, 1, 1, 3, 3}, written);
  EXPECT_EQ(all.words, 4U);
  EXPECT_EQ(all.hits, 4U);
  EXPECT_EQ(all.others, 0U);
  EXPECT_EQ(all.accuracy(), 1.0);
  EXPECT_EQ(score({0, 0, 3, 0, 0, 0, 2, 3}, written).hits, 2U);

  // A wrong colour names nothing in the picture; a caption may also be too short.
  const PointingScore some = score({0, 0, 0, 0, 0, 0, 3}, words_of("a red circle left of a green"));
  EXPECT_EQ(some.words, 2U);
  EXPECT_EQ(some.hits, 2U);
  EXPECT_EQ(some.others, 2U);
  all.add(some);
  EXPECT_EQ(all.words, 6U);
  EXPECT_EQ(all.others, 2U);
  EXPECT_EQ(score({}, {}).accuracy(), 0.0);
}

TEST(ScoreGaze, RefusesAnAlignmentOfAnotherShape) {
  const std::vector<std::string> written = {"a", "red"};
  const std::vector<float> weights(7, 0.1F);
  EXPECT_THROW(score_gaze({}, written, weights, {2, 2}, 64, 64), CheckFailure);
}

}  // namespace
}  // namespace attend::scenes
