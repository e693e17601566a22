// JPEG, over libjpeg-turbo.
//
// The library reports an error by a call that may not return. Here that call jumps (longjmp) out of
// the library, which skips destructors. Hence the functions that a jump leaves, the steps below and
// run(), have no local variable with a destructor.
#include <fmt/format.h>
#include <setjmp.h>
#include <stdio.h>  // jpeglib.h needs FILE

#include <jpeglib.h>
// jerror.h needs jpeglib.h.
#include <jerror.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "vision/codecs.h"
#include "vision/orientation.h"

namespace attend::vision {
namespace {

enum class Failure { kDamaged, kTruncated, kUnsupported };

// The state of one decoding. It has no constructors and no destructors, because the library jumps.
struct JpegReader {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  jmp_buf failed;
  Failure failure;
  char message[JMSG_LENGTH_MAX];
  bool decodes;  // false while the header is read
  const std::uint8_t* bytes;
  unsigned long size;
  unsigned scale;      // 1, 2, 4 or 8: what the sides are divided by
  std::uint8_t* rows;  // [info.output_height, info.output_width, info.output_components]
  std::size_t row_bytes;
};

[[noreturn]] void give_up(JpegReader* reader, Failure failure) {
  reader->failure = failure;
  reader->errors.format_message(reinterpret_cast<j_common_ptr>(&reader->info), reader->message);
  longjmp(reader->failed, 1);
}

void on_error(j_common_ptr info) {
  auto* reader = static_cast<JpegReader*>(info->client_data);
  switch (info->err->msg_code) {
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
      give_up(reader, Failure::kTruncated);
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
      give_up(reader, Failure::kUnsupported);
    default:
      give_up(reader, Failure::kDamaged);
  }
}

// The library goes on after a warning, and fills what is missing with grey. Here a warning is an
// error, unless the picture is whole nevertheless: where cameras write superfluous bytes in the
// header or before the end, and where fields of the header are unusual.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // not a warning
  auto* reader = static_cast<JpegReader*>(info->client_data);
  const int code = info->err->msg_code;
  if (code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR || code == JWRN_NOT_SEQUENTIAL) return;
  if (code == JWRN_EXTRANEOUS_DATA) {
    const bool before_end = info->err->msg_parm.i[1] == JPEG_EOI;
    if (before_end || !reader->decodes) return;
  }
  give_up(reader, code == JWRN_JPEG_EOF ? Failure::kTruncated : Failure::kDamaged);
}

void ignore_output(j_common_ptr) {}

// A small file may hold thousands of scans over a large picture, each of which takes as long as
// decoding a picture. Programs write about ten.
void on_progress(j_common_ptr info) {
  constexpr int kMaximumScans = 100;
  auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  if (decompress->input_scan_number <= kMaximumScans) return;
  auto* reader = static_cast<JpegReader*>(info->client_data);
  reader->failure = Failure::kUnsupported;
  snprintf(reader->message, sizeof reader->message, "more than %d scans", kMaximumScans);
  longjmp(reader->failed, 1);
}

void read_header(JpegReader* reader) {
  constexpr int kExifMarker = JPEG_APP0 + 1;
  constexpr unsigned kMarkerBytes = 0xFFFF;  // the longest that a marker can be
  jpeg_create_decompress(&reader->info);
  reader->info.progress = &reader->progress;
  jpeg_mem_src(&reader->info, reader->bytes, reader->size);
  jpeg_save_markers(&reader->info, kExifMarker, kMarkerBytes);
  jpeg_read_header(&reader->info, TRUE);
}

void set_output(JpegReader* reader) {
  jpeg_decompress_struct& info = reader->info;
  const bool has_black = info.num_components == 4;
  info.out_color_space = has_black ? JCS_CMYK : JCS_RGB;
  info.scale_num = 1;
  info.scale_denom = reader->scale;
  info.dct_method = JDCT_ISLOW;  // gives equal results with and without vector instructions
  jpeg_calc_output_dimensions(&info);
}

void read_rows(JpegReader* reader) {
  jpeg_decompress_struct& info = reader->info;
  reader->decodes = true;
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = reader->rows + info.output_scanline * reader->row_bytes;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
}

// Returns whether the step came to its end.
bool run(JpegReader* reader, void (*step)(JpegReader*)) {
  if (setjmp(reader->failed) != 0) return false;
  step(reader);
  return true;
}

// A JPEG whose header has been read.
class JpegFile {
 public:
  JpegFile(std::span<const std::uint8_t> bytes, const std::string& name) : name_(name) {
    reader_.info.err = jpeg_std_error(&reader_.errors);
    reader_.errors.error_exit = on_error;
    reader_.errors.emit_message = on_message;
    reader_.errors.output_message = ignore_output;
    reader_.progress.progress_monitor = on_progress;
    reader_.info.client_data = &reader_;
    reader_.bytes = bytes.data();
    reader_.size = bytes.size();
    if (run(&reader_, read_header)) return;
    jpeg_destroy_decompress(&reader_.info);
    fail();
  }
  ~JpegFile() { jpeg_destroy_decompress(&reader_.info); }
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;

  Size size() const {
    constexpr unsigned kLargest = std::numeric_limits<int>::max();
    return {static_cast<int>(std::min(reader_.info.image_height, kLargest)),
            static_cast<int>(std::min(reader_.info.image_width, kLargest))};
  }

  int orientation() const {
    for (auto* marker = reader_.info.marker_list; marker != nullptr; marker = marker->next) {
      constexpr std::size_t kPrefix = 6;  // "Exif\0\0"; other data may have this marker too
      const std::span<const std::uint8_t> data(marker->data, marker->data_length);
      if (data.size() > kPrefix && std::equal(data.begin(), data.begin() + kPrefix, "Exif\0\0")) {
        return exif_orientation(data);
      }
    }
    return 1;
  }

  // Returns the pixels: [height, width, kChannels], or 4 values a pixel where has_black() is true.
  Image decode(Size least) {
    check_colours();
    reader_.scale = scale_for(least);
    if (!run(&reader_, set_output)) fail();
    const jpeg_decompress_struct& info = reader_.info;
    ATTEND_CHECK_EQ(info.output_components, has_black() ? 4 : 3);
    Image image{{static_cast<int>(info.output_height), static_cast<int>(info.output_width)}, {}};
    reader_.row_bytes =
        std::size_t{info.output_width} * static_cast<std::size_t>(info.output_components);
    image.pixels.resize(info.output_height * reader_.row_bytes);
    reader_.rows = image.pixels.data();
    if (!run(&reader_, read_rows)) fail();
    return image;
  }

  bool has_black() const { return reader_.info.num_components == 4; }
  bool has_complements() const { return reader_.info.saw_Adobe_marker != FALSE; }

 private:
  void check_colours() const {
    const J_COLOR_SPACE colours = reader_.info.jpeg_color_space;
    for (const auto known : {JCS_GRAYSCALE, JCS_RGB, JCS_YCbCr, JCS_CMYK, JCS_YCCK}) {
      if (colours == known) return;
    }
    fail_image(name_, fmt::format("found a JPEG picture of {} components, expected grey, RGB, "
                                  "YCbCr, CMYK or YCCK",
                                  reader_.info.num_components));
  }

  unsigned scale_for(Size least) const {
    if (least.height < 1 || least.width < 1) return 1;
    for (const int scale : {8, 4, 2}) {
      const auto fits = [&](int side, int wanted) { return (side - 1) / scale + 1 >= wanted; };
      if (fits(size().height, least.height) && fits(size().width, least.width)) {
        return static_cast<unsigned>(scale);
      }
    }
    return 1;
  }

  [[noreturn]] void fail() const {
    switch (reader_.failure) {
      case Failure::kTruncated:
        fail_truncated(name_, ImageKind::kJpeg);
      case Failure::kUnsupported:
        fail_image(name_, fmt::format("found a JPEG picture of a form that is not read ({}), "
                                      "expected baseline or progressive JPEG of 8 bits",
                                      reader_.message));
      case Failure::kDamaged:
        break;
    }
    fail_damaged(name_, ImageKind::kJpeg, reader_.message);
  }

  const std::string& name_;
  JpegReader reader_ = {};
};

// Turns cyan, magenta, yellow and black into red, green and blue in the same memory.
void convert_inks(Image& image, bool are_complements) {
  const std::size_t pixels = value_count(image.size) / kChannels;
  const unsigned flip = are_complements ? 0 : 255;
  const std::uint8_t* in = image.pixels.data();
  std::uint8_t* out = image.pixels.data();
  for (std::size_t pixel = 0; pixel < pixels; ++pixel, in += 4) {
    const unsigned no_black = in[3] ^ flip;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      *out++ = static_cast<std::uint8_t>(((in[channel] ^ flip) * no_black + 127) / 255);
    }
  }
  image.pixels.resize(value_count(image.size));
}

Size read_jpeg_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  return JpegFile(bytes, name).size();
}

StoredImage decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name, Size least) {
  JpegFile file(bytes, name);
  StoredImage stored;
  stored.orientation = file.orientation();
  if (swaps_sides(stored.orientation)) std::swap(least.height, least.width);
  stored.image = file.decode(least);
  if (file.has_black()) convert_inks(stored.image, file.has_complements());
  return stored;
}

}  // namespace

const Codec kJpegCodec = {ImageKind::kJpeg, read_jpeg_size, decode_jpeg};

}  // namespace attend::vision
