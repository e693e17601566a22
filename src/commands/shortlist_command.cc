// attend shortlist: learns which targets a source makes likely, for predict --shortlist.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/model_labels.h"

namespace attend::commands {
namespace {

struct Options {
  std::string model;
  PairFiles pairs;
  model::ShortlistOptions shortlist;
  LineErrors errors = LineErrors::kGoOn;
};

// The pairs that the model could be trained with, as tokens.
struct TokenPairs {
  std::vector<std::vector<model::TokenId>> sources, targets;
};

// Why the model has no tokens for a pair; empty where `pairs` gets them.
std::string take_pair(const model::ModelText& text, const std::string& source,
                      const std::string& target, TokenPairs& pairs) {
  if (text::is_blank(source)) return "the source is empty, expected text";
  const bool allowed = text.configuration.training.allow_empty_targets;
  try {
    auto source_tokens = model::encode(text.source, source).tokens;
    auto target_tokens =
        model::encode(text.target, target,
                      allowed ? model::EmptyText::kAllow : model::EmptyText::kRefuse)
            .tokens;
    pairs.sources.push_back(std::move(source_tokens));
    pairs.targets.push_back(std::move(target_tokens));
    return {};
  } catch (const DataError& error) {
    return error.what();
  }
}

// Pairs that the model cannot have are left out, named and counted.
TokenPairs read_pairs(const model::ModelText& text, const Options& options) {
  text::PairReader reader(options.pairs.files(), text::BlankSides::kBoth);
  find_labels(reader, text, "attend shortlist");
  Notices notices("attend shortlist", reader.name());
  TokenPairs pairs;
  const auto take_all = [&](Chunk& chunk) {
    for (std::size_t i = 0; i < chunk.sources.size(); ++i) {
      const std::string &source = chunk.sources[i], &target = chunk.targets[i];
      if (!chunk.problems[i].empty()) continue;
      if (text::is_blank(source) && text::is_blank(target)) {
        notices.add_blank_pair();
      } else {
        chunk.problems[i] = take_pair(text, source, target, pairs);
      }
    }
    return std::vector<Answer>(chunk.sources.size());
  };
  LineOptions line_options;
  line_options.errors = options.errors;
  line_options.predict.search.alignments = Alignments::kDropped;
  line_options.bad_lines = BadLines::kLeaveOut;
  Lines lines(line_options, notices);
  lines.answer_all(reader, {take_all, [](const Answer&, const Chunk&, std::size_t) {}, [] {}});
  lines.finish();
  if (pairs.sources.empty()) throw DataError(reader.name(), 0, "no pair to learn from");
  notices.report();
  return pairs;
}

void run(const Options& options) {
  const model::ModelText text = model::load_text(options.model);
  model::check_shortlist(text.configuration);
  const auto [sources, targets] = read_pairs(text, options);
  const auto shortlist = model::Shortlist::learn(sources, targets, text.sizes(), options.shortlist);
  shortlist.save(model::shortlist_file(options.model));
  double candidates = 0, covered = 0, tokens = 0;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto ids = shortlist.candidates(std::span(sources).subspan(i, 1));
    candidates += static_cast<double>(ids.size());
    tokens += static_cast<double>(targets[i].size());
    for (const model::TokenId id : targets[i]) {
      covered += std::binary_search(ids.begin(), ids.end(), id) ? 1 : 0;
    }
  }
  write_file("-", fmt::format("{:.0f} of {} targets a source, {:.2f} % of the targets seen\n",
                              candidates / static_cast<double>(sources.size()), text.sizes().target,
                              tokens > 0 ? 100 * covered / tokens : 100.0));
}

}  // namespace

void add_shortlist(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "shortlist", "learn the likely targets of each source, for predict --shortlist");
  add_model_option(*command, options->model);
  add_pair_options(*command, options->pairs);
  command->add_flag_callback(
      "--strict", [options] { options->errors = LineErrors::kStop; },
      "stop with code 3 at the first pair that the model cannot have");
  command
      ->add_option("--per-source-token", options->shortlist.per_source_token,
                   "most probable targets of each source token")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      ->add_option("--frequent", options->shortlist.frequent,
                   "most frequent targets, candidates always")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands
