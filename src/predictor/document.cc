#include "predictor/document.h"

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "predictor/predictor.h"

namespace attend {
namespace {

// Returns sections that begin at these units.
std::vector<Section> sections_at(std::span<const std::size_t> begins,
                                 std::span<const text::Unit> units) {
  std::vector<Section> sections;
  for (std::size_t s = 0; s < begins.size(); ++s) {
    Section section;
    section.first = std::min(begins[s], units.size());
    section.end = s + 1 < begins.size() ? std::min(begins[s + 1], units.size()) : units.size();
    ATTEND_CHECK(section.first <= section.end);
    if (section.first < section.end) {
      section.span = {units[section.first].span.begin, units[section.end - 1].span.end};
    }
    sections.push_back(section);
  }
  return sections;
}

// Returns the first unit of each paragraph.
std::vector<std::size_t> first_units(const Source& source) {
  std::vector<std::size_t> units;
  for (const std::size_t sentence : source.paragraphs) {
    units.push_back(sentence < source.sentences.size() ? source.sentences[sentence]
                                                       : source.units.size());
  }
  return units;
}

void give_weights(std::span<const float> weights, std::vector<Section>& sections) {
  if (weights.empty()) return;
  ATTEND_CHECK(weights.size() >= sections.size());
  for (std::size_t s = 0; s < sections.size(); ++s) sections[s].weight = weights[s];
}

// Returns the share of each sentence in the document.
std::vector<float> shares_of(const Source& source, const Document& document) {
  const auto weighted = [](const std::vector<Section>& sections) {
    return !sections.empty() && sections.front().weight.has_value();
  };
  if (!weighted(document.sentences) && !weighted(document.paragraphs)) return {};
  std::vector<float> shares;
  std::size_t paragraph = 0;
  for (std::size_t s = 0; s < document.sentences.size(); ++s) {
    while (paragraph + 1 < source.paragraphs.size() && source.paragraphs[paragraph + 1] <= s) {
      ++paragraph;
    }
    float share = document.sentences[s].weight.value_or(1.0F);
    if (!document.paragraphs.empty()) share *= document.paragraphs[paragraph].weight.value_or(1.0F);
    shares.push_back(share);
  }
  return shares;
}

std::vector<float> importance_of(const Document& document) {
  std::vector<float> importance = document.word_weights;
  if (importance.empty()) return {};
  for (std::size_t s = 0; s < document.sentence_shares.size(); ++s) {
    const float root = std::sqrt(std::max(document.sentence_shares[s], 0.0F));
    for (std::size_t j = document.sentences[s].first; j < document.sentences[s].end; ++j) {
      importance[j] *= root;
    }
  }
  return importance;
}

}  // namespace

Document describe_document(const Source& source, std::span<const float> alignment) {
  Document document;
  document.sentences = sections_at(source.sentences, source.units);
  document.paragraphs = sections_at(first_units(source), source.units);
  if (!source.paragraphs.empty()) {
    give_weights(alignment, document.paragraphs);
    give_weights(source.sentence_weights, document.sentences);
  } else {
    give_weights(alignment, document.sentences);
  }
  if (!source.sentences.empty()) {
    document.word_weights = source.word_weights;
  } else if (!alignment.empty()) {
    ATTEND_CHECK(alignment.size() >= source.units.size());
    const auto units = alignment.first(source.units.size());
    document.word_weights.assign(units.begin(), units.end());
  }
  ATTEND_CHECK(document.word_weights.empty() ||
               document.word_weights.size() == source.units.size());
  document.sentence_shares = shares_of(source, document);
  document.importance = importance_of(document);
  return document;
}

}  // namespace attend
