// The light program: its list of commands, and how it starts attend-train.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/command_table.h"
#include "commands/commands.h"
#include "commands/train_options.h"

namespace attend::commands {
namespace {

// Replaces this program by attend-train, which lies next to it, because training needs libtorch.
int hand_to_training(char** argv) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = self.parent_path() / "attend-train";
  if (error || !std::filesystem::exists(beside)) {
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
    return guarded("attend train", [=] { return hand_to_training(argv + 1); });
  }
  return guarded("attend", [=] { return parse_and_run_command(argc, argv); });
}

}  // namespace attend::commands
