// A step program: one decoding step as a list of operations on named values. A model states its
// decoder once, as a program; both engines run it, and its parameters, its equations and its costs
// are read from it.
//
// A program has no control flow. Values that follow a hypothesis from one step to the next (states,
// the readout of input feeding) are declared as carried. A program describes one hypothesis;
// engines add batches, masks and beams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attend/answers.hpp"
#include "step/parameters.h"

namespace attend::step {

/// The thing that a value belongs to, which decides how many of it there are.
enum class Per {
  kModel,        ///< one vector for the model: a parameter
  kSource,       ///< one vector for a source: an initial state
  kPosition,     ///< one vector for each position of a source: annotations, keys
  kRow,          ///< one vector for a hypothesis in a step: a state, a query, a context
  kRowPosition,  ///< one vector for a hypothesis and a position of its source; mostly one number:
                 ///< energies, alignment
  kRowPast       ///< one number for a hypothesis in a step and each of its earlier steps
};

struct Shape {
  Per per = Per::kRow;
  std::int64_t units = 1;
  bool operator==(const Shape&) const = default;
};

/// How energies become weights that sum to 1 (§1.5). All but the softmax give most positions the
/// weight 0.
enum class Normaliser { kSoftmax, kSparsemax, kEntmax };

/// What stochastic attention looks at where a model predicts (§7.4): the position of the largest
/// weight, a position that is drawn, or all positions by their weights.
enum class StochasticPrediction { kArgmax, kSample, kExpectation };

/// Whether the weights of stochastic attention get the gradient of soft attention where training
/// takes the mean of all positions (§7.4).
enum class MeanGradient { kStopped, kPassed };

/// What monotonic attention gives where a model predicts (§13.1): the first position that stops, or
/// the expectation, as in training.
enum class MonotonicPrediction { kScan, kExpectation };

enum class Op {
  // Inputs. They have no operands.
  kAnnotations,      ///< h_j, from the encoder
  kFirstBackward,    ///< ←h_1, which has read the whole source (§4.1)
  kMeanAnnotations,  ///< mean_j h_j over the real positions
  kMaxAnnotations,   ///< max_j h_j over the real positions, unit by unit
  kLastState,        ///< the last states of the top encoder layer, [→h_T; ←h_1] or one of them
  kLayerState,       ///< the last states of encoder layer `layer`, before dropout (§6.1)
  kLayerCell,        ///< the last LSTM cells of encoder layer `layer`
  kZeros,            ///< zeros, one vector for each source
  kOnes,             ///< ones, one vector for each source
  kZeroPositions,    ///< zeros, one vector for each position
  kMinusInfinity,    ///< −∞, one number for each position: the logarithm of 0
  kFirstPosition,    ///< 1 at the first position of a source, 0 at the others
  kSourceWords,      ///< S, the number of words of a source; its </s> does not count
  kParameter,        ///< weights[0] [units], a parameter as a value
  kPreviousEmbedding,  ///< E y_{i-1}, in the first step E y_0 (§1.3); weights[0] is E
  kNextEmbedding,      ///< E y_i. Only carried values may depend on it, since y_i is chosen last
  kCarried,            ///< a carried value as the previous step left it

  // Products. Operands x_k; weights[0] is W [out, Σ in_k], weights[1] is b [out] or absent.
  kLinear,  ///< W [x_1; x_2; …] + b

  // Cells (§1.1). Operands: W x + b of all gates [G n], then the state. weights[0] is U [G n, n].
  // weights[1] is the bias that is added to U h: [n], of the candidate alone and inside the reset
  // gate; [3 n], of all gates of a GRU (GruBias::kInside); or absent. A GRU that resets after the
  // product may have a third operand x [3 n], which is added to U h of all gates: its part of the
  // candidate lies inside the reset gate. A GRU of two operands may belong to rows and positions;
  // such a GRU has no dropout.
  kGru,   ///< (gates, h[, x]) → h'
  kLstm,  ///< (gates, h, c) → h', c'

  // Attention. With a reach D, the first five compute a window only: the last operand is then the
  // centre p of each row, and their numbers belong to the positions floor(p) − D … floor(p) + D, in
  // this order: [row: 2 D + 1]. Positions outside the source count as not allowed.
  /// (q, k_j[, f_j …]) → v · tanh(q + k_j [+ W_f f_j + …]) with any number of features; weights are
  /// v [, W_f …].
  kAdditiveEnergies,
  kDotEnergies,       ///< (q, k_j) → q · k_j
  kLocationEnergies,  ///< x → x_j, the number j of a row at position j (§6.2)
  /// The softmax, or another normaliser (Node::normaliser), over the positions of a source that are
  /// allowed; the others get 0.
  kSoftmax,
  kWeightedSum,  ///< (α, x_j) → Σ_j α_j x_j
  kGaussian,  ///< p → exp(−(j − p)² / (2 σ²)), σ = D / 2, in the window around p (§6.3)
  kSpread,    ///< (x, p) → the numbers of a window at their positions; Node::elsewhere at others,
              ///< and where attention may not look
  kSumPositions,  ///< x_j → Σ_j x_j
  /// x_j → Σ_m F_m x_{j + m − (w + 1) / 2}, m = 1 … w, for each filter, a row F of weights[0] [k,
  /// w]
  /// with odd w. Positions where attention may not look count as 0, and so do those outside the
  /// source.
  kConvolution,
  /// (e, α') → p_j q_j, p_j = σ(e_j), q_j = (1 − p_{j−1}) q_{j−1} + α'_j (§13.1). Training may add
  /// noise to e; prediction may scan (Node::prediction). p_j is 0 where attention may not look.
  kMonotonicAlignment,
  /// (f, e) → Σ_{i ≤ j} f_i exp(e_j) / Σ_{k ≥ i} exp(e_k) over the positions that are allowed; the
  /// others get 0 (§13.2).
  kMonotonicPrior,
  /// (f, e) → Σ_k f_k a_k(d), where a_k = softmax(e_k) and offset d leads from k to j (§13.2).
  /// e_k has a number for each offset from 0 on; offset d leads to the position that is d places
  /// behind k among those from k on where attention may look. Offsets that lead nowhere get 0.
  kBandPrior,
  /// α → s, 1 at the position of a row that is looked at and 0 at the others (§7.4): the first one
  /// j with Σ_{k ≤ j} α_k > u for a number u that is drawn. In training some rows have s = α. In
  /// prediction Node::stochastic says what s is. No gradient passes through s, unless s = α and
  /// Node::passes_gradient is set.
  kDraw,
  kExpectedLog,  ///< (w, α) → Σ_j w_j log α_j over the positions with w_j > 0
  kPosterior,    ///< (π, log p) → π_j p_j / Σ_k π_k p_k

  // Attention to the past (§11.2). The second operand of the energies and of the sum is a value of
  // this step; they read it as the earlier steps t < i of the hypothesis computed it, not as this
  // step does. In the first step there are none: there are no energies, and the sum is 0.
  kPastDotEnergies,       ///< (q, k) → q · k_t
  kPastAdditiveEnergies,  ///< (q, k) → v · tanh(q + k_t); weights[0] is v
  kPastSoftmax,  ///< the softmax over the earlier steps, or the last ones of them (Node::recent)
  kPastSum,      ///< (α, x) → Σ_t α_t x_t

  // An output layer for each position. Weights are W [vocabulary, l] and b.
  kLogNormalizer,        ///< r_j → log Σ_y exp(W_y · r_j + b_y)
  kTokenLogProbability,  ///< (r_j, z_j) → W_y · r_j + b_y − z_j for y = y_i. Only carried values
                         ///< may depend on it, as with kNextEmbedding

  // Functions of single vectors.
  kAdd,        ///< x + y. Values are repeated as join() says
  kMultiply,   ///< x ⊙ y. Values are repeated as join() says
  kDivide,     ///< x / y. Values are repeated as join() says
  kMinimum,    ///< min(x, y). Values are repeated as join() says
  kLogAddExp,  ///< log(exp x + exp y). Values are repeated as join() says
  /// (e, l) → e − l; e where l is −∞: energies, and the logarithm of what divides their
  /// exponentials.
  kTemporalEnergies,
  kScale,          ///< factor · x
  kTanh,           ///< tanh x
  kSigmoid,        ///< 1 / (1 + exp(−x))
  kRelu,           ///< max(0, x)
  kMaxout,         ///< max(x_{2k−1}, x_{2k}) for each pair, half as many units
  kInverseLength,  ///< 1 / sqrt(|x|² + kLengthEpsilon), one number
  kUnitLength,     ///< x / sqrt(|x|² + kLengthEpsilon)
  kSlice,          ///< units Node::first … of a vector, as many as the result has
  kDropout,        ///< in training, x multiplied by a dropout mask; elsewhere x

  /// log softmax(W x + b), the last of all: weights are W [vocabulary, units of x] and b. With a
  /// second operand π, log Σ_j π_j softmax(W x_j + b), a mixture of the distributions of all
  /// positions. With the operands z and α after x, log(σ(z) softmax(W x + b)_y + (1 − σ(z)) Σ_{j:
  /// x_j = y} α_j), which copies the units x_j of the source. Engines compute it apart from the
  /// other nodes, because it is large (Program::output).
  kLogProbabilities
};

/// Keeps the direction of a vector of zeros defined.
inline constexpr double kLengthEpsilon = 1e-6;

/// The vector that is dropped, which decides the rate of a dropout and its mask (§1.8).
enum class DropoutPlace {
  kReadout,  ///< the readout
  kBetween   ///< the state of a layer that the next layer reads
};

/// A result of a node. It stays valid as long as its program.
struct Value {
  int node = -1;
  int result = 0;
  bool defined() const { return node >= 0; }
  bool operator==(const Value&) const = default;
};

/// One operation with its operands. Fields that the operation does not need keep their defaults.
struct Node {
  Op op = Op::kZeros;
  std::vector<Value> inputs = {};
  std::vector<std::string> weights = {};  ///< names of parameters, in the order that Op states
  std::vector<Shape> results = {};

  CellConfig cell = {};    ///< of cells
  int layer = 0;           ///< of cells, kLayer… and kDropout
  double factor = 1;       ///< of kScale
  std::int64_t reach = 0;  ///< D of a window; 0: all positions
  /// For kLocationEnergies, kSoftmax and kMonotonicPrior, positions from this number on count as
  /// outside the source; 0: none does.
  std::int64_t limit = 0;
  std::int64_t first = 0;   ///< of kSlice: the first unit that it takes
  std::int64_t recent = 0;  ///< L of attention to the past: the last L steps; 0: all earlier ones
  double elsewhere = 0;     ///< of kSpread
  Normaliser normaliser = Normaliser::kSoftmax;                        ///< of kSoftmax
  DropoutPlace place = DropoutPlace::kReadout;                         ///< of kDropout
  MonotonicPrediction prediction = MonotonicPrediction::kExpectation;  ///< of kMonotonicAlignment
  StochasticPrediction stochastic = StochasticPrediction::kArgmax;     ///< of kDraw
  bool passes_gradient = false;                                        ///< of kDraw

  // How the equations write the node.
  std::string symbol = {};  ///< "e_ij"; without one, the node is written out where it is used
  std::string label = {};   ///< "energies"; with one, the node has a line of its own
  std::string text = {};    ///< replaces the text that the operation gives
  std::vector<std::string> weight_symbols = {};  ///< "W_r", "b_r", in the order of `weights`
};

/// A value that a hypothesis takes along to its next step, where Op::kCarried reads it.
struct Carried {
  std::string name = {};  ///< "decoder.0.state"
  Value value = {};       ///< the node kCarried
  Value initial = {};     ///< before the first step: a value of the source
  Value next = {};        ///< after a step
};

using attend::Equation;
using attend::Over;

/// A value that a person may look at.
struct Observation {
  std::string name = {};  ///< "energies", "alignment", "context"
  Value value = {};
  Over over = Over::kSource;
};

/// A cost beside the cross-entropy: weight · Σ value over the target tokens of all sentences.
struct ExtraCost {
  std::string name = {};  ///< "coverage"
  Value value = {};       ///< [row: 1]
  double weight = 1;
  /// Whether the value of each token is multiplied by the reward of its sentence, which is the mean
  /// log-probability of its tokens minus a baseline, and negated: REINFORCE (§7.4).
  bool rewarded = false;
};

/// The layer that gives the log-probabilities: log softmax(W x + b). With a prior π it mixes the
/// distributions of all positions: log Σ_j π_j softmax(W x_j + b). With a gate z it mixes the
/// softmax with the units that it copies from the source (§13.4).
struct Output {
  Value input = {};         ///< [row: l], or [row and position: l] with a prior
  std::string weight = {};  ///< [target_vocabulary, units of input]
  std::string bias = {};    ///< [target_vocabulary]
  bool tied = false;        ///< whether the weight is an embedding table too
  Value prior = {};         ///< π [row and position: 1]; undefined without a mixture
  Value normalizer = {};    ///< kLogNormalizer of the input; with a prior only
  Value gate = {};          ///< z [row: 1], p_gen = σ(z); undefined without copying
  Value copied = {};        ///< α [row and position: 1]: the shares of copied units; with a gate
  bool mixes() const { return prior.defined(); }
  bool copies() const { return gate.defined(); }
};

/// One decoding step. A program is immutable once its Builder has finished it.
struct Program {
  std::vector<Node> nodes;  ///< operands come before the nodes that use them
  std::vector<Carried> carried;
  std::vector<Observation> observations;
  std::vector<ExtraCost> costs;
  Output output;
  std::vector<TensorSpec> parameters;  ///< in the order of the parameter table

  const Node& at(const Value& value) const { return nodes[static_cast<std::size_t>(value.node)]; }
  const Shape& shape(const Value& value) const {
    return at(value).results[static_cast<std::size_t>(value.result)];
  }
  /// The value of the observation of this name; undefined when there is none.
  Value observed(std::string_view name) const;
};

/// The number, 0 … 1, by which StochasticPrediction::kSample draws the position of a step, counted
/// from 0. It depends on the step alone, so that equal inputs have equal answers.
double number_of_step(std::size_t step);

/// Whether an operation reads the token that its step chooses.
constexpr bool reads_next_token(Op op) {
  return op == Op::kNextEmbedding || op == Op::kTokenLogProbability;
}

/// Whether an operation is a function of two values that are repeated as join() says.
constexpr bool joins(Op op) {
  switch (op) {
    case Op::kAdd:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kMinimum:
    case Op::kLogAddExp:
    case Op::kTemporalEnergies:
      return true;
    default:
      return false;
  }
}

/// Whether an operation belongs to attention to the past.
constexpr bool is_of_past(Op op) { return op >= Op::kPastDotEnergies && op <= Op::kPastSum; }

/// Whether an operation reads its second operand as the earlier steps computed it.
constexpr bool reads_past(Op op) { return is_of_past(op) && op != Op::kPastSoftmax; }

/// The name of an operation for messages: "linear".
std::string_view name_of(Op op);

/// Writes out the equations of the nodes that have a label, in the order of the nodes.
std::vector<Equation> equations(const Program& program);

/// Multiply-adds of the products in a program.
struct Work {
  double per_source = 0;             ///< once for each source
  double per_position = 0;           ///< once for each position of a source
  double per_step = 0;               ///< in each step of a hypothesis
  double per_step_and_position = 0;  ///< in each step for each position of the source
  double per_step_and_past = 0;      ///< in each step for each earlier step that it reads
  std::int64_t recent = 0;           ///< a step reads at most so many earlier ones; 0: all

  /// The pairs of a step and an earlier step that it reads, in a target of `target` tokens:
  /// target · (target − 1) / 2, or fewer if a step reads the last ones only.
  double past_pairs(double target) const;
  /// Multiply-adds of a target token, when the source has `source` tokens and the target `target`:
  /// the mean over the target.
  double per_token(double source, double target) const {
    return (per_source + per_position * source) / target + per_step +
           per_step_and_position * source + per_step_and_past * past_pairs(target) / target;
  }
};
Work work(const Program& program);

/// Numbers that training on kernels keeps of the values of a program, for the backward pass: for
/// each position of a source, for each step, for each step and position, and for each pair of
/// steps. The hidden layer of additive energies over positions is computed again instead; that of
/// energies over earlier steps is kept.
struct KeptValues {
  std::int64_t per_position = 0, per_step = 0, per_step_and_position = 0, per_pair_of_steps = 0;
};
KeptValues kept_values(const Program& program);

/// Numbers that prediction keeps of each step of a hypothesis for attention to the past.
std::int64_t kept_past_values(const Program& program);

}  // namespace attend::step
