// WebP, over libwebp.
#include <fmt/format.h>
#include <webp/decode.h>

#include <cstddef>
#include <string_view>

#include "vision/codecs.h"
#include "vision/orientation.h"

namespace attend::vision {
namespace {

constexpr std::size_t kRiffHeader = 12;  // "RIFF", the length, "WEBP"
constexpr std::size_t kChunkHeader = 8;  // the name, the length

std::size_t length_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::size_t length = 0;
  for (std::size_t i = 4; i > 0; --i) length = length << 8 | bytes[offset + i - 1];
  return length;
}

[[noreturn]] void fail_status(VP8StatusCode status, const std::string& name) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      fail_truncated(name, ImageKind::kWebp);
    case VP8_STATUS_OUT_OF_MEMORY:
      throw Error(fmt::format("{}: cannot decode: no memory", name));
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      fail_image(name, "found a WebP picture of a form that is not read, expected VP8 or VP8L");
    default:
      fail_damaged(name, ImageKind::kWebp, "");
  }
}

WebPBitstreamFeatures features_of(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::size_t length = length_at(bytes, 4) + kChunkHeader;
  if (length > bytes.size()) fail_truncated(name, ImageKind::kWebp);
  WebPBitstreamFeatures features{};
  const VP8StatusCode status = WebPGetFeatures(bytes.data(), bytes.size(), &features);
  if (status != VP8_STATUS_OK) fail_status(status, name);
  if (features.has_animation != 0) {
    fail_image(name, "found an animated WebP picture, expected a still one");
  }
  return features;
}

int orientation_of(std::span<const std::uint8_t> bytes) {
  std::size_t offset = kRiffHeader;
  while (offset <= bytes.size() && bytes.size() - offset >= kChunkHeader) {
    const std::size_t length = length_at(bytes, offset + 4);
    const std::size_t begin = offset + kChunkHeader;
    if (length > bytes.size() - begin) return 1;
    const std::string_view kind(reinterpret_cast<const char*>(bytes.data() + offset), 4);
    if (kind == "EXIF") return exif_orientation(bytes.subspan(begin, length));
    offset = begin + length + length % 2;
  }
  return 1;
}

Size read_webp_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  const WebPBitstreamFeatures features = features_of(bytes, name);
  return {features.height, features.width};
}

StoredImage decode_webp(std::span<const std::uint8_t> bytes, const std::string& name, Size) {
  WebPDecoderConfig config;
  ATTEND_CHECK(WebPInitDecoderConfig(&config) != 0);
  const WebPBitstreamFeatures features = features_of(bytes, name);
  const std::size_t channels = features.has_alpha != 0 ? 4 : kChannels;
  const std::size_t row_bytes = static_cast<std::size_t>(features.width) * channels;
  StoredImage stored;
  Image& image = stored.image;
  image.size = {features.height, features.width};
  image.pixels.resize(static_cast<std::size_t>(features.height) * row_bytes);
  config.output.colorspace = features.has_alpha != 0 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {image.pixels.data(), static_cast<int>(row_bytes), image.pixels.size()};
  const VP8StatusCode status = WebPDecode(bytes.data(), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) fail_status(status, name);
  if (channels > kChannels) compose_on_white(image);
  stored.orientation = orientation_of(bytes);
  return stored;
}

}  // namespace

const Codec kWebpCodec = {ImageKind::kWebp, read_webp_size, decode_webp};

}  // namespace attend::vision
