// Measures training of one workload: warm-up updates, then timed ones, through the code that
// `attend train` runs in an update. Prints one JSON line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "network/network.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/sharded_gradient.h"
#include "workloads.h"

namespace attend::bench {
namespace {

using model::Example;

struct Options {
  std::string work = "mid-8k";
  std::vector<std::string> settings;
  int threads = 1;
  int warmup = 2;
  int updates = 8;
  std::filesystem::path write;  // a folder; empty: nothing is written
  bool program = false;         // whether the decoder runs by its step program, without its plan
};

using Batches = std::vector<std::vector<const Example*>>;

// Returns the batches of one epoch in the order of `attend train`.
Batches make_batches(const std::vector<Example>& examples, const model::TrainingConfig& training) {
  std::vector<text::ExampleLength> lengths;
  for (const Example& example : examples) {
    lengths.push_back({static_cast<std::uint32_t>(example.source.tokens.size()),
                       static_cast<std::uint32_t>(example.target.size())});
  }
  const text::BatchOptions options{
      training.batch_unit, static_cast<std::size_t>(training.batch_size),
      static_cast<std::size_t>(training.batches_per_sort), training.seed};
  Batches batches;
  for (const auto& indices : text::make_batches(lengths, options, 0)) {
    batches.emplace_back();
    for (const std::uint32_t index : indices) batches.back().push_back(&examples[index]);
  }
  return batches;
}

// Writes one pair a line, "1 2 3<tab>4 5", and an empty line after every batch. A document is
// written as "1 2 | 3".
std::string write_batches(const Batches& batches) {
  std::string text;
  for (const auto& batch : batches) {
    for (const Example* example : batch) {
      text +=
          fmt::format("{}\t{}\n", format_source(example->source.tokens, example->source.sentences),
                      fmt::join(example->target, " "));
    }
    text += "\n";
  }
  return text;
}

struct Measured {
  std::vector<double> seconds;    // [updates]
  std::vector<double> gradient;   // [updates], forward and backward passes
  std::vector<double> optimizer;  // [updates]
  std::vector<double> rates;      // [updates], target tokens a second
  std::vector<double> losses;     // of the first updates, warm-up included; per target token
  double tokens = 0;              // of all timed updates
};

class Stopwatch {
 public:
  /// Returns the seconds since the last call, or since construction.
  double lap() {
    const auto now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

// Runs updates as Trainer::update of src/train/train.cc does, over the batches in turn.
Measured measure(const Options& options, train::ShardedGradient& engine,
                 const model::TrainingConfig& training, const Batches& batches) {
  constexpr std::int64_t kLosses = 5;
  train::Optimizer optimizer(training.optimizer, engine.values());
  Measured measured;
  for (std::int64_t number = 1; number <= options.warmup + options.updates; ++number) {
    const auto& batch = batches[static_cast<std::size_t>(number - 1) % batches.size()];
    Stopwatch watch;
    const train::BatchSums sums = engine.compute_gradient(batch, number);
    const double gradient = watch.lap();
    engine.update(optimizer,
                  {train::learning_rate(training.optimizer, training.schedule, number, 1.0), number,
                   train::clip_scale(sums.gradient_norm, training.optimizer.clip_norm)});
    const double last = watch.lap();
    const auto tokens = static_cast<double>(sums.tokens);
    if (number <= kLosses) measured.losses.push_back(-sums.log_likelihood / tokens);
    if (number <= options.warmup) continue;
    measured.gradient.push_back(gradient);
    measured.optimizer.push_back(last);
    measured.seconds.push_back(gradient + last);
    measured.rates.push_back(tokens / measured.seconds.back());
    measured.tokens += tokens;
  }
  return measured;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

nlohmann::json run(const Options& options) {
  constexpr std::size_t kBatches = 20;
  const Workload& work = find_workload(options.work);
  const model::Configuration configuration = configuration_of(work, options.settings);
  const model::TrainingConfig& training = configuration.training;
  std::vector<Example> examples;
  for (Pair& pair :
       make_pairs(work, configuration, kBatches * static_cast<std::size_t>(training.batch_size))) {
    examples.push_back({{std::move(pair.source)}, std::move(pair.target)});
    examples.back().source.sentences = std::move(pair.sentences);
  }
  const Batches batches = make_batches(examples, training);
  const auto path =
      options.program ? network::DecoderPath::kProgram : network::DecoderPath::kFastest;
  train::ShardedGradient engine(configuration, work.vocabularies, options.threads,
                                fused::GradientQueue::kSmallest, path);
  if (!options.write.empty()) {
    const model::ModelText text = make_text(work, configuration);
    model::save_text(options.write, text);
    model::save_weights(options.write, text,
                        network::make_weights(engine.layout(), engine.values(), {}));
    write_file(options.write / "batches.txt", write_batches(batches));
    write_file(options.write / "work.json", describe(work, configuration).dump(2) + "\n");
  }
  const Measured measured = measure(options, engine, training, batches);
  return {{"program", "attend"},
          {"work", work.name},
          {"settings", options.settings},
          {"decoder", !options.program && model::has_plan(configuration) ? "plan" : "program"},
          {"threads", options.threads},
          {"parameters", engine.layout().parameters()},
          {"tokens_per_second", median(measured.rates)},
          {"mean_tokens_per_second", measured.tokens / sum(measured.seconds)},
          {"median_seconds", median(measured.seconds)},
          {"gradient_seconds", median(measured.gradient)},
          {"optimizer_seconds", median(measured.optimizer)},
          {"seconds", measured.seconds},
          {"losses", measured.losses},
          {"peak_mib", peak_memory()}};
}

int run_program(int argc, char** argv) {
  Options options;
  CLI::App program("Measures training of one work and prints one JSON line.");
  program.add_option("--work", options.work, "which work");
  program.add_option("--set", options.settings, "key=value of the configuration, may be repeated");
  program.add_option("--threads", options.threads, "threads")->check(CLI::Range(1, 1024));
  program.add_option("--warmup", options.warmup, "updates before the timed ones")
      ->check(CLI::Range(0, 1 << 20));
  program.add_option("--updates", options.updates, "timed updates")->check(CLI::Range(1, 1 << 20));
  program.add_option("--write", options.write,
                     "model folder for the initial weights; batches and configuration too");
  program.add_flag("--program", options.program,
                   "run the decoder by its step program instead of its plan");
  CLI11_PARSE(program, argc, argv);
  try {
    fmt::print("{}\n", run(options).dump());
  } catch (const Error& error) {
    fmt::print(stderr, "training: {}\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}

}  // namespace
}  // namespace attend::bench

int main(int argc, char** argv) { return attend::bench::run_program(argc, argv); }
