#include "text/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/base.h"
#include "testing.h"

namespace attend::text {
namespace {

using ::attend::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Counts = std::unordered_map<std::string, std::size_t>;

template <typename E, typename F>
std::string error_of(F&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

TEST(Vocabulary, OrdersByFallingCountThenBytes) {
  const Counts counts{{"b", 3}, {"a", 3}, {"c", 7}, {"\u00e9", 3}};
  EXPECT_THAT(Vocabulary::build(counts, {}).units(),
              ElementsAre("<pad>", "<unk>", "</s>", "c", "a", "b", "\u00e9"));
}

TEST(Vocabulary, SortsByUnitWithReservedUnitsLast) {
  const Counts counts{{"b", 3}, {" ", 1}, {"a", 9}, {"<en>", 2}};
  VocabularyOptions options{.reserved = {"<unk>", "<pad>"}, .sorted_by_unit = true};
  EXPECT_THAT(Vocabulary::build(counts, options).units(),
              ElementsAre(" ", "<en>", "a", "b", "<unk>", "<pad>"));
}

TEST(Vocabulary, KeepsTheMostFrequentUnitsThatFit) {
  const Counts counts{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}};
  EXPECT_THAT(Vocabulary::build(counts, {.maximum_size = 5}).units(),
              ElementsAre("<pad>", "<unk>", "</s>", "d", "c"));
  EXPECT_THAT(
      Vocabulary::build(counts, {.maximum_size = 5, .reserved = {"<pad>"}, .sorted_by_unit = true})
          .units(),
      ElementsAre("a", "b", "c", "d", "<pad>"));
  EXPECT_THAT(Vocabulary::build(counts, {.maximum_size = 3, .reserved = {}, .sorted_by_unit = true})
                  .units(),
              ElementsAre("b", "c", "d"));
  EXPECT_THAT(Vocabulary::build(counts, {.minimum_count = 3}).units(),
              ElementsAre("<pad>", "<unk>", "</s>", "d", "c"));
}

TEST(Vocabulary, RefusesASizeWithoutRoomForText) {
  EXPECT_THAT(error_of<UsageError>([] {
                Vocabulary::build({{"a", 1}}, {.maximum_size = 3});
              }),
              HasSubstr("no room"));
}

TEST(Vocabulary, OfOneUnitWorks) {
  const Vocabulary vocabulary({"a"});
  EXPECT_EQ(vocabulary.size(), 1U);
  EXPECT_EQ(vocabulary.id("a"), 0);
  EXPECT_EQ(vocabulary.id("b"), std::nullopt);
  EXPECT_EQ(vocabulary.end(), std::nullopt);
}

TEST(Vocabulary, TextNeverMeansAReservedUnit) {
  const Counts counts{{"a", 1}, {"</s>", 50}, {"<pad>", 40}, {"<unk>", 30}};
  const Vocabulary vocabulary = Vocabulary::build(counts, {});
  EXPECT_THAT(vocabulary.units(), ElementsAre("<pad>", "<unk>", "</s>", "a"));
  EXPECT_EQ(vocabulary.id("</s>"), vocabulary.unknown());
  EXPECT_EQ(vocabulary.id("<pad>"), vocabulary.unknown());
  EXPECT_FALSE(vocabulary.contains("</s>"));
  EXPECT_TRUE(vocabulary.contains("a"));
  EXPECT_THAT(Vocabulary::build(counts, {.reserved = {}}).units(), ElementsAre("a"));
}

TEST(Vocabulary, GivesIdsOfUnitsAndUnitsOfIds) {
  const Vocabulary vocabulary({"<pad>", "<unk>", "</s>", "x", "y"});
  EXPECT_EQ(vocabulary.padding(), 0);
  EXPECT_EQ(vocabulary.unknown(), 1);
  EXPECT_EQ(vocabulary.end(), 2);
  EXPECT_EQ(vocabulary.id("y"), 4);
  EXPECT_EQ(vocabulary.id("z"), 1);
  EXPECT_EQ(vocabulary.unit(3), "x");
  EXPECT_THROW(vocabulary.unit(5), CheckFailure);
  EXPECT_THROW(vocabulary.unit(kNoToken), CheckFailure);
}

TEST(Vocabulary, RefusesDuplicatesEmptyUnitsAndNone) {
  EXPECT_THROW(Vocabulary({}), ModelError);
  EXPECT_THROW(Vocabulary({"a", ""}), ModelError);
  EXPECT_THROW(Vocabulary({"a", "b", "a"}), ModelError);
  EXPECT_THROW(Vocabulary({"<pad>", "<pad>"}), ModelError);
  EXPECT_THROW(Vocabulary({"a\nb"}), ModelError);
  EXPECT_THROW(Vocabulary({"\xff"}), ModelError);
  EXPECT_THROW(Vocabulary::build({}, {.reserved = {}}), ModelError);
}

TEST(VocabularyFile, KeepsEveryUnit) {
  TemporaryFolder folder;
  const Vocabulary vocabulary({"<pad>", " ", "\r", "\u2028", "a\r", "\u0085", "\u0301",
                               std::string(1, '\0'), "\U0001F469\u200d\U0001F680"});
  vocabulary.save(folder / "source.vocab");
  EXPECT_EQ(Vocabulary::load(folder / "source.vocab"), vocabulary);
}

TEST(VocabularyFile, NamesFileAndLineOfAMistake) {
  TemporaryFolder folder;
  const auto message = [&](std::string_view bytes) {
    testing::write_file(folder / "v", bytes);
    return error_of<ModelError>([&] { Vocabulary::load(folder / "v"); });
  };
  EXPECT_THAT(message("a\nb\na\n"), HasSubstr("v:3: the unit 'a' stands twice"));
  EXPECT_THAT(message("a\n\nb\n"), HasSubstr("v:2: an empty unit"));
  EXPECT_THAT(message("a\n\xff\n"), HasSubstr("v:2: a unit that is not UTF-8"));
  EXPECT_THAT(message("a\nb"), HasSubstr("v:2: the last line has no end"));
  EXPECT_THAT(message(""), HasSubstr("v: a vocabulary without any unit"));
  EXPECT_THAT(error_of<ModelError>([&] { Vocabulary::load(folder / "none"); }),
              HasSubstr("none: cannot open"));
  EXPECT_THAT(error_of<ModelError>([&] { Vocabulary::load(folder.path()); }),
              HasSubstr("directory"));
}

TEST(VocabularyFile, AppearsWholeOrNotAtAll) {
  EXPECT_THROW(Vocabulary({"a"}).save("/dev/full"), Error);
  EXPECT_THROW(Vocabulary({"a"}).save("/nowhere/source.vocab"), Error);
}

}  // namespace
}  // namespace attend::text
