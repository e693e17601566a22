// Predicts labels with the probabilities of all of them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/base.h"
#include "predictor/batches.h"
#include "predictor/preparation.h"

namespace attend::predictor {
namespace {

using text::TokenId;

// Returns row `row` of a step, with −infinity for what is never an answer and for what is not
// finite.
std::vector<float> label_row(const model::StepResult& result, std::size_t row, std::size_t labels,
                             std::span<const TokenId> never) {
  constexpr float kImpossible = -std::numeric_limits<float>::infinity();
  const auto values = result.log_probabilities.subspan(row * result.target_vocabulary, labels);
  std::vector<float> copy(values.begin(), values.end());
  for (float& value : copy) {
    if (!std::isfinite(value)) value = kImpossible;
  }
  for (const TokenId id : never) copy[static_cast<std::size_t>(id)] = kImpossible;
  return copy;
}

// Returns the most probable label, the first of equally probable ones.
search::Hypothesis best_label(const std::vector<float>& log_probabilities,
                              std::span<const TokenId> never, std::size_t source_length) {
  TokenId best = text::kNoToken;
  for (std::size_t k = 0; k < log_probabilities.size(); ++k) {
    const auto id = static_cast<TokenId>(k);
    if (std::find(never.begin(), never.end(), id) != never.end()) continue;
    if (best == text::kNoToken ||
        log_probabilities[k] > log_probabilities[static_cast<std::size_t>(best)]) {
      best = id;
    }
  }
  ATTEND_CHECK(best != text::kNoToken);
  const float score = log_probabilities[static_cast<std::size_t>(best)];
  search::Hypothesis hypothesis;
  hypothesis.tokens = {best};
  hypothesis.token_scores = {score};
  hypothesis.log_probability = hypothesis.score = static_cast<double>(score);
  hypothesis.finished = true;
  hypothesis.source_length = source_length;
  return hypothesis;
}

}  // namespace

bool answers_with_one_label(const model::Configuration& configuration) {
  return model::answers_with_labels(configuration.target) &&
         configuration.target.fixed_length == 1 && !configuration.target.end_token &&
         configuration.decoder.copy == model::Copy::kNone && !configuration.attention.is_hard();
}

LabelAnswers Predictor::predict_labels(std::span<const std::string> texts,
                                       const PredictOptions& wanted,
                                       std::span<const Allowed> allowed) const {
  if (!answers_with_one_label(model_.text.configuration)) {
    throw UsageError("the answers of this model are no labels (target.unit: whole)");
  }
  PredictOptions options = wanted;
  options.search.alignments = search::Alignments::kDropped;
  LabelAnswers result;
  result.answers.resize(texts.size());
  result.log_probabilities.resize(texts.size());
  const PreparedSources prepared = prepare_sources(
      model_.text, {texts, allowed, &attention_, pictures()}, options, result.answers);
  std::vector<std::size_t> answered;  // the texts that have a part; no source of a label has more
  std::vector<Work> work;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t part = prepared.first_parts[i];
    if (part == prepared.first_parts[i + 1]) continue;
    answered.push_back(i);
    work.push_back({prepared.sources[part].tokens.size(), 0});
  }
  const std::vector<TokenId> never = model::never_predicted(model_.text.target);
  const std::size_t labels = engine_->target_vocabulary();
  const BatchJob job = [&](std::span<const std::size_t> batch) {
    std::vector<model::Source> sources;
    std::vector<model::StepRow> rows(batch.size());
    for (std::size_t k = 0; k < batch.size(); ++k) {
      sources.push_back(prepared.sources[prepared.first_parts[answered[batch[k]]]]);
      rows[k].source = static_cast<std::int32_t>(k);
    }
    const auto decoding = engine_->annotate(sources);
    const model::StepResult step = decoding->step(rows);
    for (std::size_t k = 0; k < batch.size(); ++k) {
      const std::size_t i = answered[batch[k]];
      const std::size_t part = prepared.first_parts[i];
      std::vector<float> row = label_row(step, k, labels, never);
      result.answers[i].predictions.assign(
          1, present(best_label(row, never, prepared.sources[part].tokens.size()),
                     prepared.parts[part], prepared.sources[part].copies));
      result.log_probabilities[i] = std::move(row);
    }
  };
  for_each_batch(work, {options.batch_size, options.threads}, job, [&](std::size_t k) {
    result.answers[answered[k]].problem = kTooLarge;
    result.answers[answered[k]].predictions.clear();
    result.log_probabilities[answered[k]].clear();
  });
  return result;
}

}  // namespace attend::predictor
