// The operations of step programs that are functions of their operands alone, in libtorch's tensor
// operations with autograd: the definition that other interpreters must equal. Needs libtorch.
#pragma once

#include <cstdint>
#include <vector>

#include "network/tensors.h"

namespace attend::network {

/// The operands of an operation, in the layout that program_run.h describes, and what it reads
/// beside them.
struct OperationInputs {
  std::vector<Tensor> operands;
  std::vector<step::Shape> shapes;  // of the operands; only step::joins() reads them
  std::vector<Tensor> weights;      // in the order of Node::weights
  /// [batch, positions]: 0, or −infinity where attention must not look. May be undefined if
  /// attention may look everywhere and the node has neither a reach nor a limit.
  Tensor mask;
  /// [steps, batch]: the tokens that kTokenLogProbability scores; negative ones count as 0.
  Tensor ids;
  /// [steps, batch, positions]: what kMonotonicAlignment adds to its energies; undefined for
  /// nothing.
  Tensor noise;
  Tensor draws;           // [steps, batch]: of kDraw, as in DecoderMasks; undefined in prediction
  bool predicts = false;  ///< as in ProgramInputs
  // Of attention to the past: the first operand has the steps from `first_step` on, and the second
  // one the steps from the first on. Numbers of earlier steps are arrays of all `steps` steps.
  std::int64_t first_step = 0, steps = 0;
};

/// Whether compute() knows an operation. It knows all but inputs, products, cells, dropout and the
/// log-probabilities of the output layer.
bool is_computed(step::Op op);

/// Returns x in a form that libtorch repeats as step::join() says: x has the layout of a value of
/// shape `own`, and the other operand and the result that of `result`.
Tensor repeatable(const Tensor& x, const step::Shape& own, const step::Shape& result);

/// Computes the result of a node for one step or for all steps at once. Its values may be in float
/// or double on any device.
Tensor compute(const step::Node& node, const OperationInputs& in);

/// Computes an operation of attention to the past (past_operations.cc).
Tensor compute_past(const step::Node& node, const OperationInputs& in);

/// log Σ_j π_j p(y | j) of the tokens `ids` [rows]: readouts [rows, positions, l], prior π and
/// log-normalisers [rows, positions], and the output layer's weight [vocabulary, l] and bias. The
/// result is [rows].
Tensor mixture_log_likelihood(const Tensor& readouts, const Tensor& prior, const Tensor& normalizer,
                              const Tensor& weight, const Tensor& bias, const Tensor& ids);

}  // namespace attend::network
