// Options that ask something of targets: how they are searched, what they contain, what becomes of
// <unk>.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/attend.hpp"
#include "text/text.h"

namespace attend::commands {

/// Values of add_target_options() that complete_target_options() brings into PredictOptions.
struct TargetOptions {
  bool samples = false;
  Sampling sampling;
  std::string dictionary;  ///< file; empty: none
};

/// Adds --coverage, --minimum-length, --minimum-ratio, --no-repeat-ngrams, --forbid, --require,
/// --prefix, the options of sampling, --forbid-unknown and --replace-unknown with its --dictionary.
void add_target_options(CLI::App& command, TargetOptions& target, PredictOptions& predict);

/// Adds --prefix-column and --require-column, for commands that read sources.
void add_request_columns(CLI::App& command, text::RequestColumns& columns);

/// Completes `predict` after the command line was read: with the sampling and the dictionary.
/// UsageError for options that contradict each other; throws as Dictionary::load() does.
void complete_target_options(const TargetOptions& target, PredictOptions& predict);

/// Throws UsageError, which names the option and says `why`, where `command` was given an option of
/// add_target_options() or --shortlist, which leave some targets out of a search.
void refuse_target_options(const CLI::App& command, std::string_view why);

/// Throws UsageError for what the model cannot do, before a line is read: an option that needs an
/// alignment, a prefix, a phrase or a forbidden text with a unit that it can never write, and
/// whatever else the predictor refuses.
void check_target_options(const Predictor& predictor, const PredictOptions& predict);

/// Throws UsageError for options under which no temperature is fitted, because predictions would be
/// others than those that the model makes by itself.
void check_fit_options(const PredictOptions& predict);

/// Throws UsageError where a shortlist goes with options that need whole distributions. `columns`
/// are those of per-line requests.
void check_shortlist(const LoadOptions& load, const PredictOptions& predict,
                     const text::RequestColumns& columns = {});

/// Adds -m, --model, which may be repeated, and --ensemble.
void add_models_option(CLI::App& command, std::vector<std::string>& folders, LoadOptions& load);
/// Throws UsageError where --ensemble was given and there is one model.
void check_models(const CLI::App& command, std::span<const std::string> folders);

}  // namespace attend::commands
