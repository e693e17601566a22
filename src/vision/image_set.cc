#include "vision/image_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/base.h"
#include "vision/image_entries.h"
#include "vision/random_access_file.h"

namespace attend::vision {

bool FieldReader::next() {
  if (!source_.next(text_)) return false;
  ++line_;
  fields_.clear();
  const std::string_view line = text_;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    fields_.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return true;
}

void FieldReader::fail_at(std::size_t line, const std::string& problem) const {
  throw DataError(source_.name, line, problem);
}

void FieldReader::require_fields(std::size_t count, const char* form) const {
  if (fields_.size() == count) return;
  fail(fmt::format("found {} field{}, expected {}: {}", fields_.size(),
                   fields_.size() == 1 ? "" : "s", count, form));
}

std::uint64_t FieldReader::number(std::size_t field, const char* meaning) const {
  const std::string_view text = fields_[field];
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(fmt::format("found '{}', expected {}, a whole number", text, meaning));
  }
  return value;
}

std::string FieldReader::caption(std::size_t field) const {
  const std::string_view text = fields_[field];
  if (text.find_first_not_of(' ') == std::string_view::npos) {
    fail("found a blank caption, expected text");
  }
  return std::string(text);
}

void require_captions(const std::vector<ImageSet::Entry>& entries, const FieldReader& reader) {
  for (const ImageSet::Entry& entry : entries) {
    if (!entry.captions.empty()) continue;
    reader.fail_at(entry.line, fmt::format("found no caption of image '{}', expected at least one",
                                           entry.name));
  }
}

ImageSet::ImageSet() = default;
ImageSet::~ImageSet() = default;
ImageSet::ImageSet(ImageSet&&) noexcept = default;
ImageSet& ImageSet::operator=(ImageSet&&) noexcept = default;

ImageSet ImageSet::from_list(const LineSource& list, const std::filesystem::path& folder,
                             CaptionRule rule) {
  ImageSet set;
  set.index_ = list.name;
  set.folder_ = folder;
  std::unordered_map<std::string, std::size_t> numbers;
  FieldReader reader(list);
  while (reader.next()) {
    const std::size_t count = reader.fields().size();
    if (count > 2 || (count == 1 && rule == CaptionRule::kRequired)) {
      reader.require_fields(2, "image path TAB caption");
    }
    std::string name(reader.fields().front());
    if (name.empty()) reader.fail("found an empty image path, expected image path TAB caption");
    const auto [known, is_new] = numbers.try_emplace(name, set.entries_.size());
    if (is_new) set.entries_.push_back({std::move(name), reader.line()});
    if (count == 2) set.entries_[known->second].captions.push_back(reader.caption(1));
  }
  if (set.entries_.empty()) reader.fail_at(0, "found no line, expected image path TAB caption");
  return set;
}

std::size_t ImageSet::size() const { return entries_.size(); }

const std::string& ImageSet::name(std::size_t image) const { return entries_.at(image).name; }

const std::vector<std::string>& ImageSet::captions(std::size_t image) const {
  return entries_.at(image).captions;
}

std::string ImageSet::place(std::size_t image) const {
  return fmt::format("{}:{}", index_, entries_.at(image).line);
}

std::vector<std::uint8_t> ImageSet::bytes(std::size_t image, std::size_t limit) const {
  const Entry& entry = entries_.at(image);
  try {
    if (pack_ == nullptr) {
      const std::string bytes = read_file(folder_ / entry.name, limit);
      return {bytes.begin(), bytes.end()};
    }
    if (entry.length > limit) {
      throw DataError(entry.name, 0, fmt::format("larger than the limit of {} bytes", limit));
    }
    return pack_->read(entry.offset, entry.length);
  } catch (const DataError& error) {
    throw ImageError(index_, entry.line, error.what());
  }
}

Image ImageSet::decoded(std::size_t image, const DecodeOptions& options) const {
  const std::string name = fmt::format("{}: {}", place(image), this->name(image));
  return decode_image(bytes(image, options.limits.bytes), name, options);
}

Image ImageSet::fitted(std::size_t image, const FitOptions& options) const {
  const std::string name = fmt::format("{}: {}", place(image), this->name(image));
  return decode_fitted(bytes(image, options.limits.bytes), name, options);
}

}  // namespace attend::vision
