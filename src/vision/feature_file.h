// Annotations of pictures that another program computed, or that a trained encoder of Attend did:
// features in files (docs/formats.md, Features of pictures).
//
// A picture has a grid of regions, row by row from the top, and each region an annotation of
// `units` numbers. A file is one of these:
//
//   .npy          one array [images, regions, units] or [images, rows, columns, units], and a file
//                 of names with one line for each image
//   safetensors   one tensor for each image, whose name is that of the image: [regions, units] or
//                 [rows, columns, units]; tensors may have different numbers of regions
//
// The first bytes of a file tell which one it is, and its name does not matter.
//
//   const FeatureFile features = FeatureFile::open("photos.npy", lines_of_file);
//   if (const auto image = features.find("beach.jpg")) use(features.values(*image));
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

#include "vision/packed.h"

namespace attend::vision {

/// The regions of a picture: as many as rows · columns. A picture whose regions have no order in
/// two dimensions, such as boxes of detected objects, has one row.
struct Grid {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t regions() const { return rows * columns; }
  friend bool operator==(const Grid&, const Grid&) = default;
};

/// The most values that a picture may have: rows · columns · units. In memory they are 256 MiB.
inline constexpr std::size_t kMaximumFeatureValues = std::size_t{1} << 26;

/// Opens a text file and gives its lines, as text::LineReader reads them.
using OpenLines = std::function<LineSource(const std::filesystem::path&)>;

/// An open file of features. Values are read from the file when they are asked for, so that the
/// file may be larger than the memory; names are in memory. Immutable, thread-safe and cheap to
/// copy.
class FeatureFile {
 public:
  /// Opens a file. The names of the images of a .npy file are the lines of `names`; without it,
  /// those of the file with ".names" behind its path. `open_lines` opens this file, and its
  /// exceptions go to the caller. Throws UsageError for `names` beside a safetensors file, which
  /// has names itself. Throws DataError (file and line, what was found, what was expected)
  /// - for a file that is missing, no regular one, truncated, damaged or of another kind;
  /// - for numbers other than little-endian float16, float32 and float64, and bfloat16 in
  ///   safetensors;
  /// - for arrays in Fortran order, with another number of dimensions or an empty one, with more
  ///   than kMaximumFeatureValues for an image, or with different units for different images;
  /// - for empty names, equal names, and a number of names that is not that of the images.
  static FeatureFile open(const std::filesystem::path& path, const OpenLines& open_lines,
                          const std::filesystem::path& names = {});

  std::size_t size() const;  ///< the number of images, at least 1
  /// Returns the name of an image, which counts from 0 in the order of the file.
  const std::string& name(std::size_t image) const;
  /// Returns the image of a name, or nothing.
  std::optional<std::size_t> find(std::string_view name) const;
  const std::string& path() const;  ///< of the file, for messages

  std::size_t units() const;  ///< the size of an annotation, at least 1
  /// Returns the grid of an image. Where the file has no rows and columns, a square number of
  /// regions is taken for a square, and any other number for one row.
  Grid grid(std::size_t image) const;
  std::size_t regions(std::size_t image) const { return grid(image).regions(); }

  /// Reads the annotations of an image: [regions(image), units()]. Throws ImageError, with the
  /// file, the image and the place, for a number that is not finite as a float32, and DataError
  /// where the file cannot be read, as when it has become shorter.
  std::vector<float> values(std::size_t image) const;

  struct Data;  // internal

 private:
  explicit FeatureFile(std::shared_ptr<const Data> data);
  std::shared_ptr<const Data> data_;
};

}  // namespace attend::vision
