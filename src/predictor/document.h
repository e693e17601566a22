// The weights of a document's words and sentences, put together (§8).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "text/text.h"

namespace attend::predictor {

struct Source;

/// A sentence or a paragraph.
struct Section {
  std::size_t first = 0, end = 0;  ///< its words: the units [first, end) of the source
  text::ByteSpan span;             ///< bytes of the raw text, from its first word to its last
  /// Of a paragraph: in the document. Of a sentence: in its paragraph, or in the document where
  /// there are no paragraphs. The weights of what stands side by side sum to 1. Nothing where that
  /// level has no weights.
  std::optional<float> weight;
};

/// What attention made of the parts of a source. A level without weights counts as 1 in every
/// product.
struct Document {
  std::vector<Section> sentences;   ///< empty for an encoder of one level
  std::vector<Section> paragraphs;  ///< empty unless the encoder has three levels
  /// [units]: p_w, the weight of each word in its sentence, or with one level in the whole source.
  /// Empty where words have no weights.
  std::vector<float> word_weights;
  /// [sentences]: p_s, the share of each sentence in the document: its weight, times that of its
  /// paragraph. Empty where neither has weights.
  std::vector<float> sentence_shares;
  /// [units]: √p_s · p_w, which keeps the important words of unimportant sentences visible (§8);
  /// p_w with one level. Empty where words have no weights.
  std::vector<float> importance;
};

/// Puts the weights of a source together. `alignment` has the columns of the source in its first
/// row, as Prediction::alignment does; other rows are not read. It is empty where none was kept.
/// Pure.
Document describe_document(const Source& source, std::span<const float> alignment);

}  // namespace attend::predictor
