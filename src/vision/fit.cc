#include "vision/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/base.h"

namespace attend::vision {
namespace {

constexpr std::uint8_t kWhite = 255;

Box whole(Size size) { return {0, 0, size}; }

// Returns the box of the size `inner` in the middle of `outer`.
Box centred(Size inner, Size outer) {
  return {(outer.height - inner.height) / 2, (outer.width - inner.width) / 2, inner};
}

// Returns the largest size with the proportions of `shape` that fits into `limit`; sides are
// rounded to whole pixels.
Size largest_within(Size limit, Size shape) {
  const auto side = [](std::int64_t own, std::int64_t other, std::int64_t other_limit,
                       std::int64_t own_limit) {
    const std::int64_t rounded = (2 * own * other_limit + other) / (2 * other);
    return static_cast<int>(std::clamp<std::int64_t>(rounded, 1, own_limit));
  };
  const bool height_limits =
      std::int64_t{limit.height} * shape.width <= std::int64_t{limit.width} * shape.height;
  if (height_limits) {
    return {limit.height, side(shape.width, shape.height, limit.height, limit.width)};
  }
  return {side(shape.height, shape.width, limit.width, limit.height), limit.width};
}

}  // namespace

std::string_view fit_name(Fit fit) {
  switch (fit) {
    case Fit::kCrop:
      return "crop";
    case Fit::kStretch:
      return "stretch";
    case Fit::kPad:
      return "pad";
  }
  return "unknown";
}

Fit parse_fit(std::string_view name) {
  for (const Fit fit : kFits) {
    if (fit_name(fit) == name) return fit;
  }
  throw UsageError(fmt::format("found '{}', expected one of crop, stretch, pad", name));
}

Placement place(Size picture, Size wanted, Fit fit) {
  ATTEND_CHECK(std::min({picture.height, picture.width, wanted.height, wanted.width}) > 0);
  switch (fit) {
    case Fit::kCrop:
      return {centred(largest_within(picture, wanted), picture), whole(wanted)};
    case Fit::kStretch:
      return {whole(picture), whole(wanted)};
    case Fit::kPad:
      return {whole(picture), centred(largest_within(wanted, picture), wanted)};
  }
  ATTEND_CHECK(false);
  return {};
}

Image fit_image(const Image& image, Size wanted, Fit fit) {
  const Placement placement = place(image.size, wanted, fit);
  Image part = resize(image, placement.from, placement.to.size);
  if (placement.to == whole(wanted)) return part;
  Image fitted{wanted, std::vector<std::uint8_t>(value_count(wanted), kWhite)};
  const std::size_t row_values = static_cast<std::size_t>(part.size.width) * kChannels;
  for (int row = 0; row < part.size.height; ++row) {
    const auto first_pixel =
        static_cast<std::size_t>(placement.to.top + row) * static_cast<std::size_t>(wanted.width) +
        static_cast<std::size_t>(placement.to.left);
    std::copy_n(part.pixels.data() + static_cast<std::size_t>(row) * row_values, row_values,
                fitted.pixels.data() + first_pixel * kChannels);
  }
  return fitted;
}

Image decode_fitted(std::span<const std::uint8_t> bytes, const std::string& name,
                    const FitOptions& options) {
  const Size least = {2 * options.size.height, 2 * options.size.width};
  return fit_image(decode_image(bytes, name, {options.limits, least}), options.size, options.fit);
}

}  // namespace attend::vision
