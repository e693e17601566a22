// Tells a search which targets are wanted, and computes how much it needs. Internal to this
// folder.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "predictor/batches.h"
#include "predictor/preparation.h"

namespace attend::predictor {

/// The ids of a text that a target is to contain, or not to contain.
struct TargetText {
  std::vector<text::TokenId> ids;  // without </s>
  /// The first unit that neither the vocabulary nor the source has; empty: there is none.
  std::string unknown;
};

/// Cuts and numbers a text. `copies` are those of the source, and empty ones where no source is
/// known. DataError, which calls the text `name`, where it cannot be cut into units and where it is
/// longer than every target.
TargetText number_text(const model::ModelText& model, const model::Copies& copies,
                       std::string_view name, const std::string& text);
/// Returns `name` with the text behind it, in quotation marks, for a message.
std::string quote_text(std::string_view name, const std::string& text);
/// Whether a source may give the decoder units that the target vocabulary lacks.
bool copies_units(const model::ModelText& model);

/// Returns the requests [parts] of all prepared sources: `requests` [texts], or if there are none
/// what `options` asks of all, and where the model copies the forbidden texts with the ids that
/// each source gives. Empty if nothing is asked and nothing drawn. Sets the problem of each of
/// `answers` [texts] whose request cannot be met: a unit that the model cannot write, a prefix that
/// is too long, too many phrases, or a source in several parts.
std::vector<search::Request> prepare_requests(const model::ModelText& model,
                                              const PreparedSources& prepared,
                                              std::span<const TargetRequest> requests,
                                              const PredictOptions& options,
                                              std::vector<Answer>& answers);

/// Returns the ids of texts that no target may contain. A text with a unit that only a source could
/// give is left out where `copies`, those of the source, have no such unit. UsageError for a text
/// that has no unit, and for one with a unit that the model can never write.
std::vector<std::vector<text::TokenId>> prepare_forbidden(const model::ModelText& model,
                                                          const model::Copies& copies,
                                                          std::span<const std::string> texts);

/// Returns the options of the search for predictions. Throws UsageError for those that the model
/// cannot follow.
search::SearchOptions search_options(const model::ModelText& text, const model::Engine& engine,
                                     const PredictOptions& options);

/// Returns the parts of all texts that have no problem.
std::vector<std::size_t> answerable_parts(const PreparedSources& prepared,
                                          std::span<const Answer> answers);
/// Returns the index of the text of each part, [parts].
std::vector<std::size_t> texts_of_parts(const PreparedSources& prepared);
/// Returns the units of a part of a source.
std::vector<text::Unit> units_of(const Part& part, const Source& source);

/// Returns the work of some parts. A search whose targets end late keeps one row of the alignment
/// for each step and hypothesis, and `past_values` numbers if the decoder looks at its past. A
/// search that reads whole distributions, and every model of an ensemble, has one of them for each
/// row.
std::vector<Work> search_work(const PreparedSources& prepared, std::span<const std::size_t> parts,
                              const search::SearchOptions& options, const Needs& needs);

}  // namespace attend::predictor
