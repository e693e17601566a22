#include "predictor/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <unordered_set>
#include <utility>

#include "base/base.h"
#include "predictor/batches.h"
#include "predictor/parts.h"
#include "predictor/preparation.h"
#include "predictor/requests.h"
#include "predictor/several.h"
#include "runtime/runtime.h"

namespace attend::predictor {

using model::TokenId;

alignment::UnitWeights unit_weights(const Source& source, const Prediction& prediction) {
  return {prediction.alignment, prediction.end_alignment, source.column_units};
}

namespace {

// Puts the best predictions of the parts of text i together.
void join_parts(const model::Engine& engine, const PreparedSources& prepared, std::size_t i,
                std::vector<std::vector<Prediction>>& predictions, Answer& answer) {
  const std::size_t first = prepared.first_parts[i];
  const std::size_t count = prepared.first_parts[i + 1] - first;
  const std::size_t all_columns = answer.source.columns.size();
  std::vector<Prediction> best;
  std::vector<std::size_t> columns;
  std::size_t rows = 0;
  for (std::size_t p = first; p < first + count; ++p) {
    best.push_back(std::move(predictions[p].front()));
    columns.push_back(all_columns == 0 ? 0 : engine.positions(prepared.sources[p]));
    rows += best.back().units.size();
  }
  if (all_columns > 0 && rows > kJoinedAlignment / all_columns) {
    answer.problem = fmt::format(
        "an alignment of {} target units with {} source units, expected at most {} "
        "numbers in all; without alignments this line has an answer",
        rows, all_columns, kJoinedAlignment);
    return;
  }
  answer.predictions.push_back(join(
      std::move(best), std::span(prepared.parts).subspan(first, count), columns, answer.source));
}

// Moves the predictions of the parts of text i into its answer.
void finish(const model::Engine& engine, const PreparedSources& prepared, std::size_t i,
            std::vector<std::vector<Prediction>>& predictions, std::span<const char> too_large,
            Answer& answer) {
  const std::size_t first = prepared.first_parts[i];
  const std::size_t count = prepared.first_parts[i + 1] - first;
  if (count == 0 || !answer.problem.empty()) return;
  for (std::size_t p = first; p < first + count; ++p) {
    if (too_large[p] != 0) {
      answer.problem = kTooLarge;
      return;
    }
  }
  if (count == 1) {
    answer.predictions = std::move(predictions[first]);
    if (answer.predictions.empty()) answer.problem = "found no target with all required phrases";
    return;
  }
  try {
    join_parts(engine, prepared, i, predictions, answer);
  } catch (const std::bad_alloc&) {
    answer.predictions.clear();
    answer.problem = kTooLarge;
  }
}

// The weights of the lower levels of an encoder for one part of a source.
struct Pooling {
  std::vector<float> words;      // [tokens]; or empty
  std::vector<float> sentences;  // [sentences]; or empty
};

// `k` is the number of the part in its batch.
Pooling pooling_of(const model::Decoding& decoding, std::size_t k) {
  const auto words = decoding.pooling_weights(k, 0);
  const auto sentences = decoding.pooling_weights(k, 1);
  return {{words.begin(), words.end()}, {sentences.begin(), sentences.end()}};
}

// Returns the weights of what belongs to a source: a </s> behind the words has a weight too.
std::vector<float> first_weights(const std::vector<float>& weights, std::size_t count) {
  if (weights.empty()) return {};
  ATTEND_CHECK(weights.size() >= count);
  return {weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(count)};
}

// A source in several parts keeps no weights: each part was a document of its own.
void keep_pooling(const PreparedSources& prepared, std::size_t i, std::span<const Pooling> pooling,
                  Source& source) {
  const std::size_t first = prepared.first_parts[i];
  if (prepared.first_parts[i + 1] - first != 1) return;
  source.word_weights = first_weights(pooling[first].words, source.units.size());
  source.sentence_weights = first_weights(pooling[first].sentences, source.sentences.size());
}

// Keeps no alignments of an engine that has none.
PredictOptions fit_to(const model::Engine& engine, PredictOptions options) {
  if (!engine.has_alignment()) options.search.alignments = search::Alignments::kDropped;
  return options;
}

// The lower levels of an encoder may have weights where the top level has no alignment.
bool keeps_pooling(const PredictOptions& options) {
  return options.search.alignments == search::Alignments::kKept;
}

void withhold(double minimum, Answer& answer) {
  if (minimum <= 0 || answer.predictions.empty()) return;
  double best = 0;  // drawn predictions need not begin with it
  std::erase_if(answer.predictions, [&](const Prediction& prediction) {
    const double probability = std::exp(prediction.rest_log_probability);
    best = std::max(best, probability);
    return probability < minimum;
  });
  if (answer.predictions.empty()) answer.withheld = best;
}

// Returns the log-probability of what follows the given prefix.
double rest_log_probability(const search::Hypothesis& hypothesis) {
  if (hypothesis.given == 0) return hypothesis.log_probability;
  double sum = 0;
  for (std::size_t i = hypothesis.given; i < hypothesis.token_scores.size(); ++i) {
    sum += static_cast<double>(hypothesis.token_scores[i]);
  }
  return sum;
}

// Returns how <unk> is replaced in the predictions for a part of a source. Its units are copied
// only where a prediction has <unk>.
Replacement make_replacement(const PredictOptions& options, std::optional<TokenId> unknown,
                             std::span<const search::Hypothesis> hypotheses, const Part& part,
                             const Source& source) {
  const bool written =
      unknown && std::any_of(hypotheses.begin(), hypotheses.end(), [&](const auto& one) {
        return std::find(one.tokens.begin(), one.tokens.end(), *unknown) != one.tokens.end();
      });
  return {source.text, written ? units_of(part, source) : std::vector<text::Unit>{},
          options.dictionary.get(), options.search.alignments == search::Alignments::kDropped};
}

// The raw target and its own units in place of what the model would write.
void show_as_given(const model::Side& side, const std::string& raw, const model::Encoded& given,
                   Prediction& prediction) {
  prediction.text = raw;
  for (std::size_t i = 0; i < given.units.size(); ++i) {
    prediction.units[i] = given.units[i].text;
    prediction.spans[i] = given.units[i].span;
    if (given.tokens[i] == side.vocabulary.unknown()) {
      prediction.unknown.push_back(given.units[i].text);
    }
  }
}

// Searches or scores the annotated sources of a batch. `batch` [sources] are the indices that
// for_each_batch() gave.
using AnnotatedJob =
    std::function<void(model::Decoding& decoding, std::span<const model::Source> sources,
                       std::span<const std::size_t> batch)>;

// Returns a job that annotates sources, of which `parts` [indices] are the numbers, has them
// decoded and keeps the weights of the lower levels in `pooling` [all parts]; null: it keeps none.
BatchJob annotate_first(const model::Engine& engine, const PreparedSources& prepared,
                        std::span<const std::size_t> parts, std::vector<Pooling>* pooling,
                        AnnotatedJob job) {
  return [&engine, &prepared, parts, pooling,
          job = std::move(job)](std::span<const std::size_t> batch) {
    std::vector<model::Source> sources;
    for (const std::size_t k : batch) sources.push_back(prepared.sources[parts[k]]);
    const auto decoding = engine.annotate(sources);
    job(*decoding, sources, batch);
    for (std::size_t k = 0; k < batch.size() && pooling != nullptr; ++k) {
      (*pooling)[parts[batch[k]]] = pooling_of(*decoding, k);
    }
  };
}

std::vector<model::Model> one_model(model::Model model) {
  std::vector<model::Model> models;
  models.push_back(std::move(model));
  return models;
}

}  // namespace

Predictor::Predictor(const std::filesystem::path& folder, const LoadOptions& options)
    : Predictor(one_model(load_model(folder, options)), options) {}

Predictor::Predictor(std::span<const std::string> folders, const LoadOptions& options)
    : Predictor(load_models(folders, options), options) {}

Predictor::Predictor(model::Model model, const LoadOptions& options)
    : Predictor(one_model(std::move(model)), options) {}

Predictor::Predictor(std::vector<model::Model> models, const LoadOptions& options)
    : Predictor(put_together(std::move(models), options), options) {}

Predictor::Predictor(Together together, const LoadOptions& options)
    : models_(together.models),
      line_temperature_(together.line_temperature),
      model_(std::move(together.first)),
      precision_(options.precision.value_or(model_.weights.precision())),
      past_values_(together.past_values),
      attention_(std::move(together.attention)),
      engine_(std::move(together.engine)) {
  const model::Configuration& configuration = model_.text.configuration;
  check_picture_options(options.pictures, configuration);
  const bool features = configuration.encoder.kind == model::EncoderKind::kFeatures;
  const bool named = !options.pictures.features.empty();
  if (configuration.encoder.reads_pictures() && (named || !features)) {
    pictures_.emplace(options.pictures, configuration);
  }
}

Prediction Predictor::present(search::Hypothesis hypothesis, const Part& part,
                              const model::Copies& copies, const Replacement* unknown) const {
  const model::Side& side = model_.text.target;
  Prediction prediction;
  for (const TokenId token : hypothesis.tokens) {
    prediction.units.push_back(model::unit_of(side, copies, token));
  }
  if (unknown != nullptr) {
    replace_unknown({unknown->text, unknown->units, hypothesis.alignment, hypothesis.source_length},
                    unknown->dictionary, side.segmenter.options().unit, prediction.units);
    if (unknown->drops_alignment) hypothesis.alignment.clear();
  }
  text::JoinedText joined = side.segmenter.join(prediction.units);
  prediction.text = std::move(joined.text);
  prediction.spans = std::move(joined.spans);
  prediction.rest_log_probability = rest_log_probability(hypothesis);
  prediction.unit_scores = std::move(hypothesis.token_scores);
  prediction.log_probability = hypothesis.log_probability;
  prediction.score = hypothesis.score;
  prediction.finished = hypothesis.finished;
  prediction.dead_end = hypothesis.dead_end;
  if (prediction.finished) {
    prediction.confidence = std::exp(prediction.rest_log_probability / line_temperature_);
  }
  if (hypothesis.alignment.empty()) return prediction;
  const bool over_units = model_.text.configuration.looks_at_units();
  for (const auto& [j, i] : search::links(hypothesis, over_units ? part.size() : 0)) {
    prediction.links.emplace_back(part.unit(j), i);
  }
  prediction.alignment = std::move(hypothesis.alignment);
  prediction.end_alignment = std::move(hypothesis.end_alignment);
  return prediction;
}

std::vector<Prediction> Predictor::present_best(std::span<search::Hypothesis> hypotheses,
                                                const Part& part, const model::Copies& copies,
                                                const PredictOptions& options,
                                                const Source& source) const {
  std::optional<Replacement> unknown;
  if (options.unknown == UnknownUnits::kReplaced) {
    unknown = make_replacement(options, model_.text.target.vocabulary.unknown(), hypotheses, part,
                               source);
  }
  const bool drawn = options.search.sampling.has_value();
  std::vector<Prediction> predictions;
  std::unordered_set<std::string> seen;
  for (search::Hypothesis& hypothesis : hypotheses) {
    if (predictions.size() == static_cast<std::size_t>(options.search.n_best)) break;
    Prediction prediction =
        present(std::move(hypothesis), part, copies, unknown ? &*unknown : nullptr);
    if (drawn || seen.insert(prediction.text).second) {
      predictions.push_back(std::move(prediction));
    }
  }
  return predictions;
}

std::vector<Answer> Predictor::predict(std::span<const std::string> texts,
                                       const PredictOptions& wanted,
                                       std::span<const Allowed> allowed,
                                       std::span<const TargetRequest> requests) const {
  const PredictOptions options = fit_to(*engine_, wanted);
  const search::SearchOptions searched = search_options(model_.text, *engine_, options);
  std::vector<Answer> answers(texts.size());
  const PreparedSources prepared =
      prepare_sources(model_.text, {texts, allowed, &attention_, pictures()}, options, answers);
  const std::vector<search::Request> asked =
      prepare_requests(model_.text, prepared, requests, options, answers);
  const std::vector<std::size_t> parts = answerable_parts(prepared, answers);
  const std::vector<std::size_t> texts_of = texts_of_parts(prepared);
  std::vector<std::vector<Prediction>> predictions(prepared.parts.size());
  std::vector<Pooling> pooling(prepared.parts.size());
  const BatchJob job = annotate_first(
      *engine_, prepared, parts, keeps_pooling(wanted) ? &pooling : nullptr,
      [&](model::Decoding& decoding, std::span<const model::Source> sources,
          std::span<const std::size_t> batch) {
        std::vector<search::Request> batch_requests;
        for (const std::size_t k : batch) {
          if (!asked.empty()) batch_requests.push_back(asked[parts[k]]);
        }
        auto found = search::search(*engine_, decoding, sources, searched, batch_requests);
        for (std::size_t k = 0; k < batch.size(); ++k) {
          const std::size_t part = parts[batch[k]];
          predictions[part] =
              present_best(found[k], prepared.parts[part], prepared.sources[part].copies, options,
                           answers[texts_of[part]].source);
        }
      });
  std::vector<char> too_large(prepared.parts.size(), 0);
  const Needs needs{asked, past_values_, engine_->target_vocabulary(),
                    engine_->fixed_target_length(), models_};
  for_each_batch(search_work(prepared, parts, searched, needs),
                 {options.batch_size, options.threads}, job,
                 [&](std::size_t k) { too_large[parts[k]] = 1; });
  for (std::size_t i = 0; i < texts.size(); ++i) {
    keep_pooling(prepared, i, pooling, answers[i].source);
    finish(*engine_, prepared, i, predictions, too_large, answers[i]);
    withhold(options.minimum_probability, answers[i]);
  }
  return answers;
}

std::vector<Answer> Predictor::score(std::span<const std::string> sources,
                                     std::span<const std::string> targets,
                                     const PredictOptions& wanted,
                                     std::span<const Allowed> allowed) const {
  ATTEND_CHECK_EQ(sources.size(), targets.size());
  const PredictOptions options = fit_to(*engine_, wanted);
  PredictOptions whole = options;
  if (whole.long_sources == LongSources::kSplit) whole.long_sources = LongSources::kSkip;
  std::vector<Answer> answers(sources.size());
  const PreparedSources prepared =
      prepare_sources(model_.text, {sources, allowed, &attention_, pictures()}, whole, answers);
  auto given = prepare_targets(model_.text, targets, options, answers);
  std::vector<std::size_t> pairs;  // the ones that have a part and a target
  std::vector<std::size_t> parts;  // [pairs]
  std::vector<Work> work;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::size_t part = prepared.first_parts[i];
    if (part == prepared.first_parts[i + 1] || !answers[i].problem.empty()) continue;
    if (given[i].units.empty() && !model_.text.configuration.training.allow_empty_targets) continue;
    pairs.push_back(i);
    parts.push_back(part);
    model::use_copies(prepared.sources[part].copies, model_.text.target, given[i]);
    const std::size_t tokens = prepared.sources[part].tokens.size();
    const bool kept = options.search.alignments == search::Alignments::kKept;
    work.push_back({tokens, given[i].tokens.size() * ((kept ? tokens : 0) + past_values_)});
  }
  std::vector<Pooling> pooling(prepared.parts.size());
  const BatchJob job = annotate_first(
      *engine_, prepared, parts, keeps_pooling(wanted) ? &pooling : nullptr,
      [&](model::Decoding& decoding, std::span<const model::Source> batch_sources,
          std::span<const std::size_t> batch) {
        std::vector<std::vector<TokenId>> batch_targets;
        for (const std::size_t k : batch) batch_targets.push_back(given[pairs[k]].tokens);
        auto scored = search::score(*engine_, decoding, batch_sources, batch_targets,
                                    options.search.length_normalisation, options.search.alignments);
        for (std::size_t k = 0; k < batch.size(); ++k) {
          const std::size_t i = pairs[batch[k]], part = parts[batch[k]];
          Prediction prediction =
              present(std::move(scored[k]), prepared.parts[part], prepared.sources[part].copies);
          show_as_given(model_.text.target, targets[i], given[i], prediction);
          answers[i].predictions.assign(1, std::move(prediction));
        }
      });
  for_each_batch(work, {options.batch_size, options.threads}, job,
                 [&](std::size_t k) { answers[pairs[k]].problem = kTooLarge; });
  for (const std::size_t i : pairs) keep_pooling(prepared, i, pooling, answers[i].source);
  return answers;
}

vision::Image Predictor::shown_picture(const std::string& name, int side) const {
  if (!pictures_) throw UsageError("this model reads no pictures");
  return pictures_->shown(name, side);
}

vision::Size Predictor::picture_size(const std::string& name) const {
  if (!pictures_) throw UsageError("this model reads no pictures");
  return pictures_->size_of(name);
}

void Predictor::check(const PredictOptions& wanted) const {
  search::check_options(*engine_, search_options(model_.text, *engine_, wanted));
  check_long_sources(model_.text, wanted.long_sources);
}

std::size_t Predictor::check_target_text(std::string_view name, const std::string& text) const {
  TargetText found;
  try {
    found = number_text(model_.text, {}, name, text);
  } catch (const DataError& error) {
    throw UsageError(error.what());
  }
  if (found.unknown.empty() || copies_units(model_.text)) return found.ids.size();
  throw UsageError(
      fmt::format("{}: the model cannot write '{}'", quote_text(name, text), found.unknown));
}

std::vector<std::string> Predictor::target_units(std::string_view text) const {
  std::vector<std::string> units;
  for (text::Unit& unit : model_.text.target.segmenter.split(text)) {
    units.push_back(std::move(unit.text));
  }
  return units;
}

}  // namespace attend::predictor

namespace attend {

bool has_instructions(Precision precision) { return runtime::has_instructions(precision); }

}  // namespace attend
