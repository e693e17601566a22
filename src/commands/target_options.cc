#include "commands/target_options.h"

#include <fmt/format.h>

#include <memory>

#include "base/base.h"
#include "commands/command_line.h"

namespace attend::commands {
namespace {

void add_length_options(CLI::App& command, SearchOptions& search) {
  command
      .add_option(
          "--coverage", search.coverage,
          "with a beam: adds the penalty X · Σ ln min(1, attention that a source unit had) to "
          "each score")
      ->check(number_between(0, 100))
      ->type_name("X");
  command
      .add_option("--minimum-length", search.minimum_length,
                  "a target has at least this many units")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  command
      .add_option("--minimum-ratio", search.minimum_ratio,
                  "shortest target: this many times the source tokens")
      ->check(number_between(0, 1000))
      ->capture_default_str();
}

void add_content_options(CLI::App& command, PredictOptions& predict) {
  command.add_option("--prefix", predict.request.prefix, "what every target begins with")
      ->type_name("TEXT");
  command
      .add_option("--require", predict.request.required,
                  "phrase that every target contains, as units; may be repeated, up to 8 times")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command
      .add_option("--forbid", predict.forbidden,
                  "text whose units no target has side by side; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command
      .add_option("--no-repeat-ngrams", predict.search.no_repeat,
                  "no N neighbouring units occur twice in a target; 0: any may")
      ->check(CLI::Range(0, 1000))
      ->type_name("N");
}

void add_unknown_options(CLI::App& command, TargetOptions& target, PredictOptions& predict) {
  auto* forbid = command.add_flag_callback(
      "--forbid-unknown", [&predict] { predict.unknown = UnknownUnits::kForbidden; },
      "never predict <unk>");
  auto* replace = command.add_flag_callback(
      "--replace-unknown", [&predict] { predict.unknown = UnknownUnits::kReplaced; },
      "write the source unit that attention looked at in place of <unk>");
  replace->excludes(forbid);
  command
      .add_option("--dictionary", target.dictionary,
                  "with --replace-unknown: lines of a source unit, a TAB and what to write for it")
      ->type_name("FILE")
      ->check(not_empty())
      ->needs(replace);
}

void add_sampling_options(CLI::App& command, TargetOptions& target) {
  auto* sample =
      command.add_flag("--sample", target.samples,
                       "draw targets at random in place of searching; --n-best N draws N of them");
  command
      .add_option("--temperature", target.sampling.temperature,
                  "with --sample: above 1 more varied, below 1 less")
      ->check(number_between(0.001, 1000))
      ->capture_default_str()
      ->needs(sample);
  command
      .add_option("--top-k", target.sampling.top_k,
                  "with --sample: only the K most probable units of a step; 0: all")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str()
      ->type_name("K")
      ->needs(sample);
  command
      .add_option(
          "--top-p", target.sampling.top_p,
          "with --sample: only the fewest most probable units of a step whose probabilities "
          "sum to at least P; 1: all")
      ->check(number_between(0.000001, 1))
      ->capture_default_str()
      ->type_name("P")
      ->needs(sample);
  command
      .add_option(
          "--seed", target.sampling.seed,
          "with --sample: seed of the random numbers; those of a line depend on the seed and "
          "on the number of the line")
      ->check(whole_number())
      ->capture_default_str()
      ->needs(sample);
}

// Throws UsageError where the model has no source words that could stand in place of <unk>.
void check_replacement(const Predictor& predictor) {
  check_alignment(predictor, "--replace-unknown");
  check_words(predictor, "--replace-unknown");
}

// Throws UsageError for a prefix that no target can begin with.
void check_prefix(const Predictor& predictor, const PredictOptions& predict) {
  const std::size_t units = predictor.check_target_text("--prefix", predict.request.prefix);
  const auto longest = static_cast<std::size_t>(predict.search.maximum_length);
  if (units <= longest) return;
  throw UsageError(fmt::format("--prefix: found {} units, expected at most {} (--maximum-length)",
                               units, longest));
}

}  // namespace

void add_target_options(CLI::App& command, TargetOptions& target, PredictOptions& predict) {
  add_length_options(command, predict.search);
  add_content_options(command, predict);
  add_unknown_options(command, target, predict);
  add_sampling_options(command, target);
}

void add_request_columns(CLI::App& command, text::RequestColumns& columns) {
  command
      .add_option_function<std::size_t>(
          "--prefix-column",
          [&columns](std::size_t column) { columns.prefix = text::Columns::one(column); },
          "column of a line with the prefix that its target begins with; without --source-column "
          "the source is column 1")
      ->check(CLI::Range(1, 1000000))
      ->type_name("N");
  add_columns_option(command, "--require-column", columns.required,
                     "columns of a line, each with a phrase that its target contains: 2-");
}

void complete_target_options(const TargetOptions& target, PredictOptions& predict) {
  const SearchOptions& search = predict.search;
  const auto refuse = [](bool given, std::string_view flag, std::string_view why) {
    if (given) throw UsageError(fmt::format("{} and --sample: {}", flag, why));
  };
  if (target.samples) {
    refuse(search.beam > 1, "--beam", "drawing needs no beam; --n-best N draws N targets");
    refuse(search.coverage > 0, "--coverage", "targets that are drawn have no penalty");
    refuse(!predict.request.required.empty(), "--require",
           "targets that are drawn cannot be held to phrases");
    predict.search.sampling = target.sampling;
  } else if (search.coverage > 0 && search.beam == 1) {
    throw UsageError(
        "--coverage: with --beam 1 there is one target and nothing to choose; give a larger "
        "--beam");
  }
  if (search.minimum_length > search.maximum_length) {
    throw UsageError(fmt::format("--minimum-length {} is larger than --maximum-length {}",
                                 search.minimum_length, search.maximum_length));
  }
  if (search.minimum_ratio > search.maximum_ratio) {
    throw UsageError(fmt::format("--minimum-ratio {} is larger than --maximum-ratio {}",
                                 search.minimum_ratio, search.maximum_ratio));
  }
  if (predict.request.required.size() > kMostPhrases) {
    throw UsageError(fmt::format("--require: found {} phrases, expected at most {}",
                                 predict.request.required.size(), kMostPhrases));
  }
  if (!target.dictionary.empty()) {
    predict.dictionary = std::make_shared<const Dictionary>(Dictionary::load(target.dictionary));
  }
}

void refuse_target_options(const CLI::App& command, std::string_view why) {
  CLI::App refused;
  TargetOptions target;
  PredictOptions predict;
  add_target_options(refused, target, predict);
  std::vector<std::string> names{"--shortlist"};
  for (const CLI::Option* option : refused.get_options()) names.push_back(option->get_name());
  for (const std::string& name : names) {
    const CLI::Option* const option = command.get_option_no_throw(name);
    if (option == nullptr || option->count() == 0) continue;
    throw UsageError(fmt::format("{}: {}", name, why));
  }
}

void check_target_options(const Predictor& predictor, const PredictOptions& predict) {
  if (predict.search.coverage > 0) check_alignment(predictor, "--coverage");
  if (predict.unknown == UnknownUnits::kReplaced) check_replacement(predictor);
  for (const std::string& text : predict.forbidden) {
    if (predictor.check_target_text("--forbid", text) > 0) continue;
    throw UsageError(fmt::format("--forbid '{}': found no unit", text));
  }
  check_prefix(predictor, predict);
  for (const std::string& phrase : predict.request.required) {
    if (predictor.check_target_text("--require", phrase) > 0) continue;
    throw UsageError(fmt::format("--require '{}': found no unit", phrase));
  }
  predictor.check(predict);
}

void check_fit_options(const PredictOptions& predict) {
  const auto refuse = [](bool given, std::string_view flag) {
    if (!given) return;
    throw UsageError(fmt::format(
        "--fit-temperature and {}: the temperature is stored for the model's own predictions",
        flag));
  };
  refuse(predict.search.sampling.has_value(), "--sample");
  refuse(!predict.request.prefix.empty(), "--prefix");
  refuse(!predict.request.required.empty(), "--require");
  refuse(!predict.forbidden.empty(), "--forbid");
}

void check_shortlist(const LoadOptions& load, const PredictOptions& predict,
                     const text::RequestColumns& columns) {
  if (load.candidates == Candidates::kAll) return;
  const SearchOptions& search = predict.search;
  const bool whole = search.sampling || search.no_repeat > 0 || !predict.forbidden.empty() ||
                     !predict.request.empty() || columns.any();
  if (!whole) return;
  throw UsageError(
      "--shortlist: --sample, --prefix, --require, --forbid and --no-repeat-ngrams need the "
      "probabilities of all units");
}

void add_models_option(CLI::App& command, std::vector<std::string>& folders, LoadOptions& load) {
  command
      .add_option("-m,--model", folders,
                  "model folder or installed model (attend models); several, each with its -m, "
                  "answer together")
      ->required()
      ->type_name("FOLDER")
      ->allow_extra_args(false)
      ->transform(installed_model())
      ->check(not_empty());
  add_choice<Average>(
      command, "--ensemble", load.average,
      {{"probabilities", Average::kProbabilities},
       {"log-probabilities", Average::kLogProbabilities}},
      "with several models: what is averaged over them; without this option probabilities");
  add_picture_options(command, load.pictures);
}

void check_models(const CLI::App& command, std::span<const std::string> folders) {
  if (command.count("--ensemble") == 0 || folders.size() > 1) return;
  throw UsageError(
      "--ensemble: one model has nothing to average; give several models, each with its -m");
}

}  // namespace attend::commands
