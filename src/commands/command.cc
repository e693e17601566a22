#include "commands/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <new>
#include <sstream>

#include "base/base.h"
#include "view/view.h"

namespace attend::commands {
namespace {

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return line;
}

// To standard output, where a full disk is an error too.
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
  } catch (const std::bad_alloc&) {  // also of the message about another error
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
    } catch (const CLI::Success& wanted) {  // help or version
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
  command.add_option("-m,--model", folder, "model folder")
      ->required()
      ->type_name("FOLDER")
      ->check(not_empty());
}

text::CorpusFiles PairFiles::files() const {
  const bool parallel = !source.empty() || !target.empty();
  if (tsv.empty() == !parallel) {
    throw UsageError("expected either a TSV of pairs, or --source FILE and --target FILE");
  }
  if (parallel && (source.empty() || target.empty())) {
    throw UsageError("--source and --target go together");
  }
  return {tsv, source, target};
}

void add_pair_options(CLI::App& command, PairFiles& files) {
  command.add_option("pairs", files.tsv, "TSV of source and target; -: standard input")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_option("--source", files.source, "sources, one a line, in place of a TSV")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_option("--target", files.target, "targets, one a line")
      ->type_name("FILE")
      ->check(not_empty());
}

CLI::Validator whole_number() {
  const auto check = [](const std::string& text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end
               ? std::string()
               : fmt::format("found '{}', expected a whole number", text);
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

CLI::Validator not_empty() {
  return CLI::Validator(
      [](const std::string& text) {
        return std::string(text.empty() ? "found an empty name" : "");
      },
      "");
}

void check_svg(std::string_view flag, const std::string& file) {
  if (file.empty() || file.ends_with(".svg") || is_written_directly(file)) return;
  throw UsageError(fmt::format("{}: found '{}', expected a name that ends in .svg", flag, file));
}

void check_distinct(std::string_view flag, const std::string& file, std::string_view other_flag,
                    const std::string& other_file) {
  namespace fs = std::filesystem;
  if (file.empty() || other_file.empty()) return;
  std::error_code ignored;
  if (file != "-" && fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) return;
  const auto whole = [&](const std::string& name) {
    return name == "-" ? fs::path(name)
                       : fs::weakly_canonical(fs::absolute(name, ignored), ignored);
  };
  if (whole(file) == whole(other_file)) {
    throw UsageError(fmt::format("{} and {} would both write '{}'", flag, other_flag, other_file));
  }
}

void add_batch_options(CLI::App& command, predictor::PredictOptions& options) {
  command
      .add_option("--length-normalisation", options.search.length_normalisation,
                  "score = log-probability / length^X")
      ->check(number_between(0, 10))
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

void add_search_options(CLI::App& command, predictor::PredictOptions& options) {
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

void add_load_options(CLI::App& command, predictor::LoadOptions& options) {
  command
      .add_option_function<std::string>(
          "--precision",
          [&](const std::string& name) { options.precision = parse_precision(name); },
          "multiply in it; by default as the model has its weights")
      ->check(CLI::IsMember({"float32", "bfloat16", "int8"}))
      ->option_text("float32|bfloat16|int8");
  command.add_flag_callback(
      "--shortlist", [&] { options.candidates = predictor::Candidates::kShortlist; },
      "only the targets that the model's shortlist has for the sources of a batch");
}

void report_precision(std::string_view command, Precision precision) {
  if (predictor::has_instructions(precision)) return;
  print_message(
      fmt::format("{}: this processor has no instructions for {} products: right, but not faster\n",
                  command, precision_name(precision)));
}

bool read_chunk(text::LineReader& reader, std::size_t lines, Chunk& chunk) {
  chunk.clear();
  std::string line;
  while (chunk.sources.size() < lines && reader.next(line)) {
    chunk.sources.push_back(line);
    chunk.line_numbers.push_back(reader.line_number());
  }
  return !chunk.sources.empty();
}

bool read_chunk(text::PairReader& reader, std::size_t lines, Chunk& chunk) {
  chunk.clear();
  text::Pair pair;
  while (chunk.sources.size() < lines && reader.next(pair)) {
    chunk.sources.push_back(pair.source);
    chunk.targets.push_back(pair.target);
    chunk.line_numbers.push_back(reader.line_number());
  }
  return !chunk.sources.empty();
}

namespace {

// A target that would be cut to a fixed length is not the target that was asked about.
void check_target(const model::Side& side, const std::string& target) {
  const model::Encoded encoded = model::encode(side, target);
  if (encoded.cut == 0) return;
  throw DataError("", 0,
                  fmt::format("the target has {} units, expected {}",
                              encoded.units.size() + encoded.cut, side.config.fixed_length));
}

}  // namespace

void check_chunk(const predictor::Predictor& predictor, const std::string& file,
                 const Chunk& chunk) {
  for (std::size_t i = 0; i < chunk.sources.size(); ++i) {
    try {
      model::encode(predictor.text().source, chunk.sources[i]);
      if (!chunk.targets.empty()) check_target(predictor.text().target, chunk.targets[i]);
    } catch (const DataError& error) {
      throw DataError(file, chunk.line_numbers[i], error.what());
    }
  }
}

void Notices::add(const predictor::Source& source) {
  ++lines_;
  if (!source.unknown.empty()) ++unknown_lines_;
  if (source.cut > 0) ++cut_lines_;
  for (const std::string& unit : source.unknown) ++unknown_[unit];
}

void Notices::add(const predictor::Source& source, const predictor::Prediction& best) {
  add(source);
  if (!best.finished) ++cut_predictions_;
}

void Notices::report(std::string_view command) const {
  constexpr std::size_t kShown = 10;
  if (cut_predictions_ > 0) {
    print_message(
        fmt::format("{}: {} of {} predictions {} cut at the longest length: --maximum-ratio\n",
                    command, cut_predictions_, lines_, cut_predictions_ == 1 ? "was" : "were"));
  }
  if (cut_lines_ > 0) {
    print_message(fmt::format("{}: {} of {} lines {} cut to the model's fixed length\n", command,
                              cut_lines_, lines_, cut_lines_ == 1 ? "was" : "were"));
  }
  if (unknown_.empty()) return;
  std::vector<std::pair<std::size_t, std::string>> list;
  std::size_t total = 0;
  for (const auto& [unit, count] : unknown_) {
    total += count;
    list.emplace_back(count, unit);
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string shown;
  for (std::size_t i = 0; i < std::min(kShown, list.size()); ++i) {
    shown += fmt::format("{}'{}' ({})", i == 0 ? "" : ", ", view::visible_label(list[i].second),
                         list[i].first);
  }
  print_message(fmt::format("{}: {} unknown unit{} in {} of {} lines: {}{}\n", command, total,
                            total == 1 ? "" : "s", unknown_lines_, lines_, shown,
                            list.size() > kShown ? ", …" : ""));
}

std::string pharaoh(const predictor::Prediction& prediction) {
  std::string line;
  for (const auto& [source, target] : prediction.links) {
    line += fmt::format("{}{}-{}", line.empty() ? "" : " ", source, target);
  }
  return line;
}

}  // namespace attend::commands
