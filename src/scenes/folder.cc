#include "scenes/folder.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/base.h"
#include "vision/vision.h"

namespace attend::scenes {
namespace {

namespace fs = std::filesystem;

void check_empty(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  if (!fs::is_directory(path, error)) {
    throw UsageError(fmt::format("'{}' is no folder", path.string()));
  }
  if (!fs::is_empty(path, error) && !error) {
    throw UsageError(
        fmt::format("'{}' is not empty: scenes need a new or an empty folder", path.string()));
  }
}

/// Folders, each within the one before. They are removed with this object unless keep() was called.
class NewFolders {
 public:
  /// Makes a folder and those above it that are missing.
  explicit NewFolders(const fs::path& path) {
    fs::path part;
    for (const fs::path& name : fs::absolute(path).lexically_normal()) {
      part /= name;
      std::error_code error;
      if (fs::create_directory(part, error)) made_.push_back(part);
      if (!error) continue;
      remove();
      throw Error(fmt::format("cannot make the folder '{}': {}", path.string(), error.message()));
    }
  }
  ~NewFolders() { remove(); }
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;
  void keep() { made_.clear(); }

 private:
  void remove() {
    std::error_code unused;
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
      fs::remove(*folder, unused);
    }
    made_.clear();
  }
  std::vector<fs::path> made_;
};

/// A file that appears with commit(). It is removed with this object unless keep() was called.
class NewFile {
 public:
  explicit NewFile(const fs::path& path) : path_(path), file_(path) {}
  ~NewFile() {
    std::error_code unused;
    if (committed_) fs::remove(path_, unused);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view bytes) { file_.write(bytes); }
  void commit() {
    file_.commit();
    committed_ = true;
  }
  void keep() { committed_ = false; }

 private:
  fs::path path_;
  AtomicFile file_;
  bool committed_ = false;
};

}  // namespace

struct SceneFolder::Files {
  explicit Files(fs::path folder)
      : path(std::move(folder)),
        folders(path),
        images(path / "images.bin"),
        index(path / "index.tsv"),
        captions(path / "captions.tsv"),
        boxes(path / "boxes.tsv") {}

  std::vector<NewFile*> all() {
    std::vector<NewFile*> files = {&images, &index, &captions, &boxes};
    for (const auto& file : others) files.push_back(file.get());
    return files;
  }

  fs::path path;
  NewFolders folders;  // before the files, which must be gone before their folder is removed
  NewFile images, index, captions, boxes;
  std::vector<std::unique_ptr<NewFile>> others;
};

std::string picture_file(const Scene& scene) {
  const Picture& picture = scene.picture;
  return vision::encode_png({{picture.side, picture.side}, picture.pixels});
}

SceneFolder::SceneFolder(const fs::path& path) {
  check_empty(path);
  files_ = std::make_unique<Files>(path);
}
SceneFolder::~SceneFolder() = default;

void SceneFolder::add(const Scene& scene, std::string_view file) {
  // The name of the picture and its split begin a line of every table.
  const std::string start = fmt::format("{:07}.png\t{}", scenes_++, split_name(scene.side));
  files_->images.write(file);
  files_->index.write(fmt::format("{}\t{}\t{}\n", start, offset_, file.size()));
  files_->captions.write(fmt::format("{}\t0\t{}\n", start, scene.caption.text));
  for (const WordBox& word : scene.caption.words) {
    files_->boxes.write(fmt::format("{}\t0\t{}\t{}\t{}\t{}\t{}\t{}\n", start, word.word, word.text,
                                    word.box.x0, word.box.y0, word.box.x1, word.box.y1));
  }
  offset_ += file.size();
}

void SceneFolder::add_file(const std::string& name, std::string_view bytes) {
  files_->others.push_back(std::make_unique<NewFile>(files_->path / name));
  files_->others.back()->write(bytes);
}

void SceneFolder::commit() {
  for (NewFile* file : files_->all()) file->commit();
  for (NewFile* file : files_->all()) file->keep();
  files_->folders.keep();
}

}  // namespace attend::scenes
