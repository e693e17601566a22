// The models in libtorch: parameters in a flat buffer, examples as batches, and the passes through
// encoder, decoder and loss. This is the public header of this folder. Needs libtorch.
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
#include "network/program.h"           // IWYU pragma: export
#include "network/step_operations.h"   // IWYU pragma: export
#include "network/tensors.h"           // IWYU pragma: export

namespace attend::network {

/// The results of a teacher-forced pass, in which the decoder reads the tokens of the given target.
struct Forced {
  // [target_length, batch, target_vocabulary]; a decoder that copies has Batch::own_ids more ids
  Tensor log_probabilities;
  Tensor alignments;  // [target_length, batch, source_length]
  // The weights with which each level below the top pooled its positions (§8), from the words up:
  // [positions], sequence by sequence in the order of Batch::below. Empty without such weights.
  std::vector<Tensor> pooling_weights;
};

/// An attentional encoder-decoder. It shares the memory of its parameters with the caller, who may
/// change them between two calls but not during one. A network is immutable. It may be used by
/// several threads at once only if its operations may.
class Network {
 public:
  /// `tensors` must hold every tensor of the parameter table. CheckFailure when one is missing.
  Network(const model::Configuration& configuration, Tensors tensors,
          std::shared_ptr<Operations> operations);

  /// Computes the cost of a batch, summed over its target tokens. Its links and the costs that the
  /// configuration adds (coverage, GuidanceConfig) are part of it. The result is differentiable.
  /// `dropout` is null outside training.
  Cost cost(const Batch& batch, Dropout* dropout) const;
  /// Adds the gradient of scale · cost to the gradients of `tensors`, which must be leaves that
  /// have gradient tensors. Returns the sums before the scale. With fused operations the logits of
  /// a whole batch never exist at once, unlike in cost(); but hard attention keeps those of all
  /// positions.
  LossSums accumulate_gradient(const Batch& batch, Dropout* dropout, double scale) const;
  /// Computes the sums without dropout and without a gradient.
  LossSums evaluate(const Batch& batch) const;
  /// Computes the probabilities and alignments of the given targets, without dropout.
  Forced forced(const Batch& batch) const;

 private:
  // A layer of a level of the encoder, both from 0.
  struct EncoderPlace {
    int level = 0;
    int layer = 0;
  };
  struct Annotated;
  struct Layer;
  struct Decoded;
  Layer encode_layer(EncoderPlace place, const Batch& batch, const Tensor& below,
                     Dropout* dropout) const;
  Tensor ngram_vectors(const Batch& batch) const;
  Tensor add_distances(const Tensor& embedded, const Batch& batch) const;
  WordRows source_rows(const Batch& batch, const Tensor& below, Dropout* dropout) const;
  Tensor encoder_mask(const Batch& batch, Dropout* dropout) const;
  Tensor last_of_directions(const Tensor& h, const Batch& batch) const;
  Tensor initial_inputs(model::InitialState state, const Tensor& h, const Batch& batch) const;
  Annotated annotate(const Batch& batch, Dropout* dropout,
                     std::vector<Tensor>* weights = nullptr) const;
  Annotated annotate_pictures(const Batch& batch, Dropout* dropout) const;
  // With an encoder of several levels (levels.cc):
  Tensor read_below(const Batch& batch, int level, Dropout* dropout,
                    std::vector<Tensor>* weights) const;
  PooledSequences pool(int level, const Tensor& h, const Batch& batch) const;
  Tensor previous_ids(const Batch& batch) const;
  WordRows previous_rows(const Batch& batch, Dropout* dropout) const;
  Decoded decode(const Batch& batch, Dropout* dropout, Shown shown,
                 std::vector<Tensor>* weights = nullptr) const;
  Decoded decode_by_program(const Batch& batch, const Annotated& annotated,
                            const WordRows& previous, const DecoderMasks& masks, Dropout* dropout,
                            Shown shown) const;
  Tensor mixture_scores(const Decoded& decoded) const;
  LossInputs mixture_loss(const Decoded& decoded, const Batch& batch) const;
  // With a decoder that copies (copying.cc):
  Tensor copying_scores(const Decoded& decoded, const Batch& batch) const;
  LossInputs copying_loss(const Decoded& decoded, const Batch& batch) const;
  // With a plan (plan.cc):
  AttentionInputs attention_inputs(const Batch& batch, const Annotated& annotated) const;
  std::vector<State> initial_states(const Annotated& annotated) const;
  WordRows previous_of_updates(const WordRows& previous, const Batch& batch) const;
  InputFeedingInputs input_feeding_inputs(const DecoderMasks& masks) const;
  Decoded decode_by_plan(const Batch& batch, const Annotated& annotated, const WordRows& previous,
                         const DecoderMasks& masks, Dropout* dropout) const;
  Tensor readouts(const DecodedSteps& steps, const WordRows& previous, const WordRows& contexts,
                  Dropout* dropout) const;
  static Tensor of_targets(const Tensor& x, const Batch& batch);
  LossInputs bag_loss(const Batch& batch, Dropout* dropout) const;
  Tensor rewards_of_targets(const Decoded& decoded, const Batch& batch, LossInputs& inputs) const;
  LossInputs target_loss(const Batch& batch, Dropout* dropout) const;
  Tensor project(const std::vector<WordRows>& parts, const std::string& weight,
                 const std::string& bias, Activation activation) const;
  LossInputs loss_inputs(const Tensor& rows, const Batch& batch) const;
  const Tensor& tensor(const std::string& name) const;
  at::TensorOptions floating() const;

  model::Configuration configuration_;
  Tensors tensors_;
  std::shared_ptr<Operations> operations_;
  std::shared_ptr<const StepProgram> program_;  // of the decoder
  std::size_t alignment_ = 0;                   // index of the alignment in its observations
};

}  // namespace attend::network
