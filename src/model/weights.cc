// Safetensors: 8 bytes little-endian header length, a JSON header, then the raw values.
#include "model/weights.h"

#define XXH_INLINE_ALL
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base.h"

namespace attend::model {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kMaximumHeader = std::uint64_t{100} << 20;  // as the reference reader
constexpr std::size_t kLengthBytes = 8;
constexpr const char* kChecksum = "attend.checksum";
const std::string kNoChecksum(16, '0');

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw ModelError(fmt::format("{}: {}", path, what));
}

// A file in memory, read-only.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) damaged(path, fmt::format("cannot open: {}", std::strerror(errno)));
    struct stat status {};
    const bool known = fstat(descriptor, &status) == 0;
    if (known && S_ISREG(status.st_mode) && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    }
    close(descriptor);
    if (!known || !S_ISREG(status.st_mode)) damaged(path, "not a regular file");
    if (size_ == 0) damaged(path, "empty file, expected safetensors");
    if (data_ == MAP_FAILED) damaged(path, fmt::format("cannot map: {}", std::strerror(errno)));
  }
  ~MappedFile() {
    if (data_ != MAP_FAILED) munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = MAP_FAILED;
  std::size_t size_ = 0;
};

std::string hash(std::string_view bytes, std::size_t checksum_position) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, bytes.data(), checksum_position);
  XXH3_64bits_update(&state, kNoChecksum.data(), kNoChecksum.size());
  const std::size_t rest = checksum_position + kNoChecksum.size();
  XXH3_64bits_update(&state, bytes.data() + rest, bytes.size() - rest);
  return fmt::format("{:016x}", XXH3_64bits_digest(&state));
}

// Position of the 16 digits in the file's bytes.
std::size_t find_checksum(std::string_view bytes) {
  const std::string key = fmt::format("\"{}\":\"", kChecksum);
  const std::size_t position = bytes.find(key);
  if (position == std::string_view::npos) return position;
  const std::size_t start = position + key.size();
  return start + kNoChecksum.size() <= bytes.size() ? start : std::string_view::npos;
}

Json parse_header(const std::string& path, std::string_view bytes, std::size_t& data_start) {
  if (bytes.size() < kLengthBytes) damaged(path, "truncated: no header length");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaximumHeader || length > bytes.size() - kLengthBytes) {
    damaged(path, fmt::format("the header claims {} bytes, the file has {}", length,
                              bytes.size() - kLengthBytes));
  }
  data_start = kLengthBytes + length;
  const std::string_view text = bytes.substr(kLengthBytes, length);
  Json header = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) damaged(path, "the header is not a JSON object");
  return header;
}

void verify_checksum(const std::string& path, std::string_view bytes, std::size_t data_start) {
  const std::size_t position = find_checksum(bytes.substr(0, data_start));
  if (position == std::string_view::npos) {
    damaged(path, fmt::format("the header has no {}", kChecksum));
  }
  const std::string_view found = bytes.substr(position, kNoChecksum.size());
  const std::string expected = hash(bytes, position);
  if (found != expected) {
    damaged(path, fmt::format("damaged: checksum {}, expected {}", expected, found));
  }
}

TensorView parse_tensor(const std::string& path, const std::string& name, const Json& entry,
                        std::string_view data) {
  if (!entry.is_object() || !entry.contains("shape") || !entry.contains("data_offsets") ||
      entry.value("dtype", Json()) != "F32") {
    damaged(path, fmt::format("tensor '{}' is not a float32 tensor", name));
  }
  TensorView view;
  std::uint64_t count = 1;
  for (const Json& size : entry["shape"]) {
    if (!size.is_number_unsigned() || size.get<std::uint64_t>() > data.size() ||
        count > data.size()) {
      damaged(path, fmt::format("tensor '{}' has the shape {}", name, entry["shape"].dump()));
    }
    count *= size.get<std::uint64_t>();
    view.shape.push_back(size.get<std::int64_t>());
  }
  const Json& offsets = entry["data_offsets"];
  const bool numbers = offsets.is_array() && offsets.size() == 2 &&
                       offsets[0].is_number_unsigned() && offsets[1].is_number_unsigned();
  const std::uint64_t begin = numbers ? offsets[0].get<std::uint64_t>() : 1;
  const std::uint64_t end = numbers ? offsets[1].get<std::uint64_t>() : 0;
  if (begin > end || end > data.size() || end - begin != count * sizeof(float) ||
      begin % sizeof(float) != 0) {
    damaged(path, fmt::format("tensor '{}' has the offsets {} in {} bytes", name, offsets.dump(),
                              data.size()));
  }
  view.values = {reinterpret_cast<const float*>(data.data() + begin), count};
  return view;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

Weights Weights::load(const std::filesystem::path& file) {
  const std::string path = file.string();
  auto mapped = std::make_shared<MappedFile>(path);
  const std::string_view bytes = mapped->bytes();
  std::size_t data_start = 0;
  const Json header = parse_header(path, bytes, data_start);
  verify_checksum(path, bytes, data_start);
  if (data_start % sizeof(float) != 0) damaged(path, "the values are not aligned");
  Weights weights;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) damaged(path, "__metadata__ is not an object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) damaged(path, fmt::format("metadata '{}' is not text", key));
        weights.metadata_[key] = value.get<std::string>();
      }
    } else {
      weights.tensors_[name] = parse_tensor(path, name, entry, bytes.substr(data_start));
    }
  }
  weights.metadata_.erase(kChecksum);
  weights.owner_ = std::move(mapped);
  return weights;
}

Weights::Weights(std::map<std::string, TensorView> tensors, std::shared_ptr<const void> owner,
                 Metadata metadata)
    : tensors_(std::move(tensors)), owner_(std::move(owner)), metadata_(std::move(metadata)) {
  for (const auto& [name, view] : tensors_) {
    std::int64_t count = 1;
    for (const std::int64_t size : view.shape) count *= size;
    ATTEND_CHECK_EQ(count, static_cast<std::int64_t>(view.values.size()));
  }
}

const TensorView& Weights::get(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw ModelError(fmt::format("no tensor '{}'", name));
  return found->second;
}

void Weights::save(const std::filesystem::path& path) const {
  Json header;
  header["__metadata__"][kChecksum] =
      kNoChecksum;  // first, so that its key cannot stand elsewhere before it
  for (const auto& [key, value] : metadata_) header["__metadata__"][key] = value;
  std::uint64_t offset = 0;
  for (const auto& [name, view] : tensors_) {
    const std::uint64_t end = offset + view.values.size_bytes();
    header[name] = {{"dtype", "F32"}, {"shape", view.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  std::uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes.reserve(kLengthBytes + text.size() + offset);
  bytes += text;
  for (const auto& [name, view] : tensors_) {
    bytes.append(reinterpret_cast<const char*>(view.values.data()), view.values.size_bytes());
  }
  const std::size_t position = find_checksum(bytes);
  bytes.replace(position, kNoChecksum.size(), hash(bytes, position));
  write_file(path, bytes);
}

void Weights::check_against(const std::vector<TensorSpec>& table) const {
  for (const TensorSpec& spec : table) {
    const auto found = tensors_.find(spec.name);
    if (found == tensors_.end()) throw ModelError(fmt::format("tensor '{}' is missing", spec.name));
    if (found->second.shape != spec.shape) {
      throw ModelError(fmt::format("tensor '{}' has the shape {}, expected {}", spec.name,
                                   shape_text(found->second.shape), shape_text(spec.shape)));
    }
  }
  if (tensors_.size() == table.size()) return;
  for (const auto& [name, view] : tensors_) {
    bool known = false;
    for (const TensorSpec& spec : table) known = known || spec.name == name;
    if (!known) throw ModelError(fmt::format("tensor '{}' is not expected", name));
  }
}

}  // namespace attend::model
