// PNG, over libpng.
//
// The library reports an error by a call that may not return. Here that call jumps (longjmp) out of
// the library, which skips destructors. Hence the functions that a jump leaves, the steps below and
// run(), have no local variable with a destructor.
#include <png.h>
#include <setjmp.h>
#include <stdio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

#include "vision/codecs.h"
#include "vision/orientation.h"

namespace attend::vision {
namespace {

// The state of one decoding. It has no constructors and no destructors, because the library jumps.
struct PngReader {
  png_structp png;
  png_infop info;
  jmp_buf failed;
  bool truncated;
  char message[128];
  const std::uint8_t* bytes;  // those that are not read yet
  std::size_t size;
  std::uint8_t* rows;  // [height, width, channels]
  std::size_t row_bytes;
  int passes;
};

void on_error(png_structp png, png_const_charp message) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  snprintf(reader->message, sizeof reader->message, "%s", message);
  longjmp(reader->failed, 1);
}

// The warnings of the library are about chunks that do not change the pixels.
void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep bytes, std::size_t size) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (size > reader->size) {
    reader->truncated = true;
    png_error(png, "truncated");
  }
  memcpy(bytes, reader->bytes, size);
  reader->bytes += size;
  reader->size -= size;
}

// Texts and profiles may be compressed and huge; they are skipped and never unpacked.
void skip_unused_chunks(png_structp png) {
  constexpr png_byte kUnused[] =
      "bKGD\0cHRM\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0"
      "tIME\0zTXt";
  constexpr int kCount = sizeof kUnused / 5;
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kUnused, kCount);
}

void read_header(PngReader* reader) {
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
  if (reader->png == nullptr) return;
  reader->info = png_create_info_struct(reader->png);
  if (reader->info == nullptr) return;
  png_set_read_fn(reader->png, reader, on_read);
  // decode.cc checks the size.
  png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(reader->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  skip_unused_chunks(reader->png);
  png_read_info(reader->png, reader->info);
}

// Asks for 3 or 4 values of 8 bits a pixel.
void set_output(PngReader* reader) {
  png_set_expand(reader->png);
  png_set_scale_16(reader->png);
  png_set_gray_to_rgb(reader->png);
  reader->passes = png_set_interlace_handling(reader->png);
  png_read_update_info(reader->png, reader->info);
}

void read_rows(PngReader* reader) {
  const std::size_t height = png_get_image_height(reader->png, reader->info);
  for (int pass = 0; pass < reader->passes; ++pass) {
    for (std::size_t row = 0; row < height; ++row) {
      png_read_row(reader->png, reader->rows + row * reader->row_bytes, nullptr);
    }
  }
  png_read_end(reader->png, reader->info);
}

// Returns whether the step came to its end.
bool run(PngReader* reader, void (*step)(PngReader*)) {
  if (setjmp(reader->failed) != 0) return false;
  step(reader);
  return true;
}

// A PNG whose header has been read.
class PngFile {
 public:
  PngFile(std::span<const std::uint8_t> bytes, const std::string& name) : name_(name) {
    reader_.bytes = bytes.data();
    reader_.size = bytes.size();
    const bool done = run(&reader_, read_header);
    if (done && reader_.info != nullptr) return;
    destroy();
    if (done) throw Error(name + ": cannot set up libpng: no memory");
    fail();
  }
  ~PngFile() { destroy(); }
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;

  Size size() const {
    return {static_cast<int>(png_get_image_height(reader_.png, reader_.info)),
            static_cast<int>(png_get_image_width(reader_.png, reader_.info))};
  }

  Image decode() {
    if (!run(&reader_, set_output)) fail();
    Image image{size(), {}};
    const std::size_t channels = png_get_channels(reader_.png, reader_.info);
    ATTEND_CHECK(channels == kChannels || channels == kChannels + 1);
    reader_.row_bytes = static_cast<std::size_t>(image.size.width) * channels;
    ATTEND_CHECK_EQ(png_get_rowbytes(reader_.png, reader_.info), reader_.row_bytes);
    image.pixels.resize(static_cast<std::size_t>(image.size.height) * reader_.row_bytes);
    reader_.rows = image.pixels.data();
    if (!run(&reader_, read_rows)) fail();
    if (channels > kChannels) compose_on_white(image);
    return image;
  }

  // Call this after decode(), because the chunk may stand behind the pixels.
  int orientation() const {
    png_uint_32 size = 0;
    png_bytep data = nullptr;
    if (png_get_eXIf_1(reader_.png, reader_.info, &size, &data) == 0) return 1;
    return exif_orientation({data, size});
  }

 private:
  void destroy() { png_destroy_read_struct(&reader_.png, &reader_.info, nullptr); }

  [[noreturn]] void fail() const {
    if (reader_.truncated) fail_truncated(name_, ImageKind::kPng);
    fail_damaged(name_, ImageKind::kPng, reader_.message);
  }

  const std::string& name_;
  PngReader reader_ = {};
};

Size read_png_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  return PngFile(bytes, name).size();
}

StoredImage decode_png(std::span<const std::uint8_t> bytes, const std::string& name, Size) {
  PngFile file(bytes, name);
  StoredImage stored;
  stored.image = file.decode();
  stored.orientation = file.orientation();
  return stored;
}

}  // namespace

const Codec kPngCodec = {ImageKind::kPng, read_png_size, decode_png};

}  // namespace attend::vision
