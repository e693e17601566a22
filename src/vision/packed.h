// A packed file of pictures: picture files one after another, and an index that names them.
//
// The index has one line for each picture: `name TAB split TAB byte offset TAB byte length`. The
// split tells people which pictures belong together; nothing here depends on it. The lines come
// from the caller, who may read them with text::LineReader, which also unpacks compressed files:
//
//   text::LineReader reader("index.tsv.xz");
//   const PackedImages photos("images.bin", {reader.name(), [&](std::string& line) {
//                                              return reader.next(line);
//                                            }});
//   Image image = photos.fitted(0, {.size = {128, 128}});
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vision/fit.h"
#include "vision/image.h"

namespace attend::vision {

/// The lines of a text file.
struct LineSource {
  std::string name;  ///< of the file, for messages
  /// Gives the next line, UTF-8 without its end, and returns true. Returns false at the end of the
  /// file. An exception of it goes to the caller of the function that reads the lines.
  std::function<bool(std::string& line)> next;
};

/// The pictures of a packed file, in the order of its index. A picture is read from the file when
/// it is asked for; names are in memory. Immutable and thread-safe: several threads may read
/// pictures of one object.
class PackedImages {
 public:
  /// Opens a packed file, which must be a regular one, and reads its index. Throws DataError
  /// (file:line, what was found, what was expected) for a file that cannot be opened; for a line
  /// with a wrong number of fields, an empty name, an offset or a length that is no number, or
  /// bytes beyond the end of the packed file; for a name that the index has twice; and for an index
  /// without any line.
  PackedImages(const std::filesystem::path& images, const LineSource& index);
  ~PackedImages();
  PackedImages(PackedImages&&) noexcept;
  PackedImages& operator=(PackedImages&&) noexcept;

  /// The number of pictures; at least 1.
  std::size_t size() const;
  /// Returns the name of a picture in the index.
  const std::string& name(std::size_t image) const;
  /// Returns the number of the picture with this name, or nothing where there is none.
  std::optional<std::size_t> find(std::string_view name) const;
  /// Returns where a picture is named, for messages: "index.tsv:12".
  std::string place(std::size_t image) const;

  /// Returns the file of a picture, at most `limit` bytes. Throws ImageError with place().
  std::vector<std::uint8_t> bytes(std::size_t image, std::size_t limit = ImageLimits{}.bytes) const;
  /// Returns a picture in full size. Throws ImageError with place(), as decode_image() does.
  Image decoded(std::size_t image, const DecodeOptions& options = {}) const;
  /// Returns a picture as a model reads it. Throws ImageError with place(), as decode_fitted()
  /// does.
  Image fitted(std::size_t image, const FitOptions& options) const;

  struct Data;  // internal

 private:
  std::string name_for_messages(std::size_t image) const;

  std::unique_ptr<const Data> data_;
};

}  // namespace attend::vision
