#include "commands/lines.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/base.h"

namespace attend::commands {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kChunkAlignment = std::size_t{1} << 24;  // 64 MiB of floats

bool read(text::SourceReader& reader, Chunk& chunk) {
  text::MarkedSource source;
  text::SourceRequest request;
  if (!reader.next(source, request)) return false;
  chunk.sources.push_back(std::move(source.text));
  chunk.allowed.push_back(std::move(source.allowed));
  chunk.requests.push_back({std::move(request.prefix), std::move(request.required)});
  return true;
}

bool read(text::PairReader& reader, Chunk& chunk) {
  text::Pair pair;
  if (!reader.next(pair)) return false;
  chunk.sources.push_back(std::move(pair.source));
  chunk.targets.push_back(std::move(pair.target));
  chunk.references.push_back(std::move(pair.references));
  chunk.allowed.push_back(std::move(pair.allowed));
  chunk.requests.emplace_back();
  return true;
}

void append_blank(const text::SourceReader& /*reader*/, Chunk& chunk) {
  chunk.sources.emplace_back();
  chunk.allowed.emplace_back();
  chunk.requests.emplace_back();
}

void append_blank(const text::PairReader& /*reader*/, Chunk& chunk) {
  chunk.sources.emplace_back();
  chunk.targets.emplace_back();
  chunk.references.emplace_back();
  chunk.allowed.emplace_back();
  chunk.requests.emplace_back();
}

// Adds what the options ask of all lines to what the last line of the chunk asks.
void complete_request(const TargetRequest& all, std::size_t line, Chunk& chunk) {
  TargetRequest& request = chunk.requests.back();
  if (request.prefix.empty()) request.prefix = all.prefix;
  request.required.insert(request.required.end(), all.required.begin(), all.required.end());
  request.stream = line;
}

// Returns a bound on how many numbers the alignments of the chunk's last line have.
std::size_t alignment_bound(const Chunk& chunk, const LineOptions& line_options) {
  const PredictOptions& options = line_options.predict;
  const SearchOptions& search = options.search;
  const std::size_t units = line_options.source_units;
  std::size_t source = units > 0 ? units : chunk.sources.back().size() + 1, parts = 1;
  const bool split = options.long_sources == LongSources::kSplit;
  if (split) parts += source / options.maximum_source_length;
  if (!split) source = std::min(source, options.maximum_source_length + 1);
  if (!chunk.targets.empty()) return source * (chunk.targets.back().size() + 1);
  const std::size_t part = std::min(source, options.maximum_source_length + 1);
  const std::size_t prefix = chunk.requests.back().prefix.size();
  const std::size_t numbers = source * parts * longest_target(search, part, prefix);
  return (parts > 1 ? std::min(numbers, kJoinedAlignment) : numbers) *
         static_cast<std::size_t>(search.n_best);
}

/// Reads the next chunk. Returns false when nothing is left; stores the error that ended the file
/// in `failure`.
template <class Reader>
bool read_chunk(Reader& reader, const LineOptions& options, Chunk& chunk,
                std::exception_ptr& failure) {
  chunk = {};
  std::size_t bytes = 0, alignment = 0;
  const auto n_best = static_cast<std::size_t>(options.predict.search.n_best);
  const std::size_t lines = std::max<std::size_t>(1, options.chunk_lines / n_best);
  while (chunk.sources.size() < lines && bytes < kChunkBytes && alignment < kChunkAlignment) {
    std::string problem;
    ProblemKind kind = ProblemKind::kOfLine;
    try {
      if (!read(reader, chunk)) break;
    } catch (const text::BadLine& bad) {
      append_blank(reader, chunk);
      if (bad.cause() == text::BadLine::Cause::kFields) kind = ProblemKind::kOfFields;
      const bool here = std::string_view(bad.what()).starts_with(reader.name() + ":");
      problem = here ? bad.problem() : bad.what();  // else the bad line is in the other file
    } catch (const DataError&) {
      failure = std::current_exception();
      break;
    }
    chunk.problems.push_back(std::move(problem));
    chunk.problem_kinds.push_back(kind);
    chunk.line_numbers.push_back(reader.line_number());
    complete_request(options.predict.request, reader.line_number(), chunk);
    bytes +=
        chunk.sources.back().size() + (chunk.targets.empty() ? 0 : chunk.targets.back().size());
    if (options.predict.search.alignments == Alignments::kKept) {
      alignment += alignment_bound(chunk, options);
    }
  }
  return !chunk.sources.empty();
}

}  // namespace

std::size_t Lines::take_chunk(const std::string& file, Chunk& chunk, const LineActions& actions) {
  std::vector<Answer> answers = actions.answer(chunk);
  ATTEND_CHECK_EQ(answers.size(), chunk.sources.size());
  std::size_t taken = 0;
  for (; taken < answers.size(); ++taken) {
    Answer& answer = answers[taken];
    if (!chunk.problems[taken].empty()) answer.problem = chunk.problems[taken];
    const std::size_t line = chunk.line_numbers[taken];
    if (!answer.problem.empty() && options_.errors == LineErrors::kStop) {
      failure_ = std::make_exception_ptr(DataError(file, line, answer.problem));
      break;
    }
    if (!chunk.problems[taken].empty() && options_.bad_lines == BadLines::kLeaveOut) {
      notices_.add_left_out("pair", answer.problem, line);
    } else {
      notices_.add(answer, line, chunk.problem_kinds[taken]);
      actions.take(answer, chunk, taken);
    }
    answer = {};
  }
  actions.end_chunk();
  return taken;
}

template <class Reader>
std::size_t Lines::answer_all(Reader& reader, const LineActions& actions) {
  Chunk chunk;
  std::size_t answers = 0;
  std::exception_ptr end;
  while (!failure_ && !end && read_chunk(reader, options_, chunk, end)) {
    answers += take_chunk(reader.name(), chunk, actions);
  }
  if (!failure_) failure_ = end;
  return answers;
}

template std::size_t Lines::answer_all(text::SourceReader& reader, const LineActions& actions);
template std::size_t Lines::answer_all(text::PairReader& reader, const LineActions& actions);

}  // namespace attend::commands
