#include "view/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "base/base.h"
#include "view/labels.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostLabels = 10;
constexpr std::size_t kNamedWords = 5;
constexpr std::size_t kDirectionWords = 200;  // at the beginning, which tell the direction
constexpr double kVisible = 0.04;             // fainter tints are left out
constexpr Rgb kWordTint{255, 178, 36};
constexpr Rgb kSentenceTint{0, 114, 178};
constexpr double kTurningLuminance = 0.179;  // black and white have equal contrast with it

void check_numbers(const std::vector<float>& numbers, const char* message) {
  if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(message);
  }
}

double largest(const std::vector<float>& numbers) {
  return numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
}

double share(double value, double whole) {
  return whole > 0 ? std::clamp(value / whole, 0.0, 1.0) : 0;
}

std::uint8_t mixed(std::uint8_t end, double amount) {
  return static_cast<std::uint8_t>(std::lround(255 + (end - 255) * amount));
}

Rgb tint(Rgb end, double amount) {
  return {mixed(end.red, amount), mixed(end.green, amount), mixed(end.blue, amount)};
}

void check_begins(const std::vector<std::size_t>& begins, std::size_t count) {
  ATTEND_CHECK(begins.empty() || begins.front() == 0);
  ATTEND_CHECK(std::is_sorted(begins.begin(), begins.end()));
  ATTEND_CHECK(begins.empty() || begins.back() <= count);
}

}  // namespace

ShownDocument::ShownDocument(const DocumentPicture& picture, const DocumentOptions& options)
    : picture_(picture),
      largest_importance_(largest(picture.importance)),
      largest_sentence_(largest(picture.sentence_weights)) {
  if (options.max_words == 0 || options.max_sentences == 0) {
    throw UsageError("a document needs at least one word and one sentence");
  }
  check_sizes();
  direction_ = direction_of(0, std::min(picture.words.size(), kDirectionWords), direction_);
  choose(options);
  for (const LabelProbability& one : picture.labels) {
    if (labels_.size() == kMostLabels) break;
    if (!std::isfinite(one.probability)) throw Error("the probability of a label is not a number");
    labels_.push_back({visible_title(one.label), std::clamp(one.probability, 0.0, 1.0)});
  }
}

void ShownDocument::check_sizes() const {
  const std::size_t words = picture_.words.size();
  ATTEND_CHECK(picture_.joined.empty() || picture_.joined.size() == words);
  ATTEND_CHECK(picture_.importance.empty() || picture_.importance.size() == words);
  ATTEND_CHECK_EQ(picture_.word_weights.size(), picture_.importance.size());
  if (!picture_.sentence_weights.empty()) {
    ATTEND_CHECK_EQ(picture_.sentence_weights.size(), picture_.sentences.size());
  }
  check_begins(picture_.sentences, words);
  check_begins(picture_.paragraphs, picture_.sentences.size());
  check_numbers(picture_.importance, "the importance of a word is not a number");
  check_numbers(picture_.word_weights, "the weight of a word is not a number");
  check_numbers(picture_.sentence_weights, "the weight of a sentence is not a number");
}

std::size_t ShownDocument::sentence_count() const {
  return picture_.words.empty() ? 0 : std::max<std::size_t>(picture_.sentences.size(), 1);
}

Direction ShownDocument::direction_of(std::size_t first, std::size_t end,
                                      Direction otherwise) const {
  for (std::size_t j = first; j < end; ++j) {
    if (const auto found = first_direction(picture_.words[j])) return *found;
  }
  return otherwise;
}

ShownSentence ShownDocument::whole_sentence(std::size_t number) const {
  const std::vector<std::size_t>& begins = picture_.sentences;
  ShownSentence sentence;
  sentence.number = number;
  sentence.first = begins.empty() ? 0 : begins[number];
  sentence.end = number + 1 < begins.size() ? begins[number + 1] : picture_.words.size();
  sentence.begins_paragraph = number > 0 && std::binary_search(picture_.paragraphs.begin(),
                                                               picture_.paragraphs.end(), number);
  return sentence;
}

void ShownDocument::choose(const DocumentOptions& options) {
  std::vector<std::size_t> order(sentence_count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (has_sentence_weights()) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return picture_.sentence_weights[a] > picture_.sentence_weights[b];
    });
  }
  std::size_t room = options.max_words;
  for (const std::size_t number : order) {
    if (room == 0 || shown_.size() == options.max_sentences) break;
    ShownSentence sentence = whole_sentence(number);
    const std::size_t words = sentence.end - sentence.first;
    sentence.cut = words > room;
    sentence.end = sentence.first + std::min(words, room);
    sentence.direction = direction_of(sentence.first, sentence.end, direction_);
    room -= sentence.end - sentence.first;
    shown_.push_back(sentence);
  }
  std::sort(shown_.begin(), shown_.end(),
            [](const ShownSentence& a, const ShownSentence& b) { return a.number < b.number; });
  std::size_t next = 0;
  for (ShownSentence& sentence : shown_) {
    sentence.gap_before = sentence.number != next;
    next = sentence.number + 1;
  }
}

double ShownDocument::word_shade(std::size_t word) const {
  return has_word_weights() ? share(picture_.importance[word], largest_importance_) : 0;
}

double ShownDocument::sentence_shade(std::size_t sentence) const {
  return has_sentence_weights() ? share(picture_.sentence_weights[sentence], largest_sentence_) : 0;
}

std::string ShownDocument::word_note(std::size_t word, std::size_t sentence) const {
  std::string note;
  if (has_word_weights()) note = fmt::format("word {:.4f}", picture_.word_weights[word]);
  if (has_sentence_weights()) {
    note += fmt::format("{}sentence {:.4f}", note.empty() ? "" : ", ", sentence_weight(sentence));
  }
  return note;
}

std::string ShownDocument::strongest_words() const {
  if (!has_word_weights()) return {};
  std::vector<std::size_t> order;
  for (const ShownSentence& sentence : shown_) {
    for (std::size_t j = sentence.first; j < sentence.end; ++j) order.push_back(j);
  }
  const std::size_t count = std::min(order.size(), kNamedWords);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return std::pair(-picture_.importance[a], a) <
                             std::pair(-picture_.importance[b], b);
                    });
  std::string text;
  for (std::size_t k = 0; k < count; ++k) {
    text += fmt::format("{}“\u2068{}\u2069” {:.4f}", k == 0 ? "" : ", ",
                        visible_label(picture_.words[order[k]]), picture_.importance[order[k]]);
  }
  return text;
}

std::string ShownDocument::scale_note() const {
  if (!has_word_weights()) return {};
  return fmt::format("the largest {}, {:.4f}",
                     has_sentence_weights() ? "√p(sentence) · p(word)" : "weight of a word",
                     largest_importance_);
}

std::string ShownDocument::left_out_note() const {
  const std::size_t all = sentence_count();
  if (shown_.size() < all) {
    return has_sentence_weights()
               ? fmt::format(
                     "{} of {} sentences are shown, those with the largest weights; the "
                     "others are left out",
                     shown_.size(), all)
               : fmt::format("the first {} of {} sentences are shown; the others are left out",
                             shown_.size(), all);
  }
  std::size_t words = 0;
  for (const ShownSentence& sentence : shown_) words += sentence.end - sentence.first;
  if (words == picture_.words.size()) return {};
  return fmt::format("{} of {} words are shown; the others are left out", words,
                     picture_.words.size());
}

Rgb word_colour(double shade, std::optional<ColourScale> scale) {
  return scale ? colour_of(shade, *scale) : tint(kWordTint, shade);
}

Rgb sentence_colour(double shade, std::optional<ColourScale> scale) {
  return scale ? colour_of(shade, *scale) : tint(kSentenceTint, shade);
}

bool has_colour(double shade, std::optional<ColourScale> scale) {
  return scale.has_value() || shade >= kVisible;
}

Rgb text_colour_on(Rgb background) {
  return luminance(background) > kTurningLuminance ? Rgb{0, 0, 0} : Rgb{255, 255, 255};
}

}  // namespace attend::view
