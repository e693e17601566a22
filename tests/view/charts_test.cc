#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "base/base.h"
#include "view/axis.h"
#include "view/view.h"
#include "xml.h"

namespace attend::view {
namespace {

using attend::testing::Element;
using attend::testing::named;
using attend::testing::parse_xml;
using ::testing::Contains;
using ::testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> labels_of(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

std::vector<std::string> texts_of(const std::string& svg) {
  std::vector<std::string> texts;
  for (const Element& element : named(parse_xml(svg), "text")) texts.push_back(element.text);
  return texts;
}

/// Returns the lines of a series: paths of its colour that are longer than the stroke in the
/// legend.
std::vector<std::string> lines_of(const std::string& svg, const std::string& colour) {
  std::vector<std::string> lines;
  for (const Element& path : named(parse_xml(svg), "path")) {
    if (path.attributes.at("stroke") == colour) lines.push_back(path.attributes.at("d"));
  }
  lines.erase(lines.begin());  // the legend
  return lines;
}

/// Returns the coordinates of a path.
std::vector<std::pair<double, double>> points_of(const std::string& path) {
  std::vector<std::pair<double, double>> points;
  std::istringstream stream(path);
  char command = 0;
  for (double x = 0, y = 0; stream >> command >> x >> y;) points.emplace_back(x, y);
  return points;
}

std::string draw(const Series& series, AxisScale scale = AxisScale::kLinear) {
  return draw_curves(std::vector{CurvePanel{"loss", {series}, scale}});
}

TEST(Axis, TicksAreRound) {
  EXPECT_THAT(labels_of(Axis(0, 1, AxisScale::kLinear, 5)),
              ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(labels_of(Axis(-3, 12, AxisScale::kLinear, 3)), ElementsAre("0", "5", "10"));
  EXPECT_THAT(labels_of(Axis(0, 4000, AxisScale::kLinear, 4)),
              ElementsAre("0", "1,000", "2,000", "3,000", "4,000"));
  EXPECT_THAT(labels_of(Axis(0.001, 1000, AxisScale::kLogarithmic, 6)),
              ElementsAre("0.001", "0.01", "0.1", "1", "10", "100", "1,000"));
  EXPECT_THAT(labels_of(Axis(0.1, 2, AxisScale::kLogarithmic, 6)),
              ElementsAre("0.1", "0.2", "0.5", "1", "2"));
}

TEST(Axis, WidensASingleValue) {
  for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLogarithmic}) {
    const Axis axis(5, 5, scale, 5);
    EXPECT_GT(axis.share(5), 0.2);
    EXPECT_LT(axis.share(5), 0.8);
    EXPECT_FALSE(axis.ticks().empty());
  }
}

TEST(Axis, BoundsItsTicksWhateverTheRange) {
  for (const double high : {1e-99, 1e-12, 0.3, 7.0, 1e6, 1e99}) {
    for (const double low : {-high, 0.0, high / 3, high * (1 - 1e-12)}) {
      const auto ticks = Axis(low, high, AxisScale::kLinear, 6).ticks();
      EXPECT_GE(ticks.size(), 1U) << low << " to " << high;
      EXPECT_LE(ticks.size(), 8U) << low << " to " << high;
    }
    EXPECT_LE(Axis(high * 1e-200, high, AxisScale::kLogarithmic, 6).ticks().size(), 8U);
  }
}

TEST(DrawCurves, DrawsTheGivenPoints) {
  const std::string svg = draw({"training", {0, 1, 2}, {0, 5, 10}});
  const auto lines = lines_of(svg, "#0072b2");
  ASSERT_EQ(lines.size(), 1U);
  const auto points = points_of(lines[0]);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_NEAR(points[1].first - points[0].first, points[2].first - points[1].first, 0.02);
  EXPECT_NEAR(points[0].second - points[2].second, 240, 0.02);  // the whole panel: 0 to 10
  EXPECT_NEAR(points[0].second - points[1].second, 120, 0.02);
  EXPECT_THAT(texts_of(svg), Contains("training"));
  EXPECT_THAT(texts_of(svg), Contains("update"));
  EXPECT_THAT(texts_of(svg), Contains("loss"));
}

TEST(DrawCurves, LeavesGaps) {
  const std::vector<double> x = {0, 1, 2, 3, 4, 5};
  EXPECT_EQ(lines_of(draw({"a", x, {1, 2, kNan, 3, 4, 5}}), "#0072b2").size(), 2U);
  EXPECT_EQ(lines_of(draw({"a", x, {1, 2, INFINITY, -INFINITY, 4, 5}}), "#0072b2").size(), 2U);
  EXPECT_EQ(
      lines_of(draw({"a", x, {1, 2, 0, 3, -1, 5}}, AxisScale::kLogarithmic), "#0072b2").size(),
      1U);  // 1–2; the single points 3 and 5 are dots
  EXPECT_EQ(named(parse_xml(draw({"a", x, {1, kNan, 3, kNan, 5, kNan}})), "circle").size(), 3U);
}

TEST(DrawCurves, DrawsAnAxisWithoutAnyValue) {
  for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLogarithmic}) {
    const std::string svg = draw({"nothing yet", {}, {}}, scale);
    EXPECT_THAT(texts_of(svg), Contains("nothing yet"));
    EXPECT_TRUE(lines_of(svg, "#0072b2").empty());
  }
}

TEST(DrawCurves, ThinsOutLongSeriesButKeepsTheirExtremes) {
  Series series{"a", {}, {}};
  for (int i = 0; i < 1'000'000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i == 333'333 ? 100 : 1);
  }
  const std::string svg = draw(series);
  EXPECT_LT(svg.size(), 100'000U);
  const auto points = points_of(lines_of(svg, "#0072b2")[0]);
  const auto [top, bottom] = std::minmax_element(
      points.begin(), points.end(), [](auto& a, auto& b) { return a.second < b.second; });
  EXPECT_NEAR(bottom->second - top->second, 240 * 0.99, 0.02);  // from 1 to 100 on 0 to 100
}

TEST(DrawCurves, TellsManySeriesApart) {
  CurvePanel panel{"loss", {}, AxisScale::kLinear};
  for (int k = 0; k < 14; ++k) panel.series.push_back({std::to_string(k), {0, 1}, {0.0 + k, 1}});
  std::set<std::pair<std::string, std::string>> strokes;
  for (const Element& path : named(parse_xml(draw_curves(std::vector{panel})), "path")) {
    if (!path.attributes.at("stroke-width").starts_with("1.8")) continue;
    const auto dashes = path.attributes.find("stroke-dasharray");
    strokes.emplace(path.attributes.at("stroke"),
                    dashes == path.attributes.end() ? "" : dashes->second);
  }
  EXPECT_EQ(strokes.size(), 14U);
}

TEST(DrawCurves, EscapesNames) { parse_xml(draw({"</text><script>\x01\xff", {0}, {1}})); }

TEST(DrawCurves, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_curves({}), UsageError);
  const std::vector<CurvePanel> panels(1);
  EXPECT_THROW(draw_curves(panels, {.width = 1e9}), UsageError);
  EXPECT_THROW(draw_curves(panels, {.panel_height = kNan}), UsageError);
  EXPECT_THROW(draw({"a", {0, 1}, {0}}), CheckFailure);
  EXPECT_THROW(draw({"a", {1, 0}, {0, 0}}), CheckFailure);
  EXPECT_THROW(draw({"a", {0, kNan}, {0, 0}}), CheckFailure);
}

TEST(DrawBars, DrawsHeightsInProportion) {
  const std::vector<Bar> bars = {{"1–10", 20, 7}, {"11–20", 10, 0}, {"> 20", kNan, 0}};
  const std::string svg =
      draw_bars(bars, {.title = "", .x_title = "source length", .y_title = "BLEU"});
  const auto rectangles = named(parse_xml(svg), "rect");
  ASSERT_EQ(rectangles.size(), 3U);  // the page and two bars
  EXPECT_NEAR(rectangles[1].number("height"), 2 * rectangles[2].number("height"), 0.02);
  for (const char* text : {"1–10", "> 20", "n = 7", "20", "source length", "BLEU"}) {
    EXPECT_THAT(texts_of(svg), Contains(text));
  }
}

TEST(DrawBars, HangsNegativeValuesBelowZero) {
  const auto rectangles =
      named(parse_xml(draw_bars(std::vector<Bar>{{"a", 1}, {"b", -1}})), "rect");
  EXPECT_NEAR(rectangles[1].number("y") + rectangles[1].number("height"), rectangles[2].number("y"),
              0.02);
}

TEST(DrawBars, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_bars({}), UsageError);
  EXPECT_THROW(draw_bars(std::vector<Bar>(501)), UsageError);
  EXPECT_THROW(draw_bars(std::vector<Bar>(1), {.height = 5}), UsageError);
  parse_xml(draw_bars(std::vector<Bar>(500)));
  parse_xml(draw_bars(std::vector<Bar>{{"<&\x02", kNan}}));
}

}  // namespace
}  // namespace attend::view
