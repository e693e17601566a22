// What a network is computed with: one interface with a plain implementation in libtorch's tensor
// operations (plain_operations.h), which is the definition and runs in any type on any device, and
// a fused one over this project's kernels (fused/fused.h). Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/model.h"
#include "network/batch.h"
#include "network/decoder_masks.h"
#include "network/tensors.h"

namespace attend::network {

enum class Activation { kNone, kTanh };

/// Rows of a sequence that are multiplied by a weight: one row for each position, or one for all
/// positions that hold the same word, so that the word is projected once.
struct WordRows {
  Tensor rows;   // [time · batch, units]; with an index [distinct words, units]
  Tensor index;  // [time, batch]: which row belongs to a position; undefined without sharing

  bool defined() const { return rows.defined(); }
  bool shared() const { return index.defined(); }
};

/// One layer of the encoder (§1.1, §1.2).
struct EncoderLayerInputs {
  CellShape shape;
  model::Direction direction = model::Direction::kBidirectional;
  std::vector<CellTensors> cells;  ///< [directions], in the order of EncoderConfig::directions()
  WordRows seen;  ///< the layer's input; without rows, one-hot vectors of the ids in its index
  Tensor mask;    // [directions, batch, n]: dropout of h_{t-1} in the recurrent products, or
                  // undefined
};

struct EncodedLayer {
  Tensor annotations;  // [source_length, batch, n_h]: [→h_j; ←h_j] or one of them, 0 on padding
  Tensor last_cells;   // [batch, n_h]: c after the last token of each direction; LSTM only
};

/// Annotations in the order in which the decoder reads them.
struct SentenceAnnotations {
  Tensor annotations;     // [batch, source_length, n_h]
  Tensor first_backward;  // [batch, n]: ←h_1, which has read the whole source (§4.1)
};

/// The source as attention looks at it, and the score (§1.5).
struct AttentionInputs {
  model::Score score = model::Score::kAdditive;
  model::Energies energies = model::Energies::kLinear;
  std::vector<std::int32_t> lengths;  ///< of the sources, [batch]
  Tensor annotations;                 // [batch, source_length, n_h], 0 on masked padding
  Tensor mask;          // [batch, source_length]: 0, or −infinity on masked padding; or undefined
  Tensor projected;     // additive: U h_j + b [batch, source_length, n']; general: W h_j [batch,
                        // source_length, n]; dot: undefined
  Tensor query_weight;  // [n', n], additive; else undefined
  Tensor energy_weight;  // [n'], additive; else undefined
  Tensor energy_bias;    // [1] or undefined

  std::int64_t batch() const { return annotations.size(0); }
  bool additive() const { return score == model::Score::kAdditive; }
  /// What queries are compared with: `projected`, or the annotations themselves.
  const Tensor& keys() const { return projected.defined() ? projected : annotations; }
};

/// Input feeding (§6.4): r_i = activation(W_r [s_i; E y_{i-1}; c_i] + b_r), which the next update
/// of the state sees. For maxout the larger value of each pair.
struct InputFeedingInputs {
  model::Readout readout = model::Readout::kTanh;  ///< not kNone
  Tensor weight;  // [r, n + m + n_h], r: 2 l for maxout, else l; undefined without input feeding
  Tensor bias;    // [r]
  std::int64_t previous_units = 0;  ///< m, or 0 when the readout does not see E y_{i-1}
  Tensor mask;                      // [steps, batch, l]: dropout, or undefined
};

/// All steps of a teacher-forced decoder (§1.4).
struct DecoderInputs {
  CellShape shape;
  model::Order order = model::Order::kLookUpdateGenerate;
  std::int64_t steps = 0;
  AttentionInputs attention;
  InputFeedingInputs input_feeding;  // only in the order kUpdateLookGenerate
  WordRows previous;               // [updates · batch, m]: E y_{i-1}, undefined without feedback;
                                   // updates = steps, or steps - 1 where the last state is unused
  std::vector<State> initial;      // [layers] of [batch, n]
  std::vector<CellTensors> cells;  // [layers], from the bottom; without gains
  DecoderMasks masks;              // the mask of readouts stands in `input_feeding`
};

struct DecodedSteps {
  Tensor states;      // [steps, batch, n]: the top layer's s_i or s_{i-1}, which the readout sees
  Tensor contexts;    // [steps, batch, n_h]
  Tensor alignments;  // [steps, batch, source_length]; fused operations give no gradient for them
  Tensor readouts;    // [steps, batch, l], dropout included; undefined without input feeding
};

/// The softmax layer and the cross-entropy of all target tokens (§2.3).
struct LossInputs {
  Tensor rows;        // [tokens, l]: the readout at every target token
  Tensor weight;      // [target_vocabulary, l]
  Tensor bias;        // [target_vocabulary]
  Tensor targets;     // [tokens] ids
  bool tied = false;  ///< the weight is an embedding table as well
};

struct LossOptions {
  double label_smoothing = 0;  ///< in [0, 1)
  double scale = 1;            ///< of the cost when it is differentiated
};

/// Sums over target tokens.
struct LossSums {
  double cost = 0;            ///< label smoothing included, before the scale
  double log_likelihood = 0;  ///< Σ log p(y_i | y_<i, x), natural logarithm
};

/// The operations of a network. Implementations may be used by one thread at a time; several
/// objects over the same parameters may work in several threads.
class Operations {
 public:
  virtual ~Operations() = default;

  /// To be called before the first operation of a pass, because parameters may have changed.
  virtual void begin_pass() = 0;
  /// activation(W [x_1; x_2; …] + b) of every position: one to three parts [positions, in_k], at
  /// most one of which shares rows; weight [out, Σ in_k]; bias [out] or undefined (0). Returns
  /// [positions, out].
  virtual Tensor linear(const std::vector<WordRows>& parts, const Tensor& weight,
                        const Tensor& bias, Activation activation) = 0;
  /// Rows of `table` [vocabulary, units] at `ids` of any shape: [ids…, units].
  virtual Tensor embedding(const Tensor& table, const Tensor& ids) = 0;
  /// Rows of `table` at `ids` [time, batch]; a zero row for the id −1. Rows may be shared.
  virtual WordRows embed_words(const Tensor& table, const Tensor& ids) = 0;
  virtual EncodedLayer encoder_layer(const EncoderLayerInputs& inputs, const Batch& batch) = 0;
  /// From h [source_length, batch, n_h], whose last n units belong to the backward direction.
  virtual SentenceAnnotations by_sentence(const Tensor& h, std::int64_t n) = 0;
  virtual DecodedSteps decoder_steps(const DecoderInputs& inputs) = 0;
  /// Adds the gradient of scale · cost to the gradients of every leaf that rows, weight and bias
  /// depend on.
  virtual LossSums accumulate_gradient(const LossInputs& inputs, const LossOptions& options) = 0;
  /// The sums alone.
  virtual LossSums evaluate(const LossInputs& inputs, const LossOptions& options) = 0;
};

}  // namespace attend::network
