#include "model/provenance.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <string>
#include <string_view>

#include "base/base.h"

namespace attend::model {
namespace {

constexpr const char* kPrefix = "attend.";
constexpr const char* kOptions = "attend.model";

std::string hash(std::string_view bytes) {
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

// Returns the hash of each file, with the file's name as key.
Metadata hashes(const ModelText& text) {
  Metadata result;
  for (const auto& [name, side] :
       {std::pair<const char*, const Side&>{"source", text.source}, {"target", text.target}}) {
    result[fmt::format("{}.vocab", name)] =
        hash(fmt::format("{}\n", fmt::join(side.vocabulary.units(), "\n")));
    if (!side.subword_model.empty()) result[fmt::format("{}.spm", name)] = hash(side.subword_model);
  }
  return result;
}

}  // namespace

Metadata provenance(const ModelText& text) {
  Metadata result{{kOptions, write_yaml(text.configuration, kFormatPlain, describes_model)}};
  for (const auto& [file, value] : hashes(text)) result[kPrefix + file] = value;
  return result;
}

void check_provenance(const ModelText& text, const Metadata& metadata,
                      const std::filesystem::path& folder,
                      const std::filesystem::path& weights_file) {
  const auto options = metadata.find(kOptions);
  if (options == metadata.end()) return;
  const Configuration recorded =
      stored_configuration(options->second, fmt::format("{}: {}", weights_file.string(), kOptions));
  if (const auto found = find_difference(text.configuration, recorded, describes_model)) {
    throw ModelError(fmt::format("{}: {} is '{}', but {} was trained with '{}'",
                                 (folder / "config.yml").string(), found->name, found->first,
                                 weights_file.string(), found->second));
  }
  for (const auto& [file, value] : hashes(text)) {
    const auto expected = metadata.find(kPrefix + file);
    if (expected == metadata.end() || expected->second == value) continue;
    throw ModelError(fmt::format("{} is damaged or not the one that {} was trained with",
                                 (folder / file).string(), weights_file.string()));
  }
}

}  // namespace attend::model
