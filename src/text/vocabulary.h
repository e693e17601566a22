// Units numbered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attend::text {

using TokenId = std::int32_t;

/// No token: the previous token of the first decoding step, whose embedding is zero (§1.3).
inline constexpr TokenId kNoToken = -1;

/// Reserved units. A vocabulary holds those that its side needs; text never maps to them, a `</s>`
/// written in the data is unknown.
inline constexpr std::string_view kPadding = "<pad>";
inline constexpr std::string_view kUnknown = "<unk>";
inline constexpr std::string_view kEnd = "</s>";

/// True for the three spellings above.
bool is_reserved(std::string_view unit);

struct VocabularyOptions {
  std::size_t minimum_count = 1;
  std::size_t maximum_size = 0;  ///< reserved units included; 0: no limit
  std::vector<std::string> reserved{"<pad>", "<unk>", "</s>"};
  bool sorted_by_unit = false;  ///< by bytes, and reserved units last (the date exercise, §5.3);
                                ///< otherwise reserved first, then by falling count, then bytes
};

/// Immutable; safe to use from several threads.
class Vocabulary {
 public:
  /// In the order given. ModelError when a unit stands twice, is empty, holds a line feed or broken
  /// UTF-8, or when there are none.
  explicit Vocabulary(std::vector<std::string> units);
  /// The most frequent units (ties: bytes) of at least the minimum count that have room. Reserved
  /// spellings among `counts` are left out. UsageError when `maximum_size` leaves no room beside
  /// the reserved units; ModelError when nothing is left at all.
  static Vocabulary build(const std::unordered_map<std::string, std::size_t>& counts,
                          const VocabularyOptions& options);
  /// One unit a line, each ended by LF (nothing else ends a line; the last LF may not be missing).
  /// ModelError with file and line on a duplicate, an empty line or broken UTF-8, and with the file
  /// when it cannot be read.
  static Vocabulary load(const std::filesystem::path& path);
  /// Atomically; Error when it cannot be written.
  void save(const std::filesystem::path& path) const;

  std::size_t size() const { return units_.size(); }
  /// `id` must lie in [0, size()); CheckFailure otherwise.
  const std::string& unit(TokenId id) const;
  /// Id of an ordinary unit; the unknown id when it is not there (or is spelled like a reserved
  /// one); nothing when there is no `<unk>` either.
  std::optional<TokenId> id(std::string_view unit) const;
  bool contains(std::string_view unit) const;  ///< as an ordinary (not reserved) unit
  std::optional<TokenId> padding() const { return padding_; }
  std::optional<TokenId> unknown() const { return unknown_; }
  std::optional<TokenId> end() const { return end_; }
  const std::vector<std::string>& units() const { return units_; }
  bool operator==(const Vocabulary& other) const { return units_ == other.units_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view unit) const {
      return std::hash<std::string_view>{}(unit);
    }
  };

  std::vector<std::string> units_;
  std::unordered_map<std::string, TokenId, Hash, std::equal_to<>> ids_;  // ordinary units only
  std::optional<TokenId> padding_, unknown_, end_;
};

}  // namespace attend::text
