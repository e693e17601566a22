#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/base.h"
#include "view/view.h"
#include "xml.h"

namespace attend::view {
namespace {

using attend::testing::Element;
using attend::testing::named;
using attend::testing::parse_xml;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

/// Returns the elements directly inside the group of this class.
std::vector<Element> group(const std::string& svg, const std::string& name) {
  const std::vector<Element> document = parse_xml(svg);
  std::vector<Element> inside;
  for (const Element& element : document) {
    const auto found = element.attributes.find("class");
    if (element.name != "g" || found == element.attributes.end() || found->second != name) continue;
    for (const std::size_t child : element.children) inside.push_back(document[child]);
  }
  return inside;
}

std::vector<std::string> texts_of(const std::vector<Element>& elements) {
  std::vector<std::string> texts;
  for (const Element& element : named(elements, "text")) texts.push_back(element.text);
  return texts;
}

std::vector<std::string> fills_of(const std::vector<Element>& elements) {
  std::vector<std::string> fills;
  for (const Element& element : named(elements, "rect")) {
    fills.push_back(element.attributes.at("fill"));
  }
  return fills;
}

ConfusionPicture small_matrix() {
  return {.labels = {"bad", "very good"}, .counts = {5, 15, 0, 40}, .title = "Sentiment"};
}

TEST(DrawConfusion, HasARowAndAColumnForEachLabel) {
  const std::string svg = draw_confusion(small_matrix());
  EXPECT_THAT(texts_of(group(svg, "expected")), ElementsAre("bad", "very good"));
  EXPECT_THAT(texts_of(group(svg, "predicted")), ElementsAre("bad", "very good"));
  EXPECT_THAT(texts_of(group(svg, "totals")), ElementsAre("n=20", "n=40"));
  EXPECT_THAT(texts_of(group(svg, "cells")), ElementsAre("5", "15", "40"));
  const std::vector<std::string> all = texts_of(parse_xml(svg));
  for (const char* text : {"Sentiment", "expected", "predicted", "share of the row"}) {
    EXPECT_THAT(all, Contains(text));
  }
}

TEST(DrawConfusion, ShadesACellByItsShareOfTheRow) {
  const auto fills = fills_of(group(draw_confusion(small_matrix()), "cells"));
  const auto twice = fills_of(group(
      draw_confusion({.labels = {"a", "b"}, .counts = {50, 150, 0, 1}, .title = ""}), "cells"));
  ASSERT_EQ(fills.size(), 3U);
  EXPECT_EQ(fills, twice);
  EXPECT_GT(fills[0], fills[1]);  // lighter: a quarter and three quarters
  EXPECT_GT(fills[1], fills[2]);
}

TEST(DrawConfusion, CellsLieWhereTheirLabelsAre) {
  const std::string svg = draw_confusion(small_matrix());
  const auto cells = named(group(svg, "cells"), "rect");
  const auto rows = named(group(svg, "expected"), "text");
  ASSERT_EQ(cells.size(), 3U);
  const double side = cells[0].number("width");
  EXPECT_NEAR(cells[1].number("x") - cells[0].number("x"), side, 0.02);
  EXPECT_NEAR(cells[1].number("y"), cells[0].number("y"), 0.02);
  EXPECT_NEAR(cells[2].number("x"), cells[1].number("x"), 0.02);
  EXPECT_NEAR(cells[2].number("y") - cells[1].number("y"), side, 0.02);
  EXPECT_NEAR(rows[1].number("y") - rows[0].number("y"), side, 0.02);
}

TEST(DrawConfusion, OfSixtyLabelsStaysReadable) {
  ConfusionPicture picture;
  for (int k = 0; k < 60; ++k) picture.labels.push_back("language " + std::to_string(k));
  picture.counts.assign(60 * 60, 7);
  const std::string svg = draw_confusion(picture);
  const auto page = parse_xml(svg).front();
  EXPECT_LT(page.number("width"), 1300);
  for (const Element& text : named(group(svg, "expected"), "text")) {
    EXPECT_GE(text.number("font-size"), 9);
  }
  EXPECT_GE(named(group(svg, "cells"), "rect")[0].number("width"), 15);
}

TEST(DrawConfusion, TakesAnyLabel) {
  ConfusionPicture picture{.labels = {"", "</text><script>", "\xff\x01", std::string(500, 'x')},
                           .counts = std::vector<std::size_t>(16, 1),
                           .title = "<b>\x02"};
  const auto names = texts_of(group(draw_confusion(picture), "expected"));
  EXPECT_EQ(names[0], "∅");
  EXPECT_EQ(names[1], "</text><script>");
  EXPECT_LT(names[3].size(), 40U);
  EXPECT_THAT(names, Not(Contains(std::string(500, 'x'))));
}

TEST(DrawConfusion, IsSmallForEndlessLabels) {
  const ConfusionPicture picture{
      .labels = {std::string(1'000'000, 'x'), "a"}, .counts = {1, 1, 1, 1}, .title = ""};
  EXPECT_LT(draw_confusion(picture).size(), 30'000U);
}

TEST(DrawConfusion, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_confusion({}), UsageError);
  EXPECT_THROW(draw_confusion({.labels = {"a"}, .counts = {1, 2}, .title = ""}), CheckFailure);
  ConfusionPicture picture;
  picture.labels.assign(200, "a");
  picture.counts.assign(200 * 200, 0);
  parse_xml(draw_confusion(picture));
  picture.labels.emplace_back("one more");
  picture.counts.assign(201 * 201, 0);
  EXPECT_THROW(draw_confusion(picture), UsageError);
}

std::vector<ReliabilityBin> small_bins() {
  return {{0, 0.5, 0, 0, 0}, {0.5, 0.75, 30, 0.6, 0.7}, {0.75, 1, 70, 0.9, 0.8}};
}

TEST(DrawReliability, DrawsAccuracyAndItsDistanceToTheConfidence) {
  const std::string svg = draw_reliability(
      small_bins(), {.title = "Sentiment", .subtitle = "expected calibration error 10.0 %"});
  const auto bars = named(group(svg, "bins"), "rect");
  ASSERT_EQ(bars.size(), 4U);  // the bin without examples has none
  const double unit = bars[0].number("height") / 0.7;
  EXPECT_NEAR(bars[1].number("height"), 0.1 * unit, 0.1);
  EXPECT_NEAR(bars[1].number("y"), bars[0].number("y"), 0.02);  // the top of the first bar
  EXPECT_NEAR(bars[2].number("height"), 0.8 * unit, 0.1);
  EXPECT_NEAR(bars[3].number("y") + bars[3].number("height"), bars[2].number("y"), 0.1);
  EXPECT_NE(bars[0].attributes.at("fill"), bars[1].attributes.at("fill"));
  const auto strip = named(group(svg, "examples"), "rect");
  ASSERT_EQ(strip.size(), 2U);
  EXPECT_NEAR(strip[0].number("height") / strip[1].number("height"), 3.0 / 7, 1e-3);
  const auto texts = texts_of(parse_xml(svg));
  for (const char* text : {"Sentiment", "expected calibration error 10.0 %", "accuracy", "70 %",
                           "share of the 100 examples"}) {
    EXPECT_THAT(texts, Contains(text));
  }
}

// A bin whose accuracy is above its confidence: the bar may not seem to end at the confidence.
TEST(DrawReliability, ShowsTheWholeAccuracyOfAnUnderconfidentBin) {
  const std::vector<ReliabilityBin> bins = {{0.5, 0.6, 1, 0.505, 1}};
  const auto bars = named(group(draw_reliability(bins), "bins"), "rect");
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_NEAR(bars[1].number("height") / bars[0].number("height"), 0.495, 1e-3);
  // The bar is seen on both sides of what lies on it.
  EXPECT_GT(bars[1].number("x"), bars[0].number("x") + 2);
  EXPECT_LT(bars[1].number("x") + bars[1].number("width"),
            bars[0].number("x") + bars[0].number("width") - 2);
}

TEST(DrawReliability, TellsOverconfidenceFromUnderconfidence) {
  const std::string svg = draw_reliability(small_bins());
  const auto fills = fills_of(group(svg, "bins"));
  ASSERT_EQ(fills.size(), 4U);
  EXPECT_EQ(fills[0], fills[2]);
  EXPECT_NE(fills[1], fills[3]);
  const auto texts = texts_of(parse_xml(svg));
  EXPECT_THAT(texts, Contains("overconfident by"));
  EXPECT_THAT(texts, Contains("underconfident by"));
  EXPECT_EQ(fills_of(group(svg, "key")),
            (std::vector<std::string>{fills[0], fills[3], fills[0], fills[1]}));
}

TEST(DrawReliability, DrawsTheDiagonal) {
  const std::string svg = draw_reliability(small_bins());
  std::size_t dashed = 0;
  for (const Element& path : named(parse_xml(svg), "path")) {
    dashed += path.attributes.contains("stroke-dasharray") ? 1 : 0;
  }
  EXPECT_EQ(dashed, 1U);
}

TEST(DrawReliability, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_reliability({}), UsageError);
  EXPECT_THROW(draw_reliability(std::vector<ReliabilityBin>(101)), UsageError);
  for (const double value : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    const std::vector<ReliabilityBin> bins = {{0, 1, 1, value, 0.5}};
    EXPECT_THROW(draw_reliability(bins), Error) << value;
  }
  parse_xml(draw_reliability(std::vector<ReliabilityBin>(15)));  // without any example
}

}  // namespace
}  // namespace attend::view
