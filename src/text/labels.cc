#include "text/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/base.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

constexpr std::size_t kFarFewer = 2;  // how many times as many different values a text has
constexpr std::size_t kClearly = 4;   // how many times as many lines one place must have

// Returns a field without white space at its ends, so that equal labels have equal values.
std::string_view trimmed(std::string_view field) {
  const std::vector<ByteSpan> words = find_words(field);
  if (words.empty()) return {};
  return field.substr(words.front().begin, words.back().end - words.front().begin);
}

// Returns the lines of two fields that both hold text.
std::vector<std::pair<std::string_view, std::string_view>> lines_of_two(
    std::span<const std::string_view> lines) {
  std::vector<std::pair<std::string_view, std::string_view>> result;
  for (const std::string_view line : lines) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || line.find('\t', tab + 1) != std::string_view::npos) {
      continue;
    }
    const std::string_view first = trimmed(line.substr(0, tab));
    const std::string_view second = trimmed(line.substr(tab + 1));
    if (!first.empty() && !second.empty()) result.emplace_back(first, second);
  }
  return result;
}

// Returns the place of the labels if most of the lines with text begin with a label of fastText. A
// line without its label is then found, and does not make a TSV of the others.
std::optional<LabelPlace> fasttext(std::span<const std::string_view> lines) {
  std::size_t all = 0, labelled = 0;
  for (const std::string_view line : lines) {
    if (is_blank(line)) continue;
    ++all;
    labelled += trimmed(line).starts_with(kLabelPrefix) ? 1 : 0;
  }
  if (2 * labelled <= all) return std::nullopt;
  const std::string which = labelled == all
                                ? "every line begins"
                                : fmt::format("{} of the first {} lines begin", labelled, all);
  return LabelPlace{PairFormat::kFastText,
                    fmt::format("labels: {} with {}, as in files of fastText; --format tsv takes "
                                "the lines as a TSV",
                                which, kLabelPrefix)};
}

// In how many of the pairs of fields exactly one is a known label.
struct KnownFields {
  std::size_t pairs = 0, only_first = 0, only_second = 0;
};

KnownFields count_known(std::span<const std::string_view> lines, const IsLabel& is_label) {
  KnownFields count;
  for (const auto& [one, other] : lines_of_two(lines)) {
    const bool first = is_label(one), second = is_label(other);
    ++count.pairs;
    count.only_first += first && !second ? 1 : 0;
    count.only_second += second && !first ? 1 : 0;
  }
  return count;
}

constexpr const char* kOptions = "--label-column and --text-column say otherwise";
constexpr const char* kChoose =
    "say --label-column 1 or --label-column 2 (or --target-column, which is the same)";

}  // namespace

LabelPlace place_of_labels(std::span<const std::string_view> lines) {
  if (auto place = fasttext(lines)) return *std::move(place);
  const auto pairs = lines_of_two(lines);
  if (pairs.empty()) return {};
  std::unordered_set<std::string_view> first, second;
  for (const auto& [one, other] : pairs) {
    first.insert(one);
    second.insert(other);
  }
  const bool label_first = first.size() * kFarFewer <= second.size();
  if (!label_first && first.size() < second.size()) {
    throw UsageError(
        fmt::format("either column may hold the labels: the first {} lines have {} different "
                    "values in column 1 and {} in column 2; {}",
                    pairs.size(), first.size(), second.size(), kChoose));
  }
  return {label_first ? PairFormat::kTargetFirst : PairFormat::kTsv,
          fmt::format("labels: column {} ({} different ones in the first {} lines), texts: column "
                      "{} ({} different ones); {}",
                      label_first ? 1 : 2, std::min(first.size(), second.size()), pairs.size(),
                      label_first ? 2 : 1, std::max(first.size(), second.size()), kOptions)};
}

LabelPlace place_of_labels(std::span<const std::string_view> lines, const IsLabel& is_label) {
  if (auto place = fasttext(lines)) return *std::move(place);
  const auto [pairs, only_first, only_second] = count_known(lines, is_label);
  if (only_first == 0 || 2 * only_first < pairs) return {};
  if (only_first < kClearly * only_second) {
    throw UsageError(
        fmt::format("either column may hold the labels: of the first {} lines, {} have a label of "
                    "the model in column 1 and {} in column 2; {}",
                    pairs, only_first, only_second, kChoose));
  }
  return {PairFormat::kTargetFirst,
          fmt::format("labels: column 1 (labels of the model in {} of the first {} lines), texts: "
                      "column 2; {}",
                      only_first, pairs, kOptions)};
}

LabelPlace place_of_labels(std::span<const std::string_view> lines, const IsLabel& is_label,
                           PairFormat usual) {
  if (auto place = fasttext(lines)) {
    if (usual == PairFormat::kFastText) place->reason.clear();
    return *std::move(place);
  }
  const auto [pairs, only_first, only_second] = count_known(lines, is_label);
  const bool first =
      usual == PairFormat::kFastText ? only_first > only_second : usual != PairFormat::kTargetFirst;
  const std::size_t labels = first ? only_first : only_second;
  const std::size_t others = first ? only_second : only_first;
  if (labels == 0 || 2 * labels < pairs || labels < kClearly * others) return {usual, {}};
  return {first ? PairFormat::kTargetFirst : PairFormat::kTsv,
          fmt::format("labels: column {} (labels of the training in {} of the first {} lines), "
                      "texts: column {}; {}",
                      first ? 1 : 2, labels, pairs, first ? 2 : 1, kOptions)};
}

namespace {

template <typename Find>
std::string take_place(PairReader& reader, Find&& find) {
  if (!reader.is_open()) return {};
  const std::vector<std::string_view> lines = reader.look_ahead();
  LabelPlace place;
  try {
    place = find(lines);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", reader.name(), error.what()));
  }
  reader.read_as(place.format);
  return std::move(place.reason);
}

}  // namespace

std::string find_labels(PairReader& reader) {
  return take_place(reader, [](const auto& lines) { return place_of_labels(lines); });
}

std::string find_labels(PairReader& reader, const IsLabel& is_label) {
  return take_place(reader, [&](const auto& lines) { return place_of_labels(lines, is_label); });
}

std::string find_labels(PairReader& reader, const IsLabel& is_label, PairFormat usual) {
  if (usual == PairFormat::kOpen) usual = PairFormat::kTsv;
  return take_place(reader,
                    [&](const auto& lines) { return place_of_labels(lines, is_label, usual); });
}

}  // namespace attend::text
