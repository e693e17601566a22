// Equations (Martins and Astudillo 2016; Peters, Niculae and Martins 2019), where the sums run over
// the support, the k positions that get a weight:
//   sparsemax  α_j = max(0, x_j − τ),  τ = (Σ x − 1) / k
//   entmax     α_j = max(0, x_j − τ)², where x is half the energy, τ = M − √((1 − V) / k), M is the
//              mean of x and V = Σ (x − M)²
// The support is found by sorting, without a gradient. Where it does not change, autograd then
// gives the exact Jacobian.
#include "network/normalisers.h"

#include <limits>
#include <tuple>

namespace attend::network {
namespace {

using at::Tensor;

constexpr double kNothing = -std::numeric_limits<double>::infinity();
// Energies of 2 or more below the largest have the weight 0 with sparsemax and with entmax.
constexpr double kFarBelow = -3;

// Where x is at least as large as the `count` largest values of its row.
Tensor at_least(const Tensor& x, const Tensor& sorted, const Tensor& count) {
  return (x >= sorted.gather(-1, count - 1)).to(x.scalar_type());
}

// 1 in the support of a row, 0 elsewhere. The largest x of a row is 0.
Tensor support_of(step::Normaliser normaliser, const Tensor& x) {
  const at::NoGradGuard no_gradient;
  const Tensor sorted = std::get<0>(x.sort(-1, true));
  const Tensor rank = at::arange(1, x.size(-1) + 1, x.options().requires_grad(false));
  const Tensor sums = sorted.cumsum(-1);
  if (normaliser == step::Normaliser::kSparsemax) {
    return at_least(x, sorted, (sorted * rank + 1 > sums).sum(-1, true));
  }
  const Tensor mean = sums / rank;
  const Tensor spread = sorted.square().cumsum(-1) - rank * mean.square();
  const Tensor threshold = mean - ((1 - spread) / rank).clamp_min(0).sqrt();
  return at_least(x, sorted, (threshold <= sorted).sum(-1, true));
}

Tensor sparsemax(const Tensor& x) {
  const Tensor support = support_of(step::Normaliser::kSparsemax, x);
  const Tensor threshold = ((x * support).sum(-1, true) - 1) / support.sum(-1, true);
  return (x - threshold).relu();
}

Tensor entmax(const Tensor& energies) {
  const Tensor x = energies / 2;
  const Tensor support = support_of(step::Normaliser::kEntmax, x);
  const Tensor count = support.sum(-1, true);
  const Tensor mean = (x * support).sum(-1, true) / count;
  const Tensor spread = ((x - mean).square() * support).sum(-1, true);
  const Tensor threshold = mean - ((1 - spread) / count).sqrt();
  return (x - threshold).relu().square();
}

}  // namespace

Tensor normalise(step::Normaliser normaliser, const Tensor& energies, const Tensor& closed) {
  const auto fill = [&closed](const Tensor& x, double value) {
    return closed.defined() ? x.masked_fill(closed, value) : x;
  };
  if (normaliser == step::Normaliser::kSoftmax) return fill(energies, kNothing).softmax(-1);
  const Tensor largest = fill(energies.detach(), kNothing).amax(-1, true);
  const Tensor x = fill(energies - largest, kFarBelow);
  return normaliser == step::Normaliser::kSparsemax ? sparsemax(x) : entmax(x);
}

}  // namespace attend::network
