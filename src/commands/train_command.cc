// attend train: turns options into a configuration and trains.
#include "train/train.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "commands/output_files.h"
#include "commands/progress.h"
#include "commands/train_options.h"

namespace attend::commands {
namespace {

// The time of the first signal, in nanoseconds of the monotonic clock, and its number; 0 before it.
// `begun` says whether the training has something to save. The signal handler touches nothing else.
std::atomic<std::int64_t> interrupted_at{0};
std::atomic<int> interruption{0};
std::atomic<bool> begun{false};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

// While the data are read, there is nothing to save, so that the first signal ends the program at
// once. Once the training has begun, the first signal ends it with a checkpoint. A second signal
// ends the program at once, unless it arrives within half a second of the first: timeout(1) sends
// one signal to the program and one to its group, and so does a terminal that closes.
void take_signal(int signal) {
  if (!begun) end_by_signal(signal);
  constexpr std::int64_t kSecond = 1'000'000'000;
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const std::int64_t now = time.tv_sec * kSecond + time.tv_nsec;
  std::int64_t first = 0;
  if (interrupted_at.compare_exchange_strong(first, now)) {
    interruption = signal;
  } else if (now - first >= kSecond / 2) {
    end_by_signal(signal);
  }
}

// A thread of its own handles signals, never one that computes: oneDNN's code uses the stack
// register for other purposes, and a handler would overwrite the memory that it points to. Threads
// created later block signals too; threads that libraries created earlier do not compute here.
void watch_signals() {
  const sigset_t signals = ending_signals();
  struct sigaction action {};
  action.sa_handler = take_signal;
  action.sa_mask = signals;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);  // nohup ignores SIGHUP
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    for (;;) pause();
  }).detach();
}

using Options = TrainCommandOptions;

// Reads --config over `configuration`. The temperatures stay as they are, because those of a file
// were fitted to the weights of its folder. Returns a sentence for each that the file has.
std::vector<std::string> read_config(const Options& options, model::Configuration& configuration) {
  if (options.config.empty()) return {};
  const model::DecoderConfig before = configuration.decoder;
  model::DecoderConfig& read = configuration.decoder;
  model::read_yaml(configuration, read_file(options.config, std::size_t{1} << 20), options.config);
  std::vector<std::string> sentences;
  const auto put_back = [&](std::string_view name, double value, double& changed) {
    if (changed == value) return;
    sentences.push_back(fmt::format("{}: decoder.{} {} belongs to other weights and is not taken\n",
                                    one_line(options.config), name, changed));
    changed = value;
  };
  put_back("temperature", before.temperature, read.temperature);
  put_back("line_temperature", before.line_temperature, read.line_temperature);
  return sentences;
}

// `--set preset=` and the file of `-c` may name a preset as well, which then becomes the base.
// `--preset` wins over both.
model::Configuration configure(const Options& options) {
  model::Configuration named = model::preset("default");
  read_config(options, named);
  model::set_options(named, options.settings);
  const std::string name = options.preset.empty() ? named.preset : options.preset;
  model::Configuration configuration = model::preset(name);
  const std::vector<std::string> sentences = read_config(options, configuration);
  // A training that goes on has the temperatures of its own folder in any case.
  const std::filesystem::path own = std::filesystem::path(options.model) / "config.yml";
  if (!sentences.empty() && !is_one_file(options.config, own)) {
    for (const std::string& sentence : sentences) print_message(sentence);
  }
  model::set_options(configuration, options.settings);
  configuration.preset = name;
  model::check(configuration);
  return configuration;
}

// Names the settings that the configuration has and its preset has not, and that change nothing.
void report_without_effect(const model::Configuration& configuration) {
  const model::Configuration base = model::preset(configuration.preset);
  for (const model::WithoutEffect& one : model::options_without_effect(configuration, base)) {
    print_message(fmt::format("{} has no effect with {}\n", one.option, one.because));
  }
}

bool reads_standard_input(const text::CorpusFiles& files) {
  return files.tsv == "-" || files.source == "-" || files.target == "-";
}

std::optional<text::CorpusFiles> validation_files(const Options& options,
                                                  const text::CorpusFiles& pairs) {
  const bool parallel = !options.valid_source.empty() || !options.valid_target.empty();
  if (options.valid.empty() && !parallel) return std::nullopt;
  if (!options.valid.empty() && parallel) {
    throw UsageError("give validation pairs as --valid or as --valid-source and --valid-target");
  }
  if (parallel && (options.valid_source.empty() || options.valid_target.empty())) {
    throw UsageError("--valid-source and --valid-target go together");
  }
  text::CorpusFiles files{options.valid, options.valid_source, options.valid_target, pairs.marks};
  if (!parallel && !pairs.tsv.empty()) {
    files.columns = pairs.columns;
    files.format = pairs.format;
  }
  if (reads_standard_input(pairs) && reads_standard_input(files)) {
    throw UsageError("pairs and validation pairs cannot both be standard input");
  }
  return files;
}

void check_links(const Options& options, const train::TrainOptions& train_options) {
  const int links = (options.links == "-") + (options.valid_links == "-");
  if (links == 0) return;
  const bool read = reads_standard_input(train_options.pairs) ||
                    (train_options.validation && reads_standard_input(*train_options.validation));
  if (read) throw UsageError("pairs and links cannot both be standard input");
  if (links > 1) throw UsageError("both files of links cannot be standard input");
}

// Standard input can be read once.
void check_vectors(const train::TrainOptions& options) {
  const auto is_read = [](const std::filesystem::path& path) { return path == "-"; };
  const bool by_others = reads_standard_input(options.pairs) || is_read(options.links) ||
                         is_read(options.validation_links) ||
                         (options.validation && reads_standard_input(*options.validation));
  const int by_vectors = is_read(options.source_vectors) + is_read(options.target_vectors);
  if (by_vectors == 0 || (by_vectors == 1 && !by_others)) return;
  throw UsageError(by_others ? "pairs or links and vectors cannot both be standard input"
                             : "vectors of both sides cannot be standard input");
}

// Finds out before the training whether the file for curves can be written, unless its folder is
// the model's, which training creates.
void check_plot(const Options& options) {
  namespace fs = std::filesystem;
  if (options.plot.empty()) return;
  check_svg("--plot", options.plot);
  const fs::path parent = fs::absolute(options.plot).lexically_normal().parent_path();
  const fs::path model = (fs::absolute(options.model) / "").lexically_normal().parent_path();
  if (parent != model) AtomicFile{options.plot};
}

int run(const Options& options) {
  train::TrainOptions train_options;
  train_options.pairs = options.pairs.files();
  train_options.validation = validation_files(options, train_options.pairs);
  train_options.validation_links = options.valid_links;
  train_options.links = options.links;
  check_links(options, train_options);
  train_options.source_vectors = options.source_vectors;
  train_options.target_vectors = options.target_vectors;
  check_vectors(train_options);
  train_options.initial_model = options.initial_model;
  train_options.pictures = options.pictures;
  train_options.folder = options.model;
  train_options.configuration = configure(options);
  train_options.plot = options.plot;
  train_options.on_error =
      options.bad_pairs == LineErrors::kGoOn ? train::OnError::kSkip : train::OnError::kStop;
  check_plot(options);
  watch_signals();
  ProgressDisplay display(isatty(STDERR_FILENO) == 1 ? ProgressStyle::kBar : ProgressStyle::kLines);
  // The first report comes when the data are read and the folder is locked.
  const train::TrainResult result = train::train(
      train_options,
      [&](const train::Progress& progress) {
        if (!begun.exchange(true)) report_without_effect(train_options.configuration);
        display.show(progress);
      },
      [] { return interruption.load() != 0; });
  display.finish();
  if (result.reason == train::StopReason::kInterrupted) {
    print_message(fmt::format("interrupted after update {}; the same command goes on from there\n",
                              result.updates));
    return 128 + interruption.load();
  }
  print_message(
      fmt::format("{} after {} updates; try: attend predict -m {}\n",
                  result.reason == train::StopReason::kEarly ? "stopped early" : "finished",
                  result.updates, options.model));
  return static_cast<int>(ExitCode::kSuccess);
}

int parse_and_train(int argc, char** argv) {
  Options options;
  int exit_code = 0;
  CLI::App command(kTrainDescription, "attend train");
  add_train_options(command, options);
  command.callback([&] { exit_code = run(options); });
  const int parsed = parse_and_run(command, argc, argv);
  return parsed != 0 ? parsed : exit_code;
}

}  // namespace

int run_train(int argc, char** argv) {
  start_program();
  return guarded("attend train", [=] { return parse_and_train(argc, argv); });
}

}  // namespace attend::commands
