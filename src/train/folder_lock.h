// Makes sure that only one training at a time works in a folder. Needs no libtorch.
#pragma once

#include <filesystem>

namespace attend::train {

/// Makes the folder if necessary and locks it. The lock ends with the object, or with the process
/// however that ends. UsageError when another training holds the lock. Error when the folder cannot
/// be made, opened or locked.
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
