// Reads lines or pairs from a file and answers them in order.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "attend/attend.hpp"
#include "commands/notices.h"
#include "text/text.h"

namespace attend::commands {

/// Lines or pairs that are answered together, with their line numbers.
struct Chunk {
  std::vector<std::string> sources, targets;
  std::vector<std::vector<std::string>> references;  ///< further targets of each pair
  std::vector<Allowed> allowed;                      ///< where attention may look in each source
  /// Requests for the target of each source, from its line and from the options of all lines. The
  /// stream is the number of the line.
  std::vector<TargetRequest> requests;
  std::vector<std::size_t> line_numbers;
  /// Why a line could not be taken; empty for other lines. The texts of such a line are empty.
  std::vector<std::string> problems;
  std::vector<ProblemKind> problem_kinds;  ///< of Lines: the kind of each problem
};

/// Says how to treat lines that cannot be answered.
enum class LineErrors {
  kGoOn,  ///< they get an empty answer and are named on stderr
  kStop   ///< --strict: the first one ends the work, after the answers before it
};

/// Says how to treat a line that has a problem in its chunk.
enum class BadLines {
  kAnswerEmpty,  ///< it gets an empty answer
  kLeaveOut      ///< it is no pair: it is left out and counted
};

struct LineOptions {
  /// The most predictions in one chunk; with n-best lists a chunk has at most chunk_lines / n_best
  /// lines, and at least one.
  std::size_t chunk_lines = 2048;
  /// The units of every source where its text does not bound them: the regions of a picture, whose
  /// source is its name. 0: a unit is at least one byte.
  std::size_t source_units = 0;
  LineErrors errors = LineErrors::kGoOn;
  BadLines bad_lines = BadLines::kAnswerEmpty;
  /// The options of prediction. When alignments are kept, a chunk may end earlier, so that its
  /// alignments stay small.
  PredictOptions predict;
};

/// Returns one answer for each line of the chunk. The function may give a problem to a line.
using AnswerChunk = std::function<std::vector<Answer>(Chunk& chunk)>;
/// Takes the answer to line `i` of the chunk. The answer may have a problem. Under
/// BadLines::kLeaveOut it is not called for lines that have a problem in the chunk.
using TakeAnswer = std::function<void(const Answer& answer, const Chunk& chunk, std::size_t i)>;
/// Called when all answers of a chunk were taken.
using EndChunk = std::function<void()>;

struct LineActions {
  AnswerChunk answer;
  TakeAnswer take;
  EndChunk end_chunk;
};

/// Reads all lines, answers them chunk by chunk and passes every answer on, in order. When the file
/// ends in an error (damaged compression, files of unequal length), or when a line cannot be
/// answered under kStop, the answers before it are passed on and finish() then throws.
class Lines {
 public:
  Lines(LineOptions options, Notices& notices) : options_(options), notices_(notices) {}
  /// Answers all lines. `Reader` is text::SourceReader or text::PairReader. Returns the number of
  /// answers.
  template <class Reader>
  std::size_t answer_all(Reader& reader, const LineActions& actions);
  /// Throws the error that ended the lines early, if there was one. Commit the answers written so
  /// far before this call.
  void finish() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::size_t take_chunk(const std::string& file, Chunk& chunk, const LineActions& actions);

  LineOptions options_;
  Notices& notices_;
  std::exception_ptr failure_;
};

}  // namespace attend::commands
