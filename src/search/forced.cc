// Forced scoring: the decoder gets the tokens of a given target.
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/base.h"
#include "search/rules.h"
#include "search/search.h"

namespace attend::search {
namespace {

void check_target(const model::Engine& engine, const model::Source& source,
                  const std::vector<TokenId>& target) {
  if (!engine.end() && target.size() != engine.fixed_target_length()) {
    throw UsageError(fmt::format("target: found {} tokens, this model's targets have {}",
                                 target.size(), engine.fixed_target_length()));
  }
  const std::size_t ids = engine.target_vocabulary() + source.copies.units.size();
  for (const TokenId token : target) {
    if (token < 0 || static_cast<std::size_t>(token) >= ids) {
      throw UsageError(
          fmt::format("target: found the token id {}, expected 0 … {}", token, ids - 1));
    }
  }
}

// A given target and the progress of its scoring.
class ForcedTarget {
 public:
  ForcedTarget(std::vector<TokenId> target, std::optional<TokenId> end, std::size_t positions,
               Alignments alignments)
      : steps_(std::move(target)), alignments_(alignments) {
    hypothesis_.tokens = steps_;
    hypothesis_.source_length = positions;
    hypothesis_.finished = true;
    if (end) steps_.push_back(*end);
  }

  bool over() const { return next_ == steps_.size(); }

  /// Returns the input of the next step; its row there will be `row`.
  model::StepRow make_row(std::int32_t source, std::size_t row) {
    const model::StepRow result{source, row_, next_ == 0 ? text::kNoToken : steps_[next_ - 1]};
    row_ = static_cast<std::int32_t>(row);
    return result;
  }

  void advance(const model::StepResult& result) {
    const auto row = static_cast<std::size_t>(row_);
    const auto token = static_cast<std::size_t>(steps_[next_]);
    ATTEND_CHECK(token < result.target_vocabulary);
    float score = result.log_probabilities[row * result.target_vocabulary + token];
    if (!std::isfinite(score)) score = -std::numeric_limits<float>::infinity();  // as in search()
    hypothesis_.token_scores.push_back(score);
    hypothesis_.log_probability += static_cast<double>(score);
    if (alignments_ == Alignments::kKept) {
      const auto weights =
          result.alignment.subspan(row * result.source_length, hypothesis_.source_length);
      auto& rows =
          next_ < hypothesis_.tokens.size() ? hypothesis_.alignment : hypothesis_.end_alignment;
      rows.insert(rows.end(), weights.begin(), weights.end());
    }
    ++next_;
  }

  Hypothesis take(double length_normalisation) {
    hypothesis_.score =
        normalised(hypothesis_.log_probability, steps_.size(), length_normalisation);
    return std::move(hypothesis_);
  }

 private:
  std::vector<TokenId> steps_;  // [tokens], then </s> if there is one
  Alignments alignments_;
  std::size_t next_ = 0;
  std::int32_t row_ = -1;  ///< row in the last step
  Hypothesis hypothesis_;
};

}  // namespace

std::vector<Hypothesis> score(const model::Engine& engine, std::span<const model::Source> sources,
                              std::span<const std::vector<TokenId>> targets,
                              double length_normalisation, Alignments alignments) {
  check_length_normalisation(length_normalisation);
  ATTEND_CHECK_EQ(sources.size(), targets.size());
  if (sources.empty()) return {};
  for (std::size_t s = 0; s < sources.size(); ++s) {
    ATTEND_CHECK(!sources[s].tokens.empty());
    check_target(engine, sources[s], targets[s]);
  }
  const auto decoding = engine.annotate(sources);
  return score(engine, *decoding, sources, targets, length_normalisation, alignments);
}

std::vector<Hypothesis> score(const model::Engine& engine, model::Decoding& decoding,
                              std::span<const model::Source> sources,
                              std::span<const std::vector<TokenId>> targets,
                              double length_normalisation, Alignments alignments) {
  check_length_normalisation(length_normalisation);
  if (!engine.has_alignment()) alignments = Alignments::kDropped;
  ATTEND_CHECK_EQ(sources.size(), targets.size());
  std::vector<Hypothesis> results;
  std::vector<ForcedTarget> forced;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    check_target(engine, sources[s], targets[s]);
    forced.emplace_back(targets[s], engine.end(), engine.positions(sources[s]), alignments);
  }
  std::vector<model::StepRow> rows;
  while (true) {
    rows.clear();
    for (std::size_t s = 0; s < forced.size(); ++s) {
      if (forced[s].over()) continue;
      rows.push_back(forced[s].make_row(static_cast<std::int32_t>(s), rows.size()));
    }
    if (rows.empty()) break;
    const model::StepResult result = decoding.step(rows);
    ATTEND_CHECK_EQ(result.rows, rows.size());
    for (const model::StepRow& row : rows) {
      forced[static_cast<std::size_t>(row.source)].advance(result);
    }
  }
  for (ForcedTarget& one : forced) results.push_back(one.take(length_normalisation));
  return results;
}

}  // namespace attend::search
