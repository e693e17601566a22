// Links between the words of a text as it was read, for predict and align.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alignment/alignment.h"
#include "commands/command_line.h"
#include "predictor/predictor.h"

namespace attend::commands {

using Spans = std::vector<text::ByteSpan>;

/// Says what links connect.
enum class AlignmentUnits {
  kWords,  ///< what white space separates in the raw texts
  kUnits   ///< what the model works on: characters, subwords, words
};
/// Adds --alignment-units. `units` holds the default.
void add_alignment_units_option(CLI::App& command, AlignmentUnits& units);

/// Throws UsageError when the model has no alignment between the units of source and target.
/// `wanted` names what needs one.
void check_links(const predictor::Predictor& predictor, std::string_view wanted);

struct WordLink {
  alignment::Link link;
  float weight = 0;  ///< of the source word in the row of the target word
  /// In a model of the opposite direction: of the target word in the row of the source word.
  std::optional<float> reverse_weight;
};

/// The words of a target, with its links to the words of the source.
struct LinkedWords {
  Spans words;  ///< bytes of Prediction::text
  std::vector<WordLink> links;
};

/// The words of an answer.
struct WordAnswer {
  Spans words;  ///< bytes of Source::text
  std::vector<LinkedWords> predictions;
};

/// Returns the bytes of the units of a source.
Spans unit_spans(const predictor::Source& source);

/// Finds the words of an answer, and links each target word to the source word of the largest
/// weight. The alignment must have been kept.
WordAnswer link_words(const predictor::Answer& answer);

/// Returns the links in Pharaoh format: "0-0 1-2".
std::string pharaoh(const LinkedWords& words);

}  // namespace attend::commands
