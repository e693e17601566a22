#include "predictor/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/base.h"
#include "predictor/prepared.h"
#include "runtime/runtime.h"

namespace attend::predictor {

using model::TokenId;

bool has_instructions(Precision precision) { return runtime::has_instructions(precision); }

namespace {

runtime::EngineOptions engine_options(const model::Model& model, const LoadOptions& options) {
  runtime::EngineOptions result;
  result.precision = options.precision;
  if (options.candidates == Candidates::kShortlist) {
    if (!model.shortlist) throw ModelError("the model has no shortlist (see attend shortlist)");
    result.shortlist = model.shortlist;
  }
  return result;
}

}  // namespace

Predictor::Predictor(const std::filesystem::path& folder, const LoadOptions& options)
    : Predictor(options.candidates == Candidates::kShortlist ? model::load_with_shortlist(folder)
                                                             : model::load(folder),
                options) {}

Predictor::Predictor(model::Model model, const LoadOptions& options)
    : model_(std::move(model)),
      precision_(options.precision.value_or(model_.weights.precision())),
      engine_(runtime::make_engine(model_.text.configuration, model_.text.sizes(),
                                   model_.text.target.vocabulary.end(), model_.weights,
                                   engine_options(model_, options))) {}

Predictor::Prepared Predictor::prepare_source(const std::string& text) const {
  const model::Side& side = model_.text.source;
  model::Encoded encoded = model::encode(side, text);
  Prepared prepared;
  prepared.tokens = std::move(encoded.tokens);
  Source& source = prepared.source;
  source.text = text;
  source.cut = encoded.cut;
  for (std::size_t j = 0; j < prepared.tokens.size(); ++j) {
    source.columns.push_back(j < encoded.units.size() ? encoded.units[j].text
                                                      : side.vocabulary.unit(prepared.tokens[j]));
    if (j < encoded.units.size() && prepared.tokens[j] == side.vocabulary.unknown()) {
      source.unknown.push_back(encoded.units[j].text);
    }
  }
  source.units = std::move(encoded.units);
  return prepared;
}

Prediction Predictor::present(const search::Hypothesis& hypothesis, const Source& source) const {
  const model::Side& side = model_.text.target;
  Prediction prediction;
  for (const TokenId token : hypothesis.tokens) {
    prediction.units.push_back(side.vocabulary.unit(token));
  }
  text::JoinedText joined = side.segmenter.join(prediction.units);
  prediction.text = std::move(joined.text);
  prediction.spans = std::move(joined.spans);
  prediction.unit_scores = hypothesis.token_scores;
  prediction.log_probability = hypothesis.log_probability;
  prediction.score = hypothesis.score;
  prediction.finished = hypothesis.finished;
  prediction.links = search::links(hypothesis, source.units.size());
  prediction.alignment = hypothesis.alignment;
  return prediction;
}

void Predictor::for_each_batch(std::span<const Prepared> prepared, const PredictOptions& options,
                               const std::function<void(std::span<const std::size_t>)>& job) const {
  std::vector<std::size_t> order(prepared.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return prepared[a].tokens.size() > prepared[b].tokens.size();  // long ones first: even ends
  });
  const std::size_t size = std::max<std::size_t>(1, options.batch_size);
  const std::size_t batches = (order.size() + size - 1) / size;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < batches; i = next++) {
        job(std::span(order).subspan(i * size, std::min(size, order.size() - i * size)));
      }
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const unsigned wanted = options.threads > 0 ? static_cast<unsigned>(options.threads)
                                              : std::thread::hardware_concurrency();
  const std::size_t threads = std::min(batches, std::size_t{std::max(1u, wanted)});
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 1; i < threads; ++i) workers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

std::vector<Answer> Predictor::predict(std::span<const std::string> texts,
                                       const PredictOptions& options) const {
  std::vector<Prepared> prepared;
  for (const std::string& text : texts) prepared.push_back(prepare_source(text));
  std::vector<Answer> answers(texts.size());
  search::SearchOptions search_options = options.search;
  search_options.forbidden = model::never_predicted(model_.text.target);
  // Different unit sequences may join to one text (subwords): look at the whole beam, then cut.
  search_options.n_best = options.search.n_best > 1 ? search_options.beam : 1;
  for_each_batch(prepared, options, [&](std::span<const std::size_t> batch) {
    std::vector<std::vector<TokenId>> sources;
    for (const std::size_t i : batch) sources.push_back(prepared[i].tokens);
    const auto found = search::search(*engine_, sources, search_options);
    for (std::size_t k = 0; k < batch.size(); ++k) {
      Answer& answer = answers[batch[k]];
      answer.source = prepared[batch[k]].source;
      std::unordered_set<std::string> seen;
      for (const search::Hypothesis& hypothesis : found[k]) {
        if (answer.predictions.size() == static_cast<std::size_t>(options.search.n_best)) break;
        Prediction prediction = present(hypothesis, answer.source);
        if (seen.insert(prediction.text).second) {
          answer.predictions.push_back(std::move(prediction));
        }
      }
    }
  });
  return answers;
}

std::vector<Answer> Predictor::score(std::span<const std::string> sources,
                                     std::span<const std::string> targets,
                                     const PredictOptions& options) const {
  ATTEND_CHECK_EQ(sources.size(), targets.size());
  std::vector<Prepared> prepared;
  std::vector<std::vector<TokenId>> target_tokens;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    prepared.push_back(prepare_source(sources[i]));
    target_tokens.push_back(model::encode(model_.text.target, targets[i]).tokens);
    if (model_.text.target.config.end_token) target_tokens.back().pop_back();  // score() adds it
  }
  std::vector<Answer> answers(sources.size());
  for_each_batch(prepared, options, [&](std::span<const std::size_t> batch) {
    std::vector<std::vector<TokenId>> batch_sources, batch_targets;
    for (const std::size_t i : batch) {
      batch_sources.push_back(prepared[i].tokens);
      batch_targets.push_back(target_tokens[i]);
    }
    const auto scored =
        search::score(*engine_, batch_sources, batch_targets, options.search.length_normalisation);
    for (std::size_t k = 0; k < batch.size(); ++k) {
      Answer& answer = answers[batch[k]];
      answer.source = prepared[batch[k]].source;
      answer.predictions.push_back(present(scored[k], answer.source));
    }
  });
  return answers;
}

std::vector<std::string> Predictor::target_units(std::string_view text) const {
  std::vector<std::string> units;
  for (text::Unit& unit : model_.text.target.segmenter.split(text)) {
    units.push_back(std::move(unit.text));
  }
  return units;
}

}  // namespace attend::predictor
