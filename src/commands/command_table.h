// The commands with their options as a table, from which completions and manual pages are written.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace attend::commands {

struct OptionEntry {
  std::vector<std::string> names;    ///< "-m", "--model"; empty for an argument without a name
  std::string value;                 ///< "FILE"; empty for a flag
  std::vector<std::string> choices;  ///< the values, where only these are permitted
  std::string usual;                 ///< the default as text; may be empty
  std::string help;
};

struct CommandEntry {
  std::string name, help;
  std::vector<OptionEntry> options;  ///< and arguments, in the order of --help
};

/// Returns the commands of a program in their order.
std::vector<CommandEntry> table_of(const CLI::App& program);

/// Returns a script that completes command lines of `attend` in a shell: bash, zsh or fish. Throws
/// UsageError for another one.
std::string completion_script(const std::vector<CommandEntry>& commands, const std::string& shell);

/// Returns a manual page in roff (man(7)): that of a command, or with a null one that of the
/// program.
std::string manual_page(const std::vector<CommandEntry>& commands, const CommandEntry* command);

/// Adds `completion` and `manual`. They show the commands of `program`, which they must be the last
/// to join and which must outlive their run.
void add_completion(CLI::App& program);
void add_manual(CLI::App& program);

}  // namespace attend::commands
