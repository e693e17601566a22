// The source of a prediction, and a pair of source and target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/ngrams.h"
#include "text/text.h"
#include "vision/vision.h"

namespace attend::model {

/// The target units that a decoder may copy from a source (§13.4): the units of the source that
/// have the text of a target unit.
struct Copies {
  // [positions]: the target id of each unit. A unit that the target vocabulary lacks has an id of
  // its own, from the size of the vocabulary on. kNoToken where there is nothing to copy. Empty:
  // nothing is copied at all.
  std::vector<text::TokenId> ids = {};
  // The texts of the units with ids of their own, in the order of these ids, which is the order in
  // which they first occur in the source.
  std::vector<std::string> units = {};
  // The id of <unk>, which the next step reads in place of such an id.
  text::TokenId unknown = text::kNoToken;
};

/// A picture as an encoder reads it.
struct Picture {
  vision::Image image;          ///< of ImageConfig's size, for a convolutional encoder
  std::vector<float> features;  // [regions, n_h], for an encoder of features; otherwise empty
};

/// A source as the encoder reads it. Its positions are its tokens, or the regions of its picture.
struct Source {
  /// For a picture: one 0 for each region.
  std::vector<text::TokenId> tokens;
  // [positions]: 1 where attention may look, 0 where it may not; empty: everywhere. The encoder
  // reads all positions in either case.
  std::vector<char> allowed = {};
  // [sentences]: the index of the first token of each sentence, for an encoder that reads a
  // document as sentences; empty: one sentence.
  std::vector<std::int32_t> sentences = {};
  // [paragraphs]: the index of the first sentence of each paragraph, for an encoder of three
  // levels; empty: one paragraph.
  std::vector<std::int32_t> paragraphs = {};
  /// For an encoder that reads pictures; otherwise null. Sources of one picture should share it: an
  /// encoder annotates it once.
  std::shared_ptr<const Picture> picture = nullptr;
  Copies copies = {};  ///< for a decoder that copies; otherwise not used
  Ngrams ngrams = {};  ///< for an encoder that reads character n-grams; otherwise not used
  // [2]: where the entities of a relation are (entities.h), for an encoder with position
  // embeddings. Empty: nowhere.
  std::vector<std::int32_t> entities = {};
  /// The number of tokens at the end that are no units of the text: </s> and padding. Only the
  /// coverage penalty of a search reads it.
  std::size_t behind_units = 0;
};

/// Returns the number of annotations that an encoder of `levels` levels makes of a source: one for
/// each of its tokens, sentences or paragraphs.
inline std::size_t count_annotations(const Source& source, int levels) {
  if (levels <= 1) return source.tokens.size();
  const auto& begins = levels == 2 ? source.sentences : source.paragraphs;
  return begins.empty() ? 1 : begins.size();
}

/// Makes sources of token ids alone.
inline std::vector<Source> make_sources(std::span<const std::vector<text::TokenId>> tokens) {
  std::vector<Source> sources;
  sources.reserve(tokens.size());
  for (const std::vector<text::TokenId>& one : tokens) sources.push_back({one});
  return sources;
}

/// A link between a position of the source and a token of the target, both counted from 0.
struct Link {
  std::int32_t source = 0;
  std::int32_t target = 0;
  bool operator==(const Link&) const = default;
};

/// A source and the token ids of its target, as encode() makes them. For a decoder that copies, a
/// target unit that only the source has is one of the ids of Source::copies.
struct Example {
  Source source;
  std::vector<text::TokenId> target;
  /// The links that guide attention in training (§12.2), each once; usually none.
  std::vector<Link> links = {};
  float weight = 1;  ///< factor of the cost of its target tokens in training
};

}  // namespace attend::model
