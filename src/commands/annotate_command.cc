// attend annotate: writes what an encoder makes of pictures to a file of features.
#include <fmt/format.h>

#include <memory>
#include <unordered_set>
#include <utility>

#include "api/api.h"
#include "base/base.h"
#include "commands/command_line.h"
#include "commands/output_files.h"
#include "predictor/predictor.h"
#include "vision/vision.h"

namespace attend::commands {

using api::internals;
namespace {

constexpr std::string_view kName = "attend annotate";

struct Options {
  std::string model, input = "-", target;
  LoadOptions load;
  text::Columns columns;
  int threads = 0;
  LineErrors errors = LineErrors::kGoOn;
};

// Reads the names of the pictures, each once, in the order in which they first occur.
std::vector<std::string> read_names(const Options& options) {
  text::SourceReader reader(options.input, {}, options.columns);
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  text::MarkedSource source;
  while (reader.next(source)) {
    if (!source.text.empty() && seen.insert(source.text).second) names.push_back(source.text);
  }
  if (names.empty()) throw DataError(reader.name(), 0, "no name of a picture");
  return names;
}

// The name says which of the two formats is written.
void check_name(const std::string& target) {
  if (target.ends_with(".npy") || target.ends_with(".safetensors")) return;
  throw UsageError(fmt::format(
      "--output: found '{}', expected a name that ends in .npy or .safetensors", target));
}

void run(const Options& options) {
  check_name(options.target);
  std::vector<NamedFile> inputs = named_files(options.load.pictures);
  inputs.push_back({"the names", options.input});
  check_kept(inputs, {"--output", options.target});
  if (options.target.ends_with(".npy")) {
    check_kept(inputs, {"--output", options.target + ".names"});
  }
  const Predictor predictor(options.model, options.load);
  const std::vector<std::string> names = read_names(options);
  const NamedFile outputs[] = {{"--output", options.target}};
  KeptPictures(predictor, options.load.pictures, outputs).check(names);
  vision::FeatureWriter writer(
      options.target, names,
      static_cast<std::size_t>(internals(predictor).text().configuration.encoder.units));
  const std::size_t chunk = lines_together(predictor);
  std::size_t written = 0;
  for (std::size_t first = 0; first < names.size(); first += chunk) {
    const auto some = std::span(names).subspan(first, std::min(chunk, names.size() - first));
    const auto found = predictor.annotate_pictures(some, options.threads);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const PictureAnnotations& one = found[i];
      if (!one.problem.empty()) {
        if (options.errors == LineErrors::kStop) throw DataError(one.problem);
        print_message(fmt::format("{}: {}\n", kName, one.problem));
        continue;
      }
      writer.add(
          some[i],
          {static_cast<std::size_t>(one.grid.height), static_cast<std::size_t>(one.grid.width)},
          one.values);
      ++written;
    }
  }
  writer.commit();
  print_message(
      fmt::format("{}: annotations of {} of {} pictures\n", kName, written, names.size()));
}

}  // namespace

void add_annotate(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "annotate",
      "write the annotations that a model makes of pictures, for encoder.kind: features");
  add_model_option(*command, options->model);
  command->add_option("names", options->input, "names of pictures, one a line; -: standard input")
      ->type_name("FILE")
      ->capture_default_str();
  add_source_column_option(*command, options->columns);
  command
      ->add_option("-o,--output", options->target,
                   "file to write: .npy, which gets a file of names beside it, or .safetensors")
      ->required()
      ->type_name("FILE")
      ->check(not_empty());
  add_picture_options(*command, options->load.pictures);
  command->add_option("--threads", options->threads, "0: all processors")
      ->check(whole_number())
      ->capture_default_str();
  add_strict_option(*command, options->errors);
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands
