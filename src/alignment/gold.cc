#include "alignment/gold.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "base/base.h"

namespace attend::alignment {
namespace {

std::optional<std::size_t> number(std::string_view field) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

bool is_confidence(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc() && end == field.data() + field.size();
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (const text::ByteSpan& word : text::find_words(line)) {
    fields.push_back(line.substr(word.begin, word.end - word.begin));
  }
  return fields;
}

// A line of Pharaoh links begins with two numbers and a sign between them.
bool is_naacl(std::string_view line) {
  const std::vector<std::string_view> fields = fields_of(line);
  return fields.size() >= 3 && number(fields.front()).has_value();
}

bool is_sure(std::string_view field) { return field == "S" || field == "s"; }
bool is_mark(std::string_view field) { return is_sure(field) || field == "P" || field == "p"; }

// Throws DataError for a link in NAACL format to a word that the pair does not have.
void check_length(std::size_t sentence, const Link& link, const PairLength& length,
                  const std::string& file, std::size_t line) {
  const bool source = link.source >= length.source;
  if (!source && link.target < length.target) return;
  const std::size_t words = source ? length.source : length.target;
  throw DataError(
      file, line,
      fmt::format("link '{} {} {}' points beyond the {} {} word{}", sentence, link.source + 1,
                  link.target + 1, words, source ? "source" : "target", words == 1 ? "" : "s"));
}

metrics::GoldAlignment parse_pharaoh(std::string_view text, const PairLength& length,
                                     const std::string& file, std::size_t line) {
  metrics::LinkFormat format;
  format.source_length = length.source;
  format.target_length = length.target;
  metrics::GoldAlignment gold = metrics::parse_gold_alignment(text, file, line, format);
  // A length of 0 would mean that any word is there.
  const bool links = !gold.sure.empty() || !gold.possible.empty();
  if (links && (length.source == 0 || length.target == 0)) {
    throw DataError(file, line, "links of a pair with an empty side");
  }
  return gold;
}

}  // namespace

DataError unequal_lengths(const std::string& shorter, std::size_t lines,
                          const std::string& longer) {
  return {shorter, 0,
          fmt::format("ends after {} line{}, but {} has more: expected as many lines", lines,
                      lines == 1 ? "" : "s", longer)};
}

GoldReader::GoldReader(const std::filesystem::path& path) : lines_(path) {
  while (lines_.next(line_)) {
    if (!text::is_blank(line_)) {
      has_first_ = true;
      break;
    }
    ++leading_blanks_;
  }
  naacl_ = has_first_ && is_naacl(line_);
  if (naacl_) read_naacl();
}

void GoldReader::read_naacl() {
  do {
    if (!text::is_blank(line_)) add_naacl(line_);
  } while (lines_.next(line_));
}

void GoldReader::add_naacl(std::string_view text) {
  const std::vector<std::string_view> fields = fields_of(text);
  const std::size_t count = fields.size();
  std::optional<std::size_t> sentence, source, target;
  if (count >= 3 && count <= 5) {
    sentence = number(fields[0]);
    source = number(fields[1]);
    target = number(fields[2]);
  }
  const bool marked = count > 3 && is_mark(fields[3]);
  const bool rest = count == 3 || marked || (count == 4 && is_confidence(fields[3]));
  if (!sentence || !source || !target || *sentence == 0 || !rest) {
    throw DataError(lines_.name(), lines_.line_number(),
                    fmt::format("'{}' is not a link like 1 3 4 S: sentence, source word and target "
                                "word, counted from 1, S (sure) or P (possible)",
                                metrics::link_excerpt(text)));
  }
  if (*source == 0 || *target == 0) return;
  sentences_[*sentence].push_back(
      {{*source - 1, *target - 1}, !marked || is_sure(fields[3]), lines_.line_number()});
}

bool GoldReader::next_line() {
  if (leading_blanks_ > 0) {
    --leading_blanks_;
    return true;
  }
  if (!std::exchange(has_first_, false)) return lines_.next(line_);
  return true;
}

void GoldReader::skip(const std::string& pairs) {
  is_blank_ = leading_blanks_ > 0;  // line_ holds a later line then
  ++pairs_;
  if (!naacl_ && !next_line()) throw unequal_lengths(lines_.name(), pairs_ - 1, pairs);
}

metrics::GoldAlignment GoldReader::current(const PairLength& length) const {
  metrics::GoldAlignment gold;
  if (!naacl_) {
    return is_blank_ ? gold : parse_pharaoh(line_, length, lines_.name(), pairs_);
  }
  const auto found = sentences_.find(pairs_);
  if (found == sentences_.end()) return gold;
  for (const Written& written : found->second) {
    check_length(pairs_, written.link, length, lines_.name(), written.line);
    (written.sure ? gold.sure : gold.possible).push_back(written.link);
  }
  return gold;
}

metrics::GoldAlignment GoldReader::next(const PairLength& length, const std::string& pairs) {
  skip(pairs);
  return current(length);
}

void GoldReader::finish(const std::string& pairs) {
  if (!naacl_) {
    if (next_line()) throw unequal_lengths(pairs, pairs_, lines_.name());
    return;
  }
  const auto beyond = sentences_.upper_bound(pairs_);
  if (beyond == sentences_.end()) return;
  throw DataError(lines_.name(), beyond->second.front().line,
                  fmt::format("a link of sentence {}, but {} has {} pair{}", beyond->first, pairs,
                              pairs_, pairs_ == 1 ? "" : "s"));
}

std::string write_pharaoh(std::span<const Link> links) {
  std::string line;
  for (const auto& [source, target] : links) {
    line += fmt::format("{}{}-{}", line.empty() ? "" : " ", source, target);
  }
  return line;
}

std::string write_naacl(std::span<const Link> links, std::size_t sentence) {
  std::string lines;
  for (const auto& [source, target] : links) {
    lines += fmt::format("{} {} {} S\n", sentence, source + 1, target + 1);
  }
  return lines;
}

}  // namespace attend::alignment
