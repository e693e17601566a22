#include "train/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_set>

#include "base/base.h"

namespace attend::train {
namespace {

// Returns a text with one blank between its words and none around them, so that labels are equal
// where only their white space differs.
std::string plain(std::string_view text) {
  std::string result;
  for (const text::ByteSpan& word : text::find_words(text)) {
    if (!result.empty()) result += ' ';
    result += text.substr(word.begin, word.end - word.begin);
  }
  return result;
}

// The labels of the pairs of a training.
class KnownLabels {
 public:
  explicit KnownLabels(const Corpus& corpus) {
    for (const Line& line : corpus.lines) labels_.insert(plain(line.pair.target));
  }
  bool contains(std::string_view text) const { return labels_.contains(plain(text)); }

 private:
  std::unordered_set<std::string> labels_;
};

void refuse_exchanged(const KnownLabels& labels, const Corpus& validation) {
  std::size_t sources = 0;
  for (const Line& line : validation.lines) {
    if (labels.contains(line.pair.target)) return;
    sources += labels.contains(line.pair.source) ? 1 : 0;
  }
  if (sources == 0 || 2 * sources < validation.lines.size()) return;
  throw DataError(
      validation.target_name, 0,
      fmt::format(
          "found labels of the training pairs in the place of {} of {} texts and nowhere "
          "else, expected text and label in the places that they have in the training pairs",
          sources, validation.lines.size()));
}

// The different texts of one side, while it may hold labels.
class FewTexts {
 public:
  static constexpr std::size_t kMost = 200;
  static constexpr std::size_t kLongest = 40;  // in bytes

  void add(std::string_view text) {
    short_ = short_ && text.size() <= kLongest;
    if (texts_.size() <= kFarMore * kMost) texts_.insert(text);
  }
  std::size_t count() const { return texts_.size(); }
  bool may_be_labels(std::size_t pairs, const FewTexts& other) const {
    return short_ && count() > 1 && count() <= kMost && count() * kUses <= pairs &&
           count() * kFarMore <= other.count();
  }

 private:
  static constexpr std::size_t kUses = 10;    // of a label, on average
  static constexpr std::size_t kFarMore = 4;  // times as many different texts
  bool short_ = true;
  std::unordered_set<std::string_view> texts_;
};

}  // namespace

Corpus read_labelled_validation(const Corpus& corpus, const TrainOptions& options,
                                LeftOut& left_out) {
  const KnownLabels labels(corpus);
  const auto find = [&](text::PairReader& reader) {
    const std::string found = text::find_labels(
        reader, [&](std::string_view field) { return labels.contains(field); }, corpus.format);
    return found.empty() ? found : fmt::format("{}: {}", reader.name(), found);
  };
  Corpus validation = read_corpus(*options.validation, Part::kValidation,
                                  options.configuration.training, left_out, {}, find);
  refuse_exchanged(labels, validation);
  return validation;
}

std::optional<std::string> hint_of_labels(const Corpus& corpus) {
  FewTexts sources, targets;
  for (const Line& line : corpus.lines) {
    sources.add(line.pair.source);
    targets.add(line.pair.target);
  }
  const std::size_t pairs = corpus.lines.size();
  const bool first = sources.may_be_labels(pairs, targets);
  if (!first && !targets.may_be_labels(pairs, sources)) return std::nullopt;
  return fmt::format(
      "the {} look like labels ({} different ones in {} pairs): for a model that answers with "
      "labels choose --preset flat-attention, han or att-blstm",
      first ? "sources" : "targets", (first ? sources : targets).count(), pairs);
}

}  // namespace attend::train
