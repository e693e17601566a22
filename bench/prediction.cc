// Measures prediction of one workload on one thread. Sentences have equal lengths and targets a
// fixed number of steps, so that every engine does equal work. Documents have the lengths of the
// workload, and there are kDocuments of them, because one says little about others. Prints one JSON
// line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "runtime/runtime.h"
#include "search/search.h"
#include "workloads.h"

namespace attend::bench {
namespace {

using Tokens = std::vector<std::vector<text::TokenId>>;

constexpr std::size_t kDocuments = 64;

struct Options {
  std::string work = "mid-8k";
  std::filesystem::path folder;  // a model, as bench_training --write left it
  int sentences = 1;
  int beam = 1;
  int words = 25;  // in each source, and in each target without a fixed length
  double seconds = 2.0;
  int shortlist = 0;     // pairs to learn a shortlist from; 0: no shortlist
  bool program = false;  // whether the decoder runs by its step program, without its plan
};

// Returns one batch of sources of equal length, with </s> at the end where the workload has it; or
// documents.
std::vector<model::Source> make_sources(const Options& options, const Workload& work,
                                        const model::Configuration& configuration) {
  Workload equal = work;
  auto count = static_cast<std::size_t>(options.sentences);
  if (work.has_documents()) {
    count = std::max(count, kDocuments);
  } else {
    equal.shortest = equal.longest = options.words;
  }
  std::vector<model::Source> sources;
  for (Pair& pair : make_pairs(equal, configuration, count)) {
    sources.push_back({std::move(pair.source)});
    sources.back().sentences = std::move(pair.sentences);
  }
  return sources;
}

Tokens tokens_of(std::span<const model::Source> sources) {
  Tokens tokens;
  for (const model::Source& source : sources) tokens.push_back(source.tokens);
  return tokens;
}

// Makes all targets have `words` tokens and one step more, in which </s> would come, because </s>
// is forbidden. Fixed lengths stay as they are.
search::SearchOptions search_options(const Options& options,
                                     const model::Configuration& configuration) {
  search::SearchOptions search;
  search.beam = options.beam;
  search.maximum_ratio = 0.0;
  search.maximum_extra = options.words;
  if (configuration.target.end_token) search.forbidden = {kEnd};
  return search;
}

// Learns a shortlist of synthetic pairs, whose words are unrelated: a source gets about as many
// candidates as with real pairs, but not the right ones.
std::shared_ptr<const model::Shortlist> learn_shortlist(const Options& options,
                                                        const Workload& work,
                                                        const model::ModelText& text) {
  if (options.shortlist == 0) return nullptr;
  Tokens sources, targets;
  for (Pair& pair :
       make_pairs(work, text.configuration, static_cast<std::size_t>(options.shortlist))) {
    sources.push_back(std::move(pair.source));
    targets.push_back(std::move(pair.target));
  }
  return std::make_shared<model::Shortlist>(
      model::Shortlist::learn(sources, targets, text.sizes(), {}));
}

// Predicts all sources, a batch at a time. Returns the log-probability of the best hypotheses.
double predict(const Options& options, const model::Engine& engine,
               std::span<const model::Source> sources,
               const search::SearchOptions& search_options) {
  const auto batch = static_cast<std::size_t>(options.sentences);
  double log_probability = 0;
  for (std::size_t begin = 0; begin < sources.size(); begin += batch) {
    const auto part = sources.subspan(begin, std::min(batch, sources.size() - begin));
    for (const auto& hypotheses : search::search(engine, part, search_options)) {
      log_probability += hypotheses.front().log_probability;
    }
  }
  return log_probability;
}

nlohmann::json measure(const Options& options, const model::Engine& engine,
                       std::span<const model::Source> sources,
                       const search::SearchOptions& search_options) {
  using Clock = std::chrono::steady_clock;
  // The first run also packs and compiles.
  const double log_probability = predict(options, engine, sources, search_options);
  std::vector<double> seconds;
  for (const auto begin = Clock::now();
       std::chrono::duration<double>(Clock::now() - begin).count() < options.seconds;) {
    const auto start = Clock::now();
    predict(options, engine, sources, search_options);
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  return {{"log_probability", log_probability},
          {"median_seconds", median(seconds)},
          {"runs", seconds.size()},
          {"sentences_per_second", static_cast<double>(sources.size()) / median(seconds)}};
}

nlohmann::json run(const Options& options) {
  const Workload& work = find_workload(options.work);
  const model::Model model = model::load(options.folder);
  const model::Configuration& configuration = model.text.configuration;
  const auto shortlist = learn_shortlist(options, work, model.text);
  const auto path =
      options.program ? runtime::DecoderPath::kProgram : runtime::DecoderPath::kFastest;
  const auto engine = runtime::make_engine(configuration, model.text.sizes(), kEnd, model.weights,
                                           {.shortlist = shortlist, .path = path});
  const std::vector<model::Source> sources = make_sources(options, work, configuration);
  std::string text;
  for (const model::Source& source : sources) {
    text += format_source(source.tokens, source.sentences) + "\n";
  }
  write_file(options.folder / fmt::format("sources.{}.txt", options.sentences), text);
  nlohmann::json result =
      measure(options, *engine, sources, search_options(options, configuration));
  result["program"] = "attend";
  result["work"] = work.name;
  result["sentences"] = options.sentences;
  result["beam"] = options.beam;
  if (shortlist) result["candidates"] = shortlist->candidates(tokens_of(sources)).size();
  result["peak_mib"] = peak_memory();
  return result;
}

int run_program(int argc, char** argv) {
  Options options;
  CLI::App program("Measures prediction of one work and prints one JSON line.");
  program.add_option("--work", options.work, "which work");
  program.add_option("--folder", options.folder, "model of bench_training --write; takes sources")
      ->required();
  program.add_option("--sentences", options.sentences, "sentences of a batch")
      ->check(CLI::Range(1, 1 << 20));
  program.add_option("--beam", options.beam, "beam; 1 is greedy")->check(CLI::Range(1, 1000));
  program.add_option("--words", options.words, "words of a source and of a target")
      ->check(CLI::Range(1, 1 << 20));
  program
      .add_option("--shortlist", options.shortlist,
                  "synthetic pairs that a shortlist is learnt from; 0: no shortlist")
      ->check(CLI::Range(0, 1 << 20));
  program.add_flag("--program", options.program,
                   "run the decoder by its step program instead of its plan");
  program.add_option("--seconds", options.seconds, "how long to measure")
      ->check(CLI::NonNegativeNumber);
  CLI11_PARSE(program, argc, argv);
  try {
    fmt::print("{}\n", run(options).dump());
  } catch (const Error& error) {
    fmt::print(stderr, "prediction: {}\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}

}  // namespace
}  // namespace attend::bench

int main(int argc, char** argv) { return attend::bench::run_program(argc, argv); }
