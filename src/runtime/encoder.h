// The bidirectional encoder: annotations h_j of sources (§4.1).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/cell.h"

namespace attend::runtime {

/// Some sources, annotated. Sources stand one after the other without padding: positions
/// [start, start + length) of `values` belong to source k.
struct Annotations {
  std::vector<std::size_t> starts;   // [sources]
  std::vector<std::size_t> lengths;  // [sources]
  std::size_t longest = 0;           // source_length of the batch
  std::size_t units = 0;             // 2 n
  std::vector<float> values;         // [positions, units]
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
  struct Layer {
    RecurrentCell forward, backward;
  };

  std::size_t vocabulary_;
  std::size_t embedding_;              // m_x; 0: one-hot
  std::size_t units_;                  // n of one direction
  std::span<const float> embeddings_;  // [vocabulary, m_x]
  std::vector<Layer> layers_;
};

}  // namespace attend::runtime
