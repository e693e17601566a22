#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/base.h"
#include "document_pictures.h"
#include "view/view.h"
#include "xml.h"

namespace attend::view {
namespace {

using attend::testing::Element;
using attend::testing::named;
using attend::testing::parse_xml;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Returns the elements of one name inside the groups of one class, in order.
std::vector<Element> inside(const std::vector<Element>& document, const std::string& group,
                            const std::string& name) {
  std::vector<Element> found;
  for (const Element& element : named(document, "g")) {
    if (element.attributes.at("class") != group) continue;
    for (const std::size_t child : element.children) {
      if (document[child].name == name) found.push_back(document[child]);
    }
  }
  return found;
}

std::vector<std::string> texts_of(const std::vector<Element>& elements) {
  std::vector<std::string> texts;
  for (const Element& element : elements) texts.push_back(element.text);
  return texts;
}

TEST(DrawDocumentSvg, ShadesWordsInTheirBoxes) {
  const auto document = parse_xml(draw_document_svg(small_document()));
  const auto words = inside(document, "sentence", "text");
  EXPECT_THAT(texts_of(words), Contains("terrible"));
  const auto boxes = inside(document, "sentence", "rect");
  const auto darkest = std::find_if(boxes.begin(), boxes.end(), [](const Element& box) {
    return box.attributes.at("fill") == "#ffb224";
  });
  ASSERT_NE(darkest, boxes.end());
  const auto word = std::find_if(words.begin(), words.end(),
                                 [](const Element& text) { return text.text == "terrible"; });
  const double middle = darkest->number("x") + darkest->number("width") / 2;
  EXPECT_NEAR(word->number("x"), middle, 0.02);
  EXPECT_EQ(document[darkest->children.at(0)].text, "word 0.6000, sentence 0.8000");
}

TEST(DrawDocumentSvg, DrawsLabelsAsBars) {
  const auto document = parse_xml(draw_document_svg(small_document()));
  const auto texts = texts_of(inside(document, "labels", "text"));
  EXPECT_THAT(texts, ::testing::ElementsAre("bad", "0.9000", "very good", "0.1000"));
  const auto bars = inside(document, "labels", "rect");
  ASSERT_EQ(bars.size(), 4U);
  EXPECT_NEAR(bars[1].number("width"), 0.9 * bars[0].number("width"), 0.02);
}

TEST(DrawDocumentSvg, GivesEachSentenceABar) {
  const auto document = parse_xml(draw_document_svg(small_document()));
  std::vector<double> widths;
  for (const Element& box : inside(document, "sentence", "rect")) {
    if (document[box.children.at(0)].text.rfind("sentence", 0) == 0) {
      widths.push_back(box.number("width"));
    }
  }
  ASSERT_EQ(widths.size(), 4U);  // a track and a bar each
  EXPECT_NEAR(widths[3] / widths[1], 0.25, 0.01);
}

TEST(DrawDocumentSvg, StaysOnItsPage) {
  DocumentPicture picture = long_document(300, 40);
  picture.words.back() = std::string(400, 'M');
  picture.labels.push_back({std::string(400, 'M'), 0.25});
  for (const double width : {480.0, 760.0}) {
    const auto document = parse_xml(draw_document_svg(picture, {.width = width}));
    const double height = document[0].number("height");
    EXPECT_LT(height, 20000);
    for (const Element& box : named(document, "rect")) {
      EXPECT_GE(box.number("x"), 0);
      EXPECT_LE(box.number("x") + box.number("width"), width + 0.02);
      EXPECT_LE(box.number("y") + box.number("height"), height + 0.02);
    }
  }
  EXPECT_THAT(draw_document_svg(picture), HasSubstr("50 of 300 sentences are shown"));
}

TEST(DrawDocumentSvg, SetsRightToLeftLinesFromTheRight) {
  DocumentPicture picture;
  picture.words = {"وقعت", "الاتفاقية"};
  const auto words = inside(parse_xml(draw_document_svg(picture)), "sentence", "text");
  ASSERT_EQ(words.size(), 2U);
  EXPECT_GT(words[0].number("x"), words[1].number("x"));
}

// Returns the texts of the sentences as they stand from left to right, with their lines joined.
std::string from_left(const DocumentPicture& picture, const DocumentOptions& options = {}) {
  auto texts = inside(parse_xml(draw_document_svg(picture, options)), "sentence", "text");
  std::stable_sort(texts.begin(), texts.end(), [](const Element& a, const Element& b) {
    return std::pair(a.number("y"), a.number("x")) < std::pair(b.number("y"), b.number("x"));
  });
  std::string line;
  for (const Element& text : texts) line += (line.empty() ? "" : " ") + text.text;
  return line;
}

TEST(DrawDocumentSvg, KeepsTheOrderOfLeftToRightWordsInARightToLeftSentence) {
  EXPECT_EQ(from_left({.words = {"أحب", "مدينة", "New", "York", "City", "كثيرا", "."},
                       .joined = {0, 0, 0, 0, 0, 0, 1}}),
            ". كثيرا New York City مدينة أحب");
  EXPECT_EQ(from_left({.words = {"גרתי", "ב", "-", "1984", "ב", "-", "St.", "Ives", "."},
                       .joined = {0, 0, 1, 1, 0, 1, 1, 0, 1}}),
            ". St. Ives - ב 1984 - ב גרתי");
}

TEST(DrawDocumentSvg, SetsRightToLeftWordsOfALeftToRightSentenceFromTheRight) {
  EXPECT_EQ(from_left({.words = {"He", "said", "שלום", "עולם", "twice", "."}}),
            "He said עולם שלום twice .");
}

TEST(DrawDocumentSvg, GivesEverySentenceItsOwnDirection) {
  DocumentPicture picture;
  picture.words = {"أحب", "مدينة", "great", "film", "&", "nice", ".", "12", "!"};
  picture.sentences = {0, 2, 7};
  EXPECT_EQ(from_left(picture), "مدينة أحب great film & nice . ! 12");
  const auto texts = inside(parse_xml(draw_document_svg(picture)), "sentence", "text");
  ASSERT_EQ(texts.size(), 9U);
  EXPECT_GT(texts[0].number("x"), 380);  // the page is 760 pixels wide
  EXPECT_LT(texts[2].number("x"), 380);
  EXPECT_GT(texts[8].number("x"), 380);  // a sentence without letters follows the document
}

TEST(DrawDocumentSvg, OrdersEachLineOfASentence) {
  DocumentPicture picture;
  picture.words.assign(40, "مدينة");
  picture.words.insert(picture.words.end(), {"New", "York"});
  const auto texts = inside(parse_xml(draw_document_svg(picture)), "sentence", "text");
  ASSERT_EQ(texts.size(), 42U);
  for (std::size_t j = 1; j < texts.size(); ++j) {
    if (texts[j].number("y") > texts[j - 1].number("y")) {
      EXPECT_GT(texts[j].number("x"), 700) << j;  // every line begins at the right edge
    }
  }
}

// A word with a mark at its end is drawn in two parts where the mark stands elsewhere.
TEST(DrawDocumentSvg, PartsAWordOfTwoDirections) {
  DocumentPicture picture;
  picture.words = {"مدينة", "(New", "York)."};
  picture.importance = {0.1F, 0.2F, 0.7F};
  picture.word_weights = picture.importance;
  EXPECT_EQ(from_left(picture), "). New York ( مدينة");
  const auto document = parse_xml(draw_document_svg(picture));
  const auto texts = inside(document, "sentence", "text");
  const auto boxes = inside(document, "sentence", "rect");
  ASSERT_EQ(boxes.size(), 5U);
  ASSERT_EQ(texts.size(), 5U);
  for (std::size_t k = 0; k < boxes.size(); ++k) {
    EXPECT_NEAR(texts[k].number("x"), boxes[k].number("x") + boxes[k].number("width") / 2, 0.02);
    const bool latin = texts[k].text.find_first_of("NY") != std::string::npos;
    EXPECT_EQ(texts[k].attributes.at("direction"), latin ? "ltr" : "rtl") << texts[k].text;
    for (std::size_t i = 0; i < k; ++i) {  // no two boxes overlap
      const double apart = std::abs(texts[k].number("x") - texts[i].number("x"));
      EXPECT_GE(apart, (boxes[k].number("width") + boxes[i].number("width")) / 2 - 0.02);
    }
  }
}

TEST(DrawDocumentSvg, SetsTheMarksOfALabelOnItsOwnSide) {
  DocumentPicture picture = small_document();
  picture.labels = {{"جيد جدا!", 0.9}, {"bad!", 0.1}};
  const auto texts = inside(parse_xml(draw_document_svg(picture)), "labels", "text");
  EXPECT_EQ(texts[0].attributes.at("direction"), "rtl");
  EXPECT_EQ(texts[0].attributes.at("text-anchor"), "end");  // its left end, as that of the other
  EXPECT_EQ(texts[2].attributes.at("direction"), "ltr");
  EXPECT_EQ(texts[2].attributes.count("text-anchor"), 0U);
  EXPECT_EQ(texts[0].number("x"), texts[2].number("x"));
}

TEST(DrawDocumentSvg, ShortensAnEndlessLabelAtOnce) {
  DocumentPicture picture = small_document();
  std::string label;
  for (int k = 0; k < 200'000; ++k) label += "ab ";
  picture.labels = {{label, 0.9}};
  const auto texts = inside(parse_xml(draw_document_svg(picture)), "labels", "text");
  EXPECT_THAT(texts[0].text, ::testing::EndsWith("…"));
  EXPECT_LT(texts[0].text.size(), 60U);
}

TEST(DrawDocumentSvg, IsWellFormedForHostileWords) {
  const std::string svg = draw_document_svg(hostile_document());
  const auto document = parse_xml(svg);
  EXPECT_TRUE(named(document, "script").empty());
  EXPECT_TRUE(named(document, "b").empty());
  EXPECT_THAT(svg, Not(HasSubstr("\u202E")));
  EXPECT_THAT(texts_of(named(document, "text")), Contains("<script>alert(1)</script>"));
}

TEST(DrawDocumentSvg, SaysThatADocumentIsEmpty) {
  const auto document = parse_xml(draw_document_svg(DocumentPicture{}));
  EXPECT_THAT(texts_of(named(document, "text")), ::testing::ElementsAre("(empty)"));
}

TEST(DrawDocumentSvg, RefusesWidthsThatDoNotSuit) {
  EXPECT_THROW(draw_document_svg(small_document(), {.width = 100}), UsageError);
  EXPECT_THROW(draw_document_svg(small_document(), {.width = 1e6}), UsageError);
}

TEST(DrawDocumentSvg, BecomesAPng) {
  const std::string png = svg_to_png(draw_document_svg(small_document()), {.scale = 1});
  EXPECT_EQ(png.substr(1, 3), "PNG");
}

}  // namespace
}  // namespace attend::view
