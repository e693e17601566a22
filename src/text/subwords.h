// SentencePiece behind a narrow door. Internal to the folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attend::text {

/// What SentencePiece writes for a space (U+2581).
inline constexpr std::string_view kSubwordSpace = "\xe2\x96\x81";

struct Piece {
  std::string text;
  std::size_t begin;  // bytes [begin, end) of the text, empty for an added space alone
  std::size_t end;
};

/// A loaded model. Safe to use from several threads.
class SubwordModel {
 public:
  /// ModelError when `model` is not the bytes of a SentencePiece model.
  explicit SubwordModel(std::string_view model);
  ~SubwordModel();
  /// The pieces of prepared text. Characters without a piece come as they are.
  std::vector<Piece> cut(std::string_view text) const;

 private:
  struct Data;
  std::unique_ptr<const Data> data_;
};

}  // namespace attend::text
