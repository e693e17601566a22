// attend shortlist: learns which targets a source makes likely, for predict --shortlist.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/base.h"
#include "commands/command_line.h"

namespace attend::commands {
namespace {

struct Options {
  std::string model;
  PairFiles pairs;
  model::ShortlistOptions shortlist;
};

void run(const Options& options) {
  const model::ModelText text = model::load_text(options.model);
  text::PairReader reader(options.pairs.files());
  std::vector<std::vector<model::TokenId>> sources, targets;
  text::Pair pair;
  while (reader.next(pair)) {
    try {
      sources.push_back(model::encode(text.source, pair.source).tokens);
      targets.push_back(model::encode(text.target, pair.target).tokens);
    } catch (const DataError& error) {
      throw DataError(reader.name(), reader.line_number(), error.what());
    }
  }
  if (sources.empty()) throw DataError(reader.name(), 0, "no pair to learn from");
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
                              100 * covered / tokens));
}

}  // namespace

void add_shortlist(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "shortlist", "learn the likely targets of each source, for predict --shortlist");
  add_model_option(*command, options->model);
  add_pair_options(*command, options->pairs);
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
