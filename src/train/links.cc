#include "train/links.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "alignment/alignment.h"
#include "base/base.h"

namespace attend::train {
namespace {

// Returns the units of each word, without those where attention may not look.
std::vector<std::vector<std::int32_t>> units_of_words(std::span<const text::Unit> units,
                                                      std::span<const text::ByteSpan> words,
                                                      std::span<const char> allowed) {
  std::vector<std::vector<std::int32_t>> result(words.size());
  const auto shared = text::shared_spans(units, words);
  for (std::size_t j = 0; j < shared.size(); ++j) {
    if (!allowed.empty() && allowed[j] == 0) continue;
    for (std::size_t word = shared[j].first; word < shared[j].second; ++word) {
      result[word].push_back(static_cast<std::int32_t>(j));
    }
  }
  return result;
}

}  // namespace

void LinkReader::next(const text::PairReader& pairs) {
  if (lines_.next(line_)) return;
  throw alignment::unequal_lengths(lines_.name(), lines_.line_number(), pairs.name());
}

std::vector<metrics::Link> LinkReader::links_of(const text::Pair& pair) const {
  metrics::LinkFormat format;
  format.source_length = text::find_words(pair.source).size();
  format.target_length = text::find_words(pair.target).size();
  std::vector<metrics::Link> links =
      metrics::parse_links(line_, lines_.name(), lines_.line_number(), format);
  // A length of 0 would mean that any word is there.
  if (!links.empty() && (format.source_length == 0 || format.target_length == 0)) {
    throw DataError(lines_.name(), lines_.line_number(), "links of a pair with an empty side");
  }
  return links;
}

void LinkReader::finish(const text::PairReader& pairs) {
  bool more = true;
  try {
    more = lines_.next(line_);
  } catch (const text::BadLine&) {
    // A line that cannot be read is a line too.
  }
  if (more) throw alignment::unequal_lengths(pairs.name(), pairs.line_number(), lines_.name());
}

std::vector<model::Link> project_links(std::span<const metrics::Link> links, const text::Pair& pair,
                                       const model::Encoded& source, const model::Encoded& target,
                                       std::span<const char> allowed) {
  if (links.empty()) return {};
  const std::vector<text::ByteSpan> source_words = text::find_words(pair.source);
  const std::vector<text::ByteSpan> target_words = text::find_words(pair.target);
  const auto source_units = units_of_words(source.units, source_words, allowed);
  std::vector<std::vector<std::size_t>> linked_words(target_words.size());  // of each target word
  for (const metrics::Link& link : links) linked_words.at(link.target).push_back(link.source);
  std::vector<model::Link> result;
  const auto shared = text::shared_spans(target.units, target_words);
  for (std::size_t i = 0; i < shared.size(); ++i) {
    std::vector<std::int32_t> positions;
    for (std::size_t word = shared[i].first; word < shared[i].second; ++word) {
      for (const std::size_t linked : linked_words[word]) {
        const std::vector<std::int32_t>& units = source_units.at(linked);
        positions.insert(positions.end(), units.begin(), units.end());
      }
    }
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    for (const std::int32_t j : positions) result.push_back({j, static_cast<std::int32_t>(i)});
  }
  return result;
}

}  // namespace attend::train
