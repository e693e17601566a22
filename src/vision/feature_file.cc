#include "vision/feature_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/base.h"
#include "vision/codecs.h"
#include "vision/feature_values.h"
#include "vision/field_reader.h"
#include "vision/npy.h"
#include "vision/random_access_file.h"

namespace attend::vision {

struct FeatureFile::Data {
  // The annotations of an image.
  struct Entry {
    std::uint64_t offset = 0;  // of the first value in the file
    NumberType type = NumberType::kFloat32;
    Grid grid;
  };

  explicit Data(const std::filesystem::path& path) : file(path, "a file of features") {}

  // Adds an image, unless there is one of this name.
  bool add(std::string name, const Entry& entry) {
    names.push_back(std::move(name));
    if (!numbers.try_emplace(names.back(), entries.size()).second) {
      names.pop_back();
      return false;
    }
    entries.push_back(entry);
    return true;
  }

  RandomAccessFile file;
  std::deque<std::string> names;                              // which never move
  std::unordered_map<std::string_view, std::size_t> numbers;  // of images, by name
  std::vector<Entry> entries;
  std::size_t units = 0;
};

namespace {

using Data = FeatureFile::Data;

constexpr const char* kExpected = "expected .npy or safetensors";

// The sizes of the annotations of one image.
struct Sizes {
  Grid grid;
  std::size_t units = 0;
};

Grid grid_of(std::size_t regions) {
  std::size_t side = 1;
  while (side * side < regions) ++side;
  return side * side == regions ? Grid{side, side} : Grid{1, regions};
}

// Reads the sizes [regions, units] or [rows, columns, units]. Calls `refuse` with what was found
// unless they are possible; it must throw.
template <typename Refuse>
Sizes parse_sizes(std::span<const std::uint64_t> shape, const Refuse& refuse) {
  std::size_t count = 1;
  for (const std::uint64_t size : shape) {
    if (size == 0) refuse("found no values, expected sizes of at least 1");
    if (size > kMaximumFeatureValues / count) {
      refuse(fmt::format("found {} values for an image, expected at most {}",
                         fmt::join(shape, " · "), kMaximumFeatureValues));
    }
    count *= size;
  }
  const Grid grid = shape.size() == 2 ? grid_of(shape[0]) : Grid{shape[0], shape[1]};
  return {grid, shape.back()};
}

[[noreturn]] void fail(const Data& data, const std::string& problem) {
  throw DataError(data.file.name(), 0, problem);
}

// Reads the names of the images of an array, one a line, and adds the images.
void read_names(const LineSource& source, std::uint64_t images, const Data::Entry& first,
                std::uint64_t image_bytes, Data& data) {
  FieldReader reader(source);
  while (reader.next()) {
    reader.require_fields(1, "the name of an image");
    const std::size_t image = data.entries.size();
    if (image == images) {
      reader.fail(fmt::format("found one more name, expected {}, one for each image of {}", images,
                              data.file.name()));
    }
    const std::string_view name = reader.fields()[0];
    if (name.empty()) reader.fail("found an empty line, expected the name of an image");
    Data::Entry entry = first;
    entry.offset += image * image_bytes;
    if (!data.add(std::string(name), entry)) {
      reader.fail(fmt::format("found image '{}' again, expected each once; it is in line {} too",
                              name, data.numbers.at(name) + 1));
    }
  }
  if (data.entries.size() < images) {
    reader.fail_at(0, fmt::format("found {} names, expected {}, one for each image of {}",
                                  data.entries.size(), images, data.file.name()));
  }
}

void read_npy(const OpenLines& open_lines, const std::filesystem::path& names, Data& data) {
  const NpyHeader header = read_npy_header(data.file);
  const std::span<const std::uint64_t> shape(header.shape);
  const std::string shown = fmt::format("({})", fmt::join(shape, ", "));
  if (shape.size() != 3 && shape.size() != 4) {
    fail(data,
         fmt::format("found the shape {}, expected (images, regions, units) or (images, rows, "
                     "columns, units)",
                     shown));
  }
  const std::uint64_t images = shape.front();
  if (images == 0)
    fail(data, fmt::format("found the shape {}, expected at least one image", shown));
  const Sizes sizes =
      parse_sizes(shape.subspan(1), [&](const std::string& problem) { fail(data, problem); });
  data.units = sizes.units;
  const std::uint64_t image_bytes = sizes.grid.regions() * sizes.units * byte_width(header.type);
  const std::uint64_t bytes = data.file.size() - header.size;
  if (bytes % image_bytes != 0 || bytes / image_bytes != images) {
    fail(data, fmt::format("found {} bytes of values, expected {} for each of the {} images", bytes,
                           image_bytes, images));
  }
  ATTEND_CHECK(open_lines != nullptr);
  const std::filesystem::path lines =
      names.empty() ? std::filesystem::path(data.file.name() + ".names") : names;
  read_names(open_lines(lines), images, {header.size, header.type, sizes.grid}, image_bytes, data);
}

NumberType parse_type(const SafetensorsEntry& tensor,
                      const std::function<void(const std::string&)>& refuse) {
  if (tensor.type == "F32") return NumberType::kFloat32;
  if (tensor.type == "BF16") return NumberType::kBfloat16;
  if (tensor.type == "F16") return NumberType::kFloat16;
  if (tensor.type != "F64") {
    refuse(fmt::format("found the type '{}', expected F16, BF16, F32 or F64", tensor.type));
  }
  return NumberType::kFloat64;
}

// Adds the image of a tensor. `values` is where the values of the file begin.
void add_tensor(SafetensorsEntry& tensor, std::uint64_t values, Data& data) {
  const auto refuse = [&](const std::string& problem) {
    fail(data, fmt::format("tensor '{}': {}", shown_name(tensor.name), problem));
  };
  if (tensor.name.empty()) refuse("found an empty name, expected that of an image");
  const NumberType type = parse_type(tensor, refuse);
  if (tensor.shape.size() != 2 && tensor.shape.size() != 3) {
    refuse(fmt::format("found the shape [{}], expected [regions, units] or [rows, columns, units]",
                       fmt::join(tensor.shape, ", ")));
  }
  const Sizes sizes = parse_sizes(tensor.shape, refuse);
  if (data.units == 0) data.units = sizes.units;
  if (sizes.units != data.units) {
    refuse(fmt::format("found {} units, expected {} as in tensor '{}'", sizes.units, data.units,
                       shown_name(data.names.front())));
  }
  // The header has no name twice.
  ATTEND_CHECK(data.add(std::move(tensor.name), {values + tensor.begin, type, sizes.grid}));
}

void read_safetensors(Data& data) {
  const RandomAccessFile& file = data.file;
  const auto text = [&](std::uint64_t begin, std::uint64_t size) {
    const std::vector<std::uint8_t> bytes = file.read(begin, size);
    return std::string(bytes.begin(), bytes.end());
  };
  const std::uint64_t length =
      safetensors_header_length(text(0, kSafetensorsPrefix), file.size(), file.name());
  const std::uint64_t values = kSafetensorsPrefix + length;
  SafetensorsHeader header =
      parse_safetensors_header(text(kSafetensorsPrefix, length), file.size() - values, file.name());
  for (SafetensorsEntry& tensor : header.tensors) add_tensor(tensor, values, data);
  if (data.entries.empty()) fail(data, "found no tensor, expected one for each image");
}

// Whether a file is .npy; if not, it begins as safetensors do.
bool is_npy(const Data& data) {
  constexpr std::uint64_t kShown = 9;
  const std::vector<std::uint8_t> bytes = data.file.read(0, std::min(kShown, data.file.size()));
  if (bytes.empty()) fail(data, fmt::format("found an empty file, {}", kExpected));
  const std::string_view beginning(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (beginning.starts_with(kNpySignature)) return true;
  if (beginning.size() == kShown && beginning.back() == '{') return false;
  if (beginning.starts_with("PK")) {
    fail(data, fmt::format("found a ZIP archive, such as .npz, {}", kExpected));
  }
  fail(data, fmt::format("found a file that begins with the bytes {}, {}", first_bytes(bytes),
                         kExpected));
}

}  // namespace

FeatureFile::FeatureFile(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

FeatureFile FeatureFile::open(const std::filesystem::path& path, const OpenLines& open_lines,
                              const std::filesystem::path& names) {
  auto data = std::make_shared<Data>(path);
  if (is_npy(*data)) {
    read_npy(open_lines, names, *data);
  } else if (names.empty()) {
    read_safetensors(*data);
  } else {
    throw UsageError(
        fmt::format("{}: found the file of names {} for it, expected none, because "
                    "safetensors have names themselves",
                    path.string(), names.string()));
  }
  return FeatureFile(std::move(data));
}

std::size_t FeatureFile::size() const { return data_->entries.size(); }

const std::string& FeatureFile::name(std::size_t image) const { return data_->names.at(image); }

std::optional<std::size_t> FeatureFile::find(std::string_view name) const {
  const auto found = data_->numbers.find(name);
  if (found == data_->numbers.end()) return std::nullopt;
  return found->second;
}

const std::string& FeatureFile::path() const { return data_->file.name(); }

std::size_t FeatureFile::units() const { return data_->units; }

Grid FeatureFile::grid(std::size_t image) const { return data_->entries.at(image).grid; }

std::vector<float> FeatureFile::values(std::size_t image) const {
  const Data::Entry& entry = data_->entries.at(image);
  const std::uint64_t count = entry.grid.regions() * data_->units;
  std::vector<float> values =
      to_floats(entry.type, data_->file.read(entry.offset, count * byte_width(entry.type)));
  require_finite(values, data_->units, path(), name(image));
  return values;
}

}  // namespace attend::vision
