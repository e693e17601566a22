// Decodes one prediction again, step by step, and keeps every number.
#include <algorithm>
#include <numeric>

#include "base/base.h"
#include "predictor/preparation.h"

namespace attend::predictor {
namespace {

template <typename T>
std::vector<T> first_row(std::span<const T> values, std::size_t columns) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(columns)};
}

std::vector<Choice> best_choices(const model::Side& side, const model::Copies& copies,
                                 std::span<const float> log_probabilities, std::size_t count) {
  std::vector<text::TokenId> ids(log_probabilities.size());
  std::iota(ids.begin(), ids.end(), 0);
  count = std::min(count, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                    [&](text::TokenId a, text::TokenId b) {
                      const float pa = log_probabilities[static_cast<std::size_t>(a)];
                      const float pb = log_probabilities[static_cast<std::size_t>(b)];
                      return pa != pb ? pa > pb : a < b;
                    });
  std::vector<Choice> choices;
  for (std::size_t k = 0; k < count; ++k) {
    choices.push_back({model::unit_of(side, copies, ids[k]),
                       log_probabilities[static_cast<std::size_t>(ids[k])]});
  }
  return choices;
}

}  // namespace

Explanation Predictor::explain(const std::string& text, const PredictOptions& options,
                               std::size_t choices, const Allowed& allowed) const {
  PredictOptions predict_options = options;
  // The steps are those of one decoding.
  if (options.long_sources == LongSources::kSplit) {
    predict_options.long_sources = LongSources::kSkip;
  }
  // The steps show what the model chose, and their units have ids.
  if (options.unknown == UnknownUnits::kReplaced) predict_options.unknown = UnknownUnits::kWritten;
  predict_options.search.alignments =
      engine_->has_alignment() ? search::Alignments::kKept : search::Alignments::kDropped;
  const SourceTexts source{std::span(&text, 1), std::span(&allowed, 1), &attention_, pictures()};
  Answer answer = predict(source.texts, predict_options, source.allowed).front();
  if (answer.predictions.empty()) {
    throw DataError("", 0, answer.problem.empty() ? "empty text" : answer.problem);
  }
  Explanation explanation{std::move(answer.source), std::move(answer.predictions.front()), {}};
  std::vector<Answer> unused(1);
  const auto prepared = prepare_sources(model_.text, source, predict_options, unused);
  const model::Side& side = model_.text.target;
  const model::Copies& copies = prepared.sources.front().copies;
  std::vector<text::TokenId> tokens;
  for (const std::string& unit : explanation.prediction.units) {
    tokens.push_back(model::id_of(side, copies, unit));
  }
  if (const auto end = engine_->end(); end && explanation.prediction.finished)
    tokens.push_back(*end);
  const auto decoding = engine_->annotate(prepared.sources);
  model::StepRow row;
  for (const text::TokenId token : tokens) {
    const model::StepResult result = decoding->step(std::span(&row, 1));
    ExplainedStep step;
    if (row.previous != text::kNoToken) {
      step.previous = model::unit_of(side, copies, row.previous);
    }
    step.alignment = first_row(result.alignment, explanation.source.columns.size());
    for (const model::Observation& one : result.observations) {
      step.observations.push_back(
          {std::string(one.name), one.over, first_row(one.values, one.width)});
    }
    step.choices = best_choices(side, copies, result.log_probabilities, choices);
    step.chosen = {model::unit_of(side, copies, token),
                   result.log_probabilities[static_cast<std::size_t>(token)]};
    explanation.steps.push_back(std::move(step));
    row.parent = 0;
    row.previous = token;
  }
  return explanation;
}

}  // namespace attend::predictor

namespace attend {

std::span<const float> ExplainedStep::observed(std::string_view name) const {
  for (const Observed& one : observations) {
    if (one.name == name) return one.values;
  }
  return {};
}

}  // namespace attend
