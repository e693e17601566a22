#include "vision/packed.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "base/base.h"
#include "vision/field_reader.h"
#include "vision/random_access_file.h"

namespace attend::vision {
namespace {

constexpr const char* kForm = "name TAB split TAB byte offset TAB byte length";

// A picture of the index.
struct Entry {
  std::string name;
  std::size_t line = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Reads the line of a picture.
Entry read_entry(const FieldReader& reader, const RandomAccessFile& pack) {
  reader.require_fields(4, kForm);
  Entry entry{std::string(reader.fields()[0]), reader.line()};
  if (entry.name.empty()) reader.fail(fmt::format("found an empty name, expected {}", kForm));
  entry.offset = reader.number(2, "the byte offset");
  entry.length = reader.number(3, "the byte length");
  if (entry.offset > pack.size() || entry.length > pack.size() - entry.offset) {
    reader.fail(fmt::format("found {} bytes at offset {}, expected bytes within the {} of {}",
                            entry.length, entry.offset, pack.size(), pack.name()));
  }
  return entry;
}

}  // namespace

struct PackedImages::Data {
  Data(const std::filesystem::path& images, const LineSource& lines)
      : pack(images, "packed images"), index(lines.name) {
    FieldReader reader(lines);
    while (reader.next()) {
      Entry entry = read_entry(reader, pack);
      const auto [known, is_new] = numbers.try_emplace(entry.name, entries.size());
      if (!is_new) {
        reader.fail(fmt::format("found image '{}' again, expected each once; it is in line {} too",
                                entry.name, entries[known->second].line));
      }
      entries.push_back(std::move(entry));
    }
    if (entries.empty()) reader.fail_at(0, fmt::format("found no line, expected {}", kForm));
  }

  RandomAccessFile pack;
  std::string index;  // its name
  std::vector<Entry> entries;
  std::unordered_map<std::string, std::size_t> numbers;
};

PackedImages::PackedImages(const std::filesystem::path& images, const LineSource& index)
    : data_(std::make_unique<const Data>(images, index)) {}
PackedImages::~PackedImages() = default;
PackedImages::PackedImages(PackedImages&&) noexcept = default;
PackedImages& PackedImages::operator=(PackedImages&&) noexcept = default;

std::size_t PackedImages::size() const { return data_->entries.size(); }

const std::string& PackedImages::name(std::size_t image) const {
  return data_->entries.at(image).name;
}

std::optional<std::size_t> PackedImages::find(std::string_view name) const {
  const auto found = data_->numbers.find(std::string(name));
  if (found == data_->numbers.end()) return std::nullopt;
  return found->second;
}

std::string PackedImages::place(std::size_t image) const {
  return fmt::format("{}:{}", data_->index, data_->entries.at(image).line);
}

std::vector<std::uint8_t> PackedImages::bytes(std::size_t image, std::size_t limit) const {
  const Entry& entry = data_->entries.at(image);
  try {
    if (entry.length > limit) {
      throw DataError(entry.name, 0, fmt::format("larger than the limit of {} bytes", limit));
    }
    return data_->pack.read(entry.offset, entry.length);
  } catch (const DataError& error) {
    throw ImageError(data_->index, entry.line, error.what());
  }
}

std::string PackedImages::name_for_messages(std::size_t image) const {
  return fmt::format("{}: {}", place(image), name(image));
}

Image PackedImages::decoded(std::size_t image, const DecodeOptions& options) const {
  return decode_image(bytes(image, options.limits.bytes), name_for_messages(image), options);
}

Image PackedImages::fitted(std::size_t image, const FitOptions& options) const {
  return decode_fitted(bytes(image, options.limits.bytes), name_for_messages(image), options);
}

}  // namespace attend::vision
