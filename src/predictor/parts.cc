#include "predictor/parts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/base.h"
#include "text/text.h"

namespace attend::predictor {
namespace {

std::size_t count_tags(const std::vector<text::Unit>& units) {
  return static_cast<std::size_t>(
      std::find_if_not(units.begin(), units.end(),
                       [](const text::Unit& unit) { return text::is_tag(unit.text); }) -
      units.begin());
}

// Returns for each unit whether it begins a sentence, [units].
std::vector<bool> sentence_begins(const Source& source) {
  const std::vector<std::size_t> ends = text::sentence_ends(source.text);
  std::vector<bool> begins(source.units.size(), false);
  std::size_t next = 0;
  for (std::size_t i = 0; i < source.units.size(); ++i) {
    const std::size_t place = source.units[i].span.begin;
    while (next < ends.size() && ends[next] <= place) {
      begins[i] = true;
      ++next;
    }
  }
  return begins;
}

bool white_space_before(const Source& source, const Part& part) {
  const text::ByteSpan before = source.units[part.begin - 1].span;
  const text::ByteSpan here = source.units[part.begin].span;
  const std::string_view text = source.text;
  return here.begin > before.end ||
         text::is_blank(text.substr(before.begin, before.end - before.begin));
}

// Appends the rows of one part; its `columns` columns begin at column `first` of `all`.
void append_block(const std::vector<float>& block, std::size_t columns, std::size_t first,
                  std::size_t all, std::vector<float>& alignment) {
  for (std::size_t begin = 0; begin + columns <= block.size() && columns > 0; begin += columns) {
    const std::size_t row = alignment.size();
    alignment.resize(row + all, 0.0F);
    std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(begin), columns,
                alignment.begin() + static_cast<std::ptrdiff_t>(row + first));
  }
}

// Appends `next` to `joined`. Only the `last` part contributes its </s> to the whole.
void append(Prediction& joined, Prediction next, bool blank, bool last) {
  if (blank && !joined.text.empty() && !next.text.empty()) joined.text += ' ';
  const std::size_t begin = joined.text.size();
  joined.text += next.text;
  for (const text::ByteSpan& span : next.spans) {
    joined.spans.push_back({begin + span.begin, begin + span.end});
  }
  const std::size_t scores = last ? next.unit_scores.size() : next.units.size();
  joined.unit_scores.insert(joined.unit_scores.end(), next.unit_scores.begin(),
                            next.unit_scores.begin() + static_cast<std::ptrdiff_t>(scores));
  for (const auto& [j, i] : next.links) joined.links.emplace_back(j, joined.units.size() + i);
  std::move(next.units.begin(), next.units.end(), std::back_inserter(joined.units));
  joined.log_probability += next.log_probability;
  joined.score += next.score;
  joined.rest_log_probability += next.rest_log_probability;
  if (joined.confidence && next.confidence) {
    *joined.confidence *= *next.confidence;
  } else {
    joined.confidence.reset();
  }
  joined.finished = joined.finished && next.finished;
  joined.dead_end = joined.dead_end || next.dead_end;
}

// Removes blanks at both ends of the part. Returns false when nothing else is left.
bool trim(const Source& source, Part& part) {
  const auto blank = [&](std::size_t i) { return text::is_blank(source.units[i].text); };
  while (part.begin < part.end && blank(part.begin)) ++part.begin;
  while (part.begin < part.end && blank(part.end - 1)) --part.end;
  return part.begin < part.end;
}

}  // namespace

std::vector<Part> split_at_sentences(const Source& source, std::size_t limit) {
  ATTEND_CHECK(limit > 0);
  const std::size_t tags = count_tags(source.units);
  const std::vector<bool> begins = sentence_begins(source);
  std::vector<Part> parts;
  Part part{0, 0, tags};
  std::size_t border = tags;  // the last position where a sentence begins
  for (std::size_t i = tags; i < source.units.size(); ++i) {
    if (begins[i]) border = i;
    const std::size_t first = std::max(part.begin, tags);
    if (i - first == limit) {
      part.end = border > first ? border : i;
      const std::size_t next = part.end;
      if (trim(source, part)) parts.push_back(part);
      part = {tags, next, next};
    }
  }
  part.end = source.units.size();
  if (trim(source, part)) parts.push_back(part);
  return parts;
}

Prediction join(std::vector<Prediction> predictions, std::span<const Part> parts,
                std::span<const std::size_t> columns, const Source& source) {
  ATTEND_CHECK_EQ(predictions.size(), parts.size());
  ATTEND_CHECK_EQ(columns.size(), parts.size());
  Prediction joined;
  joined.log_probability = joined.score = 0;
  joined.confidence = 1;
  std::size_t first = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    append_block(predictions[p].alignment, columns[p], first, source.columns.size(),
                 joined.alignment);
    first += columns[p];
    append(joined, std::move(predictions[p]), p > 0 && white_space_before(source, parts[p]),
           p + 1 == parts.size());
  }
  joined.score /= static_cast<double>(parts.size());
  return joined;
}

}  // namespace attend::predictor
