#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "base/base.h"
#include "pictures.h"
#include "view/view.h"

namespace attend::view {
namespace {

using Colour = TerminalOptions::Colour;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string without_escapes(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m"), "");
}

/// Returns the background colours of one line, in order.
std::vector<std::string> backgrounds(const std::string& line) {
  static const std::regex kBackground("\x1b\\[48;([0-9;]*)m");
  std::vector<std::string> found;
  for (std::sregex_iterator i(line.begin(), line.end(), kBackground), end; i != end; ++i) {
    found.push_back((*i)[1]);
  }
  return found;
}

TEST(DrawTerminal, ShadesEveryCellWithoutColour) {
  EXPECT_EQ(draw_terminal(small_picture()),
            "7/May\n"
            "  7 / May\n"
            "0 ██· ·\n"
            "5 · ░░▓▓\n"
            "\n"
            "  · 0  ░ ≥.1  ▒ ≥.3  ▓ ≥.55  █ ≥.8\n");
}

TEST(DrawTerminal, DrawsTheGivenWeightsInColour) {
  const auto lines = lines_of(
      draw_terminal(small_picture(), {.colour = Colour::kTrueColour, .scale = ColourScale::kGrey}));
  EXPECT_THAT(backgrounds(lines[2]), ::testing::ElementsAre("2;255;255;255", "2;0;0;0", "2;0;0;0"));
  EXPECT_THAT(backgrounds(lines[3]),
              ::testing::ElementsAre("2;0;0;0", "2;64;64;64", "2;191;191;191"));
}

TEST(DrawTerminal, NumbersColoursOf256) {
  const auto lines = lines_of(
      draw_terminal(small_picture(), {.colour = Colour::k256, .scale = ColourScale::kGrey}));
  EXPECT_THAT(backgrounds(lines[2]), ::testing::ElementsAre("5;231", "5;16", "5;16"));
  EXPECT_THAT(lines, Each(::testing::AnyOf(Not(HasSubstr("\x1b[48")), ::testing::EndsWith("m"),
                                           ::testing::EndsWith("1"))));
}

TEST(DrawTerminal, StandsWideCharactersAboveTheirCells) {
  AlignmentPicture picture = uniform_picture(1, 3);
  picture.source_units = {"日", "e\u0301", "本"};
  const auto lines = lines_of(draw_terminal(picture));
  EXPECT_EQ(lines[0], "  日e\u0301 本");
  EXPECT_EQ(lines[1], "t ▒▒▒▒▒▒");
}

TEST(DrawTerminal, AlignsRowLabelsOfAllWidths) {
  AlignmentPicture picture = uniform_picture(3, 1);
  picture.target_units = {"東京", "abcd", "e\u0301"};
  const auto lines = lines_of(draw_terminal(picture));
  for (std::size_t i = 1; i <= 3; ++i) {
    const std::string before = lines[i].substr(0, lines[i].find("█"));
    EXPECT_EQ(display_width(before), 5U) << lines[i];
  }
}

TEST(DrawTerminal, PutsLongHeadingsOnAStaircase) {
  AlignmentPicture picture = uniform_picture(1, 3);
  picture.source_units = {"<en-GB>", "3", "</s>"};
  const auto lines = lines_of(draw_terminal(picture));
  EXPECT_EQ(lines[0], "  <en-GB>");
  EXPECT_EQ(lines[1], "  │ 3 </s>");
}

TEST(DrawTerminal, WritesManyWordsLetterBelowLetter) {
  AlignmentPicture picture = uniform_picture(1, 6);
  picture.source_units = {"one", "two", "three", "four", "five", "six"};
  const auto lines = lines_of(draw_terminal(picture));
  EXPECT_EQ(lines[0], "      t");
  EXPECT_EQ(lines[4], "  e o e r e x");
}

TEST(DrawTerminal, NeverTakesJoinedScriptsApart) {
  AlignmentPicture picture = uniform_picture(1, 6);
  picture.source_units = {"وقعت", "الاتفاقية", "في", "أغسطس", "عام", "سلام"};
  const std::string text = draw_terminal(picture);
  for (const std::string& word : picture.source_units) EXPECT_THAT(text, HasSubstr(word));
}

TEST(DrawTerminal, KeepsRightToLeftLabelsFromTurningTheirLine) {
  AlignmentPicture picture = uniform_picture(1, 1);
  picture.target_units = {"في"};
  EXPECT_THAT(draw_terminal(picture), HasSubstr("\u200Eفي\u200E █"));
}

TEST(DrawTerminal, ContinuesLongSourcesInPanels) {
  const AlignmentPicture picture = uniform_picture(2, 50);
  const std::string text = draw_terminal(picture, {.width = 40});
  EXPECT_THAT(text, HasSubstr("source units 1 to 19 of 50\n"));
  EXPECT_THAT(text, HasSubstr("source units 39 to 50 of 50\n"));
}

TEST(DrawTerminal, NarrowsCellsBeforeItNeedsPanels) {
  const auto lines = lines_of(draw_terminal(uniform_picture(1, 30), {.width = 40}));
  EXPECT_EQ(lines[0], "  " + std::string(30, 's'));
}

TEST(DrawTerminal, SaysWhatItLeavesOut) {
  const std::string text =
      draw_terminal(uniform_picture(7, 9), {.max_source_units = 4, .max_target_units = 6});
  EXPECT_THAT(text, HasSubstr("5 more source units not shown"));
  EXPECT_THAT(text, HasSubstr("1 more target units not shown"));
}

TEST(DrawTerminal, NeverExceedsItsWidth) {
  AlignmentPicture words = uniform_picture(3, 40);
  for (std::size_t j = 0; j < 40; ++j) words.source_units[j] = std::string(j % 30 + 1, 'w');
  words.target_units[0] = std::string(60, 'y');
  words.title = std::string(300, 'z');
  words.target_probabilities = {1, 0.5F, 0};
  for (const auto& picture : {words, hostile_picture(), uniform_picture(2, 300)}) {
    for (const std::size_t width : {20U, 33U, 80U}) {
      for (const Colour colour : {Colour::kNone, Colour::k256, Colour::kTrueColour}) {
        const auto text = draw_terminal(picture, {.colour = colour, .width = width});
        for (const auto& line : lines_of(without_escapes(text))) {
          EXPECT_LE(display_width(line), width) << line;
        }
      }
    }
  }
}

TEST(DrawTerminal, LetsNoEscapeOfAUnitThrough) {
  const std::string text = draw_terminal(hostile_picture());
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\u202E")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
}

TEST(DrawTerminal, ShowsProbabilities) {
  AlignmentPicture picture = small_picture();
  picture.target_probabilities = {0.5F, 1};
  EXPECT_THAT(draw_terminal(picture), HasSubstr("0 ██· ·   0.50\n"));
}

TEST(DrawTerminal, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_terminal(small_picture(), {.width = 19}), UsageError);
  AlignmentPicture picture = small_picture();
  picture.alignment.pop_back();
  EXPECT_THROW(draw_terminal(picture), CheckFailure);
}

TEST(DrawTerminal, SaysThatASideIsEmpty) {
  const auto pictures = empty_pictures();
  EXPECT_EQ(draw_terminal(pictures[0]),
            "the red house →\n"
            "  the\n"
            "  │ red\n"
            "  │ │ house\n"
            "  (empty)\n");
  EXPECT_EQ(draw_terminal(pictures[1]),
            "  (empty)\n"
            "a   0.50\n"
            "b   1.00\n");
  EXPECT_EQ(draw_terminal(pictures[2]), "  (empty)\n  (empty)\n");
  for (const Colour colour : {Colour::k256, Colour::kTrueColour}) {
    for (const AlignmentPicture& picture : pictures) {
      const std::string text = draw_terminal(picture, {.colour = colour, .width = 20});
      EXPECT_THAT(text, HasSubstr("(empty)"));
      for (const std::string& line : lines_of(without_escapes(text))) {
        EXPECT_LE(display_width(line), 20U);
      }
    }
  }
  EXPECT_THROW(draw_terminal(small_picture(), {.max_source_units = 0}), UsageError);
}

}  // namespace
}  // namespace attend::view
