// The light program: its list of commands, and how it starts attend-train.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/command_table.h"
#include "commands/commands.h"
#include "commands/train_options.h"

namespace attend::commands {
namespace {

// Returns where attend-train lies if it is installed: next to this program.
std::filesystem::path training_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "attend-train";
}

// Whether the options ask for help, which this program gives where attend-train is not installed.
bool asks_for_help(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* argument) {
    return std::string_view(argument) == "--help" || std::string_view(argument) == "-h";
  });
}

// Replaces this program by attend-train, because training needs libtorch.
int hand_to_training(char** argv) {
  const std::filesystem::path beside = training_program();
  if (!std::filesystem::exists(beside)) {
    throw Error(fmt::format(
        "found no {}, which trains: install the package attend-train, or run `make install`",
        beside.string()));
  }
  for (const char* name : {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"}) {
    unsetenv(name);  // these would bind every thread of a training to one processor
  }
  execv(beside.c_str(), argv);
  throw Error(fmt::format("cannot run {}: {}", beside.string(), std::strerror(errno)));
}

int parse_and_run_command(int argc, char** argv) {
  CLI::App program("Attentional encoder-decoder networks that show what they look at", "attend");
  program.set_version_flag("--version", "attend " ATTEND_VERSION);
  program.require_subcommand(1);
  TrainCommandOptions train;  // for --help; run_attend() hands over to the training
  add_train_options(
      *program.add_subcommand("train", "train a model, or go on training it (attend train --help)"),
      train);
  add_predict(program);
  add_evaluate(program);
  add_show(program);
  add_score(program);
  add_align(program);
  add_annotate(program);
  add_gaze(program);
  add_info(program);
  add_presets(program);
  add_quantize(program);
  add_shortlist(program);
  add_dates(program);
  add_scenes(program);
  add_models(program);
  add_completion(program);
  add_manual(program);
  return parse_and_run(program, argc, argv);
}

}  // namespace

int run_attend(int argc, char** argv) {
  start_program();
  if (argc > 1 && std::string_view(argv[1]) == "train") {
    return guarded("attend train", [=] {
      const bool helps = asks_for_help(argc, argv) && !std::filesystem::exists(training_program());
      return helps ? parse_and_run_command(argc, argv) : hand_to_training(argv + 1);
    });
  }
  return guarded("attend", [=] { return parse_and_run_command(argc, argv); });
}

}  // namespace attend::commands
