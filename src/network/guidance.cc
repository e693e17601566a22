#include "network/guidance.h"

#include "base/base.h"

namespace attend::network {
namespace {

constexpr double kSmall = 1e-6;  // as in Marian

bool follows_links(const model::GuidanceConfig& guidance, const Batch& batch) {
  return guidance.guided_weight > 0 && batch.links.defined();
}

}  // namespace

Tensor guided_cost(const Tensor& alignments, const Tensor& links, model::GuidedLoss loss) {
  ATTEND_CHECK(alignments.sizes() == links.sizes());
  if (loss == model::GuidedLoss::kCrossEntropy) {
    return (links * (alignments + kSmall).log()).sum().neg();
  }
  const Tensor has_links = links.sum(2, true).gt(0).to(links.scalar_type());
  return ((links - alignments).square() * has_links).sum() / 2;
}

Tensor diagonal_weights(const Batch& batch, double width) {
  const at::TensorOptions floating = batch.target_lengths.options();
  const Tensor i = at::arange(batch.target.size(0), floating).view({-1, 1, 1});
  const Tensor j = at::arange(batch.source.size(0), floating).view({1, 1, -1});
  const Tensor targets = batch.target_lengths.view({1, -1, 1});
  const Tensor sources = batch.source_lengths.view({1, -1, 1});
  const Tensor distances = (i / targets - j / sources).square();
  const Tensor weights = (distances / (-2 * width * width)).expm1().neg();
  return weights * i.lt(targets).to(weights.scalar_type());
}

bool guides(const model::GuidanceConfig& guidance, const Batch& batch) {
  return follows_links(guidance, batch) || guidance.diagonal_weight > 0;
}

Tensor guidance_cost(const model::GuidanceConfig& guidance, const Batch& batch,
                     const Tensor& alignments) {
  if (!guides(guidance, batch)) return {};
  ATTEND_CHECK(alignments.defined());
  Tensor cost;
  if (follows_links(guidance, batch)) {
    cost = guided_cost(alignments, batch.links, guidance.guided_loss) * guidance.guided_weight;
  }
  if (guidance.diagonal_weight > 0) {
    const Tensor weights = diagonal_weights(batch, guidance.diagonal_width);
    const Tensor away = (alignments * weights).sum() * guidance.diagonal_weight;
    cost = cost.defined() ? cost + away : away;
  }
  return cost;
}

Tensor doubly_stochastic_costs(const Batch& batch, const Tensor& alignments) {
  ATTEND_CHECK(alignments.defined());
  const at::TensorOptions floating = batch.target_lengths.options();
  const Tensor i = at::arange(batch.target.size(0), floating).view({-1, 1, 1});
  const Tensor exists = i.lt(batch.target_lengths.view({1, -1, 1})).to(alignments.scalar_type());
  Tensor missing = (1 - (alignments * exists).sum(0)).square();  // [batch, source_length]
  if (batch.attention_mask.defined()) missing = missing * batch.attention_mask.t();
  return missing.sum(1);
}

Tensor doubly_stochastic_cost(const model::Configuration& configuration, const Batch& batch,
                              const Tensor& alignments) {
  const model::AttentionConfig& attention = configuration.attention;
  Tensor costs = doubly_stochastic_costs(batch, alignments);
  if (attention.doubly_stochastic_scale == model::DoublyStochasticScale::kCode) {
    costs = costs * (configuration.training.batch_size / batch.source_lengths);
  }
  return costs.sum() * attention.doubly_stochastic;
}

}  // namespace attend::network
