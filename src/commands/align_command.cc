// attend align: links the words of given pairs with a model, or with two of opposite directions.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "alignment/alignment.h"
#include "api/api.h"
#include "base/base.h"
#include "commands/command_line.h"
#include "commands/output_files.h"
#include "commands/pair_aligner.h"
#include "commands/word_links.h"
#include "predictor/predictor.h"

namespace attend::commands {

using api::internals;
namespace {

constexpr std::string_view kName = "attend align";
constexpr int kLargestShift = 9;

enum class Output { kPharaoh, kNaacl, kJson };

struct Options {
  std::string model, reverse, target, gold;
  PairFiles pairs;
  PredictOptions predict;
  Output output = Output::kPharaoh;
  AlignerOptions aligner;
  alignment::Symmetrisation symmetrise = alignment::Symmetrisation::kGrowDiagFinalAnd;
  LineErrors errors = LineErrors::kGoOn;
};

// A chunk of pairs with everything that is known of them.
struct AlignedChunk {
  std::vector<Answer> reverse;
  std::vector<std::optional<metrics::GoldAlignment>> gold;  // nothing for an unreadable pair
};

AlignedPair pair_of(const AlignedChunk& chunk, const Answer& forward, std::size_t i) {
  AlignedPair pair;
  pair.forward = &forward;
  if (!chunk.reverse.empty()) pair.reverse = &chunk.reverse[i];
  if (!chunk.gold.empty() && chunk.gold[i]) pair.gold = &*chunk.gold[i];
  return pair;
}

// Aligns the pairs of a file, chunk by chunk.
class AlignRun {
 public:
  explicit AlignRun(const Options& options);
  void run();

 private:
  std::vector<Answer> answer(Chunk& chunk);
  void add_reverse(const Chunk& chunk, std::vector<Answer>& answers);
  void read_gold(const Chunk& chunk, std::span<const Answer> answers);
  void choose_shifts(std::span<const Answer> answers);
  void take(const Answer& answer, std::size_t i);
  void write(const Answer& answer, const WordAnswer& words);
  void write_json_line(const Answer& answer, const WordAnswer& words);

  const Options& options_;
  text::PairReader reader_;
  Predictor predictor_;
  std::optional<Predictor> reverse_;
  std::optional<alignment::GoldReader> gold_;
  std::optional<text::OutputFile> target_;
  PredictOptions predict_;
  PairAligner aligner_;
  AlignedChunk chunk_;
  std::size_t written_ = 0;  ///< pairs
};

AlignerOptions aligner_options(const Options& options) {
  AlignerOptions result = options.aligner;
  if (!options.reverse.empty()) result.symmetrise = options.symmetrise;
  return result;
}

AlignRun::AlignRun(const Options& options)
    : options_(options),
      reader_(options.pairs.files(), text::BlankSides::kBoth),
      predictor_(options.model),
      predict_(options.predict),
      aligner_(aligner_options(options)) {
  const bool links = options.output != Output::kJson || !options.gold.empty() ||
                     !options.reverse.empty() || !options.aligner.shift;
  if (links) check_links(predictor_, "links");
  check_marks(predictor_, options.pairs.marks);
  find_labels(reader_, predictor_, kName);
  if (!options.reverse.empty()) {
    reverse_.emplace(options.reverse);
    check_links(*reverse_, "--reverse");
  }
  if (!options.gold.empty()) gold_.emplace(options.gold);
  if (!options.target.empty() || !gold_) {
    target_.emplace(options.target.empty() ? "-" : options.target);
  }
  predict_.search.alignments = Alignments::kKept;
}

std::vector<Answer> AlignRun::answer(Chunk& chunk) {
  chunk_ = {};
  auto answers = predictor_.score(chunk.sources, chunk.targets, predict_, chunk.allowed);
  if (reverse_) add_reverse(chunk, answers);
  if (gold_) read_gold(chunk, answers);
  if (aligner_.needs_shifts()) choose_shifts(answers);
  return answers;
}

// A pair that the model of the opposite direction cannot align has no links.
void AlignRun::add_reverse(const Chunk& chunk, std::vector<Answer>& answers) {
  chunk_.reverse = reverse_->score(chunk.targets, chunk.sources, predict_);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].problem.empty()) continue;
    const std::string& problem = chunk_.reverse[i].problem;
    answers[i].problem = problem.empty() ? aligner_.problem(pair_of(chunk_, answers[i], i))
                                         : "the reverse model: " + problem;
    if (!answers[i].problem.empty()) answers[i].predictions.clear();
  }
}

void AlignRun::read_gold(const Chunk& chunk, std::span<const Answer> answers) {
  for (std::size_t i = 0; i < chunk.sources.size(); ++i) {
    if (!chunk.problems[i].empty()) {
      gold_->skip(reader_.name());
      chunk_.gold.emplace_back();
      continue;
    }
    alignment::PairLength length;
    if (options_.aligner.units == AlignmentUnits::kWords) {
      length = {text::find_words(chunk.sources[i]).size(),
                text::find_words(chunk.targets[i]).size()};
    } else {
      const auto& predictions = answers[i].predictions;
      length = {answers[i].source.units.size(),
                predictions.empty() ? internals(predictor_).target_units(chunk.targets[i]).size()
                                    : predictions.front().units.size()};
    }
    chunk_.gold.emplace_back(gold_->next(length, reader_.name()));
  }
}

void AlignRun::choose_shifts(std::span<const Answer> answers) {
  std::vector<AlignedPair> pairs;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].predictions.empty()) pairs.push_back(pair_of(chunk_, answers[i], i));
  }
  aligner_.choose_shifts(pairs);
  if (aligner_.needs_shifts()) return;  // no pair has a link: the next chunk may decide
  print_message(fmt::format("{}: {}\n", kName, aligner_.describe_shifts()));
}

void AlignRun::take(const Answer& answer, std::size_t i) {
  const AlignedPair pair = pair_of(chunk_, answer, i);
  const WordAnswer words = aligner_.align(pair);
  if (pair.gold != nullptr) aligner_.count(pair, words);
  ++written_;
  if (target_) write(answer, words);
}

void AlignRun::write(const Answer& answer, const WordAnswer& words) {
  std::vector<alignment::Link> links;
  if (!words.predictions.empty()) {
    for (const WordLink& one : words.predictions.front().links) links.push_back(one.link);
  }
  switch (options_.output) {
    case Output::kPharaoh:
      return target_->write(alignment::write_pharaoh(links) + "\n");
    case Output::kNaacl:
      return target_->write(alignment::write_naacl(links, written_));
    case Output::kJson:
      return write_json_line(answer, words);
  }
}

void AlignRun::write_json_line(const Answer& answer, const WordAnswer& words) {
  const auto to_target = [&](std::string_view text) { target_->write(text); };
  const AnswerKind kind = predictor_.info().answers;
  if (options_.aligner.units == AlignmentUnits::kWords) {
    return write_json(answer, kind, to_target, &words);
  }
  // The links of the object are between units, and these are the ones that were asked for.
  Answer linked = answer;
  for (std::size_t k = 0; k < linked.predictions.size(); ++k) {
    linked.predictions[k].links.clear();
    for (const WordLink& one : words.predictions[k].links) {
      linked.predictions[k].links.emplace_back(one.link.source, one.link.target);
    }
  }
  write_json(linked, kind, to_target);
}

void AlignRun::run() {
  Notices notices(std::string(kName), reader_.name());
  LineOptions line_options;
  line_options.errors = options_.errors;
  line_options.predict = predict_;
  Lines lines(line_options, notices);
  const std::size_t count = lines.answer_all(
      reader_, {[&](Chunk& chunk) { return answer(chunk); },
                [&](const Answer& answer, const Chunk&, std::size_t i) { take(answer, i); },
                [&] {
                  if (target_) target_->flush();
                }});
  if (count == 0) lines.finish();  // there is no answer to keep
  if (target_) target_->commit();
  notices.report();
  lines.finish();
  if (gold_) gold_->finish(reader_.name());  // an error here must not take the links away
  if (!gold_) return;
  text::OutputFile report("-");
  report.write(options_.output == Output::kJson ? aligner_.report_json() : aligner_.report());
  report.commit();
}

void run(const Options& options) {
  if (!options.gold.empty() && options.target == "-") {
    throw UsageError(
        "--gold prints to standard output: give --output another file, or leave it out");
  }
  if (!options.gold.empty() && options.target.empty() && options.output == Output::kNaacl) {
    throw UsageError("--alignment-format: with --gold no links are written without --output FILE");
  }
  if (options.gold == "-" &&
      (options.pairs.tsv == "-" || options.pairs.source == "-" || options.pairs.target == "-")) {
    throw UsageError("pairs and gold alignments cannot both be standard input");
  }
  std::vector<NamedFile> inputs = named_files(options.pairs);
  inputs.push_back({"--gold", options.gold});
  check_kept(inputs, {"--output", options.target});
  AlignRun(options).run();
}

// Reads "auto" as no shift.
std::optional<int> parse_shift(const std::string& text) {
  if (text == "auto") return std::nullopt;
  int shift = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, shift);
  if (error != std::errc() || stop != end || shift < -kLargestShift || shift > kLargestShift) {
    throw UsageError(fmt::format("--shift: found '{}', expected auto or {} … {}", one_line(text),
                                 -kLargestShift, kLargestShift));
  }
  return shift;
}

void add_output_options(CLI::App& command, const std::shared_ptr<Options>& options) {
  command
      .add_option("-o,--output", options->target,
                  "links; -: standard output, which is the default without --gold")
      ->type_name("FILE")
      ->check(not_empty());
  auto* format = add_choice<Output>(
      command, "--alignment-format", options->output,
      {{"pharaoh", Output::kPharaoh}, {"naacl", Output::kNaacl}, {"json", Output::kJson}},
      "pharaoh: a line of links i-j for each pair, counted from 0; "
      "naacl: a line for each link, counted from 1");
  command
      .add_flag_callback(
          "--json", [options] { options->output = Output::kJson; },
          "JSON lines with byte spans, weights and the full alignment of the units; the report of "
          "--gold as one JSON object")
      ->excludes(format);
  command
      .add_option(
          "--gold", options->gold,
          "gold alignments of words, Pharaoh (0-0 sure, 1?2 possible) or NAACL, or of units with "
          "--alignment-units units; prints the alignment error rate to standard output")
      ->type_name("FILE")
      ->check(not_empty());
}

void add_link_options(CLI::App& command, const std::shared_ptr<Options>& options) {
  using alignment::Merge;
  add_alignment_units_option(command, options->aligner.units);
  command.add_option("--threshold", options->aligner.threshold, "the least weight of a link")
      ->check(number_between(0, 1))
      ->capture_default_str();
  add_choice<Merge>(
      command, "--merge", options->aligner.merge,
      {{"mean", Merge::kMean}, {"max", Merge::kMaximum}, {"first", Merge::kFirst}},
      "how the weights of the units of a target word become those of the word; first: "
      "those of its first unit alone");
  options->aligner.shift = 0;
  command
      .add_option_function<std::string>(
          "--shift",
          [options](const std::string& text) { options->aligner.shift = parse_shift(text); },
          "target unit i has the weights of step i + N (0); auto: the best of -1, 0 and 1 for each "
          "model, by --gold or by how well linked words predict each other")
      ->type_name("N|auto");
  auto* reverse = command
                      .add_option("--reverse", options->reverse,
                                  "folder of a model of the opposite direction, whose links are "
                                  "joined with those of --model")
                      ->type_name("FOLDER")
                      ->check(not_empty());
  std::vector<std::pair<std::string, alignment::Symmetrisation>> ways;
  for (const alignment::Symmetrisation how : alignment::all_symmetrisations()) {
    ways.emplace_back(alignment::symmetrisation_name(how), how);
  }
  add_choice<alignment::Symmetrisation>(command, "--symmetrise,--symmetrize", options->symmetrise,
                                        ways,
                                        "how the links of both models are joined; default: "
                                        "grow-diag-final-and")
      ->needs(reverse);
}

}  // namespace

void add_align(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "align", "links i-j (source word, target word) of every pair, by one model or two");
  add_model_option(*command, options->model);
  add_pair_options(*command, options->pairs);
  add_marks_options(*command, options->pairs.marks);
  add_output_options(*command, options);
  add_link_options(*command, options);
  add_batch_options(*command, options->predict);
  add_long_sources_option(*command, options->predict, LongSourceChoices::kCutSkip);
  add_strict_option(*command, options->errors);
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands
