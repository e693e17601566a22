// What commands check about the files that they write, before they write any.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_line.h"

namespace attend::commands {

/// Throws UsageError for a picture whose name does not end in .svg, unless it is "-" or a device.
void check_svg(std::string_view flag, const std::string& file);
/// Throws UsageError when two options name one file to write.
void check_distinct(std::string_view flag, const std::string& file, std::string_view other_flag,
                    const std::string& other_file);

/// A file that an option names, or none if the name is empty.
struct NamedFile {
  std::string_view flag;
  std::string file;
};
/// Returns the files of pairs: the TSV, --source and --target.
std::vector<NamedFile> named_files(const PairFiles& files);
/// Returns the files of pictures: --images, --image-index, --features and --feature-names.
std::vector<NamedFile> named_files(const PictureOptions& pictures);
/// Throws UsageError where a file to write is one that the command reads: the answers would take
/// its place. Standard streams, devices and pipes may be both.
void check_kept(std::span<const NamedFile> inputs, const NamedFile& output);

/// Says so where a file to write is a picture that a source names. Does nothing where sources name
/// no files: for texts, packed pictures and given annotations.
class KeptPictures {
 public:
  KeptPictures(const Predictor& predictor, const PictureOptions& pictures,
               std::span<const NamedFile> outputs);
  /// Throws UsageError for such a picture. Call it before the first output is committed.
  void check(std::span<const std::string> sources) const;

 private:
  std::filesystem::path folder_;
  std::vector<NamedFile> outputs_;  // those that exist already
};

}  // namespace attend::commands
