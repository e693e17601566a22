// Helpers of every test program: temporary folders, files, the place of real data and of the
// binaries.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace attend::testing {

/// A folder of its own that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view bytes);
std::string read_file(const std::filesystem::path& path);

/// Where the real data sets lie (environment variable ATTEND_DATA, else the configured folder); the
/// path may not exist: use ATTEND_REQUIRE_DATA.
std::filesystem::path data_folder();
std::filesystem::path source_folder();  ///< the root of the source tree
std::filesystem::path binary_folder();  ///< where attend and attend-train were built

}  // namespace attend::testing

/// Skips the test, visibly, when a real data file is absent.
#define ATTEND_REQUIRE_DATA(relative_path)                                          \
  if (!std::filesystem::exists(::attend::testing::data_folder() / (relative_path))) \
  GTEST_SKIP() << "no data at " << (::attend::testing::data_folder() / (relative_path))
