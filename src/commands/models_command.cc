// attend models: the models that are installed with the program.
#include <fmt/format.h>

#include "api/api.h"
#include "base/base.h"
#include "commands/command_line.h"

namespace attend::commands {

void add_models(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("models", "list the installed models, which -m knows by their names");
  command->callback([] {
    std::string text;
    for (const api::InstalledModel& model : api::installed_models()) {
      text += fmt::format("{}\t{}\n", model.name, model.folder.string());
    }
    write_file("-", text);
    if (text.empty()) print_message("attend models: no model is installed\n");
  });
}

}  // namespace attend::commands
