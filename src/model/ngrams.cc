#include "model/ngrams.h"

#include <algorithm>

namespace attend::model {
namespace {

// FNV-1a of 32 bits.
std::uint32_t hash(std::string_view text) {
  std::uint32_t sum = 2166136261U;
  for (const char byte : text) sum = (sum ^ static_cast<unsigned char>(byte)) * 16777619U;
  return sum;
}

// Returns where each character of well-formed UTF-8 begins, and where the last one ends.
std::vector<std::size_t> borders_of_characters(std::string_view text) {
  std::vector<std::size_t> borders;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) borders.push_back(i);
  }
  borders.push_back(text.size());
  return borders;
}

}  // namespace

std::vector<std::int32_t> ngram_rows(std::string_view word, std::int64_t buckets) {
  constexpr std::size_t kShortest = 3, kLongest = 6, kMostCharacters = 64;
  std::vector<std::size_t> borders = borders_of_characters(word);
  if (borders.size() > kMostCharacters) word = word.substr(0, borders[kMostCharacters]);
  const std::string marked = "<" + std::string(word) + ">";
  borders = borders_of_characters(marked);
  const std::size_t characters = borders.size() - 1;
  std::vector<std::int32_t> rows;
  for (std::size_t first = 0; first < characters; ++first) {
    for (std::size_t n = kShortest; n <= std::min(kLongest, characters - first); ++n) {
      const std::string_view ngram =
          std::string_view(marked).substr(borders[first], borders[first + n] - borders[first]);
      rows.push_back(static_cast<std::int32_t>(hash(ngram) % static_cast<std::uint64_t>(buckets)));
    }
  }
  return rows;
}

void NgramList::add(std::span<const std::int32_t> rows) {
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  starts_.push_back(static_cast<std::int64_t>(rows_.size()));
}

NgramFinder::NgramFinder(const EncoderConfig& encoder) : buckets_(encoder.ngrams) {}

Ngrams NgramFinder::find(std::span<const std::string_view> units) {
  if (buckets_ == 0) return {};
  Ngrams result{list_, {}};
  result.words.reserve(units.size());
  for (const std::string_view unit : units) {
    const auto [found, is_new] =
        known_.try_emplace(std::string(unit), static_cast<std::int32_t>(list_->words()));
    if (is_new) list_->add(ngram_rows(unit, buckets_));
    result.words.push_back(found->second);
  }
  return result;
}

}  // namespace attend::model
