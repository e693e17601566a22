#include "commands/word_links.h"

#include <fmt/format.h>

#include "base/base.h"

namespace attend::commands {

void add_alignment_units_option(CLI::App& command, AlignmentUnits& units) {
  const bool words = units == AlignmentUnits::kWords;
  add_choice<AlignmentUnits>(
      command, "--alignment-units", units,
      {{"words", AlignmentUnits::kWords}, {"units", AlignmentUnits::kUnits}},
      fmt::format("link words, which white space separates in the text as it was read, or units of "
                  "the model, such as subwords and characters; default: {}",
                  words ? "words" : "units"));
}

void check_links(const predictor::Predictor& predictor, std::string_view wanted) {
  check_alignment(predictor, wanted);
  check_words(predictor, wanted);
}

Spans unit_spans(const predictor::Source& source) {
  Spans spans;
  spans.reserve(source.units.size());
  for (const text::Unit& unit : source.units) spans.push_back(unit.span);
  return spans;
}

WordAnswer link_words(const predictor::Answer& answer) {
  WordAnswer result{text::find_words(answer.source.text), {}};
  const alignment::Grouping source = alignment::group(answer.source.units, result.words);
  for (const predictor::Prediction& prediction : answer.predictions) {
    LinkedWords linked{text::find_words(prediction.text), {}};
    const alignment::WordWeights weights =
        alignment::word_weights(predictor::unit_weights(answer.source, prediction), source,
                                alignment::group(prediction.spans, linked.words));
    for (const alignment::Link& link : alignment::best_links(weights)) {
      linked.links.push_back({link, weights.at(link.source, link.target), std::nullopt});
    }
    result.predictions.push_back(std::move(linked));
  }
  return result;
}

std::string pharaoh(const LinkedWords& words) {
  std::vector<alignment::Link> links;
  for (const WordLink& one : words.links) links.push_back(one.link);
  return alignment::write_pharaoh(links);
}

}  // namespace attend::commands
