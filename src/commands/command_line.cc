#include "commands/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <new>
#include <sstream>

#include "api/api.h"
#include "base/base.h"

namespace attend::commands {

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return line;
}

std::string fixed(double value, int digits) {
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (text.find_first_not_of("-0.") == std::string::npos && text.front() == '-') text.erase(0, 1);
  return text;
}

namespace {

// Prints to standard output. A full disk is an error there too.
int print(const CLI::App& program, const CLI::Success& wanted) {
  std::ostringstream text, unused;
  const int exit_code = program.exit(wanted, text, unused);
  write_file("-", text.str());
  return exit_code;
}

}  // namespace

int guarded(std::string_view program, const std::function<int()>& body) {
  const auto fail = [&](std::string_view message, ExitCode code) {
    print_message(fmt::format("{}: {}\n", program, one_line(message)));
    return static_cast<int>(code);
  };
  try {
    try {
      return body();
    } catch (const Error& error) {
      return fail(error.what(), error.code());
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      return fail(fmt::format("internal error: {}", error.what()), ExitCode::kOther);
    }
  } catch (const std::bad_alloc&) {  // also while another error is reported
    for (const std::string_view part : {program, std::string_view(": not enough memory\n")}) {
      print_message(part);
    }
    return static_cast<int>(ExitCode::kOther);
  }
}

int parse_and_run(CLI::App& program, int argc, char** argv) {
  return guarded(program.get_name(), [&] {
    try {
      program.parse(argc, argv);
    } catch (const CLI::Success& wanted) {  // --help or --version
      return print(program, wanted);
    } catch (const CLI::RequiredError& error) {
      const std::vector<std::string> unknown = program.remaining(/*recurse=*/true);
      throw UsageError(fmt::format(
          "{} (see --help)",
          unknown.empty() ? error.what() : fmt::format("'{}' is not known", unknown.front())));
    } catch (const CLI::ParseError& error) {
      throw UsageError(fmt::format("{} (see --help)", error.what()));
    }
    return static_cast<int>(ExitCode::kSuccess);
  });
}

void add_model_option(CLI::App& command, std::string& folder) {
  command
      .add_option("-m,--model", folder,
                  "model folder, or the name of an installed model (attend models)")
      ->transform(installed_model())
      ->required()
      ->type_name("FOLDER")
      ->check(not_empty());
}

void add_marks_options(CLI::App& command, text::SourceMarks& marks) {
  auto* column =
      command
          .add_option("--allowed-column", marks.allowed_column,
                      "field of a line, from 1, with the words where attention may look: "
                      "2-5,7, counted from 0")
          ->check(CLI::Range(1, 1000000))
          ->type_name("N");
  command
      .add_flag("--span-markup", marks.span_markup,
                "attention may look only between <span> and </span> in a source")
      ->excludes(column);
}

std::string_view marks_option(const text::SourceMarks& marks) {
  return marks.span_markup ? "--span-markup" : "--allowed-column";
}

text::CorpusFiles PairFiles::files() const {
  const bool parallel = !source.empty() || !target.empty();
  if (tsv.empty() == !parallel) {
    throw UsageError("expected either a TSV of pairs, or --source FILE and --target FILE");
  }
  if (parallel && (source.empty() || target.empty())) {
    throw UsageError("--source and --target go together");
  }
  if (parallel && columns.any()) {
    throw UsageError(
        "--source-column (--text-column), --target-column (--label-column) and --reference-column "
        "are columns of a TSV; "
        "--source FILE and --target FILE have none");
  }
  return {tsv, source, target, marks, columns, format};
}

namespace {

// Returns the names of an option for a message, the last one first: "--text-column or
// --source-column".
std::string either_name(const std::string& names) {
  const std::size_t comma = names.find(',');
  if (comma == std::string::npos) return names;
  return fmt::format("{} or {}", names.substr(comma + 1), names.substr(0, comma));
}

}  // namespace

void add_columns_option(CLI::App& command, const std::string& names, text::Columns& columns,
                        const std::string& help) {
  const auto take = [&columns, name = either_name(names)](const std::string& value) {
    try {
      columns = text::Columns::parse(value);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}: {}", name, error.what()));
    }
  };
  command.add_option_function<std::string>(names, take, help)->type_name("N,…");
}

void add_source_column_option(CLI::App& command, text::Columns& columns) {
  add_columns_option(
      command, "--source-column,--text-column", columns,
      "columns of a line with the source, from 1: 3, a list 1,3, the rest 4-; several are "
      "sentences, as between TABs");
}

void add_column_options(CLI::App& command, text::PairColumns& columns, text::PairFormat& format) {
  add_source_column_option(command, columns.source);
  add_columns_option(command, "--target-column,--label-column", columns.target,
                     "columns with the target or the label");
  add_choice<text::PairFormat>(
      command, "--format", format,
      {{"tsv", text::PairFormat::kTsv}, {"fasttext", text::PairFormat::kFastText}},
      "lines: source TAB target, or __label__LABEL and a text; without: tsv, but for labels "
      "fasttext and the column of the label are recognised");
}

void add_reference_column_option(CLI::App& command, text::Columns& columns) {
  add_columns_option(command, "--reference-column,--reference-columns", columns,
                     "columns with further references: each is one, an empty field is none");
}

void find_labels(text::PairReader& reader, const text::IsLabel& is_label,
                 std::string_view command) {
  const auto tell = [&](const std::string& found) {
    if (found.empty()) return;
    print_message(fmt::format("{}: {}: {}\n", command, reader.name(), one_line(found)));
  };
  tell(reader.assumed_column());
  if (is_label) tell(text::find_labels(reader, is_label));
}

void find_labels(text::PairReader& reader, const Predictor& predictor, std::string_view command) {
  text::IsLabel is_label;
  if (predictor.info().has_labels()) {
    is_label = [&](std::string_view field) { return predictor.knows_label(field); };
  }
  find_labels(reader, is_label, command);
}

void add_pair_options(CLI::App& command, PairFiles& files) {
  command.add_option("pairs", files.tsv, "TSV of source and target; -: standard input")
      ->type_name("FILE")
      ->check(not_empty());
  add_parallel_options(command, files);
}

void add_parallel_options(CLI::App& command, PairFiles& files) {
  command.add_option("--source", files.source, "sources, one a line, in place of a TSV")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_option("--target", files.target, "targets, one a line")
      ->type_name("FILE")
      ->check(not_empty());
  add_column_options(command, files.columns, files.format);
}

CLI::Validator whole_number() {
  const auto check = [](const std::string& text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && stop == end) return std::string();
    if (error == std::errc::result_out_of_range && stop == end) {
      return fmt::format("found '{}', expected at most {}", text, UINT64_MAX);
    }
    return fmt::format("found '{}', expected a whole number", text);
  };
  return CLI::Validator(check, "WHOLE");
}

CLI::Validator number_between(double low, double high) {
  const auto check = [low, high](const std::string& text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end && value >= low && value <= high
               ? std::string()
               : fmt::format("found '{}', expected {} … {}", text, low, high);
  };
  return CLI::Validator(check, fmt::format("{} … {}", low, high));
}

CLI::Validator installed_model() {
  const auto find = [](std::string& name) {
    name = api::model_folder(name);
    return std::string();
  };
  return CLI::Validator(find, "");
}

CLI::Validator not_empty() {
  return CLI::Validator(
      [](const std::string& text) {
        return std::string(text.empty() ? "found an empty name" : "");
      },
      "");
}

void add_batch_options(CLI::App& command, PredictOptions& options) {
  command
      .add_option("--length-normalisation,--length-normalization",
                  options.search.length_normalisation, "score = log-probability / length^X")
      ->check(number_between(0, 10))
      ->capture_default_str();
  command
      .add_option("--maximum-source-length", options.maximum_source_length,
                  "units of a source; what becomes of a longer one says --long-sources")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command
      .add_option("--maximum-length", options.search.maximum_length, "units of a target at most")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_option("--batch-size", options.batch_size, "sources decoded together")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command
      .add_option("--threads", options.threads,
                  "threads, each with batches of its own; 0: all processors")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

void add_search_options(CLI::App& command, PredictOptions& options) {
  command.add_option("-b,--beam", options.search.beam, "beam size; 1 is greedy")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      .add_option("--maximum-ratio", options.search.maximum_ratio,
                  "longest target: this many times the source tokens, plus 10")
      ->check(number_between(0, 1000))
      ->capture_default_str();
  add_batch_options(command, options);
}

void add_long_sources_option(CLI::App& command, PredictOptions& options,
                             LongSourceChoices choices) {
  std::vector<std::pair<std::string, LongSources>> names{{"cut", LongSources::kCut},
                                                         {"skip", LongSources::kSkip}};
  std::string help =
      "cut: only the first units of a longer source count; skip: it gets an empty answer";
  if (choices == LongSourceChoices::kCutSkipSplit) {
    names.emplace_back("split", LongSources::kSplit);
    help += "; split: it is cut at ends of sentences and answered in parts (not for labels)";
  }
  add_choice<LongSources>(command, "--long-sources", options.long_sources, names, help);
}

void add_strict_option(CLI::App& command, LineErrors& errors) {
  command.add_flag_callback(
      "--strict", [&errors] { errors = LineErrors::kStop; },
      "stop with code 3 at the first line that cannot be answered, after the answers before it");
}

void add_picture_options(CLI::App& command, PictureOptions& options) {
  const auto add = [&](const std::string& flag, std::filesystem::path& path,
                       const std::string& help) {
    return command
        .add_option_function<std::string>(
            flag, [&path](const std::string& text) { path = text; }, help)
        ->type_name("FILE")
        ->check(not_empty());
  };
  CLI::Option* images = add("--images", options.images,
                            "for models of pictures: the folder that names of pictures are "
                            "relative to, or a packed file of pictures");
  add("--image-index", options.index,
      "names and places in a packed file; without: index.tsv beside it")
      ->needs(images);
  CLI::Option* features = add("--features", options.features,
                              "annotations of pictures (.npy, safetensors), for models with "
                              "encoder.kind: features; beside them, --images are only shown");
  add("--feature-names", options.names, "names of the images of a .npy file, one a line")
      ->needs(features);
}

void add_load_options(CLI::App& command, LoadOptions& options) {
  command
      .add_option_function<std::string>(
          "--precision",
          [&](const std::string& name) { options.precision = parse_precision(name); },
          "multiply in it; by default as the model has its weights")
      ->check(CLI::IsMember({"float32", "bfloat16", "int8"}))
      ->option_text("float32|bfloat16|int8");
  command.add_flag_callback(
      "--shortlist", [&] { options.candidates = Candidates::kShortlist; },
      "only the targets that the model's shortlist has for the sources of a batch");
}

void report_precision(std::string_view command, Precision precision) {
  if (has_instructions(precision)) return;
  print_message(
      fmt::format("{}: this processor has no instructions for {} products: right, but not faster\n",
                  command, precision_name(precision)));
}

std::string lack_of_alignment(const Predictor& predictor) {
  if (predictor.info().has_alignment) return {};
  return fmt::format("the model has no alignment (attention.kind: {})", predictor.info().attention);
}

void check_alignment(const Predictor& predictor, std::string_view wanted) {
  const std::string problem = lack_of_alignment(predictor);
  if (!problem.empty()) throw UsageError(fmt::format("{}: {}", wanted, problem));
}

void check_words(const Predictor& predictor, std::string_view wanted) {
  const ModelInfo& info = predictor.info();
  if (info.reads_pictures) {
    throw UsageError(
        fmt::format("{}: this model looks at regions of pictures and not at words", wanted));
  }
  if (info.levels == 1) return;
  throw UsageError(
      fmt::format("{}: this model looks at sentences and not at words (encoder.levels: {})", wanted,
                  info.levels));
}

void check_marks(const Predictor& predictor, const text::SourceMarks& marks) {
  if (!marks.any()) return;
  check_alignment(predictor, marks_option(marks));
  check_words(predictor, marks_option(marks));
}

std::size_t lines_together(const Predictor& predictor) {
  const std::size_t usual = LineOptions{}.chunk_lines, bytes = predictor.info().bytes_of_picture;
  return bytes == 0 ? usual : std::clamp<std::size_t>((std::size_t{256} << 20) / bytes, 1, usual);
}

}  // namespace attend::commands
