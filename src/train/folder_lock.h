// One training a folder at a time.
#pragma once

#include <filesystem>

namespace attend::train {

/// Makes the folder if need be and holds a lock on it until destroyed (or until the process ends,
/// however it ends). UsageError when another training holds it; Error when the folder cannot be
/// made or opened.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace attend::train
