#include "view/raster.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/base.h"

namespace attend::view {
namespace {

/// The pixels that a pixel of the result is a mean of. The weights sum to 1.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;
};

std::vector<Taps> taps_of(std::size_t in, std::size_t out) {
  const double step = static_cast<double>(in) / static_cast<double>(out);
  std::vector<Taps> taps(out);
  for (std::size_t o = 0; o < out; ++o) {
    const double begin = static_cast<double>(o) * step;
    const double end = std::min(static_cast<double>(o + 1) * step, static_cast<double>(in));
    taps[o].first = std::min(static_cast<std::size_t>(begin), in - 1);
    const std::size_t last = std::max(taps[o].first + 1, static_cast<std::size_t>(std::ceil(end)));
    for (std::size_t i = taps[o].first; i < std::min(last, in); ++i) {
      const double overlap =
          std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i));
      taps[o].weights.push_back(static_cast<float>(overlap / step));
    }
  }
  return taps;
}

/// Resamples the columns of every row. Returns [height, taps, channels].
std::vector<float> resample_columns(const Raster& raster, const std::vector<Taps>& taps) {
  std::vector<float> out(raster.size.height * taps.size() * raster.channels);
  float* value = out.data();
  for (std::size_t y = 0; y < raster.size.height; ++y) {
    const std::uint8_t* row = raster.values.data() + y * raster.size.width * raster.channels;
    for (const Taps& tap : taps) {
      for (std::size_t c = 0; c < raster.channels; ++c, ++value) {
        for (std::size_t k = 0; k < tap.weights.size(); ++k) {
          *value += tap.weights[k] * row[(tap.first + k) * raster.channels + c];
        }
      }
    }
  }
  return out;
}

png_uint_32 format_of(std::size_t channels) {
  constexpr std::array<png_uint_32, 4> kFormats = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                                   PNG_FORMAT_RGBA};
  ATTEND_CHECK(channels >= 1 && channels <= kFormats.size());
  return kFormats[channels - 1];
}

}  // namespace

Extent shrunk(Extent size, std::size_t longest) {
  const std::size_t longer = std::max(size.width, size.height);
  if (longer <= longest) return size;
  const double scale = static_cast<double>(longest) / static_cast<double>(longer);
  const auto side = [scale](std::size_t length) {
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(static_cast<double>(length) * scale)));
  };
  return {side(size.width), side(size.height)};
}

Raster resample(const Raster& raster, Extent size) {
  if (raster.size == size) return raster;
  const std::size_t line = size.width * raster.channels;
  const std::vector<float> rows = resample_columns(raster, taps_of(raster.size.width, size.width));
  Raster out{size, raster.channels, {}};
  out.values.reserve(size.height * line);
  for (const Taps& tap : taps_of(raster.size.height, size.height)) {
    for (std::size_t i = 0; i < line; ++i) {
      float value = 0;
      for (std::size_t k = 0; k < tap.weights.size(); ++k) {
        value += tap.weights[k] * rows[(tap.first + k) * line + i];
      }
      out.values.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.F, 255.F))));
    }
  }
  return out;
}

std::string encode_png(const Raster& raster) {
  ATTEND_CHECK(raster.size.width > 0 && raster.size.height > 0);
  ATTEND_CHECK_EQ(raster.values.size(), raster.size.width * raster.size.height * raster.channels);
  constexpr png_int_32 kWithoutGap = 0;  // rows follow each other
  constexpr int kNoConversion = 0;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(raster.size.width);
  image.height = static_cast<png_uint_32>(raster.size.height);
  image.format = format_of(raster.channels);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, kNoConversion, raster.values.data(),
                                kWithoutGap, nullptr) == 0) {
    throw Error(std::string("a picture cannot be written as PNG: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

std::string png_uri(const Raster& raster) {
  return "data:image/png;base64," + base64(encode_png(raster));
}

}  // namespace attend::view
