#include "vision/feature_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/base.h"
#include "vision/decode.h"

namespace attend::vision {
namespace {

static_assert(std::endian::native == std::endian::little, "files of features are little-endian");

float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits >> 15) << 31;
  const std::uint32_t exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
  if (exponent == 0) {  // zero and subnormal numbers: steps of 2^−24
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  constexpr std::uint32_t kInfinite = 0x1F, kBias = 127 - 15;
  const std::uint32_t wide = exponent == kInfinite ? 0xFF : exponent + kBias;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <typename Stored, typename Convert>
std::vector<float> convert(std::span<const std::uint8_t> bytes, Convert to_float) {
  ATTEND_CHECK_EQ(bytes.size() % sizeof(Stored), 0u);
  std::vector<float> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    values[i] = to_float(stored);
  }
  return values;
}

}  // namespace

std::size_t byte_width(NumberType type) {
  switch (type) {
    case NumberType::kFloat16:
    case NumberType::kBfloat16:
      return 2;
    case NumberType::kFloat32:
      return 4;
    case NumberType::kFloat64:
      break;
  }
  return 8;
}

std::vector<float> to_floats(NumberType type, std::span<const std::uint8_t> bytes) {
  switch (type) {
    case NumberType::kFloat16:
      return convert<std::uint16_t>(bytes, from_float16);
    case NumberType::kBfloat16:
      return convert<std::uint16_t>(bytes, from_bfloat16);
    case NumberType::kFloat32:
      return convert<float>(bytes, [](float value) { return value; });
    case NumberType::kFloat64:
      break;
  }
  return convert<double>(bytes, [](double value) { return static_cast<float>(value); });
}

void require_finite(std::span<const float> values, std::size_t units, const std::string& file,
                    const std::string& image) {
  const auto bad = std::find_if_not(values.begin(), values.end(),
                                    [](float value) { return std::isfinite(value); });
  if (bad == values.end()) return;
  const auto place = static_cast<std::size_t>(bad - values.begin());
  throw ImageError(file, 0,
                   fmt::format("image '{}': found {} as unit {} of region {}, both counted from 0, "
                               "expected finite numbers in the range of float32",
                               shown_name(image), *bad, place % units, place / units));
}

}  // namespace attend::vision
