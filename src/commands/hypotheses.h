// Reads predictions that lie in a file, with their references, so that they can be scored without a
// model.
#pragma once

#include <string>
#include <vector>

#include "commands/evaluation.h"
#include "text/text.h"

namespace attend::commands {

/// The files of predictions and of what they are compared with. Line i of each belongs to line i of
/// every other one.
struct HypothesisFiles {
  std::string hypotheses;          ///< one prediction a line
  std::vector<std::string> files;  ///< files of references, which may have columns
  /// Files with one reference a line, whatever the columns are. There must be one of these or of
  /// `files`.
  std::vector<std::string> references;
  std::string source;    ///< sources, one a line; may be empty
  std::string baseline;  ///< predictions of another system; may be empty
  /// The columns of each of `files`: the target is one reference and so is each further column; the
  /// sources are those of the first file. Without any, a line is one reference.
  text::PairColumns columns = {};
};

/// Reads the files. A blank reference is none where its prediction has others. The units of a
/// segment are words, and so are those of a source length; in scripts without blanks between words
/// a source length counts the tokens of the tokeniser that fits the script of the sources. There
/// are source lengths only where there are sources.
///
/// Throws UsageError if files or columns are missing or contradict each other. Throws DataError,
/// with file and line, for a line that cannot be read or lacks a column, and for a TAB in a file
/// without columns: it may be a TSV. Throws DataError for files of unequal length.
EvaluatedPairs read_hypotheses(const HypothesisFiles& files);

}  // namespace attend::commands
