// The decoder: previous token, state → query → energies → alignment → context → state → readout →
// log-probabilities, or another order of these steps (§1.4, §4.1, §6.4). With two cells (§4.6) the
// look is between them. A decoder without a look reads no context (§2), or one fixed context in all
// steps (§3).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/attention.h"
#include "runtime/decoding_model.h"
#include "runtime/output.h"
#include "runtime/split_projection.h"

namespace attend::runtime {

/// The states of all layers, one row for each hypothesis.
struct States {
  std::vector<kernels::Buffer> state;  // one a layer: h [rows, n]
  std::vector<kernels::Buffer> cell;   // one a layer: LSTM c [rows, n]
};

/// The weights of the decoder. Immutable; safe to use from several threads.
class Decoder final : public DecodingModel {
 public:
  /// `end` is the id of </s>, if targets end in it.
  Decoder(const model::Configuration& configuration, std::size_t vocabulary,
          std::optional<text::TokenId> end, const model::Weights& weights, Precision precision);
  std::unique_ptr<model::Decoding> start(Annotations annotations,
                                         std::vector<text::TokenId> candidates) const override;
  bool has_alignment() const override { return attention_.has_value(); }

 private:
  friend class DecoderRun;
  struct InitialLayer {
    Linear state, cell;
  };
  struct SecondCell {
    SplitProjection input;  // of the context
    RecurrentCell cell;
  };

  void add_layers(const Tensors& tensors);
  void add_initial_layer(const Tensors& tensors);
  void add_second_cell(const Tensors& tensors);
  void add_readout(const Tensors& tensors);
  bool reads_fixed_context() const { return kind_ == model::AttentionKind::kFixed; }
  StepInput input_of_layers() const;
  /// The input of the cell that reads the context.
  const SplitProjection& context_input() const { return second_ ? second_->input : input_; }
  kernels::Array project_context(const SplitProjection& projection,
                                 const Annotations& annotations) const;
  void initial_states(const Annotations& annotations, States& states) const;
  std::vector<float> initial_inputs(const Annotations& annotations) const;
  void copy_last_states(const Annotations& annotations, States& states) const;

  model::DecoderConfig config_;
  model::AttentionKind kind_;           // soft, fixed or none
  std::size_t units_;                   // n
  std::size_t context_units_;           // n_h
  std::size_t forward_units_;           // units of →h_j, which come first in h_j: n_e or 0
  std::vector<InitialLayer> initial_;   // empty for zero or copied states
  std::optional<Attention> attention_;  // nothing without a look
  Embeddings embeddings_;               // E [vocabulary, m_y]
  SplitProjection input_;               // input of the bottom layer
  std::vector<InputProjection> above_;  // inputs of the layers above it
  std::vector<RecurrentCell> layers_;
  std::optional<SecondCell> second_;  // only in the order kUpdateLookUpdate
  kernels::Matrix readout_state_;     // [r, n]; 0 × 0 without a readout
  SplitProjection readout_;           // the readout's part of E y_{i-1} and c_i
  OutputLayer output_;
};

}  // namespace attend::runtime
