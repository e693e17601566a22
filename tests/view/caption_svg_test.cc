#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/base.h"
#include "caption_pictures.h"
#include "pixels.h"
#include "view/view.h"
#include "xml.h"

namespace attend::view {
namespace {

using attend::testing::Element;
using attend::testing::named;
using attend::testing::parse_xml;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string draw(const CaptionPicture& caption, const CaptionOptions& options = {}) {
  return draw_captions_svg(std::vector{caption}, options);
}

// Returns the masks of the words.
std::vector<Element> masks_of(const std::vector<Element>& document) {
  std::vector<Element> masks;
  for (const Element& image : named(document, "image")) {
    if (image.attributes.count("id") == 0) masks.push_back(image);
  }
  return masks;
}

std::vector<std::string> texts_of(const std::vector<Element>& document) {
  std::vector<std::string> texts;
  for (const Element& element : named(document, "text")) texts.push_back(element.text);
  return texts;
}

TEST(DrawCaptionsSvg, HasThePictureAndAPanelAWord) {
  const auto document = parse_xml(draw(small_caption()));
  const auto pictures = named(document, "use");
  ASSERT_EQ(pictures.size(), 4U);
  for (const Element& one : pictures) EXPECT_EQ(one.attributes.at("xlink:href"), "#picture-0");
  const auto masks = masks_of(document);
  ASSERT_EQ(masks.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(masks[i].attributes.at("x"), pictures[i + 1].attributes.at("x"));
    EXPECT_EQ(masks[i].attributes.at("y"), pictures[i + 1].attributes.at("y"));
    EXPECT_THAT(masks[i].attributes.at("xlink:href"), StartsWith("data:image/png;base64,"));
    EXPECT_NEAR(masks[i].number("height") / masks[i].number("width"), 40.0 / 60, 1e-3);
  }
  EXPECT_EQ(document[masks[1].children.at(0)].text,
            "dog: p 0.83, β 0.75, top left, largest weight 1.0000");
}

TEST(DrawCaptionsSvg, WritesWordsWithTheirNumbers) {
  const auto texts = texts_of(parse_xml(draw(small_caption())));
  ASSERT_GE(texts.size(), 9U);
  const std::vector<std::string> first(texts.begin(), texts.begin() + 9);
  EXPECT_THAT(first,
              ElementsAre("a dog runs", "– a dog is running", "– the dog runs", "a",
                          "p 0.90, β 0.25", "dog", "p 0.83, β 0.75", "runs", "p 0.50, β 1.00"));
}

TEST(DrawCaptionsSvg, DrawsALongWordSmallerBeforeItIsShortened) {
  CaptionPicture caption = small_caption();
  caption.words[1].text = "skateboarding";
  caption.words[2].text = "electroencephalographically";
  const auto texts = named(parse_xml(draw(caption)), "text");
  EXPECT_EQ(texts.at(5).text, "skateboarding");
  EXPECT_LT(texts.at(5).number("font-size"), texts.at(3).number("font-size"));
  EXPECT_THAT(texts.at(7).text, EndsWith("…"));
}

TEST(DrawCaptionsSvg, StaysOnItsPage) {
  CaptionPicture caption = long_caption(70);
  caption.words[5].text = std::string(400, 'M');
  caption.words[5].probability = caption.words[5].gate = 1.0F;
  caption.title = std::string(400, 'M');
  caption.caption = std::string(3000, 'M');
  for (const double width : {480.0, 960.0}) {
    const auto document = parse_xml(draw(caption, {.width = width}));
    EXPECT_LE(document[0].number("width"), width);
    for (const Element& mask : masks_of(document)) {
      EXPECT_GE(mask.number("x"), 0);
      EXPECT_LE(mask.number("x") + mask.number("width"), document[0].number("width"));
      EXPECT_LE(mask.number("y") + mask.number("height"), document[0].number("height"));
    }
    double last = 0;
    for (const Element& text : named(document, "text")) last = std::max(last, text.number("y"));
    EXPECT_LT(last, document[0].number("height"));
    EXPECT_EQ(masks_of(document).size(), 64U);
    EXPECT_THAT(texts_of(document),
                Contains("… 64 of 70 words are shown; the others are left out"));
  }
}

TEST(DrawCaptionsSvg, KeepsPanelsApart) {
  for (const auto& [width, height] : {std::pair(60, 40), std::pair(40, 60), std::pair(300, 1)}) {
    CaptionPicture caption = long_caption(9);
    const CaptionPicture other =
        plain_picture(static_cast<std::size_t>(width), static_cast<std::size_t>(height));
    caption.width = other.width;
    caption.height = other.height;
    caption.pixels = other.pixels;
    const auto masks = masks_of(parse_xml(draw(caption)));
    for (std::size_t i = 0; i < masks.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        const double x = std::abs(masks[i].number("x") - masks[k].number("x"));
        const double y = std::abs(masks[i].number("y") - masks[k].number("y"));
        EXPECT_TRUE(x > masks[i].number("width") || y > masks[i].number("height")) << i << " " << k;
      }
    }
  }
}

TEST(DrawCaptionsSvg, HoldsAPictureOfSeveralCaptionsOnce) {
  std::vector<CaptionPicture> captions{small_caption(), small_caption(), long_caption(1)};
  captions[0].title = "soft";
  captions[1].title = "hard";
  const auto document = parse_xml(draw_captions_svg(captions));
  EXPECT_EQ(named(document, "defs").size(), 2U);
  const auto pictures = named(document, "use");
  ASSERT_EQ(pictures.size(), 10U);
  EXPECT_EQ(pictures[4].attributes.at("xlink:href"), "#picture-0");
  EXPECT_EQ(pictures[8].attributes.at("xlink:href"), "#picture-2");
  EXPECT_GT(pictures[4].number("y"), pictures[3].number("y"));
  EXPECT_THAT(texts_of(document), Contains("hard"));
}

TEST(DrawCaptionsSvg, BeginsFromTheRightForArabic) {
  const auto document = parse_xml(draw(arabic_caption()));
  const auto pictures = named(document, "use");
  ASSERT_EQ(pictures.size(), 3U);
  EXPECT_GT(pictures[0].number("x"), pictures[1].number("x"));
  EXPECT_GT(pictures[1].number("x"), pictures[2].number("x"));
  const auto texts = named(document, "text");
  ASSERT_GE(texts.size(), 2U);
  EXPECT_EQ(texts[1].text, "قطة");
  EXPECT_NEAR(texts[1].number("x"), pictures[1].number("x") + 172, 0.02);  // its first letter
}

TEST(DrawCaptionsSvg, IsWellFormedForHostileTexts) {
  const std::string svg = draw(hostile_caption());
  const auto document = parse_xml(svg);
  EXPECT_TRUE(named(document, "script").empty());
  EXPECT_TRUE(named(document, "b").empty());
  EXPECT_THAT(svg, Not(HasSubstr("\u202E")));
  EXPECT_LT(svg.size(), 100'000U);
}

TEST(DrawCaptionsSvg, SaysThatACaptionIsEmpty) {
  const auto document = parse_xml(draw(plain_picture(5, 5)));
  EXPECT_THAT(texts_of(document), Contains("(empty)"));
  EXPECT_EQ(named(document, "use").size(), 1U);
}

TEST(DrawCaptionsSvg, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_captions_svg({}), UsageError);
  EXPECT_THROW(draw_captions_svg(std::vector<CaptionPicture>(65, plain_picture(1, 1))), UsageError);
  EXPECT_THROW(draw(small_caption(), {.width = 100}), UsageError);
  EXPECT_THROW(draw(small_caption(), {.panel = 1000}), UsageError);
  CaptionPicture caption = small_caption();
  caption.words[2].weights[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(draw(caption), Error);
}

// Returns the brightness of the panel of a word, 0 … 255, at a share of its width and height.
std::uint32_t brightness(const Pixels& pixels, const Element& mask, double across, double down) {
  const auto x = static_cast<int>(mask.number("x") + across * mask.number("width"));
  const auto y = static_cast<int>(mask.number("y") + down * mask.number("height"));
  return pixels.values.at(static_cast<std::size_t>(y * pixels.width + x)) & 0xFF;
}

TEST(DrawCaptionsSvg, LightsAPngWhereTheWordLooked) {
  const std::string svg = draw(small_caption());
  const auto masks = masks_of(parse_xml(svg));
  const Pixels pixels = decode(svg_to_png(svg, {.scale = 1}));
  EXPECT_GE(brightness(pixels, masks[0], 0.1, 0.9), 250U);  // "a" looked everywhere
  EXPECT_GE(brightness(pixels, masks[1], 0.05, 0.05), 215U);
  EXPECT_NEAR(brightness(pixels, masks[1], 0.9, 0.9), 64, 3);
  EXPECT_NEAR(brightness(pixels, masks[2], 0.05, 0.05), 64, 3);
  EXPECT_GE(brightness(pixels, masks[2], 0.95, 0.95), 215U);
}

// A mask that fades out at its borders would let the white picture shine through.
TEST(DrawCaptionsSvg, DarkensAPanelUpToItsBorders) {
  const std::string svg = draw(small_caption());
  const auto masks = masks_of(parse_xml(svg));
  const Pixels pixels = decode(svg_to_png(svg, {.scale = 2}));
  Element mask = masks[2];
  for (const char* name : {"x", "y", "width", "height"}) {
    mask.attributes[name] = std::to_string(2 * mask.number(name));
  }
  for (const double at : {0.01, 0.2, 0.5}) {
    EXPECT_LE(brightness(pixels, mask, 0.01, at), 80U) << at;
    EXPECT_LE(brightness(pixels, mask, at, 0.01), 80U) << at;
  }
}

}  // namespace
}  // namespace attend::view
