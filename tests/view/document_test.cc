// Tests what all drawings of a document share, and those in a terminal and as a page.
#include "view/document.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <regex>
#include <sstream>

#include "base/base.h"
#include "document_pictures.h"
#include "view/line_breaks.h"
#include "view/view.h"

namespace attend::view {
namespace {

using Colour = TerminalOptions::Colour;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::size_t count(const std::string& text, const std::string& pattern) {
  std::size_t found = 0;
  for (std::size_t at = text.find(pattern); at != std::string::npos;
       at = text.find(pattern, at + pattern.size())) {
    ++found;
  }
  return found;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string without_escapes(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m"), "");
}

std::vector<std::size_t> numbers_of(const ShownDocument& document) {
  std::vector<std::size_t> numbers;
  for (const ShownSentence& one : document.sentences()) numbers.push_back(one.number);
  return numbers;
}

// --- lines ---

TEST(BreakLines, BreaksBetweenWords) {
  const std::vector<WordBox> words{{3}, {4}, {2}, {1}};
  EXPECT_THAT(break_lines(words, 1, 8), ElementsAre(0U, 2U));
  EXPECT_THAT(break_lines(words, 1, 7), ElementsAre(0U, 1U, 3U));
  EXPECT_THAT(break_lines(words, 1, 2), ElementsAre(0U, 1U, 2U, 3U));
  EXPECT_THAT(break_lines({}, 1, 8), IsEmpty());
}

TEST(BreakLines, KeepsJoinedWordsTogetherWhereTheyFit) {
  const std::vector<WordBox> words{{5}, {3, false}, {1, true}, {2, false}};
  EXPECT_THAT(break_lines(words, 1, 9), ElementsAre(0U, 1U));
  const std::vector<WordBox> letters(10, {1, true});
  EXPECT_THAT(break_lines(letters, 1, 4), ElementsAre(0U, 4U, 8U));
}

// --- choice and checks ---

TEST(ShownDocument, TakesTheSentencesWithTheLargestWeightsInTheirOrder) {
  DocumentPicture picture = long_document(10, 2);
  picture.sentence_weights[3] = 100;
  const DocumentOptions options{.max_sentences = 3};
  const ShownDocument document(picture, options);
  EXPECT_THAT(numbers_of(document), ElementsAre(3U, 8U, 9U));
  EXPECT_TRUE(document.sentences()[0].gap_before);
  EXPECT_TRUE(document.sentences()[1].gap_before);
  EXPECT_FALSE(document.sentences()[2].gap_before);
  EXPECT_EQ(document.left_out_note(),
            "3 of 10 sentences are shown, those with the largest weights; the others are left out");
}

TEST(ShownDocument, TakesTheFirstSentencesWhereNoneHasAWeight) {
  DocumentPicture picture = long_document(10, 2);
  picture.sentence_weights.clear();
  const ShownDocument document(picture, {.max_sentences = 2});
  EXPECT_THAT(numbers_of(document), ElementsAre(0U, 1U));
  EXPECT_EQ(document.left_out_note(),
            "the first 2 of 10 sentences are shown; the others are left out");
}

TEST(ShownDocument, CutsALongSentence) {
  DocumentPicture picture = long_document(1, 100000);
  const ShownDocument document(picture, {.max_words = 50});
  ASSERT_THAT(document.sentences(), SizeIs(1));
  EXPECT_EQ(document.sentences()[0].end, 50U);
  EXPECT_TRUE(document.sentences()[0].cut);
  EXPECT_EQ(document.left_out_note(), "50 of 100000 words are shown; the others are left out");
}

TEST(ShownDocument, ShadesBySharesOfTheLargestWeight) {
  const DocumentPicture picture = small_document();
  const ShownDocument document(picture, {});
  EXPECT_EQ(document.word_shade(3), 1);
  EXPECT_NEAR(document.word_shade(5), 0.5, 1e-6);
  EXPECT_NEAR(document.sentence_shade(1), 0.25, 1e-6);
  EXPECT_EQ(document.word_note(3, 0), "word 0.6000, sentence 0.8000");
  EXPECT_THAT(document.strongest_words(), HasSubstr("“\u2068terrible\u2069” 0.5000, “\u2068Nice"));
}

TEST(ShownDocument, HasNoShadesWithoutWeights) {
  DocumentPicture picture = small_document();
  picture.word_weights.clear();
  picture.importance.clear();
  picture.sentence_weights.clear();
  const ShownDocument document(picture, {});
  EXPECT_EQ(document.word_shade(3), 0);
  EXPECT_EQ(document.sentence_shade(0), 0);
  EXPECT_EQ(document.word_note(3, 0), "");
  EXPECT_EQ(document.scale_note(), "");
  picture = small_document();
  picture.importance.assign(7, 0);  // nothing was looked at
  EXPECT_EQ(ShownDocument(picture, {}).word_shade(3), 0);
}

TEST(ShownDocument, RefusesWhatCannotBeDrawn) {
  const auto refuse = [](auto change) {
    DocumentPicture picture = small_document();
    change(picture);
    EXPECT_THROW(ShownDocument(picture, {}), Error);
  };
  constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
  refuse([](DocumentPicture& picture) { picture.importance[0] = kNotANumber; });
  refuse([](DocumentPicture& picture) { picture.word_weights[0] = kNotANumber; });
  refuse([](DocumentPicture& picture) { picture.sentence_weights[0] = kNotANumber; });
  refuse([](DocumentPicture& picture) { picture.labels[0].probability = kNotANumber; });
  DocumentPicture picture = small_document();
  picture.importance.pop_back();
  EXPECT_THROW(ShownDocument(picture, {}), CheckFailure);
  picture = small_document();
  picture.sentences = {0, 99};
  EXPECT_THROW(ShownDocument(picture, {}), CheckFailure);
  picture = small_document();
  EXPECT_THROW(ShownDocument(picture, {.max_words = 0}), UsageError);
}

TEST(DocumentColours, LeaveTextReadable) {
  std::vector<std::optional<ColourScale>> scales{std::nullopt, ColourScale::kGrey,
                                                 ColourScale::kInk, ColourScale::kPerceptual};
  for (const auto& scale : scales) {
    for (int i = 0; i <= 100; ++i) {
      const Rgb behind = word_colour(i / 100.0, scale);
      const double back = luminance(behind) + 0.05;
      const double text = luminance(text_colour_on(behind)) + 0.05;
      EXPECT_GE(std::max(back, text) / std::min(back, text), 4.5);
    }
  }
}

// --- terminal ---

TEST(DrawDocumentTerminal, PutsShadesBelowWordsWithoutColour) {
  EXPECT_EQ(draw_document_terminal(small_document(), {.width = 60}),
            "bad        0.9000  ██████████████████████\n"
            "very good  0.1000  ██\n"
            "\n"
            "0.80 The food was terrible.\n"
            "         ▒▒▒▒     ████████░\n"
            "0.20 Nice staff\n"
            "     ▒▒▒▒ ░░░░░\n"
            "\n"
            "░ ≥.1 ▒ ≥.3 ▓ ≥.55 █ ≥.8 of the largest √p(sentence) ·\n"
            "p(word), 0.5000\n");
}

TEST(DrawDocumentTerminal, ColoursWordsBehindReadableText) {
  const std::string text =
      draw_document_terminal(small_document(), {.colour = Colour::kTrueColour, .width = 60});
  EXPECT_THAT(text, HasSubstr("\x1b[48;2;255;178;36m\x1b[38;2;0;0;0mterrible\x1b[0m"));
  EXPECT_THAT(text, HasSubstr("\x1b[48;2;0;114;178m\x1b[38;2;255;255;255m0.80\x1b[0m "));
  EXPECT_THAT(without_escapes(text), HasSubstr("0.80 The food was terrible.\n0.20 Nice staff\n"));
}

TEST(DrawDocumentTerminal, NeverExceedsTheWidth) {
  for (const std::size_t width : {20U, 33U, 80U}) {
    DocumentPicture long_words = long_document(5, 30);
    long_words.words[7] = std::string(500, 'x');
    long_words.labels.push_back({std::string(300, 'y'), 0.5});
    for (const DocumentPicture& picture : {small_document(), hostile_document(), long_words}) {
      for (const Colour colour : {Colour::kNone, Colour::k256}) {
        const std::string text = draw_document_terminal(picture, {.colour = colour, .width = width},
                                                        {.max_sentences = 2});
        for (const std::string& line : lines_of(without_escapes(text))) {
          EXPECT_LE(display_width(line), width) << line;
        }
      }
    }
  }
}

TEST(DrawDocumentTerminal, MakesControlCharactersVisible) {
  const std::string text = draw_document_terminal(hostile_document());
  for (const char byte : text) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n') << static_cast<int>(byte);
  }
  EXPECT_THAT(text, Not(HasSubstr("\u202E")));
  EXPECT_THAT(text, HasSubstr("␛[31mred"));
}

TEST(DrawDocumentTerminal, LeavesRightToLeftLinesToTheTerminal) {
  DocumentPicture picture;
  picture.words = {"وقعت", "الاتفاقية"};
  EXPECT_THAT(draw_document_terminal(picture, {.colour = Colour::k256}),
              HasSubstr("وقعت الاتفاقية\n"));
}

TEST(DrawDocumentTerminal, TellsTheTerminalTheDirectionOfEachLine) {
  DocumentPicture picture;
  picture.words = {"مدينة", "New", "York", "He", "said", "שלום", "עולם", "plain"};
  picture.sentences = {0, 3, 7};
  EXPECT_THAT(draw_document_terminal(picture, {.colour = Colour::k256}),
              HasSubstr("\u200Fمدينة New York\n\u200EHe said שלום עולם\nplain\n"));
  picture.sentences.clear();
  for (const std::string& line :
       lines_of(draw_document_terminal(picture, {.colour = Colour::k256, .width = 20}))) {
    EXPECT_EQ(line.rfind("\u200F", 0), 0U) << line;  // of a sentence that begins from the right
  }
}

TEST(DrawDocumentTerminal, SaysThatADocumentIsEmpty) {
  DocumentPicture picture;
  picture.labels = {{"spam", 0.5}};
  EXPECT_THAT(draw_document_terminal(picture), HasSubstr("\n(empty)\n"));
  EXPECT_EQ(draw_document_terminal(DocumentPicture{}), "(empty)\n");
}

TEST(DrawDocumentTerminal, SeparatesParagraphsAndGaps) {
  DocumentPicture picture = long_document(4, 1);
  picture.paragraphs = {0, 3};
  picture.sentence_weights = {3, 0, 2, 1};
  const std::string text = draw_document_terminal(picture, {}, {.max_sentences = 3});
  EXPECT_THAT(text, HasSubstr("     …\n2.00 w2\n"));
  EXPECT_THAT(text, HasSubstr("\n\n1.00 w3\n"));
}

// --- page ---

std::string page(const DocumentPicture& picture, const DocumentOptions& options = {}) {
  return draw_documents_html(std::vector{picture}, options);
}

TEST(DrawDocumentsHtml, ShowsEveryWordWithItsWeight) {
  const std::string html = page(small_document());
  EXPECT_EQ(count(html, "<span class=\"word\""), 7U);
  EXPECT_THAT(html, HasSubstr("<span class=\"word\" style=\"--w:1.000\" title=\"word 0.6000, "
                              "sentence 0.8000\">terrible</span><span class=\"word\""));
  EXPECT_THAT(html, HasSubstr("title=\"sentence 2: 0.2000\"><span>0.20</span>"));
  EXPECT_THAT(html, HasSubstr("<bdi>bad</bdi></th><td><span class=\"bar\" aria-hidden=\"true\">"
                              "<i style=\"width:90.00%\">"));
  EXPECT_THAT(html, HasSubstr("Words with the largest weights: “\u2068terrible\u2069” 0.5000"));
}

TEST(DrawDocumentsHtml, ColoursByAScale) {
  const std::string html = page(small_document(), {.scale = ColourScale::kGrey});
  EXPECT_THAT(html, HasSubstr("class=\"word fixed\" style=\"background:#ffffff;color:#000000\""));
  EXPECT_THAT(html, Not(HasSubstr("--w:1")));
}

TEST(DrawDocumentsHtml, EscapesHostileWordsAndNeedsNothing) {
  const std::string html = page(hostile_document());
  EXPECT_EQ(count(html, "<script"), 0U);
  EXPECT_EQ(count(html, "<b>"), 0U);
  EXPECT_EQ(count(html, "</table>"), 1U);
  EXPECT_EQ(count(html, "<title"), 1U);
  EXPECT_THAT(html, Not(HasSubstr("onmouseover='")));
  EXPECT_THAT(html, Not(HasSubstr("\u2028")));
  EXPECT_THAT(html, Not(HasSubstr("\u202E")));
  for (const char* word : {"http://", "https://", "url(", "@import", " src=", " href="}) {
    EXPECT_THAT(html, Not(HasSubstr(word)));
  }
  for (const char byte : html) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n') << static_cast<int>(byte);
  }
}

TEST(DrawDocumentsHtml, SetsRightToLeftDocumentsFromTheRight) {
  DocumentPicture picture;
  picture.words = {"وقعت", "الاتفاقية"};
  EXPECT_THAT(page(picture), HasSubstr("<div class=\"text\" dir=\"rtl\">"));
  EXPECT_THAT(page(small_document()), HasSubstr("<div class=\"text weighted\" dir=\"ltr\">"));
}

TEST(DrawDocumentsHtml, GivesEverySentenceItsOwnDirection) {
  DocumentPicture picture;
  picture.words = {"أحب", "مدينة", "great", "film", "12"};
  picture.sentences = {0, 2, 4};
  const std::string html = page(picture);
  EXPECT_THAT(html, HasSubstr("<p dir=\"rtl\"><span class=\"word\">أحب</span>"));
  EXPECT_THAT(html, HasSubstr("<p dir=\"ltr\"><span class=\"word\">great</span>"));
  EXPECT_THAT(html, HasSubstr("<p dir=\"rtl\"><span class=\"word\">12</span>"));
}

TEST(DrawDocumentsHtml, BoundsThePage) {
  EXPECT_THROW(draw_documents_html({}), UsageError);
  const DocumentPicture picture = long_document(1000, 300);
  EXPECT_THROW(page(picture, {.max_words = 300000}), UsageError);
  const std::string html = page(picture);
  EXPECT_EQ(count(html, "<span class=\"word\""), 2000U);
  EXPECT_THAT(html, HasSubstr("7 of 1000 sentences are shown"));
  EXPECT_THAT(page(DocumentPicture{}), HasSubstr("(empty)"));
}

}  // namespace
}  // namespace attend::view
