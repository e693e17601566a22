#include <gmock/gmock.h>

#include <algorithm>

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
