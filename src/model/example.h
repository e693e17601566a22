// The source of a prediction, and a pair of source and target.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/text.h"

namespace attend::model {

/// A source as the encoder reads it. Its positions are its tokens, or the regions of `features`.
struct Source {
  std::vector<text::TokenId> tokens;
  // [positions]: 1 where attention may look, 0 where it may not; empty: everywhere. The encoder
  // reads all positions in either case.
  std::vector<char> allowed = {};
  // [sentences]: the index of the first token of each sentence, for an encoder that reads a
  // document as sentences; empty: one sentence.
  std::vector<std::int32_t> sentences = {};
  // [regions, feature width]: vectors in place of tokens, for an encoder that reads the regions of
  // a picture; empty: none.
  std::vector<float> features = {};
};

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

/// A source and the token ids of its target, as encode() makes them.
struct Example {
  Source source;
  std::vector<text::TokenId> target;
  /// The links that guide attention in training (§12.2), each once; usually none.
  std::vector<Link> links = {};
};

}  // namespace attend::model
