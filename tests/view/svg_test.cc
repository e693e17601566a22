#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>

#include "base/base.h"
#include "pictures.h"
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

std::vector<std::string> texts_of(const std::vector<Element>& document) {
  std::vector<std::string> texts;
  for (const Element& element : named(document, "text")) texts.push_back(element.text);
  return texts;
}

/// Returns the cells by row, in order.
std::vector<std::vector<Element>> rows_of(const std::vector<Element>& document) {
  std::vector<std::vector<Element>> rows;
  for (const Element& group : named(document, "g")) {
    if (group.attributes.at("class") != "row") continue;
    rows.emplace_back();
    for (const std::size_t child : group.children) rows.back().push_back(document[child]);
  }
  return rows;
}

TEST(DrawSvg, DrawsARowForEveryTargetUnitFromBlackToWhite) {
  const auto document = parse_xml(draw_svg(small_picture()));
  const auto rows = rows_of(document);
  ASSERT_EQ(rows.size(), 2U);
  const AlignmentPicture picture = small_picture();
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(rows[i].size(), 3U);
    for (std::size_t j = 0; j < 3; ++j) {
      const float weight = picture.alignment[i * 3 + j];
      const auto level = static_cast<int>(weight * 255 + 0.5F);
      EXPECT_EQ(rows[i][j].attributes.at("fill"), fmt::format("#{0:02x}{0:02x}{0:02x}", level));
      EXPECT_EQ(rows[i][j].number("x"),
                rows[0][0].number("x") + static_cast<double>(j) * rows[0][0].number("width"));
      EXPECT_EQ(rows[i][j].number("y"),
                rows[0][0].number("y") + static_cast<double>(i) * rows[0][0].number("height"));
      ASSERT_EQ(rows[i][j].children.size(), 1U);
      EXPECT_THAT(document[rows[i][j].children[0]].text, HasSubstr(fmt::format("{:.4f}", weight)));
    }
  }
}

TEST(DrawSvg, WritesEveryLabelInATextOfItsOwn) {
  const auto document = parse_xml(draw_svg(small_picture()));
  for (const char* label : {"7", "/", "May", "0", "5", "7/May", "attention weight"}) {
    EXPECT_THAT(texts_of(document), Contains(label));
  }
  for (const Element& text : named(document, "text")) {
    EXPECT_EQ(text.attributes.at("unicode-bidi"), "isolate");
  }
}

TEST(DrawSvg, TiltsOnlyHeadingsThatDoNotFit) {
  AlignmentPicture picture = uniform_picture(1, 4);
  picture.source_units = {"a", "b", "c", "international"};
  for (const Element& text : named(parse_xml(draw_svg(picture)), "text")) {
    EXPECT_EQ(text.attributes.contains("transform"), text.text == "international") << text.text;
  }
}

TEST(DrawSvg, KeepsEverythingOnThePage) {
  AlignmentPicture picture = uniform_picture(3, 3);
  picture.source_units = {"a", "b", std::string(28, 'm')};
  picture.target_units = {"a", std::string(28, 'w'), "b"};
  const auto document = parse_xml(draw_svg(picture));
  const double width = document[0].number("width");
  for (const auto& row : rows_of(document)) {
    EXPECT_LT(row.back().number("x") + row.back().number("width"), width);
  }
  const double tilted = 28 * 0.5 * 13 * 0.7;  // a low guess for the last heading's length
  EXPECT_GT(width, rows_of(document)[0][2].number("x") + tilted);
  EXPECT_GT(rows_of(document)[0][0].number("y"), tilted);
}

TEST(DrawSvg, StaysWellFormedWithHostileUnits) {
  const std::string svg = draw_svg(hostile_picture());
  const auto document = parse_xml(svg);
  EXPECT_TRUE(named(document, "script").empty());
  EXPECT_TRUE(named(document, "b").empty());
  EXPECT_THAT(texts_of(document), Contains("␛[31mred"));
  EXPECT_THAT(svg, Not(HasSubstr("\u202E")));
}

TEST(DrawSvg, RefersToNothingOutsideItself) {
  const std::string svg = draw_svg(hostile_picture());
  EXPECT_THAT(svg, Not(HasSubstr("href")));
  EXPECT_THAT(svg, Not(HasSubstr("url(")));
}

TEST(DrawSvg, ShowsProbabilitiesAsBars) {
  AlignmentPicture picture = small_picture();
  picture.target_probabilities = {0.25F, 1};
  EXPECT_THAT(texts_of(parse_xml(draw_svg(picture))), Contains("0.25"));
}

TEST(DrawSvg, FollowsTheColourScale) {
  const auto first = [](ColourScale scale) {
    return rows_of(parse_xml(draw_svg(small_picture(), {.scale = scale})))[0];
  };
  EXPECT_EQ(first(ColourScale::kInk)[1].attributes.at("fill"), "#ffffff");
  EXPECT_NE(first(ColourScale::kPerceptual)[0].attributes.at("fill"),
            first(ColourScale::kPerceptual)[1].attributes.at("fill"));
  EXPECT_EQ(colour_scale("perceptual"), ColourScale::kPerceptual);
  EXPECT_THROW(colour_scale("rainbow"), UsageError);
}

TEST(DrawSvg, ClampsWeightsOutsideTheirRange) {
  AlignmentPicture picture = uniform_picture(1, 2);
  picture.alignment = {1.5F, -0.5F};
  const auto rows = rows_of(parse_xml(draw_svg(picture)));
  EXPECT_EQ(rows[0][0].attributes.at("fill"), "#ffffff");
  EXPECT_EQ(rows[0][1].attributes.at("fill"), "#000000");
}

TEST(DrawSvg, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_svg(uniform_picture(20, 10'000)), UsageError);
  EXPECT_THROW(draw_svg(uniform_picture(600, 600)), UsageError);
  EXPECT_THROW(draw_svg(small_picture(), {.cell_size = 1000}), UsageError);
  AlignmentPicture picture = small_picture();
  picture.alignment[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(draw_svg(picture), Error);
  picture = small_picture();
  picture.target_probabilities = {1};
  EXPECT_THROW(draw_svg(picture), CheckFailure);
  picture = small_picture();
  picture.source_units.push_back("x");
  EXPECT_THROW(draw_svg(picture), CheckFailure);
}

TEST(DrawSvg, DrawsTheLargestPictures) {
  const std::string svg = draw_svg(uniform_picture(60, 4000));
  EXPECT_LT(svg.size(), 60U << 20);
  EXPECT_EQ(rows_of(parse_xml(svg)).size(), 60U);
}

TEST(DrawSvg, SaysThatASideIsEmpty) {
  for (const AlignmentPicture& picture : empty_pictures()) {
    for (const double cell : {0.0, 4.0, 100.0}) {
      const auto document = parse_xml(draw_svg(picture, {.cell_size = cell}));
      EXPECT_THAT(texts_of(document), Contains("(empty)"));
      for (const std::string& unit : picture.source_units) {
        EXPECT_THAT(texts_of(document), Contains(unit));
      }
      EXPECT_EQ(rows_of(document).size(), picture.target_units.size());
      const double width = document[0].number("width"), height = document[0].number("height");
      EXPECT_TRUE(width > 0 && width < 3000 && height > 0 && height < 3000) << width << height;
    }
  }
}

}  // namespace
}  // namespace attend::view
