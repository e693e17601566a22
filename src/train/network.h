// The models in plain tensor operations: the readable definition that every faster path is held
// against. Internal to this folder: needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "kernels/kernels.h"
#include "model/model.h"
#include "train/batch.h"
#include "train/decoder_masks.h"
#include "train/layers.h"
#include "train/native_attention.h"
#include "train/native_embedding.h"
#include "train/native_input_feeding.h"
#include "train/native_linear.h"
#include "train/native_loss.h"
#include "train/packed_weights.h"

namespace attend::train {

/// Everything a teacher-forced pass computes.
struct Forced {
  Tensor log_probabilities;  // [target_length, batch, target_vocabulary]
  Tensor alignments;         // [target_length, batch, source_length]
};

/// The cost of a batch, summed over its target tokens.
struct Cost {
  Tensor cost;            // scalar: what is differentiated, label smoothing included
  Tensor log_likelihood;  // scalar without gradient: Σ log p(y_i | y_<i, x)
};

/// Which way the parts of a network are computed.
enum class Path {
  kFastest,  ///< by fused functions over kernels where there are any: float on the CPU
  kPlain,    ///< by tensor operations
};

/// An attentional encoder-decoder over parameters that somebody else owns. Immutable; safe to use
/// from several threads as long as nobody changes the parameters.
class Network {
 public:
  /// `tensors` holds every tensor of the parameter table. CheckFailure when one is missing. Who
  /// gives `products`, which several networks over the same parameters may share, refreshes them
  /// when the parameters have changed; without any, every call packs the parameters anew, and only
  /// one thread may call.
  Network(const model::Configuration& configuration, Tensors tensors, Path path = Path::kFastest,
          std::shared_ptr<ShardMatrices> matrices = nullptr);

  /// `dropout` is null outside training.
  Cost cost(const Batch& batch, Dropout* dropout) const;
  /// Adds the gradient of scale · cost to the gradients of `tensors`, which are leaves that have
  /// them. Without it nothing remembers the logits of a whole batch.
  kernels::CrossEntropySums accumulate_gradient(const Batch& batch, Dropout* dropout,
                                                double scale) const;
  /// The same sums without dropout and without a gradient.
  kernels::CrossEntropySums evaluate(const Batch& batch) const;
  Forced forced(const Batch& batch) const;

 private:
  struct Decoded;
  struct EncodedLayer;
  EncodedLayer encode_layer(int layer, const Batch& batch, const Tensor& below,
                            Dropout* dropout) const;
  EncodedLayer encode_layer_natively(int layer, const Batch& batch, const Tensor& below,
                                     Dropout* dropout) const;
  std::vector<CellTensors> encoder_cells(int layer) const;
  Tensor embed_source(const Batch& batch, const Tensor& below, Dropout* dropout) const;
  Tensor encoder_mask(const Batch& batch, Dropout* dropout) const;
  WordRows source_rows(const Batch& batch, const Tensor& below, Dropout* dropout) const;
  Tensor project_source(const std::vector<CellTensors>& cells, const Batch& batch,
                        const Tensor& seen) const;
  Tensor last_states(const std::vector<Tensor>& steps, const Batch& batch) const;
  Tensor last_of_directions(const Tensor& h, const Batch& batch) const;
  Tensor initial_inputs(const Tensor& h, const Batch& batch) const;
  Annotated annotate(const Batch& batch, Dropout* dropout) const;
  std::vector<State> initial_states(const Annotated& annotated) const;
  Decoded decode(const Batch& batch, Dropout* dropout) const;
  WordRows previous_of_updates(const Decoded& decoded, const Batch& batch) const;
  void run_steps(const Batch& batch, const Annotated& annotated, const Attention& attention,
                 Dropout* dropout, Decoded& decoded) const;
  void run_steps_natively(const Batch& batch, const Annotated& annotated,
                          const Attention& attention, Dropout* dropout, Decoded& decoded) const;
  AttentionInputs attention_inputs(const Batch& batch, const Annotated& annotated,
                                   const Attention& attention) const;
  InputFeedingInputs input_feeding_inputs(const DecoderMasks& masks) const;
  void refresh_own_matrices() const;
  Tensor project(const std::vector<WordRows>& parts, const std::string& weight,
                 const std::string& bias, Activation activation) const;
  Tensor project_annotations(const Tensor& annotations) const;
  LossInputs loss_inputs(const Tensor& rows, const Batch& batch) const;
  Tensor target_readouts(const Batch& batch, Dropout* dropout) const;
  Tensor embed(const std::string& table, const Tensor& ids) const;
  WordRows previous_rows(const Batch& batch, Dropout* dropout) const;
  bool has_input_feeding() const;
  Tensor compute_readout(const Tensor& states, const WordRows& previous,
                         const Tensor& contexts) const;
  Tensor readout(const Decoded& decoded, Dropout* dropout) const;
  Tensor log_probabilities(const Tensor& readout) const;
  const Tensor& tensor(const std::string& name) const;
  at::TensorOptions floating() const;

  model::Configuration configuration_;
  Tensors tensors_;
  bool native_;
  bool owns_matrices_;
  std::shared_ptr<ShardMatrices> matrices_;
};

}  // namespace attend::train
