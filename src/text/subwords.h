// The few functions of SentencePiece that Attend uses, in C++. Internal to the folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attend::text {

/// SentencePiece writes this character (U+2581) for a space.
inline constexpr std::string_view kSubwordSpace = "\xe2\x96\x81";

struct Piece {
  std::string text;
  /// Bytes [begin, end) of the text; empty for a lone space that SentencePiece added.
  std::size_t begin;
  std::size_t end;
};

/// A loaded SentencePiece model. Safe to use from several threads.
class SubwordModel {
 public:
  /// Throws ModelError when `model` is not the bytes of a SentencePiece model.
  explicit SubwordModel(std::string_view model);
  ~SubwordModel();
  /// Returns the pieces of a prepared text. Characters without a piece are returned unchanged.
  std::vector<Piece> cut(std::string_view text) const;

 private:
  struct Data;
  std::unique_ptr<const Data> data_;
};

}  // namespace attend::text
