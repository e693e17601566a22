// The encoder, of both directions or of one: annotations h_j of sources (§4.1, §6.1).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/cell.h"

namespace attend::runtime {

/// The states of one encoder layer behind the last token of each direction.
struct LastStates {
  std::vector<float> state;  // [sources, n_h]
  std::vector<float> cell;   // [sources, n_h] of an LSTM, else empty
};

/// Some sources, annotated. Sources stand one after the other without padding: positions
/// [start, start + length) of `values` belong to source k.
struct Annotations {
  std::vector<std::size_t> starts;   // [sources]
  std::vector<std::size_t> lengths;  // [sources]
  std::size_t longest = 0;           // source_length of the batch
  std::size_t units = 0;             // n_h: 2 n, or n with one direction
  std::vector<float> values;         // [positions, units]
  std::vector<LastStates> last;      // [encoder layers]
  std::size_t sources() const { return starts.size(); }
  std::size_t positions() const { return units == 0 ? 0 : values.size() / units; }
};

/// Immutable; safe to use from several threads.
class Encoder {
 public:
  Encoder(const model::EncoderConfig& config, std::size_t vocabulary,
          const model::Weights& weights);
  /// Token ids, no source empty. CheckFailure for ids outside the vocabulary.
  Annotations annotate(std::span<const std::vector<text::TokenId>> sources) const;

 private:
  std::size_t vocabulary_;
  std::size_t embedding_;              // m_x; 0: one-hot
  std::size_t units_;                  // n of one direction
  std::span<const float> embeddings_;  // [vocabulary, m_x]
  bool lstm_;
  std::vector<model::Direction> directions_;        // kForward, kBackward: in the order of columns
  std::vector<std::vector<RecurrentCell>> layers_;  // [layers][directions]
};

}  // namespace attend::runtime
