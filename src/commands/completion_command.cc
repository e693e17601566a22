// attend completion: scripts that complete command lines in a shell.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/command_table.h"

namespace attend::commands {
namespace {

// Returns text between single quotation marks, as bash, zsh and fish read it. fish has escapes
// inside of them for the mark and the backslash alone.
std::string quoted(std::string_view text, bool fish) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += fish ? "\\'" : "'\\''";
    } else if (c == '\\' && fish) {
      result += "\\\\";
    } else {
      result += c;
    }
  }
  return result + "'";
}

bool names_file(const OptionEntry& option) { return option.value == "FILE"; }
bool names_folder(const OptionEntry& option) { return option.value == "FOLDER"; }

std::string bash_values(const OptionEntry& option) {
  if (!option.choices.empty()) {
    return fmt::format("COMPREPLY=($(compgen -W {} -- \"$word\"))",
                       quoted(fmt::format("{}", fmt::join(option.choices, " ")), false));
  }
  if (names_folder(option))
    return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
  if (names_file(option))
    return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
  return "COMPREPLY=()";
}

std::string bash_script(const std::vector<CommandEntry>& commands) {
  std::string names, cases;
  for (const CommandEntry& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    std::string options, values;
    for (const OptionEntry& option : command.options) {
      if (option.names.empty()) continue;
      options += fmt::format("{}{}", options.empty() ? "" : " ", fmt::join(option.names, " "));
      if (option.value.empty()) continue;
      values += fmt::format("        {}) {}; return ;;\n", fmt::join(option.names, "|"),
                            bash_values(option));
    }
    cases += fmt::format("    {})\n      case $before in\n{}      esac\n      options={} ;;\n",
                         command.name, values, quoted(options, false));
  }
  return fmt::format(
      "# bash completion for attend: source this file, or put it into\n"
      "# /usr/share/bash-completion/completions/attend\n"
      "_attend() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} options=\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}  esac\n"
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  else\n"
      "    compopt -o filenames\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "  fi\n"
      "}}\n"
      "complete -F _attend attend\n",
      names, cases);
}

// In a description of zsh, brackets and colons have meanings of their own.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_value(const OptionEntry& option) {
  if (option.value.empty()) return "";
  if (!option.choices.empty()) {
    return fmt::format(":value:({})", fmt::join(option.choices, " "));
  }
  if (names_folder(option)) return ":folder:_files -/";
  return names_file(option) ? ":file:_files" : ":value: ";
}

std::string zsh_script(const std::vector<CommandEntry>& commands) {
  std::string names, cases;
  for (const CommandEntry& command : commands) {
    names += "    " + quoted(zsh_text(command.name) + ":" + zsh_text(command.help), false) + "\n";
    std::string options;
    for (const OptionEntry& option : command.options) {
      for (const std::string& name : option.names) {
        options +=
            " \\\n        " +
            quoted(fmt::format("*{}[{}]{}", name, zsh_text(option.help), zsh_value(option)), false);
      }
    }
    cases += fmt::format("    {}) _arguments -s{} \\\n        '*:file:_files' ;;\n", command.name,
                         options);
  }
  return fmt::format(
      "#compdef attend\n"
      "# zsh completion for attend: put it into a folder of $fpath under the name _attend\n"
      "_attend() {{\n"
      "  local -a commands\n"
      "  commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n{}  esac\n"
      "}}\n"
      "if [ \"$funcstack[1]\" = _attend ]; then _attend \"$@\"; else compdef _attend attend; fi\n",
      names, cases);
}

std::string fish_option(const CommandEntry& command, const OptionEntry& option) {
  std::string line =
      fmt::format("complete -c attend -n '__fish_seen_subcommand_from {}'", command.name);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.value.empty()) {
    const bool is_path = names_file(option) || names_folder(option);
    line += is_path ? " -r" : " -x";
    if (names_folder(option))
      line = line.replace(line.size() - 3, 3, " -x -a '(__fish_complete_directories)'");
    if (!option.choices.empty()) {
      line +=
          fmt::format(" -a {}", quoted(fmt::format("{}", fmt::join(option.choices, " ")), true));
    }
  }
  return fmt::format("{} -d {}\n", line, quoted(option.help, true));
}

std::string fish_script(const std::vector<CommandEntry>& commands) {
  std::string script =
      "# fish completion for attend: put it into ~/.config/fish/completions/attend.fish\n";
  for (const CommandEntry& command : commands) {
    script += fmt::format("complete -c attend -f -n __fish_use_subcommand -a {} -d {}\n",
                          command.name, quoted(command.help, true));
  }
  for (const CommandEntry& command : commands) {
    for (const OptionEntry& option : command.options) {
      if (!option.names.empty()) script += fish_option(command, option);
    }
  }
  return script;
}

}  // namespace

std::string completion_script(const std::vector<CommandEntry>& commands, const std::string& shell) {
  if (shell == "bash") return bash_script(commands);
  if (shell == "zsh") return zsh_script(commands);
  if (shell == "fish") return fish_script(commands);
  throw UsageError(fmt::format("shell: found '{}', expected bash, zsh or fish", shell));
}

void add_completion(CLI::App& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand(
      "completion", "print a script that completes command lines: bash, zsh or fish");
  command->add_option("shell", *shell, "bash | zsh | fish")->required()->type_name("SHELL");
  command->callback(
      [&program, shell] { write_file("-", completion_script(table_of(program), *shell)); });
}

}  // namespace attend::commands
