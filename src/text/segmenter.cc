#include "text/segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/base.h"
#include "text/clusters.h"
#include "text/corpus.h"
#include "text/prepared_text.h"
#include "text/subwords.h"
#include "text/tokens.h"
#include "text/unicode.h"
#include "text/vocabulary.h"

namespace attend::text {
namespace {

bool is_tag_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

/// The white space and dropped characters before or after a tag.
struct Gap {
  std::size_t end;
  bool separates;  // whether it holds white space or reaches the end of the text
};

Gap skip_gap(std::string_view raw, std::size_t position, Invisible invisible) {
  bool white_space = false;
  while (position < raw.size()) {
    std::size_t next = position;
    const char32_t code_point = next_code_point(raw, next);
    if (is_white_space(code_point)) {
      white_space = true;
    } else if (invisible == Invisible::kKeep || !is_invisible(code_point)) {
      break;
    }
    position = next;
  }
  return {position, white_space || position == raw.size()};
}

void check_raw(std::string_view raw) {
  if (raw.size() > kMaximumLineBytes) {
    throw DataError(fmt::format("a text of more than {} bytes", kMaximumLineBytes));
  }
  if (const std::size_t place = find_broken_utf8(raw); place != std::string_view::npos) {
    throw DataError(fmt::format("byte {} of the text (0x{:02x}) is not UTF-8", place + 1,
                                static_cast<unsigned char>(raw[place])));
  }
}

Unit make_unit(const PreparedText& prepared, std::size_t begin, std::size_t end) {
  return {prepared.text().substr(begin, end - begin), prepared.raw_span(begin, end)};
}

void append_words(const PreparedText& prepared, std::vector<Unit>& units) {
  const std::string& text = prepared.text();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    units.push_back(make_unit(prepared, begin, end));
    begin = end + 1;
  }
}

void append_tokens(const PreparedText& prepared, const TokenFinder& finder,
                   std::vector<Unit>& units) {
  for (const ByteSpan& token : finder.tokens(prepared.text())) {
    units.push_back(make_unit(prepared, token.begin, token.end));
  }
}

void append_clusters(const PreparedText& prepared, const ClusterFinder& clusters,
                     std::vector<Unit>& units) {
  std::size_t begin = 0;
  for (const std::size_t end : clusters.ends(prepared.text())) {
    units.push_back(make_unit(prepared, begin, end));
    begin = end;
  }
}

void append_code_points(const PreparedText& prepared, std::vector<Unit>& units) {
  const std::string& text = prepared.text();
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    next_code_point(text, end);
    units.push_back(make_unit(prepared, begin, end));
    begin = end;
  }
}

/// Throws DataError for a word that is too long: SentencePiece needs time quadratic in the length
/// of a run of unknown characters.
void check_word_lengths(std::string_view text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end - begin > kMaximumSubwordWordBytes) {
      throw DataError(fmt::format("a word of more than {} bytes", kMaximumSubwordWordBytes));
    }
    begin = end + 1;
  }
}

void append_subwords(const PreparedText& prepared, const SubwordModel& model,
                     std::vector<Unit>& units) {
  const std::string& text = prepared.text();
  check_word_lengths(text);
  for (Piece& piece : model.cut(text)) {
    if (piece.end - piece.begin > 1 && text[piece.begin] == ' ') ++piece.begin;
    ByteSpan span;
    if (piece.begin < piece.end) {
      span = prepared.raw_span(piece.begin, piece.end);
    } else if (piece.begin < text.size()) {  // SentencePiece added this space
      span.begin = span.end = prepared.raw_span(piece.begin, piece.begin + 1).begin;
    }
    units.push_back({std::move(piece.text), span});
  }
}

/// Returns the first marker of `raw` from `begin` on, or an empty span at the end.
ByteSpan find_marker(std::string_view raw, std::size_t begin) {
  for (begin = raw.find('<', begin); begin != std::string_view::npos;
       begin = raw.find('<', begin + 1)) {
    for (const std::string_view marker : kEntityMarkers) {
      if (raw.substr(begin).starts_with(marker)) return {begin, begin + marker.size()};
    }
  }
  return {raw.size(), raw.size()};
}

std::size_t count_leading_tags(std::span<const std::string> units) {
  return static_cast<std::size_t>(
      std::find_if_not(units.begin(), units.end(), [](const auto& unit) { return is_tag(unit); }) -
      units.begin());
}

/// Returns `unit` with each U+2581 replaced by the space that it represents.
std::string with_spaces(std::string_view unit) {
  std::string text;
  for (std::size_t i = 0; i < unit.size();) {
    const bool space = unit.substr(i).starts_with(kSubwordSpace);
    text += space ? ' ' : unit[i];
    i += space ? kSubwordSpace.size() : 1;
  }
  return text;
}

/// Joins pieces, in which a leading U+2581 is a space. `joined` may already hold tags.
void join_subwords(std::span<const std::string> units, JoinedText& joined) {
  bool at_start = true;  // SentencePiece added the space before the first word
  for (const std::string& unit : units) {
    std::string text = with_spaces(unit);
    if (at_start && text.starts_with(' ')) text.erase(0, 1);
    at_start = at_start && text.empty() && unit != kSubwordSpace;
    const std::size_t begin = joined.text.size() + (text.size() > 1 && text[0] == ' ' ? 1 : 0);
    joined.text += text;
    joined.spans.push_back({begin, joined.text.size()});
  }
}

}  // namespace

std::size_t split_leading_tags(std::string_view raw, Invisible invisible,
                               std::vector<Unit>& units) {
  std::size_t begin = skip_gap(raw, 0, invisible).end;
  while (begin < raw.size() && raw[begin] == '<') {
    const std::size_t end = std::min(raw.find('>', begin), raw.size() - 1) + 1;
    const Gap gap = skip_gap(raw, end, invisible);
    const std::string_view tag = raw.substr(begin, end - begin);
    if (!is_tag(tag) || !gap.separates) break;
    units.push_back({std::string(tag), {begin, end}});
    begin = gap.end;
  }
  return begin;
}

bool is_tag(std::string_view unit) {
  return unit.size() > 2 && unit.front() == '<' && unit.back() == '>' && !is_reserved(unit) &&
         std::all_of(unit.begin() + 1, unit.end() - 1, is_tag_character);
}

struct Segmenter::Data {
  SegmenterOptions options;
  std::u32string removed;
  ClusterFinder clusters;
  TokenFinder tokens;
  std::optional<SubwordModel> subwords = {};
};

std::unique_ptr<Segmenter::Data> Segmenter::make_data(SegmenterOptions options) {
  if (find_broken_utf8(options.remove) != std::string_view::npos) {
    throw UsageError("the characters to remove are not UTF-8");
  }
  const bool may_have_markers =
      options.unit != UnitMode::kSubwords && options.unit != UnitMode::kWhole;
  if (options.markers && !may_have_markers) {
    throw UsageError("subwords and whole texts have no entity markers");
  }
  auto data = std::make_unique<Data>();
  data->removed = removed_code_points(options);
  data->options = std::move(options);
  return data;
}

Segmenter::Segmenter(SegmenterOptions options) {
  if (options.unit == UnitMode::kSubwords) throw UsageError("subwords need a SentencePiece model");
  data_ = make_data(std::move(options));
}

Segmenter::Segmenter(SegmenterOptions options, std::string_view model) {
  if (options.unit != UnitMode::kSubwords) {
    throw UsageError("only subwords take a SentencePiece model");
  }
  std::unique_ptr<Data> data = make_data(std::move(options));
  data->subwords.emplace(model);
  data_ = std::move(data);
}

Segmenter::~Segmenter() = default;
Segmenter::Segmenter(Segmenter&&) noexcept = default;
Segmenter& Segmenter::operator=(Segmenter&&) noexcept = default;

const SegmenterOptions& Segmenter::options() const { return data_->options; }

std::vector<Unit> Segmenter::split(std::string_view raw) const {
  check_raw(raw);
  std::vector<Unit> units;
  if (data_->options.unit == UnitMode::kWhole) {
    const PreparedText whole = prepare(raw, 0, data_->options, data_->removed);
    if (!whole.text().empty()) units.push_back(make_unit(whole, 0, whole.text().size()));
    return units;
  }
  std::size_t begin = split_leading_tags(raw, data_->options.invisible, units);
  while (data_->options.markers) {
    const ByteSpan marker = find_marker(raw, begin);
    if (marker.begin == raw.size()) break;
    append_units(raw, begin, marker.begin, units);
    units.push_back({std::string(raw.substr(marker.begin, marker.end - marker.begin)), marker});
    begin = marker.end;
  }
  append_units(raw, begin, raw.size(), units);
  return units;
}

void Segmenter::append_units(std::string_view raw, std::size_t begin, std::size_t end,
                             std::vector<Unit>& units) const {
  const PreparedText prepared =
      prepare(raw.substr(begin, end - begin), begin, data_->options, data_->removed);
  switch (data_->options.unit) {
    case UnitMode::kCharacters:
      append_clusters(prepared, data_->clusters, units);
      break;
    case UnitMode::kCodePoints:
      append_code_points(prepared, units);
      break;
    case UnitMode::kWords:
      append_words(prepared, units);
      break;
    case UnitMode::kTokens:
      append_tokens(prepared, data_->tokens, units);
      break;
    case UnitMode::kSubwords:
      append_subwords(prepared, *data_->subwords, units);
      break;
    case UnitMode::kWhole:  // split() cuts nothing then
      break;
  }
}

JoinedText Segmenter::join(std::span<const std::string> units) const {
  JoinedText joined;
  joined.spans.reserve(units.size());
  const UnitMode unit_mode = data_->options.unit;
  const bool words = unit_mode == UnitMode::kWords || unit_mode == UnitMode::kTokens ||
                     unit_mode == UnitMode::kWhole;
  const std::size_t tags = count_leading_tags(units);
  const auto append = [&](const std::string& unit) {
    const std::size_t begin = joined.text.size();
    joined.text += unit;
    joined.spans.push_back({begin, joined.text.size()});
  };
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (i > 0 && (words || i <= tags)) joined.text += ' ';
    if (i == tags && data_->options.unit == UnitMode::kSubwords) {
      join_subwords(units.subspan(tags), joined);
      break;
    }
    append(units[i]);
  }
  const SegmenterOptions& options = data_->options;
  if (options.normalisation == Normalisation::kNfd ||
      (options.unit == UnitMode::kCodePoints && options.normalisation != Normalisation::kNone)) {
    compose(joined);
  }
  return joined;
}

}  // namespace attend::text
