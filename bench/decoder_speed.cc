// Measures how the cost of a decoder grows with the length of the source, without the encoder: one
// decoding step of prediction, and the steps of one update of training. Prints one JSON line.
//
// A step of prediction is one call of Decoding::step() after the first ones, output layer included.
// An update's steps are what a pass of T target tokens, forward and backward, takes longer than a
// pass of one token, times T / (T − 1). The difference leaves out all work that is done once for a
// source, such as projected annotations and the first state. Annotations are given and receive a
// gradient, so that no encoder runs. The attention's part is the time beyond that of a source of
// one word, in which attention has next to nothing to do. Times are processor times, which other
// programs disturb less. The lengths take turns, and every figure is a median over the rounds.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "fused/fused.h"
#include "network/network.h"
#include "runtime/runtime.h"
#include "train/sharded_gradient.h"
#include "workloads.h"

namespace attend::bench {
namespace {

using at::Tensor;

struct Options {
  std::string work = "mid-luong";
  std::string preset;  // in place of the work's; empty: the work's
  std::vector<std::string> settings;
  std::vector<int> words{50, 800};  // lengths of the sources
  int target = 25;                  // target tokens of an update
  int sentences = 16;
  int beam = 1;  // hypotheses of a sentence in a step of prediction
  int rounds = 15;
  bool attention_alone = false;  // whether everything beside attention is made small
  bool program = false;          // whether the decoder runs by its step program, without its plan
};

// Returns the work with the options' preset and settings.
Workload make_work(const Options& options) {
  constexpr std::int64_t kFew = 16;
  Workload work = find_workload(options.work);
  if (!options.preset.empty()) work.preset = options.preset;
  if (options.attention_alone) {
    work.settings.push_back(fmt::format("decoder.embedding={}", kFew));
    work.settings.push_back(fmt::format("decoder.readout_units={}", kFew));
    work.vocabularies.target = kFew;
  }
  for (const std::string& setting : options.settings) work.settings.push_back(setting);
  return work;
}

// Returns examples whose sources have `words` words and whose targets have `target` tokens.
std::vector<model::Example> make_examples(const Options& options, Workload work,
                                          const model::Configuration& configuration, int words,
                                          int target) {
  std::vector<model::Example> examples;
  const auto count = static_cast<std::size_t>(options.sentences);
  work.shortest = work.longest = words;
  for (Pair& pair : make_pairs(work, configuration, count)) {
    examples.push_back({{std::move(pair.source)}, {}});
  }
  constexpr int kDifference = 3;  // by which make_pairs() may shorten a target
  work.shortest = work.longest = target + kDifference;
  std::size_t next = 0;
  for (Pair& pair : make_pairs(work, configuration, count)) {
    pair.target.resize(static_cast<std::size_t>(target));
    examples[next++].target = std::move(pair.target);
  }
  return examples;
}

network::Batch make_batch(const std::vector<model::Example>& examples) {
  std::vector<const model::Example*> all;
  for (const model::Example& example : examples) all.push_back(&example);
  return network::make_batch(all, at::TensorOptions(at::kFloat));
}

// Returns the processor time of this process, in seconds.
double processor_time() {
  timespec now{};
  ATTEND_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Returns the processor time that `work` takes. Everything here runs in one thread, so this is the
// time that it would take on an idle machine.
double seconds_of(const auto& work) {
  const double start = processor_time();
  work();
  return processor_time() - start;
}

// The operations of training, with annotations that are given in place of an encoder.
class GivenAnnotations final : public fused::FusedOperations {
 public:
  using FusedOperations::FusedOperations;

  /// Sets the annotations [source_length, batch, n_h] of the next passes.
  void give(const Tensor& annotations) { annotations_ = annotations; }

  network::EncodedLayer encoder_layer(const network::EncoderLayerInputs& inputs,
                                      const network::Batch& /*batch*/) override {
    const at::IntArrayRef sizes = annotations_.sizes();
    return {annotations_, inputs.shape.lstm() ? at::zeros({sizes[1], sizes[2]}) : Tensor()};
  }

 private:
  Tensor annotations_;
};

// A model in training whose parameters stay as they are.
class Trained {
 public:
  Trained(const model::Configuration& configuration, const model::VocabularySizes& sizes,
          network::DecoderPath path)
      : layout_(model::parameter_table(configuration, sizes)),
        values_(network::initial_values(layout_, configuration.training.seed, at::kFloat)),
        leaves_(layout_, values_),
        operations_(std::make_shared<GivenAnnotations>(
            std::make_shared<fused::ShardMatrices>(configuration.training.precision), path)),
        network_(configuration, leaves_.tensors, operations_) {}

  model::Weights weights() const { return network::make_weights(layout_, values_, {}); }

  /// Returns the seconds of one pass, forward and backward. `annotations` is a leaf.
  double time_pass(const network::Batch& batch, const Tensor& annotations) {
    annotations.mutable_grad() = Tensor();
    operations_->give(annotations);
    const double scale = 1.0 / static_cast<double>(batch.sentences);
    return seconds_of([&] { network_.accumulate_gradient(batch, nullptr, scale); });
  }

 private:
  network::Layout layout_;
  Tensor values_;
  network::Leaves leaves_;
  std::shared_ptr<GivenAnnotations> operations_;
  network::Network network_;
};

// Decoding steps of annotated sources, each after the one before.
class Steps {
 public:
  Steps(const model::Engine& engine, const std::vector<model::Example>& examples, int beam) {
    std::vector<model::Source> sources;
    for (const model::Example& example : examples) sources.push_back(example.source);
    decoding_ = engine.annotate(sources);
    decoding_->keep_best(static_cast<std::size_t>(beam));
    for (std::size_t s = 0; s < sources.size(); ++s) {
      for (int k = 0; k < beam; ++k) rows_.push_back({static_cast<std::int32_t>(s)});
    }
    decoding_->step(rows_);
    const auto words = static_cast<std::size_t>(engine.target_vocabulary());
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      rows_[row].parent = static_cast<std::int32_t>(row);
      rows_[row].previous = static_cast<text::TokenId>(row % words);
    }
  }

  /// Returns the median of the seconds of `count` steps.
  double time(int count) {
    std::vector<double> seconds;
    for (int i = 0; i < count; ++i) {
      seconds.push_back(seconds_of([&] { decoding_->step(rows_); }));
    }
    return median(seconds);
  }

 private:
  std::unique_ptr<model::Decoding> decoding_;
  std::vector<model::StepRow> rows_;
};

// The measurements of sources of one length.
class Length {
 public:
  Length(const Options& options, const Workload& work, const model::Configuration& configuration,
         const model::Engine& engine, int words)
      : target_(options.target),
        words_(words),
        steps_(engine, make_examples(options, work, configuration, words, 1), options.beam),
        shortest_(make_batch(make_examples(options, work, configuration, words, 1))),
        whole_(make_batch(make_examples(options, work, configuration, words, options.target))),
        annotations_(at::randn({shortest_.source.size(0), shortest_.sentences,
                                configuration.encoder.annotation_units()})
                         .mul_(0.5)
                         .requires_grad_(true)) {}

  void measure(Trained& trained) {
    step_.push_back(steps_.time(target_));
    once_.push_back(trained.time_pass(shortest_, annotations_));
    const double more = trained.time_pass(whole_, annotations_) - once_.back();
    update_.push_back(more * target_ / (target_ - 1));
  }
  /// Forgets a round that warmed up.
  void clear() {
    for (auto* list : {&step_, &once_, &update_}) list->clear();
  }

  double step() const { return median(step_); }
  double update() const { return median(update_); }
  nlohmann::json describe(const Length& shortest) const {
    return {{"words", words_},
            {"step_seconds", step()},
            {"step_attention_seconds", step() - shortest.step()},
            {"update_seconds", update()},
            {"update_attention_seconds", update() - shortest.update()},
            {"update_once_seconds", median(once_) - update() / target_}};
  }

 private:
  int target_, words_;
  Steps steps_;
  network::Batch shortest_, whole_;           // targets of one token, of all tokens
  Tensor annotations_;                        // [source_length, batch, n_h]
  std::vector<double> step_, once_, update_;  // [rounds]
};

// Returns how many times as long the last length takes as the first one after that of one word.
nlohmann::json ratios(const nlohmann::json& lengths) {
  nlohmann::json result = nlohmann::json::object();
  for (const char* name : {"step", "step_attention", "update", "update_attention"}) {
    const std::string key = fmt::format("{}_seconds", name);
    result[name] = lengths.back()[key].get<double>() / lengths[1][key].get<double>();
  }
  return result;
}

nlohmann::json run(const Options& options) {
  train::use_one_thread_per_call();
  train::keep_freed_memory();
  const Workload work = make_work(options);
  const model::Configuration configuration = configuration_of(work, {});
  if (configuration.source.fixed_length > 0) {
    throw UsageError(fmt::format("the sources of '{}' have a fixed length", work.name));
  }
  const auto pick = [&](auto program, auto fastest) { return options.program ? program : fastest; };
  Trained trained(configuration, work.vocabularies,
                  pick(network::DecoderPath::kProgram, network::DecoderPath::kFastest));
  const auto engine = runtime::make_engine(
      configuration, work.vocabularies, kEnd, trained.weights(),
      {.precision = configuration.training.precision,
       .path = pick(runtime::DecoderPath::kProgram, runtime::DecoderPath::kFastest)});
  std::vector<std::unique_ptr<Length>> lengths;
  lengths.push_back(std::make_unique<Length>(options, work, configuration, *engine, 1));
  for (const int words : options.words) {
    lengths.push_back(std::make_unique<Length>(options, work, configuration, *engine, words));
  }
  for (int round = 0; round <= options.rounds; ++round) {
    for (const auto& length : lengths) {
      length->measure(trained);
      if (round == 0) length->clear();
    }
  }
  nlohmann::json table = nlohmann::json::array();
  for (const auto& length : lengths) table.push_back(length->describe(*lengths.front()));
  const bool plan = !options.program && model::has_plan(configuration);
  return {{"program", "attend"},
          {"work", work.name},
          {"preset", work.preset},
          {"settings", options.settings},
          {"attention_alone", options.attention_alone},
          {"decoder", plan ? "plan" : "program"},
          {"sentences", options.sentences},
          {"beam", options.beam},
          {"target", options.target},
          {"rounds", options.rounds},
          {"lengths", table},
          {"ratios", ratios(table)},
          {"peak_mib", peak_memory()}};
}

int run_program(int argc, char** argv) {
  Options options;
  CLI::App program(
      "Measures a decoder, without its encoder, for sources of several lengths on one thread: one "
      "decoding step of prediction (step_seconds), and the steps of one update, forward and "
      "backward (update_seconds), from which all work that is done once for a source is left out. "
      "The attention's part is the time beyond that of a source of one word. Ratios are those of "
      "the last length to the first. All are seconds of processor time. Prints one JSON line.");
  program.add_option("--work", options.work, "which work");
  program.add_option("--preset", options.preset,
                     "in place of the work's preset; the work's settings stay over it");
  program.add_option("--set", options.settings, "key=value of the configuration, may be repeated");
  program.add_option("--words", options.words, "lengths of the sources, 50,800")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20));
  program.add_option("--target", options.target, "target tokens of an update")
      ->check(CLI::Range(2, 1 << 20));
  program.add_option("--sentences", options.sentences, "sentences of a batch")
      ->check(CLI::Range(1, 1 << 20));
  program.add_option("--beam", options.beam, "hypotheses of a sentence in a step of prediction")
      ->check(CLI::Range(1, 1000));
  program.add_option("--rounds", options.rounds, "rounds, of which medians are taken")
      ->check(CLI::Range(1, 1 << 20));
  program.add_flag("--attention-alone", options.attention_alone,
                   "make everything beside attention small: embeddings and readout of 16 units, "
                   "16 target words; needed to see the attention's part of short sources");
  program.add_flag("--program", options.program,
                   "run the decoder by its step program instead of its plan");
  CLI11_PARSE(program, argc, argv);
  try {
    fmt::print("{}\n", run(options).dump());
  } catch (const Error& error) {
    fmt::print(stderr, "decoder: {}\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}

}  // namespace
}  // namespace attend::bench

int main(int argc, char** argv) { return attend::bench::run_program(argc, argv); }
