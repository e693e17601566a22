#include "vision/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/base.h"
#include "pictures.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Box whole(const Image& image) { return {0, 0, image.size}; }

Image noise(Size size, std::uint64_t seed) {
  Random random(seed);
  Image image{size, std::vector<std::uint8_t>(value_count(size))};
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.next());
  return image;
}

// A row of grey pixels, and the grey values of a row or column.
Image grey_row(const std::vector<std::uint8_t>& values) {
  Image image{{1, static_cast<int>(values.size())}, {}};
  for (const std::uint8_t value : values) image.pixels.insert(image.pixels.end(), kChannels, value);
  return image;
}

std::vector<int> greys(const Image& image) {
  std::vector<int> values;
  for (std::size_t i = 0; i < image.pixels.size(); i += kChannels)
    values.push_back(image.pixels[i]);
  return values;
}

// The equation of fit.h in double, for one side.
double weight(double i, double o, double in, double out) {
  return std::max(0.0, std::max(in, out) - std::abs((i + 0.5) * out - (o + 0.5) * in));
}

// The equation of fit.h in double: the mean over both sides at once.
double defined_value(const Image& image, const Box& box, Size wanted, int row, int column,
                     std::size_t channel) {
  double sum = 0, total = 0;
  for (int i = 0; i < box.size.height; ++i) {
    for (int j = 0; j < box.size.width; ++j) {
      const double w = weight(i, row, box.size.height, wanted.height) *
                       weight(j, column, box.size.width, wanted.width);
      const auto pixel = static_cast<std::size_t>((box.top + i) * image.size.width + box.left + j);
      sum += w * image.pixels[pixel * kChannels + channel];
      total += w;
    }
  }
  return sum / total;
}

TEST(Resize, FollowsTheEquation) {
  const Image image = noise({23, 37}, 1);
  for (const Box box : {whole(image), Box{3, 5, {19, 20}}, Box{22, 36, {1, 1}}}) {
    for (const Size wanted : {Size{1, 1}, Size{7, 9}, Size{23, 37}, Size{50, 41}, Size{2, 60}}) {
      const Image resized = resize(image, box, wanted);
      ASSERT_EQ(resized.size, wanted);
      std::size_t i = 0;
      for (int row = 0; row < wanted.height; ++row) {
        for (int column = 0; column < wanted.width; ++column) {
          for (std::size_t channel = 0; channel < kChannels; ++channel, ++i) {
            ASSERT_NEAR(resized.pixels[i], defined_value(image, box, wanted, row, column, channel),
                        0.55);
          }
        }
      }
    }
  }
}

TEST(Resize, ComputesSmallExamples) {
  // (3 · 10 + 3 · 20 + 30) / 7 and (20 + 3 · 30 + 3 · 40) / 7.
  EXPECT_THAT(greys(resize(grey_row({10, 20, 30, 40}), {0, 0, {1, 4}}, {1, 2})),
              ElementsAre(17, 33));
  EXPECT_THAT(greys(resize(grey_row({0, 200}), {0, 0, {1, 2}}, {1, 4})),
              ElementsAre(0, 50, 150, 200));
  EXPECT_THAT(greys(resize(grey_row({7}), {0, 0, {1, 1}}, {3, 1})), ElementsAre(7, 7, 7));
}

TEST(Resize, KeepsAnImageOfTheWantedSize) {
  const Image image = noise({17, 29}, 2);
  EXPECT_EQ(resize(image, whole(image), image.size), image);
  const Image part = resize(image, {0, 3, {17, 20}}, {17, 20});
  EXPECT_TRUE(
      std::equal(part.pixels.begin(), part.pixels.begin() + 20 * 3, image.pixels.begin() + 3 * 3));
}

TEST(Resize, KeepsOneColour) {
  for (const std::uint8_t value : {0, 1, 127, 254, 255}) {
    const Image image = as_image(uniform({13, 57}, {value, value, value}));
    for (const Size wanted : {Size{1, 1}, Size{5, 100}, Size{128, 3}}) {
      EXPECT_EQ(resize(image, whole(image), wanted),
                as_image(uniform(wanted, {value, value, value})));
    }
  }
}

TEST(Resize, TakesEveryPixelOfALargeImageIntoAccount) {
  // A chequered pattern is grey from far; taking single pixels would give black or white.
  Image image{{64, 64}, {}};
  for (int i = 0; i < 64 * 64; ++i) {
    const bool white = (i / 64 + i % 64) % 2 == 0;
    image.pixels.insert(image.pixels.end(), kChannels, static_cast<std::uint8_t>(white ? 255 : 0));
  }
  for (const int value : greys(resize(image, whole(image), {8, 8}))) EXPECT_NEAR(value, 127.5, 1);
}

TEST(Resize, BringsTheLongestSideToOnePixel) {
  const Image image = as_image(uniform({1, 32'768}, {9, 99, 199}));
  EXPECT_EQ(resize(image, whole(image), {1, 1}), as_image(uniform({1, 1}, {9, 99, 199})));
  const Image tall = as_image(uniform({32'768, 1}, {9, 99, 199}));
  EXPECT_EQ(resize(tall, whole(tall), {3, 2}), as_image(uniform({3, 2}, {9, 99, 199})));
}

TEST(Place, CropKeepsTheMiddle) {
  EXPECT_EQ(place({100, 300}, {50, 50}, Fit::kCrop).from, (Box{0, 100, {100, 100}}));
  EXPECT_EQ(place({300, 100}, {50, 100}, Fit::kCrop).from, (Box{125, 0, {50, 100}}));
  EXPECT_EQ(place({100, 101}, {10, 10}, Fit::kCrop).from, (Box{0, 0, {100, 100}}));
  EXPECT_EQ(place({2, 1000}, {1, 1000}, Fit::kCrop).from, (Box{0, 0, {1, 1000}}));
  EXPECT_EQ(place({1, 1}, {7, 9}, Fit::kCrop).from, (Box{0, 0, {1, 1}}));
  EXPECT_EQ(place({100, 300}, {50, 60}, Fit::kCrop).to, (Box{0, 0, {50, 60}}));
}

TEST(Place, StretchTakesAll) {
  const Placement placement = place({100, 300}, {50, 60}, Fit::kStretch);
  EXPECT_EQ(placement.from, (Box{0, 0, {100, 300}}));
  EXPECT_EQ(placement.to, (Box{0, 0, {50, 60}}));
}

TEST(Place, PadPutsAllIntoTheMiddle) {
  EXPECT_EQ(place({100, 300}, {60, 60}, Fit::kPad).from, (Box{0, 0, {100, 300}}));
  EXPECT_EQ(place({100, 300}, {60, 60}, Fit::kPad).to, (Box{20, 0, {20, 60}}));
  EXPECT_EQ(place({300, 100}, {61, 60}, Fit::kPad).to, (Box{0, 20, {61, 20}}));
  EXPECT_EQ(place({1, 10'000}, {10, 10}, Fit::kPad).to, (Box{4, 0, {1, 10}}));
}

TEST(Fit, PadsWithWhite) {
  const Image image = as_image(uniform({2, 4}, {1, 2, 3}));
  const Image fitted = fit_image(image, {4, 4}, Fit::kPad);
  ASSERT_EQ(fitted.size, (Size{4, 4}));
  EXPECT_THAT(greys(fitted),
              ElementsAre(255, 255, 255, 255, 1, 1, 1, 1, 1, 1, 1, 1, 255, 255, 255, 255));
}

TEST(Fit, CropsAndStretches) {
  const Image image = grey_row({0, 100, 200, 250});
  EXPECT_THAT(greys(fit_image(image, {1, 2}, Fit::kCrop)), ElementsAre(100, 200));
  EXPECT_EQ(fit_image(image, {1, 2}, Fit::kStretch), resize(image, whole(image), {1, 2}));
}

TEST(Fit, NamesAreReadAgain) {
  for (const Fit fit : kFits) EXPECT_EQ(parse_fit(fit_name(fit)), fit);
  try {
    parse_fit("cover");
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "found 'cover', expected one of crop, stretch, pad");
  }
}

TEST(Fit, ReducedJpegIsNearTheWholeOne) {
  Samples samples = gradient({400, 600});
  for (std::size_t i = 0; i < samples.values.size(); ++i) {
    const std::size_t row = i / (600 * 3), column = i / 3 % 600;
    samples.values[i] = static_cast<std::uint8_t>(127 + 100 * std::sin(row / 30.0) *
                                                            std::cos(column / 40.0 + i % 3));
  }
  const std::string file = jpeg_file(samples, {.quality = 95});
  const FitOptions options{.size = {48, 48}, .fit = Fit::kCrop};
  const Image fast = decode_fitted(bytes_of(file), "picture", options);
  const Image slow = fit_image(decode_image(bytes_of(file), "picture"), options.size, options.fit);
  ASSERT_EQ(fast.size, slow.size);
  double sum = 0;
  for (std::size_t i = 0; i < fast.pixels.size(); ++i) {
    sum += std::abs(fast.pixels[i] - slow.pixels[i]);
  }
  EXPECT_LT(sum / static_cast<double>(fast.pixels.size()), 1.0);
}

}  // namespace
}  // namespace attend::vision
