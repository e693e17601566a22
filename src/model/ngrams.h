// Word vectors that are made of character n-grams, as fastText makes them (Bojanowski et al. 2017).
// Words that look alike share n-grams, so that a word of which training has seen little or nothing
// has a vector that means something:
//
//   x = E w + (1 / |G(w)|) Σ_{g ∈ G(w)} B h(g)
//
// G(w) are the n-grams of <w>, the word between angle brackets, of 3 to 6 characters (code points
// of UTF-8), h is FNV-1a modulo the number of rows of B, and E w of a word outside the vocabulary
// is that of <unk>. Tokens that are no units of the text (</s>, padding) have no n-grams: x = E w.
//
// The n-grams are a matter of texts, which no engine knows. Whoever makes a source finds them:
// Source::ngrams holds for each token the number of its word in a list of words, and the list holds
// the rows of B. The sources of a training share one list, in which each word stands once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/configuration.h"

namespace attend::model {

/// Words and the rows of B that their n-grams have.
class NgramList {
 public:
  std::size_t words() const { return starts_.size() - 1; }
  /// The rows of a word, in the order of its n-grams. At least one.
  std::span<const std::int32_t> rows(std::size_t word) const {
    const auto begin = static_cast<std::size_t>(starts_[word]);
    return std::span(rows_).subspan(begin, static_cast<std::size_t>(starts_[word + 1]) - begin);
  }
  void add(std::span<const std::int32_t> rows);

 private:
  std::vector<std::int64_t> starts_{0};  // [words + 1]
  std::vector<std::int32_t> rows_;
};

/// The n-grams of a source. The list may belong to several sources.
struct Ngrams {
  std::shared_ptr<const NgramList> list = nullptr;  ///< null: no position has n-grams
  // [units]: the word of each position in `list`. Positions behind them have no n-grams.
  std::vector<std::int32_t> words = {};
};

/// Finds the n-grams of the units of sources. Not thread-safe.
class NgramFinder {
 public:
  explicit NgramFinder(const EncoderConfig& encoder);
  /// Returns the n-grams of a source whose first tokens are `units`. Without encoder.ngrams the
  /// result is empty. Results share a list, to which later calls add words.
  Ngrams find(std::span<const std::string_view> units);

 private:
  std::int64_t buckets_;
  std::shared_ptr<NgramList> list_ = std::make_shared<NgramList>();
  std::unordered_map<std::string, std::int32_t> known_;  // the number of each word in list_
};

/// Returns the rows, below `buckets` (> 0), of the n-grams of a word of well-formed UTF-8: first
/// those that begin at its first character, by rising length. Of a long word only the first 64
/// characters count.
std::vector<std::int32_t> ngram_rows(std::string_view word, std::int64_t buckets);

/// The name of B [buckets, m_x].
inline constexpr const char* kNgramTable = "source_ngrams.weight";

}  // namespace attend::model
