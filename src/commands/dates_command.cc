// attend dates: prints pairs of a written date and its ISO form.
#include <fmt/format.h>

#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "dates/dates.h"

namespace attend::commands {
namespace {

struct Options {
  std::size_t count = 10000;
  std::string target = "-";
  dates::DatePairOptions dates;
  bool list = false;
};

void run(const Options& options) {
  text::OutputFile target(options.target);
  if (options.list) {
    for (const std::string& locale : dates::supported_locales()) target.write(locale + "\n");
    target.commit();
    return;
  }
  dates::DatePairGenerator generator(options.dates);
  for (std::size_t i = 0; i < options.count; ++i) {
    const dates::DatePair pair = generator.next();
    target.write(fmt::format("{}\t{}\n", pair.source, pair.target));
  }
  target.commit();
}

}  // namespace

void add_dates(CLI::App& program) {
  auto options = std::make_shared<Options>();
  dates::DatePairOptions& dates = options->dates;
  CLI::App* command = program.add_subcommand("dates", "make pairs of dates from ICU's locales");
  command->add_option("--count", options->count, "pairs to make")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 40))
      ->capture_default_str();
  command->add_option("--locales", dates.locales, "codes such as en-GB,fr; without: all")
      ->delimiter(',')
      ->type_name("CODE,…");
  command->add_flag("--list", options->list, "list the codes and stop");
  add_choice<dates::DateStyle>(
      *command, "--style", dates.style,
      {{"written", dates::DateStyle::kWritten},
       {"english", dates::DateStyle::kEverydayEnglish},
       {"exercise", dates::DateStyle::kEnglishExercise}},
      "written (as people write) | english (everyday English) | exercise (the course's, 1970 to "
      "2025)");
  const std::string far =
      fmt::format("; without both, {:g} % are of 1000 to 2199", 100 * dates.far_year_share);
  const CLI::Option* first =
      command->add_option("--first-year", dates.first_year, "first year" + far)
          ->capture_default_str();
  const CLI::Option* last =
      command->add_option("--last-year", dates.last_year, "last year" + far)->capture_default_str();
  add_choice<dates::DateSplit>(*command, "--split", dates.split,
                               {{"all", dates::DateSplit::kAll},
                                {"train", dates::DateSplit::kTrain},
                                {"test", dates::DateSplit::kTest}},
                               "all | train | test: dates of one side only");
  command->add_option("--test-share", dates.test_share, "share of the dates on the test side")
      ->capture_default_str();
  command
      ->add_option("--refusals", dates.refusal_share,
                   "share of texts that are no date, with an empty target")
      ->type_name("SHARE")
      ->capture_default_str();
  command->add_option("--seed", dates.seed, "seed")->check(whole_number())->capture_default_str();
  command->add_option("-o,--output", options->target, "file of pairs; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  command->callback([options, first, last] {
    if (first->count() + last->count() > 0) options->dates.far_year_share = 0;
    run(*options);
  });
}

}  // namespace attend::commands
