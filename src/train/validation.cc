#include "train/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/base.h"
#include "metrics/metrics.h"
#include "predictor/predictor.h"
#include "runtime/runtime.h"
#include "search/search.h"
#include "train/alignment_metrics.h"
#include "train/length_batches.h"
#include "view/view.h"

namespace attend::train {
namespace {

constexpr const char* kLoss = "loss";

// Converts a prediction to text and cuts that text into units again, as `attend evaluate` does.
metrics::Segment to_segment(const model::Side& side, const model::Copies& copies,
                            const std::vector<text::TokenId>& tokens) {
  std::vector<std::string> units;
  units.reserve(tokens.size());
  for (const text::TokenId token : tokens) units.push_back(model::unit_of(side, copies, token));
  return metrics::make_segment(side.segmenter, side.segmenter.join(units).text);
}

// Returns all labels that a model can answer with.
std::vector<metrics::Segment> all_labels(const model::Side& side) {
  std::vector<metrics::Segment> result;
  for (const std::string& unit : side.vocabulary.units()) {
    if (!text::is_reserved(unit)) result.push_back(metrics::make_segment(side.segmenter, unit));
  }
  return result;
}

std::vector<metrics::Segment> references(const Dataset& data) {
  std::vector<metrics::Segment> result;
  for (const text::Pair& pair : data.validation_pairs) {
    result.push_back(metrics::make_segment(data.text.target.segmenter, pair.target));
  }
  return result;
}

// A source with all its references: one, or the captions of a picture.
struct Question {
  const model::Source* source = nullptr;
  const model::Example* example = nullptr;  // the first one with this source
  std::vector<metrics::Segment> references = {};
};

// Returns what a model is asked to validate it: every validation pair, or every picture once.
std::vector<Question> find_questions(const Dataset& data) {
  std::vector<metrics::Segment> right = references(data);
  std::map<const model::Picture*, std::size_t> known;
  std::vector<Question> questions;
  for (std::size_t i = 0; i < data.validation.size(); ++i) {
    const model::Example& example = data.validation[i];
    const model::Picture* picture = example.source.picture.get();
    std::size_t number = questions.size();
    if (picture != nullptr) number = known.try_emplace(picture, number).first->second;
    if (number == questions.size()) questions.push_back({&example.source, &example});
    questions[number].references.push_back(std::move(right[i]));
  }
  return questions;
}

// How many sources are asked together: pictures take at most 256 MiB.
std::size_t held_at_once(const Dataset& data) {
  if (data.pictures == nullptr) return std::max<std::size_t>(1, data.validation.size());
  const model::ImageConfig& image = data.text.configuration.image;
  const std::size_t bytes = vision::value_count({image.height, image.width});
  return std::clamp<std::size_t>((std::size_t{256} << 20) / bytes, 1, 1024);
}

void hold_pictures(const Dataset& data, std::span<const Question> questions) {
  if (data.pictures == nullptr) return;
  std::vector<const model::Example*> examples;
  for (const Question& one : questions) examples.push_back(one.example);
  data.pictures->hold(examples);
}

// Adds what the model thinks of the labels of the validation pairs [begin, end). A pair without an
// answer is left out.
void add_probabilities(const Dataset& data, std::size_t begin, std::size_t end,
                       const predictor::Predictor& predictor,
                       const predictor::PredictOptions& options,
                       metrics::LabelProbabilities& result) {
  std::vector<std::string> texts;
  std::vector<predictor::Allowed> allowed;
  for (std::size_t i = begin; i < end; ++i) {
    texts.push_back(data.validation_pairs[i].source);
    allowed.push_back(data.validation_pairs[i].allowed);
  }
  const predictor::LabelAnswers labels = predictor.predict_labels(texts, options, allowed);
  for (std::size_t i = begin; i < end; ++i) {
    const std::vector<float>& row = labels.log_probabilities[i - begin];
    if (row.empty()) continue;
    result.labels = row.size();
    result.log_probabilities.insert(result.log_probabilities.end(), row.begin(), row.end());
    result.right.push_back(static_cast<std::size_t>(data.validation[i].target.front()));
  }
}

// Returns what the model thinks of the labels of all validation pairs. It reads a limited number of
// texts at a time, because prepared texts take much more memory than raw ones.
metrics::LabelProbabilities label_probabilities(const Dataset& data,
                                                const predictor::Predictor& predictor,
                                                int threads) {
  constexpr std::size_t kTexts = 1024;
  predictor::PredictOptions options;
  options.threads = threads;
  metrics::LabelProbabilities result;
  const std::size_t count = data.validation_pairs.size();
  for (std::size_t begin = 0; begin < count; begin += kTexts) {
    add_probabilities(data, begin, std::min(begin + kTexts, count), predictor, options, result);
  }
  return result;
}

}  // namespace

void check_metric(const std::string& name) {
  if (name == kLoss || find_alignment_metric(name)) return;
  try {
    if (metrics::has_direction(metrics::parse_metric(name))) return;
  } catch (const UsageError& error) {
    throw UsageError(fmt::format(
        "training.metric: {}; or loss, alignment_error_rate, alignment_entropy", error.what()));
  }
  throw UsageError(fmt::format(
      "training.metric: {} describes predictions and does not say which model is better", name));
}

void check_metric(const Dataset& data) {
  const std::string& name = data.text.configuration.training.metric;
  if (name == kLoss || find_alignment_metric(name)) return;  // they compare no texts
  const metrics::Metric metric = metrics::parse_metric(name);
  try {
    const std::vector<metrics::Segment> right = references(data);
    metrics::evaluate(metric, right, right);
    if (metric != metrics::Metric::kSemEval2010) return;
    if (!predictor::answers_with_one_label(data.text.configuration)) {
      throw UsageError(
          fmt::format("{}: the answers of this model are no labels (target.unit: whole)", name));
    }
    const std::vector<metrics::Segment> labels = all_labels(data.text.target);
    metrics::evaluate(metric, labels, labels);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("training.metric: {}", error.what()));
  }
}

bool is_better(const std::string& metric, double value, double best) {
  const bool of_texts = metric != kLoss && !find_alignment_metric(metric);
  const bool higher = of_texts && metrics::higher_is_better(metrics::parse_metric(metric));
  return higher ? value > best : value < best;
}

double decode_metric(const Dataset& data, const model::Weights& weights, const std::string& metric,
                     int beam, Workers& workers) {
  if (const auto of_alignment = find_alignment_metric(metric)) {
    return alignment_metric(data, weights, *of_alignment, workers);
  }
  const auto engine = runtime::make_engine(data.text.configuration, data.text.sizes(),
                                           data.text.target.vocabulary.end(), weights);
  search::SearchOptions options;
  options.beam = beam;
  options.alignments = search::Alignments::kDropped;
  options.forbidden = model::never_predicted(data.text.target);
  const std::vector<Question> questions = find_questions(data);
  std::vector<metrics::Segment> hypotheses(questions.size());
  const std::size_t held = held_at_once(data);
  for (std::size_t first = 0; first < questions.size(); first += held) {
    const std::span<const Question> some =
        std::span(questions).subspan(first, std::min(held, questions.size() - first));
    hold_pictures(data, some);
    std::vector<std::size_t> lengths;
    for (const Question& one : some) lengths.push_back(one.source->tokens.size());
    for_each_batch(lengths, workers, [&](std::span<const std::size_t> batch) {
      std::vector<model::Source> sources;
      for (const std::size_t k : batch) sources.push_back(*some[k].source);
      const auto results = search::search(*engine, sources, options);
      for (std::size_t k = 0; k < batch.size(); ++k) {
        hypotheses[first + batch[k]] =
            to_segment(data.text.target, sources[k].copies, results[k].front().tokens);
      }
    });
  }
  std::vector<std::vector<metrics::Segment>> expected;
  for (const Question& one : questions) expected.push_back(one.references);
  return metrics::evaluate(metrics::parse_metric(metric), hypotheses, expected,
                           metrics::options_for(expected));
}

std::vector<std::string> fit_temperature(const Dataset& data, const std::filesystem::path& folder,
                                         int threads) {
  predictor::LoadOptions load;
  load.pictures = data.picture_options;
  const predictor::Predictor predictor(folder, load);
  const metrics::LabelProbabilities probabilities = label_probabilities(data, predictor, threads);
  if (probabilities.examples() == 0) return {"no temperature: no validation pair has an answer"};
  const metrics::FittedTemperature fitted = metrics::calibrate_with_temperature(
      probabilities, predictor.text().configuration.decoder.temperature);
  model::save_temperature(folder, predictor.text(), predictor.weights().precision(),
                          fitted.temperature);
  std::vector<std::string> messages;
  messages.push_back(fmt::format(
      "decoder.temperature {}: expected calibration error of the validation pairs {:.2f} % (before "
      "{:.2f} %), negative log-likelihood {} (before {})",
      fitted.temperature, fitted.after.expected_error, fitted.before.expected_error,
      metrics::likelihood_text(fitted.after), metrics::likelihood_text(fitted.before)));
  const std::string warning = metrics::temperature_warning(fitted.temperature);
  if (!warning.empty()) messages.push_back(warning);
  return messages;
}

void draw_history(const std::vector<ValidationRecord>& records, const std::filesystem::path& file) {
  view::Series training{"training", {}, {}}, validation{"validation", {}, {}};
  view::Series metric{records.empty() ? "" : records.front().metric_name, {}, {}};
  view::Series rate{"learning rate", {}, {}};
  for (const ValidationRecord& record : records) {
    const auto update = static_cast<double>(record.update);
    const auto add = [update](view::Series& series, double value) {
      series.x.push_back(update);
      series.y.push_back(value);
    };
    add(training, record.train_loss);
    add(validation, record.valid_loss);
    add(metric, record.metric);
    add(rate, record.learning_rate);
  }
  std::vector<view::CurvePanel> panels;
  panels.push_back({"loss per target token", {training, validation}, view::AxisScale::kLinear});
  if (metric.name != kLoss && !metric.name.empty()) {
    panels.push_back({metric.name, {metric}, view::AxisScale::kLinear});
  }
  panels.push_back({"learning rate", {rate}, view::AxisScale::kLinear});
  write_file(file, view::draw_curves(panels));
}

}  // namespace attend::train
