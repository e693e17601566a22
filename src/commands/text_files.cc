#include "commands/text_files.h"

#include <algorithm>
#include <utility>

#include "alignment/alignment.h"
#include "base/base.h"
#include "text/text.h"

namespace attend::commands {

TextFile read_text_file(const std::string& file) {
  text::LineReader reader(file);
  TextFile result{reader.name(), {}};
  for (std::string line; reader.next(line);) result.lines.push_back(std::move(line));
  if (result.lines.empty()) {
    throw DataError(result.name, 0, "an empty file, expected at least one line");
  }
  return result;
}

void check_lengths(const std::string& name, std::size_t lines, const TextFile& other) {
  if (lines == other.lines.size()) return;
  const bool shorter = lines < other.lines.size();
  throw alignment::unequal_lengths(shorter ? name : other.name, std::min(lines, other.lines.size()),
                                   shorter ? other.name : name);
}

void check_standard_input(const std::vector<std::string>& files) {
  if (std::count(files.begin(), files.end(), "-") > 1) {
    throw UsageError("standard input (-) can be read only once: give one of the files a name");
  }
}

std::vector<std::string> written_references(std::vector<std::string> texts) {
  std::string first = texts.front();
  std::erase_if(texts, [](const std::string& text) { return text::is_blank(text); });
  if (texts.empty()) texts.push_back(std::move(first));
  return texts;
}

ExtraTexts read_extra_texts(const std::vector<std::string>& references,
                            const std::string& baseline) {
  ExtraTexts extra;
  for (const std::string& file : references) extra.references.push_back(read_text_file(file));
  if (!baseline.empty()) extra.baseline = read_text_file(baseline);
  return extra;
}

}  // namespace attend::commands
