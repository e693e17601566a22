#include "commands/pair_aligner.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base.h"

namespace attend::commands {
namespace {

using alignment::kShifts;
using alignment::Link;

bool has_links(const AlignedPair& pair) {
  return !pair.forward->predictions.empty() &&
         (pair.reverse == nullptr || !pair.reverse->predictions.empty());
}

std::string_view text_of(const std::string& text, const text::ByteSpan& span) {
  return std::string_view(text).substr(span.begin, span.end - span.begin);
}

void sort_by_target(std::vector<Link>& links) {
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) {
    return std::pair(a.target, a.source) < std::pair(b.target, b.source);
  });
}

}  // namespace

PairAligner::Items PairAligner::items(const AlignedPair& pair) const {
  const Answer& answer = *pair.forward;
  const Prediction& target = answer.predictions.front();
  if (options_.units == AlignmentUnits::kUnits) return {unit_spans(answer.source), target.spans};
  return {text::find_words(answer.source.text), text::find_words(target.text)};
}

std::string PairAligner::problem(const AlignedPair& pair) const {
  if (options_.units == AlignmentUnits::kWords || !options_.symmetrise || !has_links(pair))
    return {};
  const Items items = this->items(pair);
  const bool same = items.source == pair.reverse->predictions.front().spans &&
                    items.target == unit_spans(pair.reverse->source);
  return same ? ""
              : "the two models cut this pair into different units; --alignment-units words links "
                "its words";
}

alignment::WordWeights PairAligner::weights(const AlignedPair& pair, const Items& items, Side side,
                                            int shift) const {
  const Answer& answer = side == kForward ? *pair.forward : *pair.reverse;
  const Prediction& target = answer.predictions.front();
  const alignment::UnitWeights units = predictor::unit_weights(answer.source, target);
  const alignment::WordOptions options{shift, options_.merge};
  if (options_.units == AlignmentUnits::kUnits) {
    return alignment::word_weights(units, alignment::group_each(answer.source.units.size()),
                                   alignment::group_each(target.units.size()), options);
  }
  const Spans& source_words = side == kForward ? items.source : items.target;
  const Spans& target_words = side == kForward ? items.target : items.source;
  return alignment::word_weights(units, alignment::group(answer.source.units, source_words),
                                 alignment::group(target.spans, target_words), options);
}

std::vector<Link> PairAligner::links(const AlignedPair& pair, const Items& items, Side side,
                                     int shift) const {
  std::vector<Link> links =
      alignment::best_links(weights(pair, items, side, shift), options_.threshold);
  return side == kForward ? links : alignment::inverted(links);
}

// Returns how well a shift fits the pairs, larger is better, and whether any pair has a link.
PairAligner::Fit PairAligner::fit(std::span<const AlignedPair> pairs, Side side, int shift) const {
  bool linked = false;
  metrics::AlignmentCounts counts;
  alignment::LexicalGain gain;
  for (const AlignedPair& pair : pairs) {
    if (!has_links(pair)) continue;
    const Items items = this->items(pair);
    const std::vector<Link> found = links(pair, items, side, shift);
    linked = linked || !found.empty();
    if (pair.gold != nullptr) counts.add(found, *pair.gold);
    if (by_gold_) continue;
    const std::string& source = pair.forward->source.text;
    const std::string& target = pair.forward->predictions.front().text;
    for (const Link& link : found) {
      const std::string_view from = text_of(source, items.source[link.source]);
      const std::string_view to = text_of(target, items.target[link.target]);
      if (side == kForward) {
        gain.add(from, to);
      } else {
        gain.add(to, from);
      }
    }
  }
  return {by_gold_ ? -100 * counts.score().error_rate : gain.value(), linked};
}

void PairAligner::choose_shifts(std::span<const AlignedPair> pairs) {
  by_gold_ = std::any_of(pairs.begin(), pairs.end(),
                         [](const AlignedPair& pair) { return pair.gold != nullptr; });
  fitted_pairs_ = pairs.size();
  chosen_ = false;
  for (std::size_t side = 0; side < directions(); ++side) {
    Direction& direction = directions_[side];
    for (std::size_t k = 0; k < std::size(kShifts); ++k) {
      const Fit fit = this->fit(pairs, static_cast<Side>(side), kShifts[k]);
      direction.criteria[k] = fit.value;
      chosen_ = chosen_ || fit.linked;
    }
    direction.shift = kShifts[alignment::best_index(direction.criteria)];
  }
}

std::string PairAligner::describe_shifts() const {
  std::string text;
  for (std::size_t side = 0; side < directions(); ++side) {
    const Direction& direction = directions_[side];
    text += fmt::format("{}{}shift {} (", text.empty() ? "" : "; ",
                        side == kForward ? "" : "reverse ", direction.shift);
    for (std::size_t k = 0; k < std::size(kShifts); ++k) {
      text += fmt::format("{}{}: {:.1f}", k == 0 ? "" : ", ", kShifts[k],
                          by_gold_ ? -direction.criteria[k] : direction.criteria[k]);
    }
    text += ")";
  }
  return fmt::format("{}, by the {} of the first {}", text,
                     by_gold_ ? "alignment error rate" : "lexical gain",
                     fitted_pairs_ == 1 ? "pair" : fmt::format("{} pairs", fitted_pairs_));
}

WordAnswer PairAligner::align(const AlignedPair& pair) const {
  if (!has_links(pair)) {
    WordAnswer blank{text::find_words(pair.forward->source.text), {}};
    for (const Prediction& prediction : pair.forward->predictions) {
      blank.predictions.push_back({text::find_words(prediction.text), {}});
    }
    return blank;
  }
  Items items = this->items(pair);
  const alignment::WordWeights forward = weights(pair, items, kForward, shift(kForward));
  std::vector<Link> found = alignment::best_links(forward, options_.threshold);
  std::optional<alignment::WordWeights> reverse;
  if (options_.symmetrise) {
    reverse = weights(pair, items, kReverse, shift(kReverse));
    found = alignment::symmetrise(
        found, alignment::inverted(alignment::best_links(*reverse, options_.threshold)),
        *options_.symmetrise);
  }
  sort_by_target(found);
  LinkedWords target{std::move(items.target), {}};
  for (const Link& link : found) {
    target.links.push_back({link, forward.at(link.source, link.target), std::nullopt});
    if (reverse) target.links.back().reverse_weight = reverse->at(link.target, link.source);
  }
  return {std::move(items.source), {std::move(target)}};
}

// Returns the shifts whose links are counted: those that are tried and the one that is used.
std::vector<int> PairAligner::reported_shifts(Side side) const {
  std::vector<int> shifts{-1, 0, 1};
  if (std::find(shifts.begin(), shifts.end(), shift(side)) == shifts.end()) {
    shifts.push_back(shift(side));
  }
  return shifts;
}

void PairAligner::count(const AlignedPair& pair, const WordAnswer& words) {
  ATTEND_CHECK(pair.gold != nullptr);
  ++counted_pairs_;
  const bool linked = has_links(pair);
  std::vector<Link> joined;
  if (linked) {
    for (const WordLink& one : words.predictions.front().links) joined.push_back(one.link);
  }
  joined_.add(joined, *pair.gold);
  const Items items = linked ? this->items(pair) : Items{};
  const auto found = [&](Side side, int tried) {
    if (!linked) return std::vector<Link>{};
    const bool known = !options_.symmetrise && tried == shift(side);  // align() has made them
    return known ? joined : links(pair, items, side, tried);
  };
  for (std::size_t k = 0; k < directions(); ++k) {
    const Side side = static_cast<Side>(k);
    for (const int tried : reported_shifts(side)) {
      directions_[side].counts[tried].add(found(side, tried), *pair.gold);
    }
  }
}

std::vector<PairAligner::Row> PairAligner::rows() const {
  std::vector<Row> rows;
  for (std::size_t k = 0; k < directions(); ++k) {
    const Side side = static_cast<Side>(k);
    for (const int tried : reported_shifts(side)) {
      const auto counted = directions_[side].counts.find(tried);
      Row& row = rows.emplace_back();
      row.name = side == kForward ? "forward" : "reverse";
      row.shift = tried;
      row.chosen = tried == shift(side);
      if (counted != directions_[side].counts.end()) row.score = counted->second.score();
    }
  }
  if (!options_.symmetrise) return rows;
  Row& row = rows.emplace_back();
  row.name = alignment::symmetrisation_name(*options_.symmetrise);
  row.score = joined_.score();
  return rows;
}

std::string PairAligner::report() const {
  const metrics::AlignmentScore score = joined_.score();
  std::string text =
      fmt::format("{} pair{}, {} sure link{}, {} more that {} possible\n", counted_pairs_,
                  counted_pairs_ == 1 ? "" : "s", score.sure, score.sure == 1 ? "" : "s",
                  score.possible - score.sure, score.possible - score.sure == 1 ? "is" : "are");
  text += fmt::format("{:<20}{:>6} {:>10}{:>11}{:>9}{:>8}\n", "links of", "shift", "links",
                      "precision", "recall", "AER");
  for (const Row& row : rows()) {
    const std::string tried =
        row.shift ? fmt::format("{}{}", *row.shift, row.chosen ? "*" : " ") : std::string();
    text += fmt::format("{:<20}{:>7}{:>10}{:>11.2f}{:>9.2f}{:>8.2f}\n", row.name, tried,
                        row.score.predicted, 100 * row.score.precision, 100 * row.score.recall,
                        100 * row.score.error_rate);
  }
  return text;
}

std::string PairAligner::report_json() const {
  using Json = nlohmann::ordered_json;
  const metrics::AlignmentScore score = joined_.score();
  Json json{{"pairs", counted_pairs_}, {"sure", score.sure}, {"possible", score.possible}};
  json["links"] = Json::array();
  for (const Row& row : rows()) {
    Json one{{"of", std::string(row.name)}};
    if (row.shift) one["shift"] = *row.shift;
    if (row.shift) one["chosen"] = row.chosen;
    one["links"] = row.score.predicted;
    one["precision"] = 100 * row.score.precision;
    one["recall"] = 100 * row.score.recall;
    one["alignment_error_rate"] = 100 * row.score.error_rate;
    json["links"].push_back(std::move(one));
  }
  return json.dump() + "\n";
}

}  // namespace attend::commands
