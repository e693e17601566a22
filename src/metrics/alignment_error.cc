#include "metrics/alignment_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/base.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

/// A link as it is written: two indices and the sign between them.
struct WrittenLink {
  Link link;
  char sign = '-';
};

std::optional<WrittenLink> parse_link(std::string_view word) {
  WrittenLink result;
  const char* end = word.data() + word.size();
  const auto source = std::from_chars(word.data(), end, result.link.source);
  if (source.ec != std::errc() || source.ptr == end) return std::nullopt;
  result.sign = *source.ptr;
  const auto target = std::from_chars(source.ptr + 1, end, result.link.target);
  if (target.ec != std::errc() || target.ptr != end) return std::nullopt;
  return result;
}

/// Returns the part of a word that an error message shows.
std::string excerpt(std::string_view word) {
  constexpr std::size_t kLongest = 40;
  if (word.size() <= kLongest) return std::string(word);
  std::size_t length = kLongest;
  while (length > 0 && (static_cast<unsigned char>(word[length]) & 0xC0) == 0x80) --length;
  return std::string(word.substr(0, length)) + "…";
}

std::size_t from_zero(std::size_t index, std::size_t first_index, std::size_t length,
                      std::string_view side, std::string_view word, const std::string& file,
                      std::size_t line) {
  if (index < first_index)
    throw DataError(
        file, line,
        fmt::format("link '{}': words are counted from {}", excerpt(word), first_index));
  if (length > 0 && index - first_index >= length)
    throw DataError(
        file, line,
        fmt::format("link '{}' points beyond the {} {} words", excerpt(word), length, side));
  return index - first_index;
}

void sort_unique(std::vector<Link>& links) {
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
}

std::vector<Link> as_set(std::vector<Link> links) {
  sort_unique(links);
  return links;
}

std::vector<Link> without(const std::vector<Link>& links, const std::vector<Link>& others) {
  std::vector<Link> result;
  std::set_difference(links.begin(), links.end(), others.begin(), others.end(),
                      std::back_inserter(result));
  return result;
}

std::size_t common(const std::vector<Link>& a, const std::vector<Link>& b) {
  return a.size() - without(a, b).size();
}

GoldAlignment parse(std::string_view text, const std::string& file, std::size_t line,
                    const LinkFormat& format, std::string_view possible_signs) {
  GoldAlignment result;
  for (const std::string_view word : split_words(text)) {
    const std::optional<WrittenLink> written = parse_link(word);
    const bool possible = written && possible_signs.find(written->sign) != std::string_view::npos;
    if (!written || (written->sign != '-' && !possible))
      throw DataError(file, line,
                      fmt::format("'{}' is not a link like 3-4{}", excerpt(word),
                                  possible_signs.empty() ? "" : " (sure) or 3?4 (possible)"));
    const Link link = {from_zero(written->link.source, format.first_index, format.source_length,
                                 "source", word, file, line),
                       from_zero(written->link.target, format.first_index, format.target_length,
                                 "target", word, file, line)};
    (possible ? result.possible : result.sure).push_back(link);
  }
  sort_unique(result.sure);
  sort_unique(result.possible);
  result.possible = without(result.possible, result.sure);
  return result;
}

double fraction(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

GoldAlignment parse_gold_alignment(std::string_view text, const std::string& file, std::size_t line,
                                   const LinkFormat& format) {
  return parse(text, file, line, format, "?p");
}

std::vector<Link> parse_links(std::string_view text, const std::string& file, std::size_t line,
                              const LinkFormat& format) {
  return parse(text, file, line, format, "").sure;
}

void AlignmentCounts::add(const std::vector<Link>& predicted, const GoldAlignment& gold) {
  const std::vector<Link> links = as_set(predicted);
  const std::vector<Link> sure = as_set(gold.sure);
  const std::vector<Link> only_possible = without(as_set(gold.possible), sure);
  const std::size_t sure_matches = common(links, sure);
  sums_.predicted += links.size();
  sums_.sure += sure.size();
  sums_.possible += sure.size() + only_possible.size();
  sums_.predicted_sure += sure_matches;
  sums_.predicted_possible += sure_matches + common(links, only_possible);
}

AlignmentScore AlignmentCounts::score() const {
  AlignmentScore result = sums_;
  const std::size_t links = result.predicted + result.sure;
  if (links > 0)
    result.error_rate = 1 - fraction(result.predicted_sure + result.predicted_possible, links);
  result.precision = fraction(result.predicted_possible, result.predicted);
  result.recall = fraction(result.predicted_sure, result.sure);
  return result;
}

AlignmentScore alignment_error(std::span<const std::vector<Link>> predicted,
                               std::span<const GoldAlignment> gold) {
  ATTEND_CHECK_EQ(predicted.size(), gold.size());
  if (predicted.empty()) throw UsageError("no alignments to evaluate");
  AlignmentCounts counts;
  for (std::size_t i = 0; i < predicted.size(); ++i) counts.add(predicted[i], gold[i]);
  return counts.score();
}

}  // namespace attend::metrics
