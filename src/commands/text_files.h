// Files with one text for each pair or prediction: further references, the predictions of another
// system.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace attend::commands {

/// A file of texts, one a line.
struct TextFile {
  std::string name;  ///< for messages: the path, or "standard input"
  std::vector<std::string> lines;
};

/// Reads a whole file. Throws DataError for a file that cannot be read, for the first line that
/// cannot, and for a file without any line.
TextFile read_text_file(const std::string& file);

/// Throws DataError, which names the shorter file, unless two files have equally many lines.
void check_lengths(const std::string& name, std::size_t lines, const TextFile& other);

/// Throws UsageError if more than one of the names is "-": standard input can be read only once.
void check_standard_input(const std::vector<std::string>& files);

/// Returns the references of one example: the texts that are not blank or, where all are blank, one
/// of them. There must be a text.
std::vector<std::string> written_references(std::vector<std::string> texts);

/// Texts of other files for the pairs of a file: line i of each belongs to pair i.
struct ExtraTexts {
  std::vector<TextFile> references;
  std::optional<TextFile> baseline;  ///< the predictions of another system
};

/// Reads the files of further references, and the baseline if its name is not empty.
ExtraTexts read_extra_texts(const std::vector<std::string>& references,
                            const std::string& baseline);

}  // namespace attend::commands
