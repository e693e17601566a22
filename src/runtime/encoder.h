// The encoder, with one or both directions: annotations h_j of sources (§4.1, §6.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/cell.h"

namespace attend::runtime {

/// The states of one encoder layer after the last token of each direction.
struct LastStates {
  std::vector<float> state;  // [sources, n_h]
  std::vector<float> cell;   // [sources, n_h] with an LSTM, else empty
};

/// The weights with which a level below the top pooled its positions (§8): those of source k are
/// [starts[k], starts[k + 1]).
struct PoolingWeights {
  std::vector<std::size_t> starts;  // [sources + 1]
  std::vector<float> values;
};

/// The annotations of some sources, one source after another without padding: positions [start,
/// start + length) of `values` belong to source k.
struct Annotations {
  std::vector<std::size_t> starts;      // [sources]
  std::vector<std::size_t> lengths;     // [sources]
  std::size_t longest = 0;              // source_length of the batch
  std::size_t units = 0;                // n_h: 2 n_e, or n_e with one direction
  kernels::Array values;                // [positions, units]
  std::vector<char> allowed;            // [positions]: 0 where attention may not look; empty: all 1
  std::vector<LastStates> last;         // [encoder layers]
  std::vector<model::Copies> copies;    // [sources], for a decoder that copies; or empty
  std::vector<PoolingWeights> pooling;  // of the levels below, from the words up; or empty
  std::size_t sources() const { return starts.size(); }
  std::size_t positions() const { return units == 0 ? 0 : values.size() / units; }
};

/// Returns annotations of sources of these lengths, which are to be computed.
Annotations with_lengths(std::span<const std::size_t> lengths);
/// Returns Annotations::allowed of sources that have `positions` positions together. CheckFailure
/// for a source whose `allowed` is not as long as its tokens.
std::vector<char> allowed_positions(std::span<const model::Source> sources, std::size_t positions);

/// Immutable; safe to use from several threads.
class Encoder {
 public:
  Encoder(const model::EncoderConfig& config, std::size_t vocabulary, const Tensors& tensors);
  /// Annotates sources of token ids, none of which is empty. With several levels the positions are
  /// sentences or paragraphs. CheckFailure for ids outside the vocabulary, for sources of features,
  /// and for sources that have other levels than the encoder.
  Annotations annotate(std::span<const model::Source> sources) const;

 private:
  struct Direction {
    model::Direction way;  // kForward or kBackward
    InputProjection project;
    RecurrentCell cell;
    // [vocabulary, G n_e]: the gates of every word. Empty above the bottom layer, and where it
    // would have more than kLargestTable values.
    std::vector<float> table;
  };
  using Layer = std::vector<Direction>;  // one or two, in the order of their columns
  // The layers of a level, and the parameters of Pooling::kAttention that pool its annotations.
  struct Level {
    std::vector<Layer> layers;
    Linear hidden;                 // W [n', n_h], b
    std::span<const float> query;  // u [n']; empty at the top, and where there are no weights
  };

  // What a layer reads at each position: row ids[j] of `rows`, or row j where there are no ids.
  // Without rows it reads the token ids[j] itself, by a table or as a one-hot vector. Equal words
  // share a row, so that their products are computed once.
  struct Inputs {
    std::vector<float> rows;
    std::vector<text::TokenId> ids;  // [positions] or empty
  };

  Level make_level(const model::EncoderConfig& config, int level, const Tensors& tensors) const;
  void make_tables();
  // Inputs of the bottom layer (encoder_inputs.cc):
  std::vector<float> embed(std::span<const text::TokenId> ids) const;
  Inputs embed_sources(std::span<const model::Source> sources,
                       std::vector<text::TokenId> ids) const;
  std::vector<float> embed_words(std::span<const model::Source> sources,
                                 std::span<const text::TokenId> ids) const;
  void add_ngrams(const model::Ngrams& ngrams, std::size_t first, std::span<float> rows) const;
  std::vector<float> embed_with_distances(std::span<const model::Source> sources,
                                          std::span<const text::TokenId> ids) const;
  // The layers of a level (encoder.cc):
  void run_layer(const Layer& layer, const Inputs& inputs, Annotations& annotations) const;
  void run_level(const Level& level, Inputs inputs, Annotations& annotations) const;
  Annotations annotate_level(std::size_t level, Inputs inputs,
                             std::span<const std::size_t> lengths) const;
  // With several levels (encoder_levels.cc):
  std::vector<float> pool(const Level& level, const Annotations& annotations,
                          std::vector<float>& weights) const;
  std::vector<float> sentence_vectors(std::span<const model::Source> sources,
                                      std::span<const text::TokenId> ids,
                                      std::span<const std::size_t> lengths,
                                      std::vector<float>& weights) const;
  Annotations annotate_documents(std::span<const model::Source> sources,
                                 std::span<const text::TokenId> ids) const;

  std::size_t vocabulary_;
  std::size_t embedding_;              // m_x; 0: one-hot
  std::size_t units_;                  // n_e: units of one direction
  std::span<const float> embeddings_;  // [vocabulary, m_x]
  std::span<const float> ngrams_;      // [buckets, m_x]; empty: none
  std::size_t position_units_;         // p: units of an embedded distance; 0: there is none
  std::int64_t position_reach_;
  std::vector<std::span<const float>> distances_;  // [entities][distances, p]
  bool lstm_;
  bool reverses_words_;
  bool sums_;  // whether an annotation is the sum of both directions
  model::Pooling pooling_;
  std::vector<Level> levels_;  // from the words up
};

}  // namespace attend::runtime
