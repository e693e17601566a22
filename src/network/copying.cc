// The output of a decoder that copies (§13.4): P(y) = p_gen softmax(W r + b)_y + (1 − p_gen) Σ_{j:
// x_j = y} α_j, with p_gen = σ(z). Logarithms are added throughout: log σ(z) and log σ(−z) stay
// exact where p_gen is nearly 0 or 1.
#include <limits>

#include "base/base.h"
#include "network/network.h"
#include "network/passes.h"

namespace attend::network {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
// The least share of a copied unit in the loss. A softmax in float gives positions far below the
// best one exactly 0, and the loss of a unit that only the source has must stay finite.
constexpr double kLeastShare = 1e-30;

}  // namespace

// Returns the log-probabilities of the target vocabulary and of the units that only the sources
// have, [steps, batch, target_vocabulary + Batch::own_ids].
Tensor Network::copying_scores(const Decoded& decoded, const Batch& batch) const {
  const LossInputs inputs = loss_inputs(decoded.readouts.flatten(0, 1), batch);
  const Tensor generated = log_probabilities(inputs.rows, inputs.weight, inputs.bias)
                               .view({decoded.gate.size(0), batch.sentences, -1});
  const Tensor padded = at::constant_pad_nd(generated, {0, batch.own_ids}, kNothing);
  const Tensor known = at::log_sigmoid(decoded.gate) + padded;
  if (!batch.copies.defined()) return known;
  const Tensor exists = (batch.copies >= 0).to(decoded.copied.scalar_type());
  const Tensor shares = at::zeros_like(padded).scatter_add(
      2, batch.copies.clamp_min(0).unsqueeze(0).expand(decoded.copied.sizes()),
      decoded.copied * exists);
  return at::logaddexp(known, at::log_sigmoid(decoded.gate.neg()) + shares.log());
}

// The loss: Σ log P(y_i) is complete, so that all of it is LossInputs::log_likelihood.
LossInputs Network::copying_loss(const Decoded& decoded, const Batch& batch) const {
  const std::int64_t vocabulary = tensor("output.bias").size(0);
  const Tensor& ids = batch.target_tokens;
  const Tensor is_known = ids < vocabulary;
  LossInputs output = loss_inputs(of_targets(decoded.readouts, batch).contiguous(), batch);
  output.targets = at::where(is_known, ids, at::zeros_like(ids));
  const Tensor gate = of_targets(decoded.gate, batch).squeeze(1);
  const Tensor known = at::log_sigmoid(gate) + operations_->token_log_probabilities(output);
  LossInputs inputs;
  if (!batch.copies.defined()) {
    ATTEND_CHECK(is_known.all().item<bool>());
    inputs.log_likelihood = known.sum();
    return inputs;
  }
  const Tensor positions = of_targets(  // [tokens, source_length]: the ids of each token's source
      batch.copies.unsqueeze(0).expand({batch.target.size(0), -1, -1}), batch);
  const Tensor is_copy = (positions == ids.unsqueeze(1)).to(gate.scalar_type());
  const Tensor share = (of_targets(decoded.copied, batch) * is_copy).sum(1);
  const Tensor copied = at::log_sigmoid(gate.neg()) + share.clamp_min(kLeastShare).log();
  // Each token has the parts that exist: a token of the vocabulary that is not in its source is
  // generated, and one that the vocabulary lacks is copied.
  const Tensor both = at::logaddexp(known, copied);
  inputs.log_likelihood = at::where(is_known, at::where(share > 0, both, known), copied).sum();
  return inputs;
}

}  // namespace attend::network
