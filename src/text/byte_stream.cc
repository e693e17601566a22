#include "text/byte_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "base/base.h"

namespace attend::text {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 16;
constexpr std::uint64_t kMaximumXzMemory = std::uint64_t{1} << 28;

[[noreturn]] void fail_with_reason(const char* action) {
  throw ReadFailure(fmt::format("{}: {}", action, std::strerror(errno)));
}

[[noreturn]] void fail_truncated(std::string_view format) {
  throw ReadFailure(fmt::format("the {} data ends too early", format));
}

[[noreturn]] void fail_damaged(std::string_view format, std::string_view reason) {
  throw ReadFailure(fmt::format("damaged {} data: {}", format, reason));
}

/// Returns the bytes of a file unchanged. Its first bytes can be looked at before.
class PlainStream : public ByteStream {
 public:
  explicit PlainStream(const std::filesystem::path& path) {
    if (path == "-") return;
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail_with_reason("cannot open");
    struct stat status {};
    if (fstat(descriptor_, &status) == 0 && S_ISDIR(status.st_mode)) {
      close(descriptor_);
      errno = EISDIR;
      fail_with_reason("cannot read");
    }
  }
  ~PlainStream() override {
    if (descriptor_ != STDIN_FILENO) close(descriptor_);
  }
  PlainStream(const PlainStream&) = delete;
  PlainStream& operator=(const PlainStream&) = delete;

  std::size_t read(char* bytes, std::size_t size) override {
    if (!head_.empty()) {
      const std::size_t count = std::min(size, head_.size());
      std::memcpy(bytes, head_.data(), count);
      head_.erase(0, count);
      return count;
    }
    return read_descriptor(bytes, size);
  }

  /// Whether the stream starts with `magic`. Reads no further than the first byte that differs, so
  /// that a person who types one short line is not kept waiting.
  bool starts_with(std::string_view magic) {
    while (head_.size() < magic.size() && magic.starts_with(head_)) {
      char byte = 0;
      if (read_descriptor(&byte, 1) == 0) return false;
      head_ += byte;
    }
    return head_.starts_with(magic);
  }

 private:
  std::size_t read_descriptor(char* bytes, std::size_t size) const {
    const ssize_t count = attend::read_descriptor(descriptor_, bytes, size);
    if (count < 0) fail_with_reason("cannot read");
    return static_cast<std::size_t>(count);
  }

  int descriptor_ = STDIN_FILENO;
  std::string head_;  // the bytes that starts_with() has read ahead
};

/// Holds the compressed bytes that a decoder has not used yet.
class Input {
 public:
  explicit Input(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
  /// Reads more bytes when all are used. Returns false at the end.
  bool fill() {
    if (begin_ < end_) return true;
    if (at_end_) return false;
    begin_ = 0;
    end_ = stream_->read(buffer_.data(), buffer_.size());
    at_end_ = end_ == 0;
    return !at_end_;
  }
  const char* data() const { return buffer_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  void use(std::size_t count) { begin_ += count; }

 private:
  std::unique_ptr<ByteStream> stream_;
  std::array<char, kChunkBytes> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
};

class GzipStream : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> source) : input_(std::move(source)) {
    constexpr int kGzipOnly = 15 + 16;
    if (inflateInit2(&state_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipStream() override { inflateEnd(&state_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(char* bytes, std::size_t size) override {
    state_.next_out = reinterpret_cast<Bytef*>(bytes);
    state_.avail_out = static_cast<uInt>(std::min(size, kChunkBytes));
    const uInt wanted = state_.avail_out;
    while (state_.avail_out == wanted) {
      if (!input_.fill()) {
        if (inside_member_) fail_truncated("gzip");
        return 0;
      }
      if (!std::exchange(inside_member_, true)) inflateReset(&state_);
      step();
    }
    return wanted - state_.avail_out;
  }

 private:
  void step() {
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    state_.avail_in = static_cast<uInt>(input_.size());
    const int result = inflate(&state_, Z_NO_FLUSH);
    input_.use(input_.size() - state_.avail_in);
    if (result == Z_STREAM_END) inside_member_ = false;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      fail_damaged("gzip", state_.msg != nullptr ? state_.msg : "unknown contents");
    }
  }

  Input input_;
  z_stream state_{};
  bool inside_member_ = false;
};

class XzStream : public ByteStream {
 public:
  explicit XzStream(std::unique_ptr<ByteStream> source) : input_(std::move(source)) {
    if (lzma_stream_decoder(&state_, kMaximumXzMemory, LZMA_CONCATENATED) != LZMA_OK) {
      throw std::bad_alloc();
    }
  }
  ~XzStream() override { lzma_end(&state_); }
  XzStream(const XzStream&) = delete;
  XzStream& operator=(const XzStream&) = delete;

  std::size_t read(char* bytes, std::size_t size) override {
    state_.next_out = reinterpret_cast<std::uint8_t*>(bytes);
    state_.avail_out = size;
    while (state_.avail_out == size && !finished_) {
      const bool more = input_.fill();
      state_.next_in = reinterpret_cast<const std::uint8_t*>(input_.data());
      state_.avail_in = input_.size();
      const lzma_ret result = lzma_code(&state_, more ? LZMA_RUN : LZMA_FINISH);
      input_.use(input_.size() - state_.avail_in);
      finished_ = result == LZMA_STREAM_END;
      if (result != LZMA_OK && !finished_) fail(result);
    }
    return size - state_.avail_out;
  }

 private:
  [[noreturn]] static void fail(lzma_ret result) {
    switch (result) {
      case LZMA_MEM_ERROR:
        throw std::bad_alloc();
      case LZMA_BUF_ERROR:
        fail_truncated("xz");
      case LZMA_MEMLIMIT_ERROR:
        throw ReadFailure("the xz data need too much memory to unpack");
      case LZMA_FORMAT_ERROR:
        fail_damaged("xz", "something else follows");
      default:
        fail_damaged("xz", "wrong contents or checksum");
    }
  }

  Input input_;
  lzma_stream state_ = LZMA_STREAM_INIT;
  bool finished_ = false;
};

class ZstdStream : public ByteStream {
 public:
  explicit ZstdStream(std::unique_ptr<ByteStream> source)
      : input_(std::move(source)), state_(ZSTD_createDStream()) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdStream() override { ZSTD_freeDStream(state_); }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;

  std::size_t read(char* bytes, std::size_t size) override {
    ZSTD_outBuffer output{bytes, size, 0};
    while (output.pos == 0) {
      // After a full output buffer the decoder may still hold decoded bytes, which it returns
      // without new input.
      const bool more = input_.fill();
      if (!more && !inside_frame_) return 0;
      ZSTD_inBuffer compressed{input_.data(), input_.size(), 0};
      const std::size_t result = ZSTD_decompressStream(state_, &output, &compressed);
      if (ZSTD_isError(result) != 0) fail_damaged("zstd", ZSTD_getErrorName(result));
      input_.use(compressed.pos);
      inside_frame_ = result != 0;
      if (!more && output.pos == 0) fail_truncated("zstd");
    }
    return output.pos;
  }

 private:
  Input input_;
  ZSTD_DStream* state_;
  bool inside_frame_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> open_byte_stream(const std::filesystem::path& path) {
  auto plain = std::make_unique<PlainStream>(path);
  if (plain->starts_with("\x1f\x8b")) return std::make_unique<GzipStream>(std::move(plain));
  if (plain->starts_with("\x28\xb5\x2f\xfd")) return std::make_unique<ZstdStream>(std::move(plain));
  if (plain->starts_with({"\xfd"
                          "7zXZ\0",
                          6}))
    return std::make_unique<XzStream>(std::move(plain));
  return plain;
}

}  // namespace attend::text
