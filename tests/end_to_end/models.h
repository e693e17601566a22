// Tiny models for all tests of this folder. They are trained once, through the binaries.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace attend::end_to_end {

/// The model folders. Do not write into them; copy_model() makes a copy to damage.
struct Models {
  std::filesystem::path strings;   ///< preset default: reverses characters, ASCII and others
  std::filesystem::path words;     ///< preset default on words, two layers, LSTM
  std::filesystem::path subwords;  ///< the sentences of `words` in SentencePiece units
  std::filesystem::path dates;     ///< preset dates, smaller: fixed lengths, no </s>
  /// Preset luong, smaller, on the pairs of `strings`; invisible: keep.
  std::filesystem::path luong;
};

/// Returns the models and trains those that do not exist yet. The folders are in the build tree and
/// are trained again when the binaries change. Several test processes may call this at once. Throws
/// std::runtime_error.
const Models& models();

std::filesystem::path copy_model(const std::filesystem::path& model,
                                 const std::filesystem::path& to);

/// Returns pairs for the strings model: a source of one to six characters and its reverse.
std::vector<std::pair<std::string, std::string>> string_pairs(std::size_t count,
                                                              std::uint64_t seed);
std::string to_tsv(const std::vector<std::pair<std::string, std::string>>& pairs);

/// Returns options of `attend train` for a model of a few thousand parameters that trains in a
/// second.
std::vector<std::string> tiny_options(std::size_t updates);

}  // namespace attend::end_to_end
