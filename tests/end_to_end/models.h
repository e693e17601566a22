// Tiny models trained once, through the binaries, for all tests of this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace attend::end_to_end {

/// Model folders; nobody may write into them (copy_model() makes one to damage).
struct Models {
  std::filesystem::path strings;   ///< preset default: characters (ASCII and not), reversed
  std::filesystem::path words;     ///< preset default on words, two layers, LSTM
  std::filesystem::path subwords;  ///< the same sentences in SentencePiece units
  std::filesystem::path dates;     ///< preset dates, smaller: fixed lengths, no </s>
  std::filesystem::path luong;  ///< preset luong, smaller, on the pairs of strings; invisible: keep
};

/// Trains what is not there yet. The folders lie in the build tree and are trained anew when the
/// binaries change; several test processes may ask at once. Throws std::runtime_error.
const Models& models();

std::filesystem::path copy_model(const std::filesystem::path& model,
                                 const std::filesystem::path& to);

/// Pairs for the strings model: a source of one to six characters and its reverse.
std::vector<std::pair<std::string, std::string>> string_pairs(std::size_t count,
                                                              std::uint64_t seed);
std::string to_tsv(const std::vector<std::pair<std::string, std::string>>& pairs);

/// Options of `attend train` for a model of a few thousand parameters that trains in a second.
std::vector<std::string> tiny_options(std::size_t updates);

}  // namespace attend::end_to_end
