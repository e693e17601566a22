#include "view/word_order.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "view/view.h"

namespace attend::view {
namespace {

using ::testing::ElementsAre;

// Returns a line from left to right, with a | between pieces.
std::string shown(const std::vector<std::string>& words, Direction direction,
                  const std::vector<char>& joined = {}) {
  const WordOrder order(words, joined, direction);
  const auto line = order.line(0, words.size());
  std::string text;
  for (const std::size_t k : from_left(line)) {
    if (!text.empty()) text += "|";
    text += line[k].is_space() ? " " : std::string(line[k].text);
  }
  return text;
}

TEST(WordOrder, FollowsTheSentenceAndReversesTheOthers) {
  EXPECT_EQ(shown({"a", "b"}, Direction::kLeftToRight), "a| |b");
  EXPECT_EQ(shown({"a", "b"}, Direction::kRightToLeft), "a| |b");
  EXPECT_EQ(shown({"א", "ב"}, Direction::kLeftToRight), "ב| |א");
  EXPECT_EQ(shown({"א", "a", "b", "ב"}, Direction::kRightToLeft), "ב| |a| |b| |א");
  EXPECT_EQ(shown({"a", "א", "ב", "b"}, Direction::kLeftToRight), "a| |ב| |א| |b");
  EXPECT_EQ(shown({"עד", "1", "2", "!"}, Direction::kRightToLeft, {0, 0, 0, 1}), "!|2| |1| |עד");
}

TEST(WordOrder, PartsWordsWhereTheDirectionChanges) {
  const std::vector<std::string> words = {"א", "a.", "e\u0301א"};
  const WordOrder order(words, {}, Direction::kRightToLeft);
  const auto line = order.line(0, 3);
  std::vector<std::string> texts;
  for (const LinePiece& piece : line) texts.emplace_back(piece.text);
  EXPECT_THAT(texts, ElementsAre("א", "", "a.", "", "e\u0301", "א"));  // the point joins a and e
  EXPECT_EQ(line[0].direction(), Direction::kRightToLeft);
  EXPECT_EQ(line[2].direction(), Direction::kLeftToRight);
  EXPECT_TRUE(line[4].begins_word);
  EXPECT_FALSE(line[4].ends_word);
  EXPECT_FALSE(line[5].begins_word);
  EXPECT_TRUE(line[5].ends_word);
  EXPECT_EQ(line[5].word, 2U);
}

TEST(WordOrder, GivesLinesWithoutTheSpacesAtTheirEnds) {
  const std::vector<std::string> words = {"a", "b", "c", "d"};
  const WordOrder order(words, std::vector<char>{0, 0, 0, 1}, Direction::kLeftToRight);
  EXPECT_EQ(order.line(0, 2).size(), 3U);
  EXPECT_EQ(order.line(1, 4).size(), 4U);
  EXPECT_EQ(order.line(2, 2).size(), 0U);
  EXPECT_EQ(WordOrder({}, {}, Direction::kRightToLeft).line(0, 0).size(), 0U);
}

TEST(WordOrder, KeepsEveryByteOfAnyWord) {
  std::vector<std::string> words;
  for (const char* word :
       {"\u202E\u2067abc", "\U0001F468\u200D\U0001F469א", "\xff\xc0א\x80", "\u0301א1", "\u2029"}) {
    words.push_back(visible_label(word));
  }
  for (const Direction direction : {Direction::kLeftToRight, Direction::kRightToLeft}) {
    const WordOrder order(words, {}, direction);
    std::vector<std::string> found(words.size());
    for (const LinePiece& piece : order.line(0, words.size())) found[piece.word] += piece.text;
    EXPECT_EQ(found, words);
  }
}

}  // namespace
}  // namespace attend::view
