#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/base.h"
#include "text/corpus.h"
#include "text/prepared_text.h"
#include "text/subwords_library.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

/// The largest number of characters (Han has more, for example) with which every character gets a
/// piece of its own. With more characters, the rarest 0.05 % of the text get none, as
/// SentencePiece's authors advise.
constexpr std::size_t kLargeAlphabet = 1000;

// Gives SentencePiece one line of the prepared text. Returns false after the last line.
bool give_line(void* lines, std::size_t index, const char** line, std::size_t* length) {
  const auto& prepared = *static_cast<const std::vector<std::string>*>(lines);
  if (index >= prepared.size()) return false;
  *line = prepared[index].data();
  *length = prepared[index].size();
  return true;
}

void take_model(void* model, const char* bytes, std::size_t length, std::size_t, std::size_t) {
  static_cast<std::string*>(model)->assign(bytes, length);
}

std::vector<std::string> prepared_lines(std::span<const std::string> lines,
                                        SegmenterOptions prepare_as, std::size_t maximum) {
  prepare_as.unit = UnitMode::kSubwords;
  const std::u32string removed = removed_code_points(prepare_as);
  const std::size_t count = std::min(lines.size(), maximum);
  std::vector<std::string> prepared;
  for (std::size_t i = 0; i < count; ++i) {
    // The product stays below 2^64, because a corpus has fewer than 2^32 lines.
    const std::string& line = lines[i * lines.size() / count];
    if (find_broken_utf8(line) != std::string_view::npos) {
      throw DataError("a training text is not UTF-8");
    }
    std::vector<Unit> tags;
    const std::size_t begin = split_leading_tags(line, prepare_as.invisible, tags);
    const std::string_view rest = std::string_view(line).substr(begin);
    std::string text = prepare(rest, begin, prepare_as, removed).text();
    if (!text.empty()) prepared.push_back(std::move(text));
  }
  return prepared;
}

std::size_t count_characters(const std::vector<std::string>& lines) {
  std::unordered_set<char32_t> characters;
  for (const std::string& line : lines) {
    for (std::size_t position = 0; position < line.size();) {
      characters.insert(next_code_point(line, position));
    }
  }
  return characters.size();
}

std::vector<std::string> settings(std::size_t characters, int size) {
  return {
      "model_type",
      "unigram",
      "vocab_size",
      std::to_string(size),
      "character_coverage",
      characters > kLargeAlphabet ? "0.9995" : "1.0",
      "normalization_rule_name",
      "identity",
      "remove_extra_whitespaces",
      "false",
      "add_dummy_prefix",
      "true",
      "unk_id",
      "0",
      "bos_id",
      "-1",
      "eos_id",
      "-1",
      "pad_id",
      "-1",
      "max_sentence_length",
      std::to_string(kMaximumLineBytes + 1),
      "num_threads",
      "2",  // a fixed number of threads, because the order of sums depends on it
      "minloglevel",
      "4",
  };
}

/// Returns the number after the last occurrence of `words` in a message, if there is one.
std::optional<int> number_behind(std::string_view message, std::string_view words) {
  const std::size_t place = message.rfind(words);
  if (place == std::string_view::npos) return {};
  int number = 0;
  const char* begin = message.data() + place + words.size();
  const auto result = std::from_chars(begin, message.data() + message.size(), number);
  return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// Throws SentencePiece's refusal in words that help the user.
[[noreturn]] void explain(std::string_view message, int size) {
  if (const auto largest = number_behind(message, "Please set it to a value <= ")) {
    throw TooFewSubwords(
        fmt::format("the text is too small for {} subwords: at most {} fit", size, *largest),
        *largest);
  }
  if (const auto smallest = number_behind(message, fmt::format("{} vs ", size))) {
    throw UsageError(
        fmt::format("the text has too many characters for {} subwords: "
                    "at least {} are needed",
                    size, *smallest));
  }
  throw UsageError(fmt::format("subwords cannot be trained: {}", message));
}

}  // namespace

std::string train_subwords(std::span<const std::string> lines, const SegmenterOptions& prepare,
                           const SubwordTrainingOptions& options) {
  if (options.vocabulary_size < 2) throw UsageError("a subword vocabulary needs at least 2 pieces");
  if (options.maximum_sentences < 1) throw UsageError("subwords need at least one sentence");
  if (find_broken_utf8(prepare.remove) != std::string_view::npos) {
    throw UsageError("the characters to remove are not UTF-8");
  }
  std::vector<std::string> prepared =
      prepared_lines(lines, prepare, static_cast<std::size_t>(options.maximum_sentences));
  if (prepared.empty()) throw UsageError("no text to train subwords on");
  const std::vector<std::string> chosen =
      settings(count_characters(prepared), options.vocabulary_size);
  std::vector<const char*> arguments;
  for (const std::string& text : chosen) arguments.push_back(text.c_str());
  arguments.push_back(nullptr);
  const AttendSubwords& library = subwords_library();
  std::string model;
  char* const message = library.train(arguments.data(), give_line, &prepared, take_model, &model);
  if (message != nullptr) {
    const std::string reason = message;
    library.free_text(message);
    explain(reason, options.vocabulary_size);
  }
  return model;
}

}  // namespace attend::text
