// attend manual: manual pages in roff.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/command_table.h"

namespace attend::commands {
namespace {

// In roff a backslash begins an escape, a minus is a hyphen unless it has one, and a full stop or
// an apostrophe at the beginning of a line makes a request of it.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

std::string begin_page(const std::string& name, const std::string& help) {
  return fmt::format(".TH {} 1 \"\" \"attend {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                     roff(name), ATTEND_VERSION, roff(name), roff(help));
}

constexpr const char* kExit =
    ".SH EXIT STATUS\n0: success. 2: wrong usage. 3: wrong data. 4: a model folder that is missing "
    "or "
    "damaged. 1: any other failure.\n";

std::string option_entry(const OptionEntry& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  }
  if (!option.value.empty()) {
    names += fmt::format("{}\\fI{}\\fR", names.empty() ? "" : " ", roff(option.value));
  }
  const std::string usual =
      option.usual.empty() ? "" : fmt::format(" (without: {})", roff(option.usual));
  return fmt::format(".TP\n{}\n{}{}\n", names, roff(option.help), usual);
}

std::string command_page(const CommandEntry& command) {
  std::string page = begin_page("attend-" + command.name, command.help);
  page += fmt::format(".SH SYNOPSIS\n\\fBattend {}\\fR [options]", roff(command.name));
  std::string options;
  for (const OptionEntry& option : command.options) {
    if (option.names.empty()) page += fmt::format(" \\fI{}\\fR", roff(option.value));
    options += option_entry(option);
  }
  return page + "\n.SH OPTIONS\n" + options + kExit + ".SH SEE ALSO\n\\fBattend\\fR(1)\n";
}

std::string program_page(const std::vector<CommandEntry>& commands) {
  std::string page =
      begin_page("attend", "attentional encoder-decoder networks that show what they look at") +
      ".SH SYNOPSIS\n\\fBattend\\fR \\fICOMMAND\\fR [options]\n.SH COMMANDS\n";
  std::string see;
  for (const CommandEntry& command : commands) {
    page += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(command.name), roff(command.help));
    see += fmt::format("{}\\fBattend\\-{}\\fR(1)", see.empty() ? "" : ",\n", roff(command.name));
  }
  return page + kExit + ".SH SEE ALSO\n" + see + "\n";
}

void write_pages(const std::vector<CommandEntry>& commands, const std::filesystem::path& folder) {
  write_file((folder / "attend.1").string(), program_page(commands));
  for (const CommandEntry& command : commands) {
    write_file((folder / fmt::format("attend-{}.1", command.name)).string(), command_page(command));
  }
}

}  // namespace

std::string manual_page(const std::vector<CommandEntry>& commands, const CommandEntry* command) {
  return command == nullptr ? program_page(commands) : command_page(*command);
}

void add_manual(CLI::App& program) {
  auto name = std::make_shared<std::string>(), folder = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand(
      "manual", "print the manual page of attend, or of a command, for man -l -");
  auto* one = command->add_option("command", *name, "such as predict")->type_name("COMMAND");
  command
      ->add_option("--output-folder", *folder,
                   "write the pages of attend and of all commands into this folder")
      ->type_name("FOLDER")
      ->check(not_empty())
      ->excludes(one);
  command->callback([&program, name, folder] {
    const std::vector<CommandEntry> commands = table_of(program);
    if (!folder->empty()) return write_pages(commands, *folder);
    const auto found = std::find_if(commands.begin(), commands.end(),
                                    [&](const CommandEntry& entry) { return entry.name == *name; });
    if (!name->empty() && found == commands.end()) {
      throw UsageError(
          fmt::format("command: found '{}', expected one that attend --help lists", *name));
    }
    write_file("-", manual_page(commands, name->empty() ? nullptr : &*found));
  });
}

}  // namespace attend::commands
