// Packed files of pictures.
#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <utility>

#include "base/base.h"
#include "vision/image_entries.h"
#include "vision/random_access_file.h"

namespace attend::vision {
namespace {

constexpr const char* kIndexForm = "name TAB split TAB byte offset TAB byte length";
constexpr const char* kCaptionForm = "name TAB split TAB number TAB caption";

// A picture of the index.
struct Known {
  std::size_t line = 0;
  std::string split;
  std::optional<std::size_t> image = {};  // its number; nothing: its split is not asked for
  std::size_t captions = 0;               // read so far
};

using Names = std::unordered_map<std::string, Known>;

// Reads a line of the index.
ImageSet::Entry read_entry(const FieldReader& reader, const RandomAccessFile& pack) {
  reader.require_fields(4, kIndexForm);
  ImageSet::Entry entry{std::string(reader.fields()[0]), reader.line()};
  if (entry.name.empty()) {
    reader.fail(fmt::format("found an empty name, expected {}", kIndexForm));
  }
  entry.offset = reader.number(2, "the byte offset");
  entry.length = reader.number(3, "the byte length");
  if (entry.offset > pack.size() || entry.length > pack.size() - entry.offset) {
    reader.fail(fmt::format("found {} bytes at offset {}, expected bytes within the {} of {}",
                            entry.length, entry.offset, pack.size(), pack.name()));
  }
  return entry;
}

// Reads the whole index. Returns the entries of the wanted split; `names` gets all of them.
std::vector<ImageSet::Entry> read_index(FieldReader& reader, const RandomAccessFile& pack,
                                        const std::string& split, Names& names) {
  std::vector<ImageSet::Entry> entries;
  while (reader.next()) {
    ImageSet::Entry entry = read_entry(reader, pack);
    const std::string own_split(reader.fields()[1]);
    const auto [known, is_new] = names.try_emplace(entry.name, Known{reader.line(), own_split});
    if (!is_new) {
      reader.fail(fmt::format("found image '{}' again, expected each once; it is in line {} too",
                              entry.name, known->second.line));
    }
    if (!split.empty() && own_split != split) continue;
    known->second.image = entries.size();
    entries.push_back(std::move(entry));
  }
  if (names.empty()) reader.fail_at(0, fmt::format("found no line, expected {}", kIndexForm));
  if (entries.empty()) {
    reader.fail_at(0,
                   fmt::format("found no image of the split '{}', expected at least one", split));
  }
  return entries;
}

// Reads all captions and gives them to the entries that `names` leads to.
void read_captions(const LineSource& source, const std::string& index, Names& names,
                   std::vector<ImageSet::Entry>& entries) {
  FieldReader reader(source);
  while (reader.next()) {
    reader.require_fields(4, kCaptionForm);
    const auto found = names.find(std::string(reader.fields()[0]));
    if (found == names.end()) {
      reader.fail(fmt::format("found a caption of image '{}', expected a name of {}",
                              reader.fields()[0], index));
    }
    Known& known = found->second;
    if (reader.fields()[1] != known.split) {
      reader.fail(fmt::format("found the split '{}', expected '{}' as in {}:{}", reader.fields()[1],
                              known.split, index, known.line));
    }
    const std::uint64_t number = reader.number(2, "the number of the caption");
    if (number != known.captions) {
      reader.fail(fmt::format("found caption {} of image '{}', expected caption {}", number,
                              found->first, known.captions));
    }
    ++known.captions;
    std::string caption = reader.caption(3);
    if (known.image) entries[*known.image].captions.push_back(std::move(caption));
  }
}

}  // namespace

ImageSet ImageSet::from_packed(const PackedFiles& files, CaptionRule rule) {
  ImageSet set;
  set.index_ = files.index.name;
  set.pack_ = std::make_unique<RandomAccessFile>(files.images, "packed images");
  Names names;
  FieldReader reader(files.index);
  set.entries_ = read_index(reader, *set.pack_, files.split, names);
  if (files.captions.next) read_captions(files.captions, set.index_, names, set.entries_);
  if (rule == CaptionRule::kRequired) require_captions(set.entries_, reader);
  return set;
}

}  // namespace attend::vision
