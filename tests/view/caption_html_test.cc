#include <gmock/gmock.h>

#include <regex>

#include "base/base.h"
#include "caption_pictures.h"
#include "view/view.h"

namespace attend::view {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string draw(const CaptionPicture& caption, const CaptionOptions& options = {}) {
  return draw_captions_html(std::vector{caption}, options);
}

std::size_t count(const std::string& text, const std::string& pattern) {
  std::size_t found = 0;
  for (std::size_t at = text.find(pattern); at != std::string::npos;
       at = text.find(pattern, at + pattern.size())) {
    ++found;
  }
  return found;
}

TEST(DrawCaptionsHtml, HasAUnitAndAPanelAWord) {
  const std::string html = draw(small_caption());
  EXPECT_EQ(count(html, "<span role=\"button\" tabindex=\"0\" class=\"unit\""), 3U);
  EXPECT_EQ(count(html, "<li class=\"panel\" data-index="), 3U);
  EXPECT_EQ(count(html, "id=\"picture-0\""), 1U);
  EXPECT_EQ(count(html, "<use href=\"#picture-0\"/>"), 3U);
  EXPECT_EQ(count(html, "data:image/png;base64,"), 4U);
  EXPECT_EQ(count(html, "class=\"light\""), 1U);
  EXPECT_THAT(html, HasSubstr("<bdi>dog</bdi><small dir=\"ltr\">p 0.83, β 0.75</small>"));
  EXPECT_THAT(html, HasSubstr("<li dir=\"auto\">the dog runs</li>"));
}

TEST(DrawCaptionsHtml, TellsScreenReadersWhereAWordLooked) {
  EXPECT_THAT(
      draw(small_caption()),
      HasSubstr("aria-label=\"word 2 of 3: “\u2068dog\u2069”: p 0.83, β 0.75, top left, largest "
                "weight 1.0000\">dog</span>"));
}

TEST(DrawCaptionsHtml, RefersToNothingOutsideItself) {
  const std::string html = draw(hostile_caption());
  for (const char* word : {"http://", "https://", "url(", "@import", " src="}) {
    EXPECT_THAT(html, Not(HasSubstr(word)));
  }
  const std::regex reference("href=\"([^\"]{0,22})");
  std::size_t found = 0;
  for (std::sregex_iterator at(html.begin(), html.end(), reference), end; at != end; ++at) {
    const std::string target = (*at)[1];
    EXPECT_TRUE(target == "#picture-0" || target == "data:image/png;base64,") << target;
    ++found;
  }
  EXPECT_EQ(found, 29U);  // the picture, and for each of 14 words its panel and its mask
  EXPECT_THAT(html, HasSubstr("default-src 'none'; img-src data:;"));
}

TEST(DrawCaptionsHtml, EscapesHostileTexts) {
  const std::string html =
      draw_captions_html(std::vector{hostile_caption()}, {}, /*language=*/"\"><script>");
  EXPECT_EQ(count(html, "<script"), 1U);
  EXPECT_EQ(count(html, "</script"), 1U);
  EXPECT_EQ(count(html, "<title"), 1U);
  EXPECT_EQ(count(html, "<!--"), 0U);
  EXPECT_EQ(count(html, "<b>"), 0U);
  EXPECT_EQ(count(html, "</ul>"), 2U);
  EXPECT_THAT(html, Not(HasSubstr("onmouseover='")));
  EXPECT_THAT(html, Not(HasSubstr("\u2028")));
  EXPECT_THAT(html, Not(HasSubstr("\u202E")));
  for (const char byte : html) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n') << static_cast<int>(byte);
  }
  EXPECT_LT(html.size(), 100'000U);
}

TEST(DrawCaptionsHtml, HoldsAPictureOfSeveralCaptionsOnce) {
  const std::string html =
      draw_captions_html(std::vector{small_caption(), small_caption(), long_caption(2)});
  EXPECT_EQ(count(html, "id=\"picture-"), 2U);
  EXPECT_EQ(count(html, "<use href=\"#picture-0\"/>"), 7U);
  EXPECT_EQ(count(html, "<use href=\"#picture-2\"/>"), 2U);
  EXPECT_THAT(html, HasSubstr(">Caption 3</h2>"));
}

TEST(DrawCaptionsHtml, SetsArabicFromTheRight) {
  const std::string html = draw(arabic_caption());
  EXPECT_THAT(html, HasSubstr("<div class=\"words\" dir=\"rtl\""));
  EXPECT_THAT(html, HasSubstr("<ul class=\"panels\" dir=\"rtl\""));
}

TEST(DrawCaptionsHtml, JoinsWordsWithoutASpace) {
  CaptionPicture caption = small_caption();
  caption.words[2].joined = true;
  const std::string html = draw(caption);
  EXPECT_THAT(html, HasSubstr(">dog</span><span"));
  EXPECT_THAT(html, HasSubstr(">a</span>\n<span"));
}

TEST(DrawCaptionsHtml, SaysWhatIsEmptyOrLeftOut) {
  const std::string empty = draw(plain_picture(5, 5));
  EXPECT_EQ(count(empty, "(empty)"), 1U);
  EXPECT_EQ(count(empty, "<ul class=\"panels\""), 0U);
  const std::string html = draw(long_caption(70));
  EXPECT_EQ(count(html, "<li class=\"panel\" data-index="), 64U);
  EXPECT_THAT(html, HasSubstr("64 of 70 words are shown"));
}

TEST(DrawCaptionsHtml, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw_captions_html({}), UsageError);
  EXPECT_THROW(draw_captions_html(std::vector<CaptionPicture>(65, plain_picture(1, 1))),
               UsageError);
}

}  // namespace
}  // namespace attend::view
