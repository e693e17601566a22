#include "vision/orientation.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/base.h"

namespace attend::vision {
namespace {

// Reads whole numbers of a TIFF structure in its byte order. Returns nothing beyond the end.
class TiffReader {
 public:
  TiffReader(std::span<const std::uint8_t> bytes, bool little) : bytes_(bytes), little_(little) {}

  std::optional<std::uint32_t> number(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | bytes_[offset + (little_ ? size - 1 - i : i)];
    }
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool little_;
};

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view beginning) {
  return bytes.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// The place, in the stored picture, of a pixel of the upright one.
struct Mapping {
  std::ptrdiff_t start, row_step, column_step;  // in pixels
};

// Orientation 2 is mirrored, 3 is turned by 180°, 4 is mirrored from top to bottom, 5 is
// transposed, 6 needs a turn to the right, 7 is transposed across the other diagonal, 8 needs a
// turn to the left.
Mapping mapping_of(Size stored, int orientation) {
  const std::ptrdiff_t width = stored.width, last_row = (stored.height - 1) * width;
  const std::ptrdiff_t last = last_row + width - 1;
  switch (orientation) {
    case 2:
      return {width - 1, width, -1};
    case 3:
      return {last, -width, -1};
    case 4:
      return {last_row, -width, 1};
    case 5:
      return {0, 1, width};
    case 6:
      return {last_row, 1, -width};
    case 7:
      return {last, -1, -width};
    default:
      return {width - 1, -1, width};
  }
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kPrefix("Exif\0\0", 6), kLittle("II*\0", 4), kBig("MM\0*", 4);
  constexpr std::uint32_t kOrientation = 0x0112, kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  if (begins_with(bytes, kPrefix)) bytes = bytes.subspan(kPrefix.size());
  const bool little = begins_with(bytes, kLittle);
  if (!little && !begins_with(bytes, kBig)) return 1;
  const TiffReader tiff(bytes, little);
  const std::optional<std::uint32_t> directory = tiff.number(4, 4);
  const std::optional<std::uint32_t> count = directory ? tiff.number(*directory, 2) : std::nullopt;
  if (!count) return 1;
  for (std::uint32_t entry = 0; entry < *count; ++entry) {
    const std::size_t offset = std::size_t{*directory} + 2 + entry * kEntryBytes;
    const std::optional<std::uint32_t> tag = tiff.number(offset, 2);
    if (!tag) return 1;
    if (*tag != kOrientation) continue;
    const std::optional<std::uint32_t> type = tiff.number(offset + 2, 2);
    const std::optional<std::uint32_t> value = tiff.number(offset + 8, 2);
    const bool valid = type && *type == kShort && value && *value >= 1 && *value <= 8;
    return valid ? static_cast<int>(*value) : 1;
  }
  return 1;
}

bool swaps_sides(int orientation) { return orientation >= 5; }

Image upright(Image image, int orientation) {
  ATTEND_CHECK(orientation >= 1 && orientation <= 8);
  if (orientation == 1) return image;
  Image turned{image.size, std::vector<std::uint8_t>(image.pixels.size())};
  if (swaps_sides(orientation)) std::swap(turned.size.height, turned.size.width);
  const Mapping mapping = mapping_of(image.size, orientation);
  std::uint8_t* out = turned.pixels.data();
  for (std::ptrdiff_t row = 0; row < turned.size.height; ++row) {
    for (std::ptrdiff_t column = 0; column < turned.size.width; ++column) {
      const std::ptrdiff_t pixel =
          mapping.start + row * mapping.row_step + column * mapping.column_step;
      const std::uint8_t* in = image.pixels.data() + pixel * std::ptrdiff_t{kChannels};
      out = std::copy(in, in + kChannels, out);
    }
  }
  return turned;
}

}  // namespace attend::vision
