// The operations that compute a network, as an interface. There are two implementations. The plain
// one (plain_operations.h) uses libtorch's tensor operations; it is the definition and runs in any
// floating-point type on any device. The fused one (fused/fused.h) uses this project's kernels.
// Needs libtorch.
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

/// How the operations of training compute a decoder.
enum class DecoderPath {
  kFastest,  ///< by its plan, if it has one
  kProgram   ///< by its step program
};

/// The rows of a sequence that is to be multiplied by a weight. There is one row for each position,
/// or one row for each distinct word. In the second case positions with equal words share a row, so
/// that each word is multiplied once.
struct WordRows {
  Tensor rows;   // [time · batch, units]; [distinct words, units] when rows are shared
  Tensor index;  // [time, batch]: the row of each position; undefined when rows are not shared

  bool defined() const { return rows.defined(); }
  bool shared() const { return index.defined(); }
};

/// The inputs of one layer of the encoder (§1.1, §1.2).
struct EncoderLayerInputs {
  CellShape shape;
  model::Direction direction = model::Direction::kBidirectional;
  std::vector<CellTensors> cells;  ///< [directions], in the order of EncoderConfig::directions()
  /// The input of the layer. Without rows, the input is one-hot vectors of the ids in its index.
  WordRows seen;
  /// [directions, batch, n]: dropout masks of h_{t-1} in the recurrent products, or undefined.
  Tensor mask;
};

/// The results of one layer of the encoder.
struct EncodedLayer {
  Tensor annotations;  // [source_length, batch, n_h]: [→h_j; ←h_j] or one of them; 0 on padding
  Tensor last_cells;   // [batch, n_h]: c of each direction after its last token; LSTM only
};

/// Annotations in the layout that the decoder reads: sentence by sentence.
struct SentenceAnnotations {
  Tensor annotations;     // [batch, source_length, n_h]
  Tensor first_backward;  // [batch, n]: ←h_1, which has read the whole source (§4.1)
};

/// Sequences that were pooled to one vector each (§8).
struct PooledSequences {
  Tensor vectors;  // [batch, units]: Σ_t α_t x_t
  Tensor weights;  // [positions]: α, without a gradient
};

/// The inputs of attention (§1.5): the annotations of the source, and what the score needs.
struct AttentionInputs {
  model::Score score = model::Score::kAdditive;
  model::Energies energies = model::Energies::kLinear;
  // [batch]: how many positions of each source attention may look at, if these are the first ones
  // of every source; otherwise empty, and `mask` alone says where it may look.
  std::vector<std::int32_t> lengths;
  Tensor annotations;  // [batch, source_length, n_h]; 0 on masked padding
  Tensor mask;         // [batch, source_length]: 0, or −infinity where not allowed; or undefined
  // additive: U h_j + b [batch, source_length, n']; general: W h_j [batch, source_length, n]; dot:
  // undefined.
  Tensor projected;
  Tensor query_weight;   // [n', n]: additive only, otherwise undefined
  Tensor energy_weight;  // [n']: additive only, otherwise undefined
  Tensor energy_bias;    // [1] or undefined

  /// Whether the decoder looks at all. If not, every tensor is undefined.
  bool looks() const { return annotations.defined(); }
  std::int64_t batch() const { return annotations.size(0); }
  bool additive() const { return score == model::Score::kAdditive; }
  /// The keys that queries are compared with: `projected`, or the annotations when it is undefined.
  const Tensor& keys() const { return projected.defined() ? projected : annotations; }
};

/// The inputs of input feeding (§6.4). A step computes the readout r_i = activation(W_r [s_i; E
/// y_{i-1}; c_i] + b_r), and the next update of the state reads it. With maxout, r_i holds the
/// larger value of each pair.
struct InputFeedingInputs {
  model::Readout readout = model::Readout::kTanh;  ///< not kNone
  // [r, n + m + n_h], where r is 2 l for maxout and l otherwise; undefined without input feeding.
  Tensor weight;
  Tensor bias;                      // [r]
  std::int64_t previous_units = 0;  ///< m, or 0 when the readout does not read E y_{i-1}
  Tensor mask;                      // [steps, batch, l]: dropout masks of r_i, or undefined
};

/// The inputs of all steps of a teacher-forced decoder (§1.4).
struct DecoderInputs {
  CellShape shape;  // of all cells; where their biases lie is not read from it
  model::Order order = model::Order::kLookUpdateGenerate;
  std::int64_t steps = 0;
  AttentionInputs attention;  // without tensors if the decoder does not look (§2, §3)
  // [batch, n_h]: the context of every step, if it is fixed (§3); undefined if the decoder looks,
  // or reads no context at all.
  Tensor context;
  InputFeedingInputs input_feeding;  // only in the order kUpdateLookGenerate
  // [updates · batch, m]: the E y that each update of the state reads; undefined without feedback.
  // There are `steps` updates, or steps − 1 when no step reads the last state.
  WordRows previous;
  std::vector<State> initial;  // [layers] of [batch, n]
  // [layers], from the bottom; without gains. In the order kUpdateLookUpdate, which has one layer,
  // the two cells: the first one reads E y_{i-1}, the second one the context.
  std::vector<CellTensors> cells;
  DecoderMasks masks;  // its `readout` is not used: see input_feeding.mask
};

/// The results of all steps of a decoder.
struct DecodedSteps {
  Tensor states;    // [steps, batch, n]: the top layer's s_i or s_{i-1}, as the readout reads it
  Tensor contexts;  // [steps, batch, n_h]; undefined if the decoder does not look
  // [steps, batch, source_length]; 0 on masked padding, where a gradient has no effect. Undefined
  // if the decoder does not look.
  Tensor alignments;
  Tensor readouts;  // [steps, batch, l], with dropout; undefined without input feeding
};

class StepProgram;
enum class Shown : int;

/// The steps of a program, when everything that is known before them has been computed.
struct StepsInputs {
  const StepProgram* program = nullptr;
  std::vector<int> results;  // slots
  std::int64_t steps = 0, batch = 0;
  // [slots]: the value of each slot, in the layout of program_run.h; undefined where the steps
  // compute it.
  std::vector<Tensor> values;
  const Tensors* tensors = nullptr;   // the parameters by name
  std::vector<std::int32_t> lengths;  // as in ProgramInputs
  std::int64_t positions = 0;         // source_length
  Tensor mask;                        // as in ProgramInputs
  const DecoderMasks* masks = nullptr;
  Dropout* dropout = nullptr;
  Tensor ids;             // [steps, batch]: y_{i-1}
  bool predicts = false;  // as in ProgramInputs
  Shown shown{};
};

/// The inputs of the softmax layer and of the cross-entropy of all target tokens (§1.3, §1.6).
struct LossInputs {
  Tensor rows;        // [tokens, l]: the readout at every target token
  Tensor weight;      // [target_vocabulary, l]
  Tensor bias;        // [target_vocabulary]
  Tensor targets;     // [tokens] ids
  bool tied = false;  ///< whether the weight is an embedding table too
  /// Scalar: a cost beside the cross-entropy, summed over the batch; undefined for none.
  Tensor extra;
  /// Scalar: Σ log p(y_i | y_<i, x) where the output is a mixture, or copies. The fields above the
  /// extra cost are then undefined. Otherwise undefined.
  Tensor log_likelihood;
  /// [tokens]: the factor of the cost of each target token; undefined if all are 1. Not read where
  /// the output is a mixture, or copies.
  Tensor target_weights;
};

struct LossOptions {
  double label_smoothing = 0;  ///< in [0, 1)
  double scale = 1;            ///< factor of the cost for its gradient
};

/// Sums over the target tokens of a batch.
struct LossSums {
  double cost = 0;            ///< with label smoothing and the extra cost, without the scale
  double log_likelihood = 0;  ///< Σ log p(y_i | y_<i, x), natural logarithm
};

/// The operations of a network. An object may be used by one thread at a time, unless its class
/// allows more. Different objects may use the parameters of one model in different threads.
class Operations {
 public:
  virtual ~Operations() = default;

  /// Call this before the first operation of every pass, because parameters may have changed since
  /// the last one.
  virtual void begin_pass() = 0;
  /// Returns activation(W [x_1; x_2; …] + b) for every position: [positions, out]. There are one or
  /// more parts [positions, in_k], which may share rows. W consists of the Σ in_k
  /// columns of `weight` [out, columns] that begin with `first_column`; `bias` is [out], or
  /// undefined for 0.
  virtual Tensor linear(const std::vector<WordRows>& parts, const Tensor& weight,
                        const Tensor& bias, Activation activation,
                        std::int64_t first_column = 0) = 0;
  /// Looks up the rows of `table` [vocabulary, units] at `ids` of any shape: [ids…, units].
  virtual Tensor embedding(const Tensor& table, const Tensor& ids) = 0;
  /// Returns the mean of the rows of `table` [vocabulary, units] at the ids of each group: [groups,
  /// units]. `groups` [ids] is the group of each id; `counts` [groups, 1] says how many ids a group
  /// has, at least one, as floating-point values.
  virtual Tensor embedding_means(const Tensor& table, const Tensor& ids, const Tensor& groups,
                                 const Tensor& counts) = 0;
  /// Looks up the rows of `table` at `ids` [time, batch]. The id −1 gives a row of zeros. The
  /// result may share rows.
  virtual WordRows embed_words(const Tensor& table, const Tensor& ids) = 0;
  /// Computes one layer of the encoder over the sources of `batch`.
  virtual EncodedLayer encoder_layer(const EncoderLayerInputs& inputs, const Batch& batch) = 0;
  /// Reorders annotations h [source_length, batch, n_h] by sentence. The last n units of h must
  /// belong to the backward direction.
  virtual SentenceAnnotations by_sentence(const Tensor& h, std::int64_t n) = 0;
  /// Returns the rows of h [source_length, batch, units] that are no padding, sequence by sequence:
  /// [positions, units].
  virtual Tensor real_positions(const Tensor& h, const Batch& batch) = 0;
  /// Pools every sequence of `batch`: its weights are the softmax of the energies of its positions.
  /// `rows` [positions, units] and `energies` [positions] have the order of real_positions().
  virtual PooledSequences pool(const Tensor& rows, const Tensor& energies, const Batch& batch) = 0;
  /// Whether decoder_steps() can compute the decoder of this configuration. If not, the network
  /// runs the decoder's step program.
  virtual bool has_plan(const model::Configuration& /*configuration*/) const { return false; }
  /// Computes all steps of a teacher-forced decoder that has a plan; CheckFailure otherwise.
  virtual DecodedSteps decoder_steps(const DecoderInputs& inputs);
  /// Whether run_steps() can run the steps of every program. If not, the network runs them in
  /// tensor operations, step by step.
  virtual bool runs_steps() const { return false; }
  /// Runs the operations for which StepProgram::in_steps() holds, over all steps. Returns the
  /// values of the slots in StepsInputs::results in their order: [steps, batch, units], [steps,
  /// batch, source_length] or [steps, batch, source_length, units]. They are differentiable.
  /// CheckFailure unless runs_steps().
  virtual std::vector<Tensor> run_steps(const StepsInputs& inputs);
  /// Returns log softmax(W r + b)_y of each row and its target: [tokens]. Reads rows, weight, bias
  /// and targets of `inputs`. The result is differentiable.
  virtual Tensor token_log_probabilities(const LossInputs& inputs) = 0;
  /// Computes the sums, and adds the gradient of scale · cost to the gradient of every leaf that
  /// rows, weight, bias and the extra cost depend on.
  virtual LossSums accumulate_gradient(const LossInputs& inputs, const LossOptions& options) = 0;
  /// Computes the sums without a gradient.
  virtual LossSums evaluate(const LossInputs& inputs, const LossOptions& options) = 0;
};

}  // namespace attend::network
