#include "metrics/chrf.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "metrics/ngrams.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

constexpr std::size_t kLargestOrder = 16;

void check_options(const ChrfOptions& options) {
  if (options.character_order < 1 || options.character_order > kLargestOrder)
    throw UsageError(fmt::format("chrF's character order must be 1 to {}, not {}", kLargestOrder,
                                 options.character_order));
  if (options.word_order > kLargestOrder)
    throw UsageError(fmt::format("chrF's word order must be 0 to {}, not {}", kLargestOrder,
                                 options.word_order));
  if (!std::isfinite(options.beta) || options.beta <= 0)
    throw UsageError(fmt::format("chrF's beta must be above 0, not {}", options.beta));
}

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

/// Returns the words of a text, with one character of ASCII punctuation split off each: the last
/// one, else the first one. A word of one character is left alone. An ASCII mark is one byte, so
/// looking at bytes is enough.
std::vector<std::string_view> words_and_marks(std::string_view text) {
  std::vector<std::string_view> result;
  for (const std::string_view word : split_words(text)) {
    if (word.size() > 1 && is_punctuation(word.back())) {
      result.push_back(word.substr(0, word.size() - 1));
      result.push_back(word.substr(word.size() - 1));
    } else if (word.size() > 1 && is_punctuation(word.front())) {
      result.push_back(word.substr(0, 1));
      result.push_back(word.substr(1));
    } else {
      result.push_back(word);
    }
  }
  return result;
}

/// The n-grams of one text.
struct TextNgrams {
  NgramsByOrder characters;  // [character_order][position]
  NgramsByOrder words;       // [word_order][position]
};

/// Extracts the n-grams of texts that are compared with each other.
class Extractor {
 public:
  explicit Extractor(const ChrfOptions& options) : options_(options) {}

  TextNgrams extract(const std::string& raw) {
    const std::string text = options_.lowercase ? lower_case(raw) : raw;
    std::vector<std::uint32_t> symbols = code_points(text);
    if (!options_.whitespace) std::erase_if(symbols, is_space);
    TextNgrams result;
    result.characters = characters_.of(symbols, options_.character_order);
    if (options_.word_order > 0)
      result.words = words_.of(words_and_marks(text), options_.word_order);
    return result;
  }

  /// Returns counts for each order, [character_order + word_order].
  std::vector<ChrfCounts> compare(const TextNgrams& hypothesis, const TextNgrams& reference) const {
    std::vector<ChrfCounts> counts;
    append(hypothesis.characters, reference.characters, characters_.size(), counts);
    append(hypothesis.words, reference.words, words_.size(), counts);
    return counts;
  }

 private:
  static void append(const NgramsByOrder& hypothesis, const NgramsByOrder& reference,
                     std::size_t id_count, std::vector<ChrfCounts>& counts) {
    const auto matches = clipped_matches(hypothesis, count_ngrams(reference, id_count));
    for (std::size_t order = 0; order < hypothesis.size(); ++order)
      counts.push_back({reference[order].empty() ? 0 : hypothesis[order].size(),
                        reference[order].size(), matches[order]});
  }

  const ChrfOptions& options_;
  NgramIds characters_;
  NgramIds words_;
};

double share(std::size_t part, std::size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

double f_score(double precision, double recall, double beta) {
  const double weight = beta * beta;
  const double denominator = weight * precision + recall;
  return denominator > 0 ? (1 + weight) * precision * recall / denominator : 0;
}

}  // namespace

ChrfCounts& ChrfCounts::operator+=(const ChrfCounts& other) {
  hypothesis += other.hypothesis;
  reference += other.reference;
  matches += other.matches;
  return *this;
}

double chrf_from_counts(std::span<const ChrfCounts> counts, const ChrfOptions& options) {
  double precisions = 0;
  double recalls = 0;
  double f_scores = 0;
  std::size_t orders = 0;
  for (const ChrfCounts& count : counts) {
    if (count.hypothesis == 0 || count.reference == 0) continue;
    const double precision = share(count.matches, count.hypothesis);
    const double recall = share(count.matches, count.reference);
    precisions += precision;
    recalls += recall;
    f_scores += f_score(precision, recall, options.beta);
    ++orders;
  }
  if (options.epsilon_smoothing) return 100 * f_scores / static_cast<double>(counts.size());
  if (orders == 0) return 0;
  const auto count = static_cast<double>(orders);
  return 100 * f_score(precisions / count, recalls / count, options.beta);
}

std::vector<ChrfCounts> count_chrf(const std::string& hypothesis,
                                   std::span<const std::string> references,
                                   const ChrfOptions& options) {
  check_options(options);
  Extractor extractor(options);
  const TextNgrams ngrams = extractor.extract(hypothesis);
  std::vector<ChrfCounts> best;
  double best_score = -1;
  for (const std::string& reference : references) {
    const TextNgrams reference_ngrams = extractor.extract(reference);
    auto counts = extractor.compare(ngrams, reference_ngrams);
    const double score = chrf_from_counts(counts, options);
    if (score <= best_score) continue;
    best_score = score;
    best = std::move(counts);
  }
  return best;
}

std::string chrf_signature(std::string_view reference_count, const ChrfOptions& options) {
  std::string signature =
      fmt::format("nrefs:{}|case:{}|eff:{}|nc:{}|nw:{}|space:{}", reference_count,
                  options.lowercase ? "lc" : "mixed", options.epsilon_smoothing ? "no" : "yes",
                  options.character_order, options.word_order, options.whitespace ? "yes" : "no");
  if (options.beta != ChrfOptions{}.beta) signature += fmt::format("|beta:{}", options.beta);
  return signature;
}

}  // namespace attend::metrics
