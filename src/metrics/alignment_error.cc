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

/// Throws DataError for an index of a word that a side of `length` words does not have.
void check_index(std::size_t index, std::size_t length, std::string_view side,
                 std::string_view word, const std::string& file, std::size_t line) {
  if (length == 0 || index < length) return;
  throw DataError(file, line,
                  fmt::format("link '{}' points beyond the {} {} word{}", link_excerpt(word),
                              length, side, length == 1 ? "" : "s"));
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
                      fmt::format("'{}' is not a link like 3-4{}", link_excerpt(word),
                                  possible_signs.empty() ? "" : " (sure) or 3?4 (possible)"));
    const Link& link = written->link;
    check_index(link.source, format.source_length, "source", word, file, line);
    check_index(link.target, format.target_length, "target", word, file, line);
    (possible ? result.possible : result.sure).push_back(link);
  }
  result.sure = as_set(result.sure);
  result.possible = as_set(result.possible);
  result.possible = without(result.possible, result.sure);
  return result;
}

double fraction(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<Link> as_set(std::span<const Link> links) {
  std::vector<Link> result(links.begin(), links.end());
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::string link_excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() <= kLongest) return std::string(text);
  std::size_t length = kLongest;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return std::string(text.substr(0, length)) + "…";
}

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
