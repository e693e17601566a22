#include "model/entities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "check_settings.h"

namespace attend::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::int32_t> places(const std::vector<std::string_view>& units) {
  EncoderConfig encoder;
  encoder.position_units = 5;
  return find_entities(encoder, units);
}

TEST(Entities, AreWhereTheirFirstMarkersAre) {
  EXPECT_THAT(places({"the", "<e1>", "cat", "</e1>", "<e2>", "dog", "</e2>"}), ElementsAre(1, 4));
  EXPECT_THAT(places({"<e2>", "a", "</e2>", "<e1>", "b", "<e1>", "<e2>"}), ElementsAre(3, 0));
  EXPECT_THAT(places({"a", "<e1>", "b"}), ElementsAre(1, kNowhere));
  EXPECT_THAT(places({}), ElementsAre(kNowhere, kNowhere));
  const std::vector<std::string_view> units{"<e1>", "<e2>"};
  EXPECT_THAT(find_entities(EncoderConfig(), units), IsEmpty());
}

TEST(Distances, AreCountedUpToTheReach) {
  EXPECT_EQ(distance_row(4, 4, 3), 3);
  EXPECT_EQ(distance_row(4, 5, 3), 4);
  EXPECT_EQ(distance_row(4, 2, 3), 1);
  EXPECT_EQ(distance_row(4, 0, 3), 0);
  EXPECT_EQ(distance_row(4, 7, 3), 6);
  EXPECT_EQ(distance_row(4, 100, 3), 6);
  EXPECT_EQ(distance_row(kNowhere, 2, 3), 7);
  EXPECT_EQ(distance_rows(3), 8);
}

TEST(Distances, NeedTokensWithEmbeddings) {
  using namespace testing;
  const std::string units = "encoder.position_units=5";
  expect_taken({units});
  for (const std::string other : {"encoder.embedding=0", "encoder.levels=2"}) {
    EXPECT_NE(message_of({units, other}), "taken") << other;
  }
  expect_refused({units, "encoder.direction=backward", "encoder.reverse=words"},
                 "encoder.position_units needs encoder.embedding above 0, encoder.levels: 1");
}

TEST(Distances, HaveTablesThatTheBottomLayerReads) {
  Configuration c;
  c.encoder.embedding = 7;
  c.encoder.position_units = 5;
  c.encoder.position_reach = 3;
  int tables = 0;
  for (const TensorSpec& spec : parameter_table(c, {20, 30})) {
    if (spec.name == "source_distance.0.weight" || spec.name == "source_distance.1.weight") {
      EXPECT_THAT(spec.shape, ElementsAre(8, 5));
      ++tables;
    } else if (spec.name == "encoder.0.forward.input_weight") {
      EXPECT_EQ(spec.shape.back(), 7 + 2 * 5);
    } else if (spec.name == "source_embedding.weight") {
      EXPECT_THAT(spec.shape, ElementsAre(20, 7));
    } else {
      EXPECT_EQ(spec.name.find("source_"), std::string::npos) << spec.name;
    }
  }
  EXPECT_EQ(tables, 2);
}

}  // namespace
}  // namespace attend::model
