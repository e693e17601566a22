// Pictures with their captions, in files: a list of picture files, or one packed file.
//
// A list has one line for each caption: `image path TAB caption`. A path is relative to the folder
// of the list. Several captions of an image are several lines, which need not follow each other. A
// line without a TAB names an image without a caption.
//
// A packed file holds picture files one after another. Its index has one line for each picture:
// `name TAB split TAB byte offset TAB byte length`. Its captions have one line each:
// `name TAB split TAB number TAB caption`, where the captions of a picture count from 0.
//
// The lines come from the caller, who may read them with text::LineReader, which also unpacks
// compressed files:
//
//   text::LineReader reader("photos.tsv");
//   const ImageSet photos = ImageSet::from_list(
//       {reader.name(), [&](std::string& line) { return reader.next(line); }}, "");
//   Image image = photos.fitted(0, {.size = {128, 128}});
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vision/fit.h"
#include "vision/image.h"

namespace attend::vision {

class RandomAccessFile;  // random_access_file.h

/// The lines of a text file.
struct LineSource {
  std::string name;  ///< of the file, for messages
  /// Gives the next line, UTF-8 without its end, and returns true. Returns false at the end of the
  /// file. An exception of it goes to the caller of from_list() and from_packed().
  std::function<bool(std::string& line)> next;
};

/// Whether every picture of a set must have a caption.
enum class CaptionRule { kRequired, kOptional };

/// A packed file of pictures.
struct PackedFiles {
  std::filesystem::path images;  ///< a regular file
  LineSource index;
  LineSource captions = {};  ///< without `next`: no picture has captions
  /// The pictures of this split alone, with their captions; empty: all pictures.
  std::string split = {};
};

/// Each picture once, with its captions, in the order in which pictures first appear. Pictures are
/// read from their files when they are asked for; names and captions are in memory. Immutable and
/// thread-safe: several threads may read pictures of one set.
class ImageSet {
 public:
  /// Reads a list. `folder` is the one that paths are relative to; "" is the current folder. Does
  /// not look for the pictures. Throws DataError (file:line, what was found, what was expected) for
  /// a line with more than two fields, an empty path, an image without a caption where `rule`
  /// requires one, and a blank caption, and for a list without any line.
  static ImageSet from_list(const LineSource& list, const std::filesystem::path& folder,
                            CaptionRule rule = CaptionRule::kRequired);

  /// Opens a packed file and reads its index and captions. Throws DataError (file:line, what was
  /// found, what was expected) for a packed file that cannot be opened, and for a line with a wrong
  /// number of fields, an empty name, an offset or a length that is no number, or bytes beyond the
  /// end of the packed file; for a name that the index has twice; for a caption of a name or a
  /// split that the index does not have, with a number out of order, or blank; for a picture
  /// without captions where `rule` requires one; and for a set without any picture.
  static ImageSet from_packed(const PackedFiles& files, CaptionRule rule = CaptionRule::kRequired);

  ~ImageSet();
  ImageSet(ImageSet&&) noexcept;
  ImageSet& operator=(ImageSet&&) noexcept;

  /// The number of pictures; at least 1.
  std::size_t size() const;
  /// Returns the path of a picture as the list has it, or its name in the index.
  const std::string& name(std::size_t image) const;
  /// Returns the captions of a picture, in the order of their lines.
  const std::vector<std::string>& captions(std::size_t image) const;
  /// Returns where a picture is named, for messages: "photos.tsv:12".
  std::string place(std::size_t image) const;

  /// Returns the file of a picture, at most `limit` bytes. Throws ImageError with place().
  std::vector<std::uint8_t> bytes(std::size_t image, std::size_t limit = ImageLimits{}.bytes) const;
  /// Returns a picture in full size. Throws ImageError with place(), as decode_image() does.
  Image decoded(std::size_t image, const DecodeOptions& options = {}) const;
  /// Returns a picture as a model reads it. Throws ImageError with place(), as decode_fitted()
  /// does.
  Image fitted(std::size_t image, const FitOptions& options) const;

  struct Entry;  // one picture; internal

 private:
  ImageSet();

  std::vector<Entry> entries_;
  std::string index_;                       // the name of the list or of the index
  std::filesystem::path folder_;            // of a list
  std::unique_ptr<RandomAccessFile> pack_;  // nullptr: a list
};

}  // namespace attend::vision
