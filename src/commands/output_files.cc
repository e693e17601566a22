#include "commands/output_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/base.h"

namespace attend::commands {

void check_svg(std::string_view flag, const std::string& file) {
  if (file.empty() || file.ends_with(".svg") || is_written_directly(file)) return;
  throw UsageError(fmt::format("{}: found '{}', expected a name that ends in .svg", flag, file));
}

void check_distinct(std::string_view flag, const std::string& file, std::string_view other_flag,
                    const std::string& other_file) {
  namespace fs = std::filesystem;
  if (file.empty() || other_file.empty()) return;
  std::error_code ignored;
  if (file != "-" && fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) return;
  const bool is_stream = file == "-" || other_file == "-";
  if (is_stream ? file == other_file : is_one_file(file, other_file)) {
    throw UsageError(fmt::format("{} and {} would both write '{}'", flag, other_flag, other_file));
  }
}

std::vector<NamedFile> named_files(const PairFiles& files) {
  return {{"the pairs", files.tsv}, {"--source", files.source}, {"--target", files.target}};
}

std::vector<NamedFile> named_files(const PictureOptions& pictures) {
  return {{"--images", pictures.images},
          {"--image-index", pictures.index},
          {"--features", pictures.features},
          {"--feature-names", pictures.names}};
}

void check_kept(std::span<const NamedFile> inputs, const NamedFile& output) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto is_file = [&](const std::string& file) {
    return !file.empty() && file != "-" && fs::is_regular_file(file, ignored);
  };
  if (!is_file(output.file)) return;
  for (const auto& [flag, file] : inputs) {
    if (!is_file(file) || !is_one_file(file, output.file)) continue;
    throw UsageError(fmt::format("{} would write '{}' over {}: give another name", output.flag,
                                 output.file, flag));
  }
}

KeptPictures::KeptPictures(const Predictor& predictor, const PictureOptions& pictures,
                           std::span<const NamedFile> outputs)
    : folder_(pictures.images) {
  std::error_code none;
  const bool files = predictor.info().reads_pictures && pictures.features.empty() &&
                     !std::filesystem::is_regular_file(pictures.images, none);
  for (const NamedFile& output : outputs) {
    const bool exists = std::filesystem::is_regular_file(output.file, none);
    if (files && output.file != "-" && exists) outputs_.push_back(output);
  }
}

void KeptPictures::check(std::span<const std::string> sources) const {
  for (const NamedFile& output : outputs_) {
    for (const std::string& source : sources) {
      std::error_code none;
      if (!std::filesystem::equivalent(folder_ / source, output.file, none)) continue;
      throw UsageError(
          fmt::format("{} would write '{}' over a picture that it reads: give another "
                      "name",
                      output.flag, output.file));
    }
  }
}

}  // namespace attend::commands
