// Scenes in a folder: pictures in one packed file, tables of captions and boxes.
//
// docs/formats.md describes the files:
//   images.bin     the pictures as PNG, one after another
//   index.tsv      name, split, byte offset, byte length
//   captions.tsv   name, split, number of the caption (0), caption
//   boxes.tsv      name, split, number of the caption (0), place of the word, word, x0, y0, x1, y1
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "scenes/scene.h"

namespace attend::scenes {

/// Returns the picture as the bytes of a PNG file. Thread-safe.
std::string picture_file(const Scene& scene);

/// Writes a folder of scenes, which is whole or empty. Until commit() the files have no names; an
/// object that is destroyed before removes what it has made. A signal may leave an empty folder.
/// Every failure throws Error with the path and the system's reason. Not thread-safe.
class SceneFolder {
 public:
  /// Makes the folder, and those above it. Throws UsageError where `path` is no folder or has
  /// anything in it.
  explicit SceneFolder(const std::filesystem::path& path);
  ~SceneFolder();
  SceneFolder(const SceneFolder&) = delete;
  SceneFolder& operator=(const SceneFolder&) = delete;

  /// Adds a scene. `file` is its picture_file().
  void add(const Scene& scene, std::string_view file);
  /// Adds a file of any contents beside the others.
  void add_file(const std::string& name, std::string_view bytes);
  /// Gives all files their names. Call this once, last.
  void commit();

 private:
  struct Files;
  std::unique_ptr<Files> files_;
  std::uint64_t scenes_ = 0;
  std::uint64_t offset_ = 0;  // of the next picture in images.bin
};

}  // namespace attend::scenes
