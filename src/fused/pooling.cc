#include "fused/pooling.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "fused/differentiate.h"
#include "fused/packed_weights.h"

namespace attend::fused {
namespace {

using at::Tensor;
using network::PooledSequences;

// Calls body(sequence, t, row) for every real position; rows stand sequence by sequence.
template <class Body>
void for_positions(const std::vector<std::int32_t>& lengths, Body body) {
  std::size_t row = 0;
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    for (std::int32_t t = 0; t < lengths[b]; ++t) body(b, static_cast<std::size_t>(t), row++);
  }
}

std::span<const float> values_of(const Tensor& x) {
  return {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())};
}
std::span<float> writable(Tensor& x) {
  return {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())};
}

// Calls body(sequence, first row, length) for every sequence.
template <class Body>
void for_sequences(const std::vector<std::int32_t>& lengths, Body body) {
  std::size_t first = 0;
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    const auto length = static_cast<std::size_t>(lengths[b]);
    body(b, first, length);
    first += length;
  }
}

// The gradients of rows [positions, units] and energies [positions], from those of the vectors.
std::vector<Tensor> pool_backward(const Tensor& rows, const Tensor& weights,
                                  const std::vector<std::int32_t>& lengths,
                                  const Tensor& d_vectors) {
  const auto units = static_cast<std::size_t>(rows.size(1));
  Tensor d_rows = at::empty_like(rows), d_energies = at::empty_like(weights);
  const std::span<const float> x = values_of(rows), alpha = values_of(weights),
                               d_v = values_of(d_vectors);
  const std::span<float> d_x = writable(d_rows), d_e = writable(d_energies);
  for_sequences(lengths, [&](std::size_t b, std::size_t first, std::size_t length) {
    const auto d_vector = d_v.subspan(b * units, units);
    const auto own = d_e.subspan(first, length);
    // dα_t = dv · x_t, and de_t = α_t (dα_t − Σ_k α_k dα_k)
    kernels::dot_energies(d_vector, x.subspan(first * units, length * units), 0.0F,
                          kernels::EnergyActivation::kLinear, own);
    const float* const a = alpha.data() + first;
    const float mean = std::inner_product(own.begin(), own.end(), a, 0.0F);
    for (std::size_t t = 0; t < length; ++t) {
      own[t] = a[t] * (own[t] - mean);
      float* const row = d_x.data() + (first + t) * units;
      for (std::size_t k = 0; k < units; ++k) row[k] = a[t] * d_vector[k];
    }
  });
  return {d_rows, d_energies};
}

}  // namespace

Tensor real_positions(const Tensor& given, const std::vector<std::int32_t>& lengths) {
  const Tensor h = given.detach().contiguous();
  const auto batch = static_cast<std::size_t>(h.size(1)),
             units = static_cast<std::size_t>(h.size(2));
  const std::int64_t positions = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  std::vector<Tensor> results{at::empty({positions, h.size(2)}, h.options())};
  const float* const from = h.data_ptr<float>();
  float* const to = results[0].data_ptr<float>();
  for_positions(lengths, [&](std::size_t b, std::size_t t, std::size_t row) {
    std::copy_n(from + (t * batch + b) * units, units, to + row * units);
  });
  const std::vector<std::int64_t> shape = h.sizes().vec();
  differentiate({given}, results, [=](std::vector<Tensor>&& gradients) -> std::vector<Tensor> {
    if (!gradients[0].defined()) return {Tensor()};
    const Tensor d_rows = gradients[0].contiguous();
    Tensor d_h = at::zeros(shape, d_rows.options());
    const float* const d_from = d_rows.data_ptr<float>();
    float* const d_to = d_h.data_ptr<float>();
    for_positions(lengths, [&](std::size_t b, std::size_t t, std::size_t row) {
      std::copy_n(d_from + row * units, units, d_to + (t * batch + b) * units);
    });
    return {d_h};
  });
  return results[0];
}

PooledSequences pool(const Tensor& given, const Tensor& energies,
                     const std::vector<std::int32_t>& lengths) {
  const Tensor rows = given.detach().contiguous();
  Tensor weights = energies.detach().clone().contiguous();
  const auto units = static_cast<std::size_t>(rows.size(1));
  std::vector<Tensor> results{
      at::empty({static_cast<std::int64_t>(lengths.size()), rows.size(1)}, rows.options())};
  const std::span<float> alpha = writable(weights), vectors = writable(results[0]);
  for_sequences(lengths, [&](std::size_t b, std::size_t first, std::size_t length) {
    const auto own = alpha.subspan(first, length);
    kernels::softmax(own);
    kernels::weighted_sum(own, values_of(rows).subspan(first * units, length * units),
                          vectors.subspan(b * units, units));
  });
  differentiate({given, energies}, results,
                [=](std::vector<Tensor>&& gradients) -> std::vector<Tensor> {
                  if (!gradients[0].defined()) return {Tensor(), Tensor()};
                  return pool_backward(rows, weights, lengths, gradients[0].contiguous());
                });
  return {results[0], weights};
}

}  // namespace attend::fused
