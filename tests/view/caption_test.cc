// Tests what all drawings of a caption share.
#include "view/caption.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/base.h"
#include "caption_pictures.h"
#include "view/line_breaks.h"

namespace attend::view {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ShownCaption, SaysWhatAWordIs) {
  const CaptionPicture picture = small_caption();
  const ShownCaption shown(picture, {});
  EXPECT_EQ(shown.caption(), "a dog runs");
  EXPECT_EQ(shown.numbers(1), "p 0.83, β 0.75");
  EXPECT_EQ(shown.note(1), "p 0.83, β 0.75, top left, largest weight 1.0000");
  EXPECT_EQ(shown.description(),
            "a dog runs. Where the words looked: “\u2068a\u2069” everywhere, “\u2068dog\u2069” top "
            "left, “\u2068runs\u2069” bottom right");
}

TEST(ShownCaption, LeavesOutNumbersThatAreNotGiven) {
  CaptionPicture picture = small_caption();
  picture.words[0].gate.reset();
  picture.words[1].probability.reset();
  picture.words[2].probability.reset();
  picture.words[2].gate.reset();
  const ShownCaption shown(picture, {});
  EXPECT_EQ(shown.numbers(0), "p 0.90");
  EXPECT_EQ(shown.numbers(1), "β 0.75");
  EXPECT_EQ(shown.numbers(2), "");
  EXPECT_EQ(shown.note(2), "bottom right, largest weight 1.0000");
}

TEST(ShownCaption, JoinsWordsThatHaveNoSpaceBeforeThem) {
  CaptionPicture picture = small_caption();
  picture.words[2].joined = true;
  EXPECT_EQ(ShownCaption(picture, {}).caption(), "a dogruns");
  picture.caption = "A dog runs.";
  EXPECT_EQ(ShownCaption(picture, {}).caption(), "A dog runs.");
}

TEST(ShownCaption, LeavesOutFurtherWordsAndReferences) {
  CaptionPicture picture = long_caption(70);
  picture.references.assign(9, "one");
  const ShownCaption shown(picture, {});
  EXPECT_THAT(shown.words(), SizeIs(64));
  EXPECT_EQ(shown.left_out_note(), "… 64 of 70 words are shown; the others are left out");
  EXPECT_THAT(shown.caption(), EndsWith(" word …"));
  EXPECT_THAT(shown.references(), SizeIs(5));
  EXPECT_EQ(ShownCaption(picture, {.max_words = 70}).left_out_note(), "");
}

TEST(ShownCaption, ShrinksLargePictures) {
  const CaptionPicture wide = plain_picture(2000, 500);
  EXPECT_EQ(ShownCaption(wide, {}).picture().size, (Extent{512, 128}));
  const CaptionPicture line = plain_picture(3000, 1);
  EXPECT_EQ(ShownCaption(line, {}).picture().size, (Extent{512, 1}));
}

TEST(ShownCaption, TakesWeightsOutsideTheirRangeAsTheNearerEnd) {
  CaptionPicture picture = small_caption();
  picture.words[0].weights.assign(24, -1);
  picture.words[1].probability = 7.0F;
  const ShownCaption shown(picture, {});
  EXPECT_EQ(shown.place(0), "nowhere");
  EXPECT_THAT(shown.numbers(1), HasSubstr("p 1.00"));
}

TEST(ShownCaption, RefusesWhatCannotBeDrawn) {
  static constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
  const auto changed = [](auto change) {
    CaptionPicture picture = small_caption();
    change(picture);
    ShownCaption(picture, {});
  };
  EXPECT_THROW(changed([](auto& one) { one.words[1].weights[3] = kNotANumber; }), Error);
  EXPECT_THROW(changed([](auto& one) { one.words[1].probability = kNotANumber; }), Error);
  EXPECT_THROW(changed([](auto& one) { one.words[1].gate = kNotANumber; }), Error);
  EXPECT_THROW(changed([](auto& one) { one.words[1].weights.pop_back(); }), CheckFailure);
  EXPECT_THROW(changed([](auto& one) { one.pixels.pop_back(); }), CheckFailure);
  EXPECT_THROW(changed([](auto& one) { one.width = 0; }), CheckFailure);
  EXPECT_THROW(changed([](auto& one) { one.grid_rows = 0; }), CheckFailure);
  EXPECT_THROW(changed([](auto& one) { one.grid_rows = 129; }), UsageError);
  EXPECT_THROW(changed([](auto& one) { one.width = one.height = std::size_t{1} << 40; }),
               UsageError);
  const CaptionPicture picture = small_caption();
  EXPECT_THROW(ShownCaption(picture, {.max_words = 0}), UsageError);
}

TEST(FirstWithPicture, FindsEqualPictures) {
  const std::vector<CaptionPicture> captions{small_caption(), plain_picture(60, 40, 3),
                                             small_caption(), plain_picture(40, 60)};
  EXPECT_THAT(first_with_picture(captions), ElementsAre(0U, 1U, 0U, 3U));
}

double characters(std::string_view text) { return static_cast<double>(display_width(text)); }

std::vector<std::string> wrapped(std::string_view text, double room, std::size_t lines = 9) {
  return wrap_text(text, {.room = room, .most_lines = lines, .measure = characters});
}

TEST(WrapText, BreaksAtSpacesAndInsideLongWords) {
  EXPECT_THAT(wrapped("a dog  runs", 5), ElementsAre("a dog", "runs"));
  EXPECT_THAT(wrapped("abcdefgh ij", 3), ElementsAre("abc", "def", "gh", "ij"));
  EXPECT_THAT(wrapped("一只黑色的猫", 4), ElementsAre("一只", "黑色", "的猫"));
  EXPECT_THAT(wrapped("  ", 4), IsEmpty());
  EXPECT_THAT(wrapped("", 4), IsEmpty());
}

TEST(WrapText, EndsInDotsWhereLinesAreLeftOut) {
  EXPECT_THAT(wrapped("a dog runs", 5, 1), ElementsAre("a do…"));
  EXPECT_THAT(wrapped("a dog runs home", 6, 2), ElementsAre("a dog", "runs…"));
}

}  // namespace
}  // namespace attend::view
