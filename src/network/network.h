// The models in libtorch: parameters in a flat buffer, examples as batches, and the passes through
// encoder, decoder and loss. The public header of this folder.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "model/model.h"
#include "network/batch.h"             // IWYU pragma: export
#include "network/decoder_masks.h"     // IWYU pragma: export
#include "network/dropout.h"           // IWYU pragma: export
#include "network/layout.h"            // IWYU pragma: export
#include "network/operations.h"        // IWYU pragma: export
#include "network/plain_operations.h"  // IWYU pragma: export
#include "network/tensors.h"           // IWYU pragma: export

namespace attend::network {

/// Everything that a teacher-forced pass computes.
struct Forced {
  Tensor log_probabilities;  // [target_length, batch, target_vocabulary]
  Tensor alignments;         // [target_length, batch, source_length]
};

/// An attentional encoder-decoder over parameters that somebody else owns. Immutable; as safe to
/// use from several threads as its operations are, as long as nobody changes the parameters.
class Network {
 public:
  /// `tensors` holds every tensor of the parameter table. CheckFailure when one is missing.
  Network(const model::Configuration& configuration, Tensors tensors,
          std::shared_ptr<Operations> operations);

  /// The cost of a batch, summed over its target tokens and differentiable. `dropout` is null
  /// outside training.
  Cost cost(const Batch& batch, Dropout* dropout) const;
  /// Adds the gradient of scale · cost to the gradients of `tensors`, which are leaves that have
  /// them. Unlike the gradient of cost(), it never needs the logits of a whole batch.
  LossSums accumulate_gradient(const Batch& batch, Dropout* dropout, double scale) const;
  /// The sums without dropout and without a gradient.
  LossSums evaluate(const Batch& batch) const;
  Forced forced(const Batch& batch) const;

 private:
  struct Annotated;
  struct Layer;
  struct Decoded;
  Layer encode_layer(int layer, const Batch& batch, const Tensor& below, Dropout* dropout) const;
  WordRows source_rows(const Batch& batch, const Tensor& below, Dropout* dropout) const;
  Tensor encoder_mask(const Batch& batch, Dropout* dropout) const;
  Tensor last_of_directions(const Tensor& h, const Batch& batch) const;
  Tensor initial_inputs(const Tensor& h, const Batch& batch) const;
  Annotated annotate(const Batch& batch, Dropout* dropout) const;
  AttentionInputs attention_inputs(const Batch& batch, const Annotated& annotated) const;
  std::vector<State> initial_states(const Annotated& annotated) const;
  WordRows previous_rows(const Batch& batch, Dropout* dropout) const;
  WordRows previous_of_updates(const WordRows& previous, const Batch& batch) const;
  InputFeedingInputs input_feeding_inputs(const DecoderMasks& masks) const;
  Decoded decode(const Batch& batch, Dropout* dropout) const;
  Tensor readouts(const Decoded& decoded, Dropout* dropout) const;
  Tensor target_readouts(const Batch& batch, Dropout* dropout) const;
  Tensor project(const std::vector<WordRows>& parts, const std::string& weight,
                 const std::string& bias, Activation activation) const;
  LossInputs loss_inputs(const Tensor& rows, const Batch& batch) const;
  const Tensor& tensor(const std::string& name) const;
  at::TensorOptions floating() const;

  model::Configuration configuration_;
  Tensors tensors_;
  std::shared_ptr<Operations> operations_;
};

}  // namespace attend::network
