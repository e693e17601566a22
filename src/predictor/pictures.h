// The pictures that sources name: files in a folder, one packed file, or annotations in a file of
// features.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "attend/options.hpp"
#include "model/model.h"

namespace attend::predictor {

using attend::PictureOptions;

/// Throws UsageError where a model of texts is told where pictures are.
void check_picture_options(const PictureOptions& options,
                           const model::Configuration& configuration);

/// Reads pictures as an encoder reads them. Immutable; safe to use from several threads.
class Pictures {
 public:
  /// Opens the files. Throws UsageError where the options do not fit the encoder or each other, and
  /// DataError where a file cannot be read. `configuration` must be one of an encoder that reads
  /// pictures.
  Pictures(const PictureOptions& options, const model::Configuration& configuration);

  /// Reads the picture that a source names. Throws DataError, one line, for a name that the files
  /// do not have, for a broken picture, and for annotations of another shape than the model's.
  model::Picture read(const std::string& name) const;
  /// Reads the picture as Predictor::shown_picture() says.
  vision::Image shown(const std::string& name, int side) const;
  /// Returns the size of a picture in its file, upright. Throws as shown() does.
  vision::Size size_of(const std::string& name) const;
  /// Throws as read() does for given annotations whose name or shape is wrong. Does nothing for
  /// pictures, whose faults their decoding finds.
  void check(const std::string& name) const;
  /// Returns a number that tells one packed file with its index, or one file of annotations with
  /// its names, from another (docs/formats.md). 0 for files in a folder.
  std::uint64_t fingerprint() const;
  /// Returns the size of the file of a picture, where every picture is a file of its own;
  /// otherwise, and where it cannot be read, 0.
  std::uint64_t bytes_of_file(const std::string& name) const;
  /// Whether reading takes the time of decoding: pictures do, given annotations do not.
  bool decodes() const { return decodes_; }
  /// The bytes that a picture takes in memory.
  std::size_t bytes() const { return bytes_; }

  class Files;  // internal

 private:
  std::shared_ptr<const Files> files_;
  std::shared_ptr<const Files> looked_at_;  // the pictures themselves, or files_
  vision::Size size_;                       // of the picture that a model reads
  bool decodes_ = true;
  std::size_t bytes_;
};

}  // namespace attend::predictor
