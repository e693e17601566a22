#include "text/output_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <new>
#include <optional>

#include "base/base.h"

namespace attend::text {
namespace {

/// Compresses bytes with gzip and writes them to a file.
class Compressor {
 public:
  Compressor() {
    constexpr int kGzip = 16 + MAX_WBITS, kMemoryLevel = 8;
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Compressor() { deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  /// `how` is a flush mode of zlib: Z_NO_FLUSH, Z_SYNC_FLUSH or Z_FINISH.
  void write(std::string_view bytes, int how, AtomicFile& file) {
    constexpr std::size_t kAtOnce = std::size_t{1} << 30;  // zlib counts in 32 bits
    for (; bytes.size() > kAtOnce; bytes.remove_prefix(kAtOnce)) {
      deflate_part(bytes.substr(0, kAtOnce), Z_NO_FLUSH, file);
    }
    deflate_part(bytes, how, file);
  }

 private:
  void deflate_part(std::string_view bytes, int how, AtomicFile& file) {
    std::array<char, std::size_t{1} << 15> chunk;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {  // until output room is left, which means that all input has been taken
      stream_.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream_.avail_out = chunk.size();
      ATTEND_CHECK(deflate(&stream_, how) != Z_STREAM_ERROR);
      file.write({chunk.data(), chunk.size() - stream_.avail_out});
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

void check_ending(const std::filesystem::path& path) {
  for (const char* ending : {".xz", ".zst"}) {
    if (path.extension() != ending) continue;
    throw UsageError(
        fmt::format("'{}': {} is only read; write to .gz or a plain name", path.string(), ending));
  }
}

}  // namespace

struct OutputFile::Data {
  explicit Data(const std::filesystem::path& path) : file(path) {
    if (path.extension() == ".gz") compressor.emplace();
  }
  AtomicFile file;
  std::optional<Compressor> compressor;
};

OutputFile::OutputFile(const std::filesystem::path& path) {
  check_ending(path);
  data_ = std::make_unique<Data>(path);
}
OutputFile::~OutputFile() = default;
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;

void OutputFile::write(std::string_view bytes) {
  if (data_->compressor) {
    data_->compressor->write(bytes, Z_NO_FLUSH, data_->file);
  } else {
    data_->file.write(bytes);
  }
}

void OutputFile::flush() {
  if (data_->compressor) data_->compressor->write({}, Z_SYNC_FLUSH, data_->file);
  data_->file.flush();
}

void OutputFile::commit() {
  if (data_->compressor) data_->compressor->write({}, Z_FINISH, data_->file);
  data_->file.commit();
}

}  // namespace attend::text
