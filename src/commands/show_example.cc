// attend show --example: attention worked out on given numbers, without a model.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/base.h"
#include "commands/show.h"
#include "commands/worked_example.h"

namespace attend::commands {

void add_example_options(CLI::App& command, ExampleOptions& options) {
  CLI::Option* example = command.add_flag_callback(
      "--example",
      [&command] {
        command.get_option("--model")->required(false);
        command.get_option("texts")->required(false);
      },
      "print attention worked out by hand, with every number and shape; needs no model and no "
      "text");
  const std::vector<std::string> scores(std::begin(kExampleScores), std::end(kExampleScores));
  options.given = {
      example,
      command.add_option("--score", options.score, "with --example: dot | general | additive")
          ->check(CLI::IsMember(scores))
          ->capture_default_str(),
      command
          .add_option(
              "--size", options.size,
              "with --example: annotations and their units such as 10x5, or units alone such "
              "as 30; other sizes than 3x2 have values that follow a printed rule")
          ->type_name("SIZE")
          ->capture_default_str(),
      command.add_option("--steps", options.steps, "with --example: decoding steps")
          ->check(CLI::Range(1, 2))
          ->capture_default_str()};
  for (std::size_t k = 1; k < options.given.size(); ++k) options.given[k]->needs(example);
}

bool asks_for_example(const CLI::App& command, const ExampleOptions& options) {
  if (options.given.front()->count() == 0) return false;
  for (const CLI::Option* option : command.get_options()) {
    const auto& own = options.given;
    if (option->count() == 0 || std::find(own.begin(), own.end(), option) != own.end()) continue;
    throw UsageError(fmt::format(
        "--example needs no model and no text, and goes with --score, --size and --steps alone; "
        "found {}",
        option->get_name()));
  }
  return true;
}

void print_example(const ExampleOptions& options) {
  const auto* const score =
      std::find(std::begin(kExampleScores), std::end(kExampleScores), options.score);
  write_file("-", draw_example(work_out(
                      static_cast<ExampleScore>(score - std::begin(kExampleScores)),
                      parse_example_size(options.size), static_cast<std::size_t>(options.steps))));
}

}  // namespace attend::commands
