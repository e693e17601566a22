// The units of a side, numbered from 0.
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

/// No token: the previous token of the first decoding step. Its embedding is zero (docs/models.md
/// §1.3).
inline constexpr TokenId kNoToken = -1;

/// The reserved units. A vocabulary holds those that its side needs. Text never maps to them: a
/// `</s>` written in the data is an unknown unit.
inline constexpr std::string_view kPadding = "<pad>";
inline constexpr std::string_view kUnknown = "<unk>";
inline constexpr std::string_view kEnd = "</s>";

/// Whether `unit` is one of the three spellings above.
bool is_reserved(std::string_view unit);

struct VocabularyOptions {
  std::size_t minimum_count = 1;
  std::size_t maximum_size = 0;  ///< including reserved units; 0: no limit
  std::vector<std::string> reserved{"<pad>", "<unk>", "</s>"};
  /// Sorted by bytes, with reserved units last (the date exercise, docs/models.md §5.3). Otherwise
  /// reserved units come first, then the others by falling count, equal counts by bytes.
  bool sorted_by_unit = false;
};

/// Maps units to ids and back. Immutable; safe to use from several threads.
class Vocabulary {
 public:
  /// Numbers the units in the order given. Throws ModelError when there is no unit, or when one
  /// occurs twice, is empty, contains a line feed or is broken UTF-8.
  explicit Vocabulary(std::vector<std::string> units);
  /// Takes the most frequent units (ties: by bytes) that occur at least `minimum_count` times, as
  /// many as there is room for. Ignores reserved spellings among `counts`. Throws UsageError when
  /// `maximum_size` leaves no room next to the reserved units, and ModelError when no unit is left
  /// at all.
  static Vocabulary build(const std::unordered_map<std::string, std::size_t>& counts,
                          const VocabularyOptions& options);
  /// Reads a file of one unit a line. LF ends every line, including the last one, and nothing else
  /// ends a line. Throws ModelError, with file and line for a duplicate, an empty line or broken
  /// UTF-8, and with the file when it cannot be read.
  static Vocabulary load(const std::filesystem::path& path);
  /// Writes the file atomically. Throws Error when it cannot be written.
  void save(const std::filesystem::path& path) const;

  std::size_t size() const { return units_.size(); }
  /// `id` must lie in [0, size()); CheckFailure otherwise.
  const std::string& unit(TokenId id) const;
  /// Returns the id of an ordinary unit. For a unit that is not in the vocabulary, or is spelled
  /// like a reserved one, returns the id of `<unk>`, or nothing when there is no `<unk>` either.
  std::optional<TokenId> id(std::string_view unit) const;
  bool contains(std::string_view unit) const;  ///< as an ordinary unit, not a reserved one
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
