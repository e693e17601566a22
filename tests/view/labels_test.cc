#include "view/labels.h"

#include <gmock/gmock.h>

#include "view/view.h"

namespace attend::view {
namespace {

using ::testing::ElementsAre;

TEST(DisplayWidth, CountsColumnsOfATerminal) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("ｱ"), 1U);        // half-width katakana
  EXPECT_EQ(display_width("e\u0301"), 1U);  // combining acute
  EXPECT_EQ(display_width("가"), 2U);
  EXPECT_EQ(display_width("\u1100\u1161"), 2U);  // one syllable as conjoining letters
  EXPECT_EQ(display_width("\U0001F468\u200D\U0001F469\u200D\U0001F467"), 2U);  // a family
  EXPECT_EQ(display_width("\U0001F44D\U0001F3FD"), 2U);  // a thumb with a skin tone
  EXPECT_EQ(display_width("\u2764\uFE0F"), 2U);          // a text symbol drawn as an emoji
  EXPECT_EQ(display_width("\u200E"), 0U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(VisibleLabel, ShowsWhatCannotBeSeen) {
  EXPECT_EQ(visible_label(" "), "␣");
  EXPECT_EQ(visible_label("a b"), "a␣b");
  EXPECT_EQ(visible_label("\x1b"), "␛");
  EXPECT_EQ(visible_label("\x7f"), "␡");
  EXPECT_EQ(visible_label(""), "∅");
  EXPECT_EQ(visible_label("\u0301"), "\u25CC\u0301");
  EXPECT_EQ(visible_label("\u202E"), "U+202E");
  EXPECT_EQ(visible_label("\u00A0"), "U+00A0");
  EXPECT_EQ(visible_label("\xff"), "\uFFFD");
}

TEST(VisibleLabel, KeepsWhatShapesLetters) {
  EXPECT_EQ(visible_label("می\u200Cخواهم"), "می\u200Cخواهم");
  EXPECT_EQ(visible_label("क्\u200Dष"), "क्\u200Dष");
  EXPECT_EQ(visible_label("▁the"), "▁the");
}

TEST(VisibleLabel, IsBounded) {
  EXPECT_EQ(clusters(visible_label(std::string(100'000, 'x'))).size(), 201U);
}

TEST(EmWidth, LeavesRoomForEveryPartOfAnEmoji) {
  EXPECT_GE(em_width("\U0001F1E9\U0001F1EA"), 2);  // a flag
  EXPECT_GE(em_width("\U0001F468\u200D\U0001F469\u200D\U0001F467"), 3);
  EXPECT_GE(em_width("\U0001F44D\U0001F3FD"), 2);
  EXPECT_GE(em_width("\u2764\uFE0F"), 1);
  EXPECT_GE(em_width("1\uFE0F\u20E3"), 1.5);
  EXPECT_LT(em_width("1"), 1);
}

TEST(Clusters, KeepCombiningCharactersWithTheirBase) {
  EXPECT_THAT(clusters("e\u0301क्षि"), ElementsAre("e\u0301", "क्", "षि"));
  EXPECT_THAT(clusters(""), ElementsAre());
}

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(shorten_clusters("abcdef", 4), "abc…");
  EXPECT_EQ(shorten_clusters("abcd", 4), "abcd");
  EXPECT_EQ(shorten_columns("日本語", 5), "日本…");
  EXPECT_EQ(shorten_columns("日本語", 4), "日…");
  EXPECT_EQ(shorten_columns("ae\u0301o", 2), "a…");
  EXPECT_EQ(shorten_columns("abc", 0), "");
  EXPECT_EQ(shorten_ems("abcd", em_width("abcd")), "abcd");
  EXPECT_EQ(shorten_ems("abcdef", em_width("abc…")), "abc…");
  EXPECT_EQ(shorten_ems("日本語", 0), "日…");  // at least one character
}

TEST(Direction, IsThatOfTheFirstLetter) {
  EXPECT_TRUE(right_to_left("12 العربية"));
  EXPECT_TRUE(right_to_left("עברית abc"));
  EXPECT_FALSE(right_to_left("abc عربية"));
  EXPECT_FALSE(right_to_left("12"));
  EXPECT_TRUE(turns_its_line("abc عربية"));
  EXPECT_TRUE(turns_its_line("١٩٩٢"));
  EXPECT_FALSE(turns_its_line("日本 1992"));
}

TEST(JoinsLetters, HoldsForArabicAndIndicScripts) {
  EXPECT_TRUE(joins_letters("في"));
  EXPECT_TRUE(joins_letters("हिन्दी"));
  EXPECT_FALSE(joins_letters("économique"));
  EXPECT_FALSE(joins_letters("Область"));
  EXPECT_FALSE(joins_letters("日本語"));
}

TEST(UprightHeadings, LeaveOneTagAmongCharacters) {
  EXPECT_THAT(upright_headings({"<en>", "3", "1", "/"}, 1.5), ElementsAre(false, true, true, true));
  EXPECT_THAT(upright_headings({"The", "agreement", "of", "Washington", "."}, 2.0),
              ElementsAre(false, false, false, false, true));
}

}  // namespace
}  // namespace attend::view
