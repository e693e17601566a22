// attend predict: prints one output line for each source line, in order.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/output_files.h"
#include "commands/target_options.h"
#include "commands/word_links.h"

namespace attend::commands {
namespace {

constexpr int kMostPredictions = 1000;  // for each source

enum class Format { kText, kJson, kMoses };
enum class AlignmentFormat { kPharaoh, kMatrix };

struct Options {
  std::vector<std::string> models;
  std::string source = "-", target = "-", alignments;
  text::SourceMarks marks;
  text::Columns columns;
  text::RequestColumns requests;
  TargetOptions asked;
  PredictOptions predict;
  Format format = Format::kText;
  AlignmentFormat alignment_format = AlignmentFormat::kPharaoh;
  AlignmentUnits alignment_units = AlignmentUnits::kUnits;
  LoadOptions load;
  bool line_buffered = false;
  bool confidence = false;  ///< whether texts have their confidence beside them
  bool n_best = false;      ///< whether --n-best was given
  int top = 0;              ///< labels for each source; 0: not given
  LineErrors errors = LineErrors::kGoOn;
};

// Moses separates fields by three bars. Its tools write the bars of a text in this way.
std::string escape_bars(std::string text) {
  constexpr std::string_view kBars = "|||", kEscaped = "&#124;&#124;&#124;";
  for (std::size_t place = text.find(kBars); place != std::string::npos;
       place = text.find(kBars, place + kEscaped.size())) {
    text.replace(place, kBars.size(), kEscaped);
  }
  return text;
}

// Returns "id ||| text ||| features ||| score", one line for each prediction. An answer without
// predictions gets one line without text.
std::string format_moses(const Answer& answer, std::size_t id) {
  const auto line = [id](const std::string& text, double log_probability, double score) {
    return fmt::format("{} ||| {} ||| logprob= {} ||| {}\n", id, text, fixed(log_probability, 6),
                       fixed(score, 6));
  };
  if (answer.predictions.empty()) return line("", 0, 0);
  std::string lines;
  for (const Prediction& prediction : answer.predictions) {
    lines += line(escape_bars(prediction.text), prediction.log_probability, prediction.score);
  }
  return lines;
}

// Returns the n-best texts of one source, separated by tabs, each with its confidence if that is
// wanted. The confidence of an unfinished prediction is an empty field.
std::string format_text(const Answer& answer, bool confidence) {
  std::string line;
  for (std::size_t i = 0; i < answer.predictions.size(); ++i) {
    line += (i > 0 ? "\t" : "") + answer.predictions[i].text;
    if (!confidence) continue;
    const std::optional<double> sure = answer.predictions[i].confidence;
    line += sure ? fmt::format("\t{:.4f}", *sure) : "\t";
  }
  return line + "\n";
}

// Returns the labels of one source, each with its probability, all separated by tabs.
std::string format_labels(const Answer& answer) {
  std::string line;
  for (const Prediction& prediction : answer.predictions) {
    line += fmt::format("{}{}\t{:.4f}", line.empty() ? "" : "\t", prediction.text,
                        std::exp(prediction.log_probability));
  }
  return line + "\n";
}

// Labels have their probabilities beside them, unless an n-best list of texts was asked for.
void write_answer(const Answer& answer, const Options& options, AnswerKind kind, std::size_t id,
                  text::OutputFile& target) {
  switch (options.format) {
    case Format::kText: {
      const bool labels = kind == AnswerKind::kLabel && !options.n_best;
      return target.write(labels ? format_labels(answer) : format_text(answer, options.confidence));
    }
    case Format::kMoses:
      return target.write(format_moses(answer, id));
    case Format::kJson: {
      const auto write = [&](std::string_view text) { target.write(text); };
      if (options.alignment_units == AlignmentUnits::kUnits) return write_json(answer, kind, write);
      const WordAnswer words = link_words(answer);
      return write_json(answer, kind, write, &words);
    }
  }
}

std::string format_links(const Answer& answer, AlignmentUnits units) {
  if (answer.predictions.empty()) return "\n";
  if (units == AlignmentUnits::kUnits) return pharaoh(answer.predictions.front()) + "\n";
  return pharaoh(link_words(answer).predictions.front()) + "\n";
}

// Returns one row for each target unit, with columns separated by blanks. An empty line ends a
// sentence.
std::string format_matrix(const Answer& answer) {
  if (answer.predictions.empty()) return "\n";
  const Prediction& best = answer.predictions.front();
  const std::size_t columns = answer.source.columns.size();
  std::string text;
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      text += fmt::format("{}{:.6g}", j == 0 ? "" : " ", best.alignment[i * columns + j]);
    }
    text += "\n";
  }
  return text + "\n";
}

// Throws UsageError for links of words that the model does not have or that nothing would show.
void check_word_links(const Predictor& predictor, const Options& options) {
  if (options.alignment_units == AlignmentUnits::kUnits) return;
  check_links(predictor, "--alignment-units words");
  const bool links =
      !options.alignments.empty() && options.alignment_format == AlignmentFormat::kPharaoh;
  if (links || options.format == Format::kJson) return;
  throw UsageError(
      "--alignment-units words: it changes links, in --format json and in the Pharaoh format of "
      "--alignments");
}

// Throws UsageError for --top with a model that does not answer with labels.
void check_top(const Predictor& predictor, const Options& options) {
  if (options.top == 0 || predictor.info().has_labels()) return;
  throw UsageError(
      "--top: this model does not answer with labels (target.unit: whole); --n-best gives the best "
      "predictions");
}

// A beam as wide as the list finds the most probable labels: all of them are made in one step.
void widen_to_top(const Predictor& predictor, int top, SearchOptions& search) {
  if (top == 0) return;
  const auto labels =
      static_cast<int>(std::min<std::size_t>(predictor.info().targets, kMostPredictions));
  search.n_best = std::min(top, labels);
  search.beam = std::max(search.beam, search.n_best);
}

// Throws UsageError for options that contradict each other or have no effect together.
void check_options(const Options& options) {
  if (options.top > 0 && options.asked.samples) {
    throw UsageError(
        "--top and --sample: the most probable labels are not drawn; --n-best N draws N labels");
  }
  check_shortlist(options.load, options.predict, options.requests);
  const SearchOptions& search = options.predict.search;
  if (!options.asked.samples && search.n_best > search.beam) {
    throw UsageError(
        fmt::format("--n-best {} is larger than --beam {}", search.n_best, search.beam));
  }
  if (options.confidence && options.format == Format::kMoses) {
    throw UsageError("--confidence: n-best lists of Moses have no place for it; --format json has");
  }
  check_distinct("--output", options.target, "--alignments", options.alignments);
  std::vector<NamedFile> inputs = named_files(options.load.pictures);
  inputs.push_back({"--input", options.source});
  inputs.push_back({"--dictionary", options.asked.dictionary});
  check_kept(inputs, {"--output", options.target});
  check_kept(inputs, {"--alignments", options.alignments});
}

// Throws UsageError for links between words and regions of a picture, which the format has not.
void check_pharaoh(const Predictor& predictor, const Options& options) {
  const bool links =
      !options.alignments.empty() && options.alignment_format == AlignmentFormat::kPharaoh;
  if (!links || !predictor.info().reads_pictures) return;
  throw UsageError(
      "--alignments: this model looks at regions of pictures, and its links name no words; "
      "--alignment-format matrix has the weights");
}

// Throws UsageError for what the model cannot do.
void check_model(const Predictor& predictor, const Options& options) {
  check_top(predictor, options);
  if (!options.alignments.empty()) check_alignment(predictor, "--alignments");
  check_pharaoh(predictor, options);
  check_word_links(predictor, options);
  check_marks(predictor, options.marks);
  check_target_options(predictor, options.predict);
}

// A person who types wants each answer at once, and a program may ask for it.
bool answers_at_once(const Options& options) {
  return options.line_buffered || (options.source == "-" && isatty(STDIN_FILENO) == 1);
}

// The files of predictions and, if they are wanted, of alignments.
class Output {
 public:
  explicit Output(const Options& options) : options_(options), target_(options.target) {
    if (!options.alignments.empty()) alignments_.emplace(options.alignments);
  }
  void write(const Answer& answer, AnswerKind kind) {
    write_answer(answer, options_, kind, id_++, target_);
    if (!alignments_) return;
    alignments_->write(options_.alignment_format == AlignmentFormat::kPharaoh
                           ? format_links(answer, options_.alignment_units)
                           : format_matrix(answer));
  }
  void flush(bool at_once) {
    target_.flush();
    if (alignments_ && at_once) alignments_->flush();
  }
  void commit() {
    if (alignments_) alignments_->flush();  // a full disk is noticed before either file appears
    target_.commit();
    if (alignments_) alignments_->commit();
  }

 private:
  const Options& options_;
  text::OutputFile target_;
  std::optional<text::OutputFile> alignments_;
  std::size_t id_ = 0;  // of the next answer
};

// Tells once of a line with columns that no option names: people forget to cut a file of pairs.
class ColumnNotice {
 public:
  ColumnNotice(const Predictor& predictor, const Options& options, std::string name)
      : name_(std::move(name)),
        done_(!options.columns.empty() || options.requests.any() || predictor.info().levels > 1) {}
  void look_at(const Chunk& chunk) {
    for (std::size_t i = 0; i < chunk.sources.size() && !done_; ++i) {
      const auto tabs = std::count(chunk.sources[i].begin(), chunk.sources[i].end(), '\t');
      if (tabs == 0) continue;
      done_ = true;
      print_message(fmt::format(
          "attend predict: {}:{}: the whole line is taken as the source, though it has {} columns; "
          "--source-column 1 takes the first\n",
          name_, chunk.line_numbers[i], tabs + 1));
    }
  }

 private:
  std::string name_;
  bool done_;
};

// Returns the options of prediction for what is written.
PredictOptions predict_options(const Predictor& predictor, const Options& options) {
  PredictOptions predict = options.predict;
  widen_to_top(predictor, options.top, predict.search);
  const bool kept = !options.alignments.empty() || options.format == Format::kJson;
  predict.search.alignments = kept ? Alignments::kKept : Alignments::kDropped;
  return predict;
}

void run(const Options& given) {
  Options options = given;
  complete_target_options(options.asked, options.predict);
  check_options(options);
  const Predictor predictor(options.models, options.load);
  check_model(predictor, options);
  report_precision("attend predict", predictor.info().precision);
  text::SourceReader reader(options.source, options.marks, options.columns, options.requests);
  Output output(options);
  const bool at_once = answers_at_once(options);
  Notices notices("attend predict", reader.name(),
                  at_once ? NoticeTime::kAsTheyArise : NoticeTime::kAtEnd);
  if (!predictor.info().may_answer_nothing) notices.expect_answers();
  LineOptions line_options;
  line_options.chunk_lines = at_once ? 1 : lines_together(predictor);
  line_options.source_units = predictor.info().regions;
  line_options.errors = options.errors;
  line_options.predict = predict_options(predictor, options);
  Lines lines(line_options, notices);
  ColumnNotice columns(predictor, options, reader.name());
  const NamedFile outputs[] = {{"--output", options.target}, {"--alignments", options.alignments}};
  const KeptPictures kept(predictor, options.load.pictures, outputs);
  const std::size_t count =
      lines.answer_all(reader, {[&](const Chunk& chunk) {
                                  columns.look_at(chunk);
                                  kept.check(chunk.sources);
                                  return predictor.predict(chunk.sources, line_options.predict,
                                                           chunk.allowed, chunk.requests);
                                },
                                [&](const Answer& answer, const Chunk&, std::size_t) {
                                  output.write(answer, predictor.info().answers);
                                },
                                [&] { output.flush(at_once); }});
  if (count == 0) lines.finish();  // there is no answer to keep
  if (count == 0) throw DataError(reader.name(), 0, "no line to predict");
  output.commit();
  notices.report();
  lines.finish();
}

}  // namespace

void add_predict(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("predict", "predict the target of every source line");
  add_models_option(*command, options->models, options->load);
  command->add_option("-i,--input", options->source, "sources, one a line; -: standard input")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("-o,--output", options->target, "predictions; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_source_column_option(*command, options->columns);
  add_marks_options(*command, options->marks);
  add_search_options(*command, options->predict);
  add_target_options(*command, options->asked, options->predict);
  add_request_columns(*command, options->requests);
  command->add_flag(
      "--confidence", options->confidence,
      "print behind each prediction, and a TAB, how sure the model is of it; JSON has it "
      "without this option");
  add_long_sources_option(*command, options->predict, LongSourceChoices::kCutSkipSplit);
  command
      ->add_option("--minimum-probability", options->predict.minimum_probability,
                   "leave answers empty that are less probable; a given prefix does not count")
      ->check(number_between(0, 1))
      ->capture_default_str();
  add_strict_option(*command, options->errors);
  add_load_options(*command, options->load);
  auto* n_best =
      command->add_option("--n-best", options->predict.search.n_best, "predictions for each source")
          ->check(CLI::Range(1, kMostPredictions))
          ->capture_default_str();
  command
      ->add_option("--top", options->top,
                   "the most probable labels for each source, with their probabilities; a model of "
                   "labels gives one without this option")
      ->check(CLI::Range(1, kMostPredictions))
      ->excludes(n_best);
  command->add_flag("--line-buffered", options->line_buffered,
                    "answer every line before reading the next, as in a terminal");
  add_choice<Format>(*command, "--format", options->format,
                     {{"text", Format::kText}, {"json", Format::kJson}, {"moses", Format::kMoses}},
                     "text | json | moses");
  auto* alignments =
      command->add_option("--alignments", options->alignments, "alignments of the best predictions")
          ->type_name("FILE")
          ->check(not_empty());
  add_choice<AlignmentFormat>(
      *command, "--alignment-format", options->alignment_format,
      {{"pharaoh", AlignmentFormat::kPharaoh}, {"matrix", AlignmentFormat::kMatrix}},
      "pharaoh | matrix")
      ->needs(alignments);
  add_alignment_units_option(*command, options->alignment_units);
  command->callback([options, command, n_best] {
    check_models(*command, options->models);
    options->n_best = n_best->count() > 0;
    run(*options);
  });
}

}  // namespace attend::commands
