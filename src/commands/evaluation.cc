#include "commands/evaluation.h"

#include <chrono>
#include <utility>

#include "base/base.h"

namespace attend::commands {
namespace {

// Returns the units of a reference that the model can never write.
std::vector<std::string> unknown_units(const predictor::Predictor& predictor,
                                       const std::vector<std::string>& units) {
  std::vector<std::string> unknown;
  for (const std::string& unit : units) {
    if (!predictor.text().target.vocabulary.contains(unit)) unknown.push_back(unit);
  }
  return unknown;
}

}  // namespace

EvaluatedPairs evaluate_pairs(const predictor::Predictor& predictor, const text::CorpusFiles& files,
                              const predictor::PredictOptions& options, LineErrors errors,
                              const std::string& name) {
  using Clock = std::chrono::steady_clock;
  text::PairReader reader(files, text::BlankSides::kBoth);
  Notices notices(name, reader.name());
  predictor::PredictOptions predict = options;
  predict.search.alignments = search::Alignments::kDropped;
  EvaluatedPairs result;
  const auto take = [&](const predictor::Answer& answer, const Chunk& chunk, std::size_t i) {
    if (!chunk.problems[i].empty()) return;
    const std::string& target = chunk.targets[i];
    if (text::is_blank(chunk.sources[i]) && text::is_blank(target)) {
      notices.add_blank_pair();
      return;
    }
    if (text::is_blank(target)) notices.add_empty_reference();
    const std::string best = answer.predictions.empty() ? "" : answer.predictions.front().text;
    const text::Segmenter& segmenter = predictor.text().target.segmenter;
    metrics::Segment reference = metrics::make_segment(segmenter, target);
    notices.add_reference(unknown_units(predictor, reference.units));
    result.source_lengths.push_back(answer.source.units.size());
    result.hypotheses.push_back(metrics::make_segment(segmenter, best));
    result.references.push_back({std::move(reference)});
  };
  const auto answer = [&](const Chunk& chunk) {
    const auto start = Clock::now();
    auto answers = predictor.predict(chunk.sources, predict);
    result.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    return answers;
  };
  LineOptions line_options;
  line_options.errors = errors;
  Lines lines(line_options, notices);
  lines.answer_all(reader, {answer, take, [] {}});
  lines.finish();
  if (result.hypotheses.empty()) throw DataError(reader.name(), 0, "no pair to evaluate");
  notices.report();
  return result;
}

}  // namespace attend::commands
