#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>

#include "base/base.h"
#include "pictures.h"
#include "view/view.h"

namespace attend::view {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string draw(const AlignmentPicture& picture, const HtmlOptions& options = {}) {
  return draw_html(std::vector{picture}, options);
}

std::size_t count(const std::string& text, const std::string& pattern) {
  std::size_t found = 0;
  for (std::size_t at = text.find(pattern); at != std::string::npos;
       at = text.find(pattern, at + pattern.size())) {
    ++found;
  }
  return found;
}

/// Returns the JSON between the tags of the data script.
std::string data_of(const std::string& html) {
  const std::string open = "id=\"data\">";
  const std::size_t begin = html.find(open) + open.size();
  return html.substr(begin, html.find("</script>", begin) - begin);
}

TEST(DrawHtml, HoldsEveryUnitAndWeight) {
  const std::string html = draw(small_picture());
  EXPECT_EQ(count(html, "data-side=\"source\" data-index"), 3U);
  EXPECT_EQ(count(html, "data-side=\"target\" data-index"), 2U);
  EXPECT_EQ(count(html, "<td "), 6U);
  EXPECT_EQ(data_of(html),
            "[\n{\"title\":\"7/May\",\"source\":[\"7\",\"/\",\"May\"],\"target\":[\"0\",\"5\"],"
            "\"alignment\":[[1,0,0],[0,0.25,0.75]],\"probability\":[]}\n]");
}

TEST(DrawHtml, ColoursCellsByWeight) {
  const std::string html = draw(small_picture(), {.scale = ColourScale::kGrey});
  EXPECT_THAT(html, HasSubstr("<td style=\"background:#ffffff\"></td>"
                              "<td style=\"background:#000000\"></td>"
                              "<td style=\"background:#000000\"></td></tr>"));
  EXPECT_THAT(html, HasSubstr("<td style=\"background:#404040\"></td>"
                              "<td style=\"background:#bfbfbf\"></td></tr>"));
}

TEST(DrawHtml, TellsScreenReadersWhatATargetLookedAt) {
  AlignmentPicture picture = small_picture();
  picture.target_probabilities = {0.5F, 1};
  EXPECT_THAT(draw(picture), HasSubstr("aria-label=\"target 2 of 2: 5, probability 1.00; looked at "
                                       "“\u2068May\u2069” 0.75, “\u2068/\u2069” 0.25\""));
}

TEST(DrawHtml, RefersToNothingOutsideItself) {
  const std::string html = draw(hostile_picture());
  for (const char* word : {"http://", "https://", "url(", "@import", " src=", " href="}) {
    EXPECT_THAT(html, Not(HasSubstr(word)));
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(DrawHtml, EscapesHostileUnits) {
  const std::string html =
      draw(hostile_picture(), {.title = "</title><script>", .language = "\">"});
  EXPECT_EQ(count(html, "<script"), 2U);
  EXPECT_EQ(count(html, "</script"), 2U);
  EXPECT_EQ(count(html, "<title"), 1U);
  EXPECT_EQ(count(html, "</title"), 1U);
  EXPECT_EQ(count(html, "<!--"), 0U);
  EXPECT_EQ(count(html, "<b>"), 0U);
  EXPECT_THAT(html.substr(0, html.find("<script")), Not(HasSubstr("onmouseover='")));
  EXPECT_THAT(html, Not(HasSubstr("\u2028")));
  EXPECT_THAT(html, Not(HasSubstr("\u202E")));
  for (const char byte : html) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n') << static_cast<int>(byte);
  }
}

TEST(DrawHtml, EscapesJsonInsideTheScript) {
  AlignmentPicture picture = uniform_picture(1, 1);
  picture.source_units = {"</script>\u2028\u2029&\"\\\x01\xff"};
  EXPECT_THAT(data_of(draw(picture)),
              HasSubstr("\"\\u003c/script\\u003e\\u2028\\u2029\\u0026\\\"\\\\\\u0001\uFFFD\""));
}

TEST(DrawHtml, SetsRightToLeftSourcesFromTheRight) {
  AlignmentPicture picture = uniform_picture(1, 2);
  picture.source_units = {"١", "في"};
  const std::string html = draw(picture);
  EXPECT_THAT(html, HasSubstr("dir=\"rtl\" role=\"group\" aria-label=\"source\""));
  EXPECT_THAT(html, HasSubstr("dir=\"ltr\" role=\"group\" aria-label=\"target\""));
}

/// Returns the units of a side as they stand on their line, without tags.
std::string line_of(const std::string& html, const std::string& side) {
  const std::string open = "role=\"group\" aria-label=\"" + side + "\">";
  const std::size_t begin = html.find(open) + open.size();
  return std::regex_replace(html.substr(begin, html.find("</div>", begin) - begin),
                            std::regex("<[^>]*>"), "");
}

// The bidirectional algorithm orders a line as a whole, if its units are neither blocks nor
// isolated from each other.
TEST(DrawHtml, LeavesTheOrderOfUnitsToTheLine) {
  AlignmentPicture picture = uniform_picture(2, 4);
  picture.source_units = {"في", "New", "York", "."};
  picture.source_joined = {0, 0, 0, 1};
  picture.target_units = {"a", "b"};
  const std::string html = draw(picture);
  EXPECT_EQ(line_of(html, "source"), "في\nNew\nYork.");
  EXPECT_EQ(line_of(html, "target"), "a\nb");
  EXPECT_EQ(count(html, "<span role=\"button\" tabindex=\"0\" class=\"unit\""), 6U);
  const std::string lines = html.substr(0, html.find("<table"));
  for (const char* tag : {"<button", "<bdi", "display: flex; flex-wrap"}) {
    EXPECT_EQ(count(lines, tag), 0U) << tag;
  }
  EXPECT_THAT(html, HasSubstr("event.key === \"Enter\" || event.key === \" \""));
}

TEST(DrawHtml, NumbersExamplesWithoutTitle) {
  AlignmentPicture picture = uniform_picture(1, 1);
  const std::string html = draw_html(std::vector{picture, small_picture(), picture});
  EXPECT_EQ(count(html, "class=\"example\""), 3U);
  EXPECT_THAT(html, HasSubstr(">Example 1</h2>"));
  EXPECT_THAT(html, HasSubstr(">7/May</h2>"));
  EXPECT_THAT(html, HasSubstr(">Example 3</h2>"));
}

TEST(DrawHtml, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_html({}), UsageError);
  EXPECT_THROW(draw(uniform_picture(600, 600)), UsageError);
  AlignmentPicture picture = small_picture();
  picture.alignment.push_back(0);
  EXPECT_THROW(draw(picture), CheckFailure);
  picture = small_picture();
  picture.source_joined = {0, 1};
  EXPECT_THROW(draw(picture), CheckFailure);
}

TEST(DrawHtml, SaysThatASideIsEmptyAndDrawsTheOthers) {
  std::vector<AlignmentPicture> pictures = empty_pictures();
  pictures.push_back(small_picture());
  const std::string html = draw_html(pictures);
  EXPECT_EQ(count(html, "<section"), 4U);
  // One line for each empty side, and a row in each of the two pictures without targets.
  EXPECT_EQ(count(html, "(empty)"), 6U);
  EXPECT_EQ(count(html, "<td "), 6U);
  EXPECT_THAT(data_of(html), HasSubstr("\"source\":[\"the\",\"red\",\"house\"],\"target\":[],"
                                       "\"alignment\":[],\"probability\":[]"));
}

}  // namespace
}  // namespace attend::view
