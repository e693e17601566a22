#include "vision/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "vision/codecs.h"
#include "vision/orientation.h"

namespace attend::vision {
namespace {

constexpr const char* kExpected = "expected a JPEG, PNG or WebP picture";

// How files of a kind begin: `bytes` at `offset`.
struct Signature {
  std::size_t offset;
  std::string_view bytes;
  const char* name;    // with its article
  const Codec* codec;  // nullptr: a kind that is recognised but not read
};

constexpr Signature kSignatures[] = {
    {0, "\xFF\xD8\xFF", "a JPEG picture", &kJpegCodec},
    {0, "\x89PNG\r\n\x1A\n", "a PNG picture", &kPngCodec},
    {8, "WEBP", "a WebP picture", &kWebpCodec},
    {0, "GIF8", "a GIF picture", nullptr},
    {0, "BM", "a BMP picture", nullptr},
    {0, std::string_view("II*\0", 4), "a TIFF picture", nullptr},
    {0, std::string_view("MM\0*", 4), "a TIFF picture", nullptr},
    {4, "ftyp", "a HEIF, AVIF or video file", nullptr},
    {0, "%PDF", "a PDF document", nullptr},
    {0, "<svg", "an SVG drawing", nullptr},
    {0, "<", "a file of markup, such as HTML or SVG,", nullptr},
    {0, "PK\x03\x04", "a ZIP archive", nullptr},
    {0, "\x1F\x8B", "a gzip file", nullptr},
};

bool matches(const Signature& signature, std::string_view bytes) {
  if (bytes.size() < signature.offset) return false;
  const bool is_webp = signature.codec == &kWebpCodec;
  if (is_webp && bytes.substr(0, 4) != "RIFF") return false;
  return bytes.substr(signature.offset, signature.bytes.size()) == signature.bytes;
}

const Codec& codec_of(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (bytes.empty()) fail_image(name, fmt::format("found an empty file, {}", kExpected));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Signature& signature : kSignatures) {
    if (!matches(signature, text)) continue;
    if (signature.codec != nullptr) return *signature.codec;
    fail_image(name, fmt::format("found {}, {}", signature.name, kExpected));
  }
  fail_image(name, fmt::format("found a file that begins with the bytes {}, {}", first_bytes(bytes),
                               kExpected));
}

void check_size(ImageKind kind, Size size, const std::string& name, const ImageLimits& limits) {
  const auto refuse = [&](const std::string& expected) {
    fail_image(name, fmt::format("found a {} picture of {} × {} pixels (width × height), {}",
                                 kind_name(kind), size.width, size.height, expected));
  };
  if (size.height < 1 || size.width < 1) refuse("expected at least 1 × 1");
  if (std::max(size.height, size.width) > limits.side) {
    refuse(fmt::format("expected sides of at most {} pixels", limits.side));
  }
  if (value_count(size) / kChannels > limits.pixels) {
    refuse(fmt::format("expected at most {} pixels in all", limits.pixels));
  }
}

ImageHeader checked_header(const Codec& codec, std::span<const std::uint8_t> bytes,
                           const std::string& name, const ImageLimits& limits) {
  if (bytes.size() > limits.bytes) {
    fail_image(name,
               fmt::format("found {} bytes, expected at most {}", bytes.size(), limits.bytes));
  }
  const ImageHeader header{codec.kind, codec.read_size(bytes, name)};
  check_size(header.kind, header.size, name, limits);
  return header;
}

}  // namespace

std::string first_bytes(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kShown = 8;
  return fmt::format("{:02x}", fmt::join(bytes.first(std::min(kShown, bytes.size())), " "));
}

const char* kind_name(ImageKind kind) {
  switch (kind) {
    case ImageKind::kJpeg:
      return "JPEG";
    case ImageKind::kPng:
      return "PNG";
    case ImageKind::kWebp:
      return "WebP";
  }
  return "unknown";
}

void fail_image(const std::string& name, const std::string& problem) {
  throw ImageError(name, 0, problem);
}

void fail_truncated(const std::string& name, ImageKind kind) {
  fail_image(name, fmt::format("found a {} picture that is truncated, expected a whole one",
                               kind_name(kind)));
}

void fail_damaged(const std::string& name, ImageKind kind, const std::string& detail) {
  fail_image(name, fmt::format("found a {} picture that is damaged{}{}{}, expected a whole one",
                               kind_name(kind), detail.empty() ? "" : " (", detail,
                               detail.empty() ? "" : ")"));
}

void compose_on_white(Image& image) {
  constexpr unsigned kWhite = 255;
  const std::size_t pixels = value_count(image.size) / kChannels;
  ATTEND_CHECK_EQ(image.pixels.size(), pixels * 4);
  const std::uint8_t* in = image.pixels.data();
  std::uint8_t* out = image.pixels.data();
  for (std::size_t pixel = 0; pixel < pixels; ++pixel, in += 4) {
    const unsigned alpha = in[3];
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      const unsigned sum = in[channel] * alpha + kWhite * (kWhite - alpha);
      *out++ = static_cast<std::uint8_t>((sum + kWhite / 2) / kWhite);
    }
  }
  image.pixels.resize(value_count(image.size));
}

ImageHeader read_image_header(std::span<const std::uint8_t> bytes, const std::string& name,
                              const ImageLimits& limits) {
  return checked_header(codec_of(bytes, name), bytes, name, limits);
}

Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name,
                   const DecodeOptions& options) {
  const Codec& codec = codec_of(bytes, name);
  checked_header(codec, bytes, name, options.limits);
  StoredImage stored = codec.decode(bytes, name, options.least);
  return upright(std::move(stored.image), stored.orientation);
}

}  // namespace attend::vision
