// Writes files of features, which FeatureFile reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/base.h"
#include "vision/feature_file.h"

namespace attend::vision {

/// Writes the annotations of pictures as float32, one picture after another. A path that ends in
/// ".npy" gives a .npy file and a file of names beside it, whose path is the same with ".names"
/// behind it. Any other path gives safetensors. The memory depends on the names alone. The files
/// appear with commit() and not before. Not thread-safe.
class FeatureWriter {
 public:
  /// `names` are the images that may be added, in UTF-8. They must be known at the beginning
  /// because the header of safetensors stands before the values; room is left there for all of
  /// them. `units` is the size of an annotation. Throws DataError for equal names, empty names,
  /// names with control characters, and "__metadata__"; UsageError for a path that is no regular
  /// file, such as a pipe, because the header is written last; Error where the file cannot be
  /// written.
  FeatureWriter(const std::filesystem::path& path, const std::vector<std::string>& names,
                std::size_t units);

  /// Writes the annotations of an image, `values` [grid.rows, grid.columns, units]. `name` is one
  /// of `names` that was not added before. All images of a .npy file must have the grid of the
  /// first one; throws DataError for another one, for more than kMaximumFeatureValues, and
  /// ImageError for a value that is not finite. After a DataError the image may be left out and
  /// others added.
  void add(const std::string& name, Grid grid, std::span<const float> values);

  /// Completes the files. Images that were not added are not in them. Throws DataError where no
  /// image was added, and Error where a file cannot be written.
  void commit();

 private:
  std::string name_;  // of the file, for messages
  AtomicFile file_;
  std::optional<AtomicFile> names_file_;  // of .npy
  std::unordered_set<std::string> left_;  // the names that may still be added
  std::size_t units_;
  std::size_t header_size_ = 0;
  std::vector<SafetensorsEntry> tensors_;  // those that were added
  std::uint64_t size_ = 0;                 // of their values, in bytes
};

}  // namespace attend::vision
