#include "commands/command_table.h"

#include <string_view>

namespace attend::commands {
namespace {

// Returns the words of "one|two|three", where a text is nothing but words and bars.
std::vector<std::string> words_between_bars(const std::string& text) {
  if (text.find('|') == std::string::npos) return {};
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == '|') {
      words.emplace_back();
    } else if (c == ' ') {
      if (!words.back().empty()) words.back() += ' ';
    } else {
      words.back() += c;
    }
  }
  for (std::string& word : words) {
    while (word.ends_with(' ')) word.pop_back();
    if (word.empty() || word.find(' ') != std::string::npos) return {};
  }
  return words;
}

OptionEntry entry_of(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) {
    entry.value =
        option.get_option_text().empty() ? option.get_type_name() : option.get_option_text();
    entry.value = entry.value.substr(0, entry.value.find(':'));  // what follows are checks
    if (entry.names.empty() && entry.value.empty()) entry.value = option.get_single_name();
    entry.choices = words_between_bars(entry.value);
    // Choices of flags stand in the text of the help: "grey | ink | perceptual".
    if (entry.choices.empty()) entry.choices = words_between_bars(option.get_description());
  }
  entry.usual = option.get_default_str();
  entry.help = option.get_description();
  return entry;
}

}  // namespace

std::vector<CommandEntry> table_of(const CLI::App& program) {
  std::vector<CommandEntry> commands;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    CommandEntry entry{command->get_name(), command->get_description(), {}};
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_group().empty()) entry.options.push_back(entry_of(*option));
    }
    commands.push_back(std::move(entry));
  }
  return commands;
}

}  // namespace attend::commands
