// Tensors in the safetensors format, with a checksum over the whole file.
#include "model/weights.h"

#define XXH_INLINE_ALL
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>

#include "base/base.h"

namespace attend::model {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr const char* kChecksum = "attend.checksum";
const std::string kNoChecksum(16, '0');

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw ModelError(fmt::format("{}: {}", path, what));
}

// A read-only file mapped into memory.
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

// Returns the position of the checksum's 16 digits in the bytes of the file.
std::size_t find_checksum(std::string_view bytes) {
  const std::string key = fmt::format("\"{}\":\"", kChecksum);
  const std::size_t position = bytes.find(key);
  if (position == std::string_view::npos) return position;
  const std::size_t start = position + key.size();
  return start + kNoChecksum.size() <= bytes.size() ? start : std::string_view::npos;
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

// Reads the header of a file and verifies the checksum. `data_start` becomes its first byte behind
// the header.
SafetensorsHeader read_header(const std::string& path, std::string_view bytes,
                              std::size_t& data_start) {
  try {
    const std::size_t length = safetensors_header_length(bytes, bytes.size(), path);
    data_start = kSafetensorsPrefix + length;
    verify_checksum(path, bytes, data_start);
    return parse_safetensors_header(bytes.substr(kSafetensorsPrefix, length),
                                    bytes.size() - data_start, path);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
}

// A tensor as the file stores it.
struct Stored {
  std::vector<std::int64_t> shape;
  Precision precision = Precision::kFloat32;
  const char* bytes = nullptr;
  std::size_t count = 0;
};

constexpr const char* kScales = ".scales";

const char* type_name(Precision precision) {
  return precision == Precision::kFloat32    ? "F32"
         : precision == Precision::kBfloat16 ? "BF16"
                                             : "I8";
}

std::size_t bytes_of(Precision precision) {
  return precision == Precision::kFloat32 ? 4 : precision == Precision::kBfloat16 ? 2 : 1;
}

Precision parse_type(const std::string& path, const SafetensorsEntry& entry) {
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    if (entry.type == type_name(one)) return one;
  }
  damaged(path, fmt::format("tensor '{}' is not a float32, bfloat16 or int8 tensor", entry.name));
}

Stored store(const std::string& path, const SafetensorsEntry& entry, std::string_view values) {
  Stored view;
  view.precision = parse_type(path, entry);
  view.shape.assign(entry.shape.begin(), entry.shape.end());
  if (entry.begin % bytes_of(view.precision) != 0) {
    damaged(path, fmt::format("the values of tensor '{}' are not aligned", entry.name));
  }
  view.bytes = values.data() + entry.begin;
  view.count = (entry.end - entry.begin) / bytes_of(view.precision);
  return view;
}

// The memory that the tensors of a loaded file refer to.
struct LoadedMemory {
  std::shared_ptr<MappedFile> file;
  std::vector<std::vector<float>> expanded;  // matrices that the file holds in fewer bits
};

std::span<const float> expand_bfloat16(const Stored& stored, LoadedMemory& memory) {
  std::vector<float>& values = memory.expanded.emplace_back(stored.count);
  for (std::size_t i = 0; i < stored.count; ++i) {
    std::uint16_t upper = 0;
    std::memcpy(&upper, stored.bytes + i * sizeof upper, sizeof upper);
    values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
  }
  return values;
}

std::span<const float> expand_int8(const Stored& stored, std::span<const float> scales,
                                   LoadedMemory& memory) {
  std::vector<float>& values = memory.expanded.emplace_back(stored.count);
  const std::size_t columns = scales.empty() ? 0 : stored.count / scales.size();
  const auto* whole = reinterpret_cast<const signed char*>(stored.bytes);
  for (std::size_t i = 0; i < stored.count; ++i) {
    values[i] = scales[i / columns] * static_cast<float>(whole[i]);
  }
  return values;
}

// Returns the scales of an int8 matrix, which must be positive, one for each row.
std::span<const float> find_scales(const std::string& path, const std::string& name,
                                   const Stored& matrix,
                                   const std::map<std::string, Stored>& stored) {
  const auto found = stored.find(name + kScales);
  if (found == stored.end()) damaged(path, fmt::format("tensor '{}{}' is missing", name, kScales));
  const Stored& scales = found->second;
  if (scales.precision != Precision::kFloat32 || scales.shape.size() != 1 ||
      scales.shape[0] != matrix.shape[0]) {
    damaged(path, fmt::format("tensor '{}{}' is not float32 [{}]", name, kScales, matrix.shape[0]));
  }
  const std::span<const float> values{reinterpret_cast<const float*>(scales.bytes), scales.count};
  for (const float value : values) {
    if (!(value > 0 && std::isfinite(value))) {
      damaged(path, fmt::format("tensor '{}{}' holds {}, expected positive numbers", name, kScales,
                                value));
    }
  }
  return values;
}

// Returns the precision that all matrices of a file share. Vectors and scales are float32.
Precision common_precision(const std::string& path, const std::map<std::string, Stored>& stored) {
  Precision precision = Precision::kFloat32;
  bool known = false;
  for (const auto& [name, tensor] : stored) {
    const bool matrix = tensor.shape.size() == 2;
    if (matrix && !known) {
      precision = tensor.precision;
      known = true;
    }
    const Precision expected = matrix ? precision : Precision::kFloat32;
    if (tensor.precision != expected) {
      damaged(path, fmt::format("tensor '{}' is {}, expected {}", name,
                                precision_name(tensor.precision), precision_name(expected)));
    }
  }
  return precision;
}

std::map<std::string, TensorView> expand(const std::string& path, Precision precision,
                                         const std::map<std::string, Stored>& stored,
                                         LoadedMemory& memory) {
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : stored) {
    TensorView view{tensor.shape, {}, {}};
    if (tensor.precision == Precision::kFloat32) {
      view.values = {reinterpret_cast<const float*>(tensor.bytes), tensor.count};
    } else if (tensor.precision == Precision::kBfloat16) {
      view.values = expand_bfloat16(tensor, memory);
    } else {
      view.scales = find_scales(path, name, tensor, stored);
      view.values = expand_int8(tensor, view.scales, memory);
    }
    views[name] = std::move(view);
  }
  if (precision != Precision::kInt8) return views;
  for (const auto& [name, tensor] : stored) {
    if (tensor.precision == Precision::kInt8) views.erase(name + kScales);
  }
  return views;
}

}  // namespace

Weights Weights::load(const std::filesystem::path& file) {
  const std::string path = file.string();
  auto mapped = std::make_shared<MappedFile>(path);
  const std::string_view bytes = mapped->bytes();
  std::size_t data_start = 0;
  SafetensorsHeader header = read_header(path, bytes, data_start);
  if (data_start % sizeof(float) != 0) damaged(path, "the values are not aligned");
  Weights weights;
  for (auto& [key, value] : header.metadata) weights.metadata_[key] = std::move(value);
  weights.metadata_.erase(kChecksum);
  std::map<std::string, Stored> stored;
  for (const SafetensorsEntry& entry : header.tensors) {
    stored[entry.name] = store(path, entry, bytes.substr(data_start));
  }
  auto memory = std::make_shared<LoadedMemory>();
  memory->file = std::move(mapped);
  weights.precision_ = common_precision(path, stored);
  weights.tensors_ = expand(path, weights.precision_, stored, *memory);
  weights.owner_ = std::move(memory);
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

namespace {

// Returns the bytes of a tensor as a file stores them.
std::string stored_bytes(const TensorView& view, Precision precision) {
  if (precision == Precision::kFloat32) {
    return {reinterpret_cast<const char*>(view.values.data()), view.values.size_bytes()};
  }
  std::string bytes;
  bytes.reserve(view.values.size() * bytes_of(precision));
  if (precision == Precision::kBfloat16) {
    for (const float value : view.values) {
      const auto upper = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
      bytes.append(reinterpret_cast<const char*>(&upper), sizeof upper);
    }
    return bytes;
  }
  const std::size_t columns = view.values.size() / std::max<std::size_t>(1, view.scales.size());
  for (std::size_t i = 0; i < view.values.size(); ++i) {
    bytes += static_cast<char>(
        static_cast<signed char>(std::lround(view.values[i] / view.scales[i / columns])));
  }
  return bytes;
}

// A tensor that is to be written into a file.
struct Entry {
  std::string name;
  Precision precision;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

}  // namespace

Weights Weights::with_metadata(const Metadata& more) const {
  Weights result = *this;
  for (const auto& [key, value] : more) result.metadata_[key] = value;
  return result;
}

void Weights::save(const std::filesystem::path& path) const {
  write_file(path, bytes(), Keep::kContents);
}

std::string Weights::bytes() const {
  std::vector<Entry> entries;
  for (const auto& [name, view] : tensors_) {
    const Precision precision = view.shape.size() == 2 ? precision_ : Precision::kFloat32;
    entries.push_back({name, precision, view.shape, stored_bytes(view, precision)});
    if (precision != Precision::kInt8) continue;
    entries.push_back({name + kScales,
                       Precision::kFloat32,
                       {view.shape[0]},
                       stored_bytes({{view.shape[0]}, view.scales, {}}, Precision::kFloat32)});
  }
  // The widest values come first, so that all are aligned without gaps.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.precision < b.precision; });
  SafetensorsHeader header;
  // The checksum is first, so that its key cannot occur before it.
  header.metadata.emplace_back(kChecksum, kNoChecksum);
  header.metadata.insert(header.metadata.end(), metadata_.begin(), metadata_.end());
  std::uint64_t offset = 0;
  for (const Entry& entry : entries) {
    const std::uint64_t end = offset + entry.bytes.size();
    header.tensors.push_back({entry.name,
                              type_name(entry.precision),
                              {entry.shape.begin(), entry.shape.end()},
                              offset,
                              end});
    offset = end;
  }
  std::string bytes = format_safetensors_header(header);
  bytes.reserve(bytes.size() + offset);
  for (const Entry& entry : entries) bytes += entry.bytes;
  const std::size_t position = find_checksum(bytes);
  bytes.replace(position, kNoChecksum.size(), hash(bytes, position));
  return bytes;
}

}  // namespace attend::model
