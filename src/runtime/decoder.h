// The decoder: previous token, state → query → energies → alignment → context → state → readout →
// log-probabilities (§1.4, §4.1).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/attention.h"

namespace attend::runtime {

/// States of all layers, one row a hypothesis.
struct States {
  std::vector<kernels::Buffer> state;  // one a layer: h [rows, n]
  std::vector<kernels::Buffer> cell;   // one a layer: LSTM c [rows, n]
};

/// Weights of the decoder. Immutable; safe to use from several threads.
class Decoder {
 public:
  Decoder(const model::Configuration& configuration, std::size_t vocabulary,
          const model::Weights& weights);
  /// A decoding of these annotations; refers to the decoder.
  std::unique_ptr<model::Decoding> start(Annotations annotations) const;

 private:
  friend class DecoderRun;
  struct InitialLayer {
    Linear state, cell;
  };

  void initial_states(const Annotations& annotations, States& states) const;
  std::vector<float> initial_inputs(const Annotations& annotations) const;
  void copy_last_states(const Annotations& annotations, States& states) const;

  model::DecoderConfig config_;
  std::size_t vocabulary_;
  std::size_t units_;                  // n
  std::size_t fed_;                    // m_y, 0 without feedback
  std::size_t context_units_;          // n_h
  std::size_t forward_units_;          // of them →h_j, the first: n_e or 0
  std::size_t fed_readout_ = 0;        // l, 0 where the readout is not fed
  std::vector<InitialLayer> initial_;  // empty: zero states or copied ones
  Attention attention_;
  std::span<const float> embeddings_;  // E [vocabulary, m_y]
  std::vector<RecurrentCell> layers_;
  Linear readout_;  // no outputs without a readout
  Linear output_;   // [vocabulary, l or n]
};

}  // namespace attend::runtime
