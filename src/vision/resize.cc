// Resizes pictures by a triangle filter in whole numbers. fit.h has the equation.
//
// Weights of a pixel of the result are whole numbers whose sum is 2^kWeightBits. Rows are resized
// first and keep kKeptBits binary places; then columns are.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/base.h"
#include "vision/fit.h"

namespace attend::vision {
namespace {

constexpr int kWeightBits = 16;
constexpr int kKeptBits = 7;

// The pixels that a pixel of the result is a mean of, and their weights.
struct Taps {
  std::size_t first = 0;
  std::vector<std::uint32_t> weights;
};

// Returns the weight of pixel `i` for pixel `o` of the result, in units that divide out.
std::int64_t triangle(std::int64_t i, std::int64_t o, std::int64_t in, std::int64_t out) {
  const std::int64_t distance = std::abs((2 * i + 1) * out - (2 * o + 1) * in);
  return std::max<std::int64_t>(0, 2 * std::max(in, out) - distance);
}

// The weights are rounded together, not one by one: each is the difference of two rounded sums, so
// that their total is exact.
Taps taps_of(std::int64_t o, std::int64_t in, std::int64_t out) {
  const std::int64_t reach = std::max(in, out) / out + 1;  // pixels to each side of the centre
  const std::int64_t centre = (2 * o + 1) * in / (2 * out);
  const std::int64_t first = std::max<std::int64_t>(0, centre - reach);
  const std::int64_t last = std::min(in - 1, centre + reach);
  std::int64_t total = 0;
  for (std::int64_t i = first; i <= last; ++i) total += triangle(i, o, in, out);
  Taps taps{static_cast<std::size_t>(first), {}};
  std::int64_t sum = 0, rounded = 0;
  for (std::int64_t i = first; i <= last; ++i) {
    sum += triangle(i, o, in, out);
    const std::int64_t next = ((sum << kWeightBits) + total / 2) / total;
    taps.weights.push_back(static_cast<std::uint32_t>(next - rounded));
    rounded = next;
  }
  return taps;
}

std::vector<Taps> all_taps(int in, int out) {
  std::vector<Taps> taps;
  for (int o = 0; o < out; ++o) taps.push_back(taps_of(o, in, out));
  return taps;
}

// Resizes one row. `in` is [·, kChannels], from the left border of the box; `out` is
// [taps.size(), kChannels] with kKeptBits binary places.
void resize_row(const std::uint8_t* in, const std::vector<Taps>& taps, std::uint16_t* out) {
  constexpr int kShift = kWeightBits - kKeptBits;
  constexpr std::uint32_t kHalf = 1U << (kShift - 1);
  for (const Taps& tap : taps) {
    std::uint32_t sums[kChannels] = {kHalf, kHalf, kHalf};
    const std::uint8_t* pixel = in + tap.first * kChannels;
    for (const std::uint32_t weight : tap.weights) {
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        sums[channel] += weight * *pixel++;
      }
    }
    for (const std::uint32_t sum : sums) *out++ = static_cast<std::uint16_t>(sum >> kShift);
  }
}

// Adds up rows for one row of the result. `rows` is [·, count]; `sums` is [count], used and left as
// it is; `out` is [count].
void resize_column(const std::vector<std::uint16_t>& rows, const Taps& taps, std::size_t count,
                   std::vector<std::uint32_t>& sums, std::uint8_t* out) {
  constexpr int kShift = kWeightBits + kKeptBits;
  std::fill(sums.begin(), sums.end(), 1U << (kShift - 1));
  const std::uint16_t* row = rows.data() + taps.first * count;
  for (const std::uint32_t weight : taps.weights) {
    for (std::size_t i = 0; i < count; ++i) sums[i] += weight * row[i];
    row += count;
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(sums[i] >> kShift);
}

void check(const Image& image, const Box& box, Size wanted) {
  ATTEND_CHECK_EQ(image.pixels.size(), value_count(image.size));
  ATTEND_CHECK(box.top >= 0 && box.left >= 0 && box.size.height > 0 && box.size.width > 0);
  ATTEND_CHECK(box.size.height <= image.size.height - box.top);
  ATTEND_CHECK(box.size.width <= image.size.width - box.left);
  ATTEND_CHECK(wanted.height > 0 && wanted.width > 0);
  ATTEND_CHECK(std::max(wanted.height, wanted.width) <= kMaximumFittedSide);
}

}  // namespace

Image resize(const Image& image, const Box& box, Size wanted) {
  check(image, box, wanted);
  if (box == Box{0, 0, image.size} && image.size == wanted) return image;
  const auto height = static_cast<std::size_t>(box.size.height);
  const auto image_width = static_cast<std::size_t>(image.size.width);
  const std::size_t count = static_cast<std::size_t>(wanted.width) * kChannels;
  std::vector<std::uint16_t> rows(height * count);  // [height, wanted.width, kChannels]
  const std::vector<Taps> across = all_taps(box.size.width, wanted.width);
  for (std::size_t row = 0; row < height; ++row) {
    const std::size_t pixel = (static_cast<std::size_t>(box.top) + row) * image_width +
                              static_cast<std::size_t>(box.left);
    resize_row(image.pixels.data() + pixel * kChannels, across, rows.data() + row * count);
  }
  Image resized{wanted, std::vector<std::uint8_t>(value_count(wanted))};
  std::vector<std::uint32_t> sums(count);
  for (int row = 0; row < wanted.height; ++row) {
    const Taps taps = taps_of(row, box.size.height, wanted.height);
    resize_column(rows, taps, count, sums,
                  resized.pixels.data() + static_cast<std::size_t>(row) * count);
  }
  return resized;
}

}  // namespace attend::vision
