#include "pictures.h"

#include <png.h>
#include <stdio.h>
#include <webp/encode.h>
#include <zlib.h>

#include <jpeglib.h>

#include <algorithm>
#include <stdexcept>

#include "vision/decode.h"

namespace attend::vision {
namespace {

const std::uint8_t* data_of(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// A script of scans for three components: the first coefficients together, then each by itself.
std::vector<jpeg_scan_info> scan_of_each_coefficient() {
  std::vector<jpeg_scan_info> scans = {{3, {0, 1, 2, 0}, 0, 0, 0, 0}};
  for (int component = 0; component < 3; ++component) {
    for (int place = 1; place < 64; ++place) {
      scans.push_back({1, {component, 0, 0, 0}, place, place, 0, 0});
    }
  }
  return scans;
}

J_COLOR_SPACE jpeg_colours(int channels) {
  return channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
}

int png_colours(int channels) {
  constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                            PNG_COLOR_TYPE_RGB_ALPHA};
  return kTypes[channels - 1];
}

void set_palette(png_structp png, png_infop info, const PngForm& form) {
  std::vector<png_color> colours;
  for (std::size_t i = 0; i + 2 < form.colours.size(); i += 3) {
    colours.push_back({form.colours[i], form.colours[i + 1], form.colours[i + 2]});
  }
  png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
  if (form.opacities.empty()) return;
  png_set_tRNS(png, info, form.opacities.data(), static_cast<int>(form.opacities.size()), nullptr);
}

}  // namespace

Samples gradient(Size size, int channels) {
  Samples samples{size, channels, {}};
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      for (int channel = 0; channel < channels; ++channel) {
        const int value = 40 + row * (3 + channel) + column * (5 - channel) + 30 * channel;
        const int folded = value % 512;  // up to 255 and down again, without an edge
        samples.values.push_back(static_cast<std::uint8_t>(std::min(folded, 511 - folded)));
      }
    }
  }
  return samples;
}

Samples uniform(Size size, const std::vector<std::uint8_t>& pixel) {
  Samples samples{size, static_cast<int>(pixel.size()), {}};
  for (int i = 0; i < size.height * size.width; ++i) {
    samples.values.insert(samples.values.end(), pixel.begin(), pixel.end());
  }
  return samples;
}

Image as_image(const Samples& samples) { return {samples.size, samples.values}; }

std::string jpeg_file(const Samples& samples, const JpegForm& form) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_height = static_cast<JDIMENSION>(samples.size.height);
  info.image_width = static_cast<JDIMENSION>(samples.size.width);
  info.input_components = samples.channels;
  info.in_color_space = jpeg_colours(samples.channels);
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, form.quality, TRUE);
  if (!form.quarter_colours) {
    for (int i = 0; i < info.num_components; ++i) {
      info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
    }
  }
  if (samples.channels == 4) info.write_Adobe_marker = form.adobe ? TRUE : FALSE;
  info.restart_in_rows = form.restart_rows;
  const std::vector<jpeg_scan_info> scans = scan_of_each_coefficient();
  if (form.progressive) jpeg_simple_progression(&info);
  if (form.one_scan_each) {
    info.scan_info = scans.data();
    info.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&info, TRUE);
  if (!form.exif.empty()) {
    jpeg_write_marker(&info, JPEG_APP0 + 1, data_of(form.exif),
                      static_cast<unsigned>(form.exif.size()));
  }
  const std::size_t row_bytes = static_cast<std::size_t>(samples.size.width * samples.channels);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(samples.values.data() + info.next_scanline * row_bytes);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<const char*>(memory), size);
  free(memory);
  return file;
}

std::string png_file(const Samples& samples, const PngForm& form) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  std::string file;
  png_set_write_fn(
      png, &file,
      [](png_structp writer, png_bytep bytes, std::size_t size) {
        static_cast<std::string*>(png_get_io_ptr(writer))
            ->append(reinterpret_cast<const char*>(bytes), size);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(samples.size.width),
               static_cast<png_uint_32>(samples.size.height), form.depth,
               form.palette ? PNG_COLOR_TYPE_PALETTE : png_colours(samples.channels),
               form.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (form.palette) set_palette(png, info, form);
  if (!form.exif.empty()) {
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(form.exif.size()),
                   const_cast<png_bytep>(data_of(form.exif)));
  }
  png_write_info(png, info);
  if (form.depth < 8) png_set_packing(png);
  const std::size_t row_bytes =
      samples.values.size() / static_cast<std::size_t>(samples.size.height);
  const int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t row = 0; row < static_cast<std::size_t>(samples.size.height); ++row) {
      png_write_row(png, samples.values.data() + row * row_bytes);
    }
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::string webp_file(const Samples& samples, bool lossless) {
  const int height = samples.size.height, width = samples.size.width;
  const int stride = width * samples.channels;
  constexpr float kQuality = 90;
  std::uint8_t* memory = nullptr;
  const std::uint8_t* values = samples.values.data();
  std::size_t size = 0;
  if (samples.channels == 4) {
    size = lossless ? WebPEncodeLosslessRGBA(values, width, height, stride, &memory)
                    : WebPEncodeRGBA(values, width, height, stride, kQuality, &memory);
  } else {
    size = lossless ? WebPEncodeLosslessRGB(values, width, height, stride, &memory)
                    : WebPEncodeRGB(values, width, height, stride, kQuality, &memory);
  }
  if (size == 0) throw std::runtime_error("cannot write a WebP");
  std::string file(reinterpret_cast<const char*>(memory), size);
  WebPFree(memory);
  return file;
}

std::string extended_webp(const std::string& simple, Size size, const std::string& exif,
                          bool animated) {
  constexpr std::size_t kRiffHeader = 12;
  const char flags = static_cast<char>(animated ? 0x0A : 0x08);  // 2: animated, 8: EXIF
  std::string chunks = "VP8X" + little_endian(10, 4) + flags + std::string(3, '\0') +
                       little_endian(static_cast<std::uint64_t>(size.width - 1), 3) +
                       little_endian(static_cast<std::uint64_t>(size.height - 1), 3);
  chunks += simple.substr(kRiffHeader);
  chunks += "EXIF" + little_endian(exif.size(), 4) + exif + std::string(exif.size() % 2, '\0');
  return "RIFF" + little_endian(chunks.size() + 4, 4) + "WEBP" + chunks;
}

std::string exif_data(int orientation, bool little) {
  const auto number = [&](std::uint64_t value, int count) {
    return little ? little_endian(value, count) : big_endian(value, count);
  };
  const auto short_entry = [&](std::uint64_t tag, std::uint64_t value) {
    return number(tag, 2) + number(3, 2) + number(1, 4) + number(value, 2) + number(0, 2);
  };
  return (little ? "II" : "MM") + number(42, 2) + number(8, 4) + number(2, 2) +
         short_entry(0x0100, 640) + short_entry(0x0112, static_cast<std::uint64_t>(orientation)) +
         number(0, 4);
}

std::string png_chunk(const std::string& name, const std::string& data) {
  const std::string checked = name + data;
  const std::uint64_t sum = crc32(0, data_of(checked), static_cast<uInt>(checked.size()));
  return big_endian(data.size(), 4) + checked + big_endian(sum, 4);
}

std::string with_png_chunk(const std::string& png, const std::string& chunk) {
  constexpr std::size_t kBehindHeader = 8 + 25;  // the signature and the chunk IHDR
  return png.substr(0, kBehindHeader) + chunk + png.substr(kBehindHeader);
}

std::string zlib_zeros(std::size_t count) {
  const std::string zeros(count, '\0');
  uLongf size = compressBound(count);
  std::string bytes(size, '\0');
  compress(reinterpret_cast<Bytef*>(bytes.data()), &size, data_of(zeros), count);
  bytes.resize(size);
  return bytes;
}

std::string little_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

std::string big_endian(std::uint64_t value, int count) {
  const std::string bytes = little_endian(value, count);
  return {bytes.rbegin(), bytes.rend()};
}

std::span<const std::uint8_t> bytes_of(std::string_view file) {
  return {reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
}

std::string error_of(std::string_view file) {
  try {
    decode_image(bytes_of(file), "picture");
  } catch (const ImageError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<NamedFile> one_of_each_kind() {
  const Samples colours = gradient({24, 40}), transparent = gradient({24, 40}, 4);
  const std::string lossless = webp_file(colours);
  return {
      {"baseline JPEG", jpeg_file(colours)},
      {"JPEG with 4:2:0", jpeg_file(colours, {.quality = 80, .quarter_colours = true})},
      {"progressive JPEG", jpeg_file(colours, {.quality = 90, .progressive = true})},
      {"JPEG with restarts", jpeg_file(colours, {.quality = 90, .restart_rows = 1})},
      {"grey JPEG", jpeg_file(gradient({24, 40}, 1))},
      {"CMYK JPEG", jpeg_file(transparent)},
      {"JPEG with EXIF", jpeg_file(colours, {.exif = std::string("Exif\0\0", 6) + exif_data(6)})},
      {"PNG", png_file(colours)},
      {"interlaced PNG", png_file(transparent, {.interlaced = true})},
      {"PNG with EXIF", png_file(colours, {.exif = exif_data(3)})},
      {"lossless WebP", lossless},
      {"lossy WebP", webp_file(colours, false)},
      {"lossy WebP with alpha", webp_file(transparent, false)},
      {"WebP with EXIF", extended_webp(lossless, {24, 40}, exif_data(8))}};
}

}  // namespace attend::vision
