// An encoder of several levels (§8; Yang et al. 2016): every sentence is encoded by itself and
// pooled to one vector, and the level above reads the vectors of a document's sentences.
#include "network/levels.h"

#include <algorithm>
#include <limits>

#include "base/base.h"
#include "network/network.h"
#include "network/passes.h"

namespace attend::network {

Tensor largest_of_each_unit(const Tensor& h, const Batch& batch) {
  if (!batch.source_mask.defined()) return h.amax(0);
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  return h.masked_fill((batch.source_mask == 0).unsqueeze(2), kNothing).amax(0);
}

// Returns the vectors [batch, n_h] that the sequences of a level become, from their annotations h
// [longest, batch, n_h], and the weights [positions] if there are any: α_t = softmax_t(u · tanh(W
// h_t + b)), and the vector is Σ_t α_t h_t.
PooledSequences Network::pool(int level, const Tensor& h, const Batch& batch) const {
  switch (configuration_.encoder.pooling) {
    case model::Pooling::kMean:
      return {h.sum(0) / batch.source_lengths.unsqueeze(1), {}};
    case model::Pooling::kMax:
      return {largest_of_each_unit(h, batch), {}};
    case model::Pooling::kAttention:
      break;
  }
  const std::string name = model::pooling_name(level);
  const Tensor rows = operations_->real_positions(h, batch);
  const Tensor hidden = operations_->linear({{rows, {}}}, tensor(name + ".weight"),
                                            tensor(name + ".bias"), Activation::kTanh);
  return operations_->pool(rows, hidden.mv(tensor(name + ".query")), batch);
}

namespace {

// Adds the weights of some sequences to those of `level` that are there already.
void add_weights(std::size_t level, const Tensor& own, std::vector<Tensor>& weights) {
  weights.resize(std::max(weights.size(), level + 1));
  Tensor& all = weights[level];
  all = all.defined() ? at::cat({all, own}, 0) : own;
}

}  // namespace

// Returns the vectors [source_length, batch, n_h] of the level below, which the bottom layer of
// `level` reads at the positions of the batch; 0 on padding. Undefined for level 0, which reads
// words. Adds the weights of each level below, if there are any, to `weights`, which may be null.
Tensor Network::read_below(const Batch& batch, int level, Dropout* dropout,
                           std::vector<Tensor>* weights) const {
  ATTEND_CHECK((level > 0) == !batch.below.empty());
  if (level == 0) return {};
  std::vector<Tensor> vectors;
  for (const std::shared_ptr<const Batch>& below : batch.below) {
    Tensor h = read_below(*below, level - 1, dropout, weights);
    for (int layer = 0; layer < configuration_.encoder.layers; ++layer) {
      h = encode_layer({level - 1, layer}, *below, h, dropout).annotations;
    }
    const PooledSequences pooled = pool(level - 1, h, *below);
    vectors.push_back(pooled.vectors);
    if (weights != nullptr && pooled.weights.defined()) {
      add_weights(static_cast<std::size_t>(level - 1), pooled.weights, *weights);
    }
  }
  const std::int64_t units = vectors.front().size(1);
  vectors.push_back(at::zeros({1, units}, floating()));  // of padding
  return at::cat(vectors, 0)
      .index_select(0, batch.below_rows)
      .view({batch.source.size(0), batch.source.size(1), units});
}

}  // namespace attend::network
