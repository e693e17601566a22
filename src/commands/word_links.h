// Links between the words of a text as it was read, for predict and align.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alignment/alignment.h"
#include "commands/command_line.h"

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
void check_links(const Predictor& predictor, std::string_view wanted);

/// Returns the bytes of the units of a source.
Spans unit_spans(const Source& source);

}  // namespace attend::commands
