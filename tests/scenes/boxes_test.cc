#include "scenes/boxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base.h"
#include "testing.h"

namespace attend::scenes {
namespace {

using ::testing::HasSubstr;

NamedWords read(const std::string& bytes) {
  const attend::testing::TemporaryFolder folder;
  attend::testing::write_file(folder / "boxes.tsv", bytes);
  return read_boxes(folder / "boxes.tsv");
}

TEST(ReadBoxes, GivesTheWordsOfEachPicture) {
  const NamedWords words = read(
      "a.png\ttrain\t0\t1\tred\t0\t5\t10\t15\n"
      "a.png\ttrain\t0\t2\tring\t0\t5\t10\t15\n"
      "b.png\ttest\t0\t2\tblue\t7\t8\t9\t10\n");
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words.at("a.png"),
            (std::vector<WordBox>{{1, "red", {0, 5, 10, 15}}, {2, "ring", {0, 5, 10, 15}}}));
  EXPECT_EQ(words.at("b.png"), (std::vector<WordBox>{{2, "blue", {7, 8, 9, 10}}}));
  EXPECT_TRUE(read("").empty());
}

TEST(ReadBoxes, NamesTheLineThatIsBad) {
  const std::string good = "a.png\ttrain\t0\t1\tred\t0\t5\t10\t15\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"a.png", "found 1 fields, expected 9"},
      {"", "found 1 fields"},
      {"a.png\ttrain\t0\t2\tred\t0\t5\t10", "found 8 fields"},
      {"a.png\ttrain\t0\t2\tred\t0\t5\t10\t15\t", "found more fields"},
      {"\ttrain\t0\t2\tred\t0\t5\t10\t15", "the name is empty"},
      {"a.png\ttrain\t0\t2\t\t0\t5\t10\t15", "the word is empty"},
      {"a.png\ttrain\t1\t2\tred\t0\t5\t10\t15", "another caption than 0"},
      {"a.png\ttrain\t0\tx\tred\t0\t5\t10\t15", "the place of the word: found 'x'"},
      {"a.png\ttrain\t0\t1\tred\t0\t5\t10\t15", "found 1, expected more than 1"},
      {"a.png\ttrain\t0\t2\tred\t-1\t5\t10\t15", "x0: found '-1'"},
      {"a.png\ttrain\t0\t2\tred\t0\t\t10\t15", "y0: found ''"},
      {"a.png\ttrain\t0\t2\tred\t0\t5\t99999999999\t15", "x1: found '99999999999'"},
      {"a.png\ttrain\t0\t2\tred\t0\t5\t10\t15\r", "y1: found '15\r'"},
      {"a.png\ttrain\t0\t2\tred\t10\t5\t10\t15", "the box is empty"},
      {"a.png\ttrain\t0\t2\tred\t0\t5\t10\t4", "the box is empty"}};
  for (const auto& [line, what] : bad) {
    try {
      read(good + line + "\n");
      FAIL() << "accepted: " << line;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr("boxes.tsv:2: "));
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  }
}

TEST(ReadBoxes, RefusesAMissingFile) {
  const attend::testing::TemporaryFolder folder;
  EXPECT_THROW(read_boxes(folder / "boxes.tsv"), DataError);
}

}  // namespace
}  // namespace attend::scenes
