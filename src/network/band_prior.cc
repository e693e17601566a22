#include "network/band_prior.h"

#include "network/normalisers.h"

namespace attend::network {
namespace {

// The positions that the offsets of each position lead to.
struct Targets {
  Tensor index;   // [1, batch, positions, offsets]: positions, any one where there is none
  Tensor exists;  // [1, batch, positions, offsets]: whether the offset leads to a position
};

// Offset d leads from position k to the open position whose rank among the open ones is d plus the
// number of those before k.
Targets targets_of(const Tensor& open, std::int64_t offsets) {
  const std::int64_t batch = open.size(0), positions = open.size(1);
  const at::TensorOptions integers = open.options().dtype(at::kLong);
  const Tensor number = at::arange(positions, integers);
  const Tensor opens = open.to(at::kLong);
  // All open positions in their order, and then the others.
  const Tensor order = (number + (1 - opens) * positions).argsort(1, false);
  const Tensor before = opens.cumsum(1) - opens;
  const Tensor rank = before.unsqueeze(2) + at::arange(offsets, integers);
  Targets targets;
  targets.exists = (rank < opens.sum(1).view({batch, 1, 1})).unsqueeze(0);
  targets.index = order.gather(1, rank.clamp_max(positions - 1).reshape({batch, -1}))
                      .reshape({1, batch, positions, offsets});
  return targets;
}

}  // namespace

Tensor band_prior(const Tensor& f, const Tensor& energies, const Tensor& mask) {
  const Tensor open = mask.defined()
                          ? mask == 0
                          : at::ones({energies.size(1), energies.size(2)},
                                     energies.options().dtype(at::kBool).requires_grad(false));
  const Targets targets = targets_of(open, energies.size(3));
  const Tensor exists = targets.exists.expand_as(energies);
  // A position without any offset, such as padding, has zeros in place of its energies, and gets no
  // share below.
  const Tensor none = exists.any(-1, true).logical_not();
  const Tensor closed = exists.logical_or(none).logical_not();
  const Tensor moves =
      normalise(step::Normaliser::kSoftmax, energies.masked_fill(none, 0), closed) *
      exists.to(energies.scalar_type()) * f.unsqueeze(-1);
  const Tensor index = targets.index.expand_as(moves);
  return at::zeros(moves.sizes().slice(0, 3), moves.options().requires_grad(false))
      .scatter_add(2, index.flatten(2), moves.flatten(2));
}

}  // namespace attend::network
