#include "commands/metric_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"
#include "commands/command_line.h"

namespace attend::commands {
namespace {

using metrics::Metric;
using metrics::Smoothing;
using metrics::Tokenizer;

bool is_wanted(std::span<const Metric> wanted, Metric metric) {
  return std::find(wanted.begin(), wanted.end(), metric) != wanted.end();
}

metrics::TokenizerChoice choice_for(std::span<const std::vector<metrics::Segment>> references) {
  std::vector<std::string> texts;
  for (const auto& list : references) {
    for (const metrics::Segment& reference : list) texts.push_back(reference.text);
  }
  return metrics::choose_tokenizer(texts);
}

void tell_tokenizer(const MetricOptions& options, const metrics::TokenizerChoice& choice,
                    std::string_view command) {
  const std::string_view fitting = metrics::tokenizer_name(choice.tokenizer);
  if (!options.tokenizer) {
    print_message(
        fmt::format("{}: BLEU is computed with --tokenize {}, because the references are {}\n",
                    command, fitting, choice.script));
  } else if (*options.tokenizer == Tokenizer::k13a || *options.tokenizer == Tokenizer::kIntl) {
    print_message(
        fmt::format("{}: the references are {}, where --tokenize {} makes one word of a sentence; "
                    "--tokenize {} fits\n",
                    command, choice.script, metrics::tokenizer_name(*options.tokenizer), fitting));
  }
}

// Whether TER takes Chinese characters for words.
bool cuts_ideographs(const metrics::TerOptions& options) {
  return options.normalized && options.asian_support;
}

void tell_words(const MetricOptions& options, std::span<const Metric> wanted,
                std::string_view script, std::string_view command) {
  const bool ter = is_wanted(wanted, Metric::kTer) && !cuts_ideographs(options.ter);
  const bool wer = is_wanted(wanted, Metric::kWordErrorRate);
  if (!ter && !wer) return;
  print_message(fmt::format(
      "{}: {} words between blanks, but {} text has no blanks between words. cer counts "
      "characters{}.\n",
      command, ter ? (wer ? "ter and wer count" : "ter counts") : "wer counts", script,
      ter && script == "Chinese" ? ", and so does ter with --ter-normalized --ter-asian-support"
                                 : ""));
}

// Tells of captions that may be one word each: they are cut at blanks without --tokenize.
void tell_captions(std::span<const Metric> wanted, const metrics::TokenizerChoice& choice,
                   std::string_view command) {
  const auto found = std::find_if(wanted.begin(), wanted.end(), metrics::counts_caption_words);
  if (found == wanted.end()) return;
  print_message(fmt::format(
      "{}: {} counts words between blanks; if the {} texts have no blanks between words, "
      "--tokenize {} cuts them\n",
      command, metrics::metric_name(*found), choice.script,
      metrics::tokenizer_name(choice.tokenizer)));
}

}  // namespace

void add_metric_options(CLI::App& command, MetricOptions& options) {
  using Tokenizers = std::optional<Tokenizer>;
  std::vector<std::pair<std::string, Tokenizers>> tokenizers;
  for (const Tokenizer one : metrics::all_tokenizers()) {
    tokenizers.emplace_back(metrics::tokenizer_name(one), one);
  }
  add_choice<Tokenizers>(command, "--tokenize,--tokenise", options.tokenizer, tokenizers,
                         "words of bleu; without: by the script of the references, zh for Chinese, "
                         "char for Japanese and Thai, else 13a. The metrics of captions take "
                         "words between blanks unless this option is given");
  std::vector<std::pair<std::string, Smoothing>> smoothings;
  for (const Smoothing one : metrics::all_smoothings()) {
    smoothings.emplace_back(metrics::smoothing_name(one), one);
  }
  add_choice<Smoothing>(command, "--smooth,--smooth-method", options.smoothing, smoothings,
                        "what bleu puts in the place of a precision of 0; without: exp");
  command
      .add_option("--smooth-value", options.smoothing_value,
                  "value of --smooth floor (without: 0.1) or add-k (without: 1)")
      ->check(number_between(0, 1000));
  command.add_flag(
      "--lowercase", options.lowercase,
      "bleu, chrf, wer, cer, per and the metrics of captions compare small letters, as "
      "ter always does");
  command.add_flag_callback(
      "--brevity-penalty",
      [&options] { options.caption_brevity = metrics::BrevityPenalty::kClosest; },
      "bleu-1 to bleu-4 fall where predictions are shorter than the closest reference, as bleu and "
      "coco-caption do");
  command.add_flag("--ter-case-sensitive", options.ter.case_sensitive,
                   "ter tells capitals from small letters");
  command.add_flag("--ter-normalized,--ter-normalised", options.ter.normalized,
                   "ter splits punctuation off");
  command.add_flag("--ter-no-punct", options.ter.no_punctuation, "ter leaves punctuation out");
  command.add_flag("--ter-asian-support", options.ter.asian_support,
                   "the two options above know Chinese characters and Asian punctuation too");
}

void check_metric_options(const MetricOptions& options) {
  if (!options.smoothing_value) return;
  if (options.smoothing != Smoothing::kFloor && options.smoothing != Smoothing::kAddK) {
    throw UsageError("--smooth-value goes with --smooth floor or --smooth add-k");
  }
  if (*options.smoothing_value <= 0) {
    throw UsageError("--smooth-value: found 0, expected a number above 0");
  }
}

metrics::EvaluateOptions evaluate_options(const MetricOptions& options,
                                          std::span<const Metric> wanted,
                                          std::span<const std::vector<metrics::Segment>> references,
                                          std::string_view command) {
  metrics::EvaluateOptions result;
  const metrics::TokenizerChoice choice = choice_for(references);
  result.bleu.tokenizer = options.tokenizer.value_or(choice.tokenizer);
  result.bleu.smoothing = options.smoothing;
  result.bleu.smoothing_value = options.smoothing_value;
  result.bleu.lowercase = result.chrf.lowercase = result.lowercase = options.lowercase;
  result.ter = options.ter;
  result.captions.tokenizer = options.tokenizer.value_or(result.captions.tokenizer);
  result.captions.lowercase = options.lowercase;
  result.captions.brevity_penalty = options.caption_brevity;
  if (is_wanted(wanted, Metric::kCiderD) && references.size() == 1) {
    print_message(fmt::format(
        "{}: cider-d of a single example is 0: it weighs words by how few examples have them\n",
        command));
  }
  if (choice.script.empty()) return result;
  if (is_wanted(wanted, Metric::kBleu)) tell_tokenizer(options, choice, command);
  tell_words(options, wanted, choice.script, command);
  if (!options.tokenizer) tell_captions(wanted, choice, command);
  return result;
}

metrics::BootstrapOptions BootstrapChoice::options() const {
  metrics::BootstrapOptions result;
  result.samples = samples.value_or(result.samples);
  result.seed = seed.value_or(result.seed);
  return result;
}

void check_bootstrap(const BootstrapChoice& choice) {
  if (choice.seed && !choice.wanted()) {
    throw UsageError("--bootstrap-seed: there is no bootstrap without --bootstrap or --baseline");
  }
}

void add_bootstrap_options(CLI::App& command, BootstrapChoice& choice) {
  command
      .add_option("--bootstrap", choice.samples,
                  "95 % interval of each metric from this many samples of the examples; 1000 with "
                  "--baseline")
      ->check(CLI::Range(100, 1000000))
      ->type_name("N");
  command.add_option("--bootstrap-seed", choice.seed, "start of the random numbers of the samples")
      ->check(whole_number())
      ->default_str(fmt::format("{}", metrics::BootstrapOptions{}.seed));
  command
      .add_option("--baseline", choice.baseline,
                  "predictions of another system, one a line: is the difference to it chance? "
                  "(paired bootstrap)")
      ->type_name("FILE")
      ->check(not_empty());
}

}  // namespace attend::commands
