#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/base.h"
#include "pictures.h"
#include "pixels.h"
#include "view/png_library.h"
#include "view/view.h"

namespace attend::view {
namespace {

using ::testing::HasSubstr;

/// Draws the picture of one target unit, without colours that could be taken for letters.
Pixels draw_label(const std::string& label) {
  AlignmentPicture picture = uniform_picture(1, 1);
  picture.alignment = {0};
  picture.target_units = {label};
  return decode(svg_to_png(draw_svg(picture, {.scale = ColourScale::kInk, .legend = false})));
}

constexpr int kLabelColumns = 120;  // pixels to the left of the cells, at scale 2

bool library_is_missing() {
  try {
    PngLibrary{PngLibraryNames{}};
    return false;
  } catch (const Error&) {
    return true;
  }
}

/// Returns fontconfig's list of fonts for a language, which is empty when there is none.
bool has_font_for(const std::string& language) {
  FILE* pipe = popen(("fc-list :lang=" + language + " family 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return false;
  const bool found = std::fgetc(pipe) != EOF;
  pclose(pipe);
  return found;
}

#define SKIP_WITHOUT_LIBRARY() \
  if (library_is_missing()) GTEST_SKIP() << "librsvg is not installed"
#define SKIP_WITHOUT_FONT(language) \
  if (!has_font_for(language)) GTEST_SKIP() << "no font for the language " << (language)

TEST(SvgToPng, WritesTheSizeAndColoursOfTheDocument) {
  SKIP_WITHOUT_LIBRARY();
  const std::string png =
      svg_to_png(R"(<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10">)"
                 R"(<rect x="0" y="0" width="10" height="10" fill="#ff0000"/></svg>)",
                 {.scale = 3});
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const Pixels pixels = decode(png);
  EXPECT_EQ(pixels.width, 60);
  EXPECT_EQ(pixels.height, 30);
  EXPECT_EQ(pixels.values[0], 0xFF0000U);
  EXPECT_EQ(pixels.values[59], 0xFFFFFFU);  // a page without paint is white
}

TEST(SvgToPng, DrawsEveryCell) {
  SKIP_WITHOUT_LIBRARY();
  AlignmentPicture picture = uniform_picture(1, 2);
  picture.alignment = {0.4F, 0.6F};
  const Pixels pixels = decode(svg_to_png(draw_svg(picture, {.legend = false})));
  EXPECT_GT(std::count(pixels.values.begin(), pixels.values.end(), 0x666666U), 500);
  EXPECT_GT(std::count(pixels.values.begin(), pixels.values.end(), 0x999999U), 500);
}

TEST(SvgToPng, DrawsLatin) {
  SKIP_WITHOUT_LIBRARY();
  SKIP_WITHOUT_FONT("en");
  EXPECT_GT(draw_label("W").dark(kLabelColumns), 20U);
  EXPECT_NE(draw_label("a"), draw_label("e"));
}

/// Fonts draw different characters differently. For a missing character they would draw a box.
void expect_drawn(const std::string& one, const std::string& other) {
  const Pixels first = draw_label(one);
  EXPECT_GT(first.dark(kLabelColumns), 20U);
  EXPECT_NE(first, draw_label(other));
}

TEST(SvgToPng, DrawsChineseAndJapanese) {
  SKIP_WITHOUT_LIBRARY();
  SKIP_WITHOUT_FONT("zh-cn");
  SKIP_WITHOUT_FONT("ja");
  expect_drawn("日", "本");
  expect_drawn("か", "き");
  // One line needs less ink than nine lines. Two boxes with numbers would need equal amounts.
  EXPECT_LT(draw_label("一").dark(kLabelColumns) * 2, draw_label("龍").dark(kLabelColumns));
}

TEST(SvgToPng, JoinsArabicLetters) {
  SKIP_WITHOUT_LIBRARY();
  SKIP_WITHOUT_FONT("ar");
  expect_drawn("سلام", "س\u200Cل\u200Cا\u200Cم");
  expect_drawn("سلام", "مالس");
}

TEST(SvgToPng, ReordersDevanagari) {
  SKIP_WITHOUT_LIBRARY();
  SKIP_WITHOUT_FONT("hi");
  expect_drawn("हिन्दी", "हीन्दि");
  expect_drawn("क्ष", "क्\u200Cष");  // the conjunct and its parts
}

TEST(SvgToPng, ScalesLargePicturesDown) {
  SKIP_WITHOUT_LIBRARY();
  const Pixels pixels =
      decode(svg_to_png(draw_svg(uniform_picture(50, 300)), {.scale = 2, .max_pixels = 100'000}));
  EXPECT_LE(pixels.width * pixels.height, 100'000);
  EXPECT_GT(pixels.width * pixels.height, 90'000);
  const Pixels wide = decode(svg_to_png(draw_svg(uniform_picture(1, 4000)), {.scale = 10}));
  EXPECT_LE(wide.width, 32'000);
}

TEST(SvgToPng, DrawsHostilePictures) {
  SKIP_WITHOUT_LIBRARY();
  EXPECT_GT(decode(svg_to_png(draw_svg(hostile_picture()))).width, 100);
}

TEST(SvgToPng, RejectsWhatIsNoPicture) {
  SKIP_WITHOUT_LIBRARY();
  EXPECT_THROW(svg_to_png(""), Error);
  EXPECT_THROW(svg_to_png("not an SVG"), Error);
  EXPECT_THROW(svg_to_png("<svg xmlns=\"http://www.w3.org/2000/svg\"><g>"), Error);
  EXPECT_THROW(svg_to_png("<html/>"), Error);
  EXPECT_THROW(svg_to_png(draw_svg(small_picture()), {.scale = 0}), UsageError);
  EXPECT_THROW(svg_to_png(draw_svg(small_picture()), {.max_pixels = 0}), UsageError);
}

TEST(SvgToPng, SaysWhichLibraryIsMissing) {
  PngLibraryNames names;
  names.rsvg = "librsvg-of-no-such-version.so";
  try {
    PngLibrary{names};
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("librsvg2-2"));
    EXPECT_THAT(error.what(), HasSubstr("librsvg-of-no-such-version.so"));
  }
  names = {};
  names.rsvg = names.glib;  // this library lacks the functions
  EXPECT_THROW(PngLibrary{names}, Error);
}

TEST(SvgToPng, DrawsFromSeveralThreads) {
  SKIP_WITHOUT_LIBRARY();
  const std::string svg = draw_svg(small_picture());
  std::vector<std::string> pngs(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& png : pngs) threads.emplace_back([&] { png = svg_to_png(svg); });
  }
  for (const std::string& png : pngs) EXPECT_EQ(png, pngs[0]);
}

TEST(SvgToPng, DrawsPicturesOfEmptySides) {
  for (const AlignmentPicture& picture : empty_pictures()) {
    EXPECT_GT(decode(svg_to_png(draw_svg(picture))).width, 50);
  }
}

}  // namespace
}  // namespace attend::view
