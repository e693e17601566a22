#include "metrics/prepare_captions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "metrics/cider.h"
#include "metrics/corpus_check.h"
#include "metrics/rouge.h"

namespace attend::metrics {
namespace {

using Words = std::vector<std::string>;
using Examples = std::span<const std::size_t>;

std::vector<Words> words_of(std::span<const std::string> texts, const CaptionOptions& options) {
  std::vector<Words> result;
  result.reserve(texts.size());
  for (const std::string& text : texts) result.push_back(caption_words(text, options));
  return result;
}

/// Returns the mean of the values of the selected examples.
CorpusMetric mean_of(std::vector<double> values) {
  return
      [values = std::make_shared<const std::vector<double>>(std::move(values))](Examples examples) {
        double sum = 0;
        for (const std::size_t example : examples) sum += (*values)[example];
        return sum / static_cast<double>(examples.size());
      };
}

}  // namespace

CorpusMetric prepare_rouge_l(const CaptionTexts& texts, const CaptionOptions& options) {
  std::vector<double> scores;
  scores.reserve(texts.captions.size());
  for (std::size_t i = 0; i < texts.captions.size(); ++i) {
    scores.push_back(
        rouge_l(caption_words(texts.captions[i], options), words_of(texts.references[i], options)));
  }
  return mean_of(std::move(scores));
}

CorpusMetric prepare_cider_d(const CaptionTexts& texts, const CaptionOptions& options) {
  std::vector<std::vector<Words>> references;
  references.reserve(texts.references.size());
  for (const auto& list : texts.references) references.push_back(words_of(list, options));
  return mean_of(cider_d(words_of(texts.captions, options), references));
}

CorpusMetric prepare_distinct(std::span<const std::string> captions,
                              const CaptionOptions& options) {
  std::map<Words, std::uint32_t> known;
  std::vector<std::uint32_t> ids;
  ids.reserve(captions.size());
  for (Words& words : words_of(captions, options)) {
    const auto next = static_cast<std::uint32_t>(known.size());
    ids.push_back(known.try_emplace(std::move(words), next).first->second);
  }
  return [ids = std::make_shared<const std::vector<std::uint32_t>>(std::move(ids))](
             Examples examples) {
    std::vector<std::uint32_t> chosen;
    chosen.reserve(examples.size());
    for (const std::size_t example : examples) chosen.push_back((*ids)[example]);
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return percent(chosen.size(), examples.size());
  };
}

CorpusMetric prepare_mean_length(std::span<const std::string> captions,
                                 const CaptionOptions& options) {
  std::vector<double> lengths;
  lengths.reserve(captions.size());
  for (const std::string& caption : captions) {
    lengths.push_back(static_cast<double>(caption_words(caption, options).size()));
  }
  return mean_of(std::move(lengths));
}

}  // namespace attend::metrics
