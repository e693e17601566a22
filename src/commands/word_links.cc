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

void check_links(const Predictor& predictor, std::string_view wanted) {
  check_alignment(predictor, wanted);
  check_words(predictor, wanted);
}

Spans unit_spans(const Source& source) {
  Spans spans;
  spans.reserve(source.units.size());
  for (const text::Unit& unit : source.units) spans.push_back(unit.span);
  return spans;
}

}  // namespace attend::commands
