#include "view/raster.h"

#include <gmock/gmock.h>

#include "base/base.h"
#include "pixels.h"

namespace attend::view {
namespace {

using ::testing::ElementsAre;

TEST(Shrunk, KeepsProportionsAndSmallPictures) {
  EXPECT_EQ(shrunk({1024, 512}, 512), (Extent{512, 256}));
  EXPECT_EQ(shrunk({300, 900}, 512), (Extent{171, 512}));
  EXPECT_EQ(shrunk({512, 3}, 512), (Extent{512, 3}));
  EXPECT_EQ(shrunk({100'000, 1}, 512), (Extent{512, 1}));
}

TEST(Resample, TakesMeansOverAreas) {
  const Raster raster{{4, 2}, 1, {0, 100, 200, 250, 20, 80, 200, 150}};
  EXPECT_THAT(resample(raster, {2, 1}).values, ElementsAre(50, 200));
  EXPECT_THAT(resample(raster, {1, 2}).values, ElementsAre(138, 113));  // 137.5 and 112.5
  // A pixel of three columns covers 4/3 of a column: all of one, a third of the next.
  EXPECT_THAT(resample({{4, 1}, 1, {0, 100, 200, 240}}, {3, 1}).values, ElementsAre(25, 150, 230));
}

TEST(Resample, RepeatsPixelsWhereItEnlarges) {
  EXPECT_THAT(resample({{2, 1}, 1, {7, 9}}, {4, 2}).values, ElementsAre(7, 7, 9, 9, 7, 7, 9, 9));
}

TEST(Resample, KeepsChannelsApartAndEqualColoursEqual) {
  const Raster two{{2, 1}, 3, {10, 20, 30, 30, 40, 50}};
  EXPECT_THAT(resample(two, {1, 1}).values, ElementsAre(20, 30, 40));
  const Raster one_colour{{7, 5}, 3, std::vector<std::uint8_t>(105, 255)};
  for (const Extent size : {Extent{3, 3}, Extent{1, 1}, Extent{13, 11}, Extent{512, 1}}) {
    const Raster out = resample(one_colour, size);
    EXPECT_EQ(out.values, std::vector<std::uint8_t>(size.width * size.height * 3, 255));
  }
}

TEST(EncodePng, KeepsEveryPixel) {
  const Raster raster{{2, 2}, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3}};
  const Pixels pixels = decode(encode_png(raster));
  EXPECT_EQ(pixels.width, 2);
  EXPECT_THAT(pixels.values, ElementsAre(0xFF0000U, 0x00FF00U, 0x0000FFU, 0x010203U));
  EXPECT_THAT(decode(encode_png({{2, 1}, 1, {0, 200}})).values, ElementsAre(0U, 0xC8C8C8U));
}

TEST(EncodePng, RefusesSizesThatDoNotFit) {
  EXPECT_THROW(encode_png({{2, 2}, 3, {1, 2, 3}}), CheckFailure);
  EXPECT_THROW(encode_png({{0, 2}, 3, {}}), CheckFailure);
  EXPECT_THROW(encode_png({{1, 1}, 5, {1, 2, 3, 4, 5}}), CheckFailure);
}

}  // namespace
}  // namespace attend::view
