#include "network/layers.h"

namespace attend::network {
namespace {

constexpr double kNormEpsilon = 1e-5;

// Returns x W for x of shape [batch, in] or [directions, batch, in].
Tensor product(const Tensor& x, const Tensor& weight) {
  return x.dim() == 2 ? x.mm(weight) : x.bmm(weight);
}
Tensor affine(const Tensor& added, const Tensor& x, const Tensor& weight) {
  return x.dim() == 2 ? at::addmm(added, x, weight) : at::baddbmm(added, x, weight);
}

}  // namespace

Tensor normalize_blocks(const Tensor& x, std::int64_t units) {
  std::vector<std::int64_t> blocks = x.sizes().vec();
  blocks.back() /= units;
  blocks.push_back(units);
  return at::layer_norm(x.reshape(blocks), {units}, {}, {}, kNormEpsilon, false).view(x.sizes());
}

Recurrence::Recurrence(const model::CellConfig& config, std::int64_t units,
                       const CellTensors& tensors)
    : config_(config),
      units_(units),
      weight_(tensors.recurrent_weight.transpose(-1, -2)),
      gain_(tensors.recurrent_gain),
      recurrent_bias_(tensors.recurrent_bias) {
  if (config.type == model::Cell::kLstm) return;
  gate_weight_ = weight_.narrow(-1, 0, 2 * units);
  candidate_weight_ = weight_.narrow(-1, 2 * units, units);
  if (!gain_.defined()) return;
  gate_gain_ = gain_.narrow(-1, 0, 2 * units);
  candidate_gain_ = gain_.narrow(-1, 2 * units, units);
}

State Recurrence::zero_state(at::IntArrayRef shape, const at::TensorOptions& options) const {
  const Tensor zeros = at::zeros(shape, options);
  return {zeros, config_.type == model::Cell::kLstm ? zeros : Tensor()};
}

Tensor Recurrence::gates(const Tensor& x) const {
  return config_.gates == model::Gates::kLogistic ? x.sigmoid()
                                                  : at::add(x * 0.2, 0.5).clamp(0.0, 1.0);
}

// Returns `projected` + U x. U x is normalised when there is a gain.
Tensor Recurrence::recurrent(const Tensor& projected, const Tensor& x, const Tensor& weight,
                             const Tensor& gain) const {
  if (!gain.defined()) return affine(projected, x, weight);
  return at::addcmul(projected, normalize_blocks(product(x, weight), units_), gain);
}

State Recurrence::step(const Tensor& projected, const State& previous, const Tensor& mask,
                       const Tensor& inside) const {
  const Tensor dropped = mask.defined() ? previous.hidden * mask : previous.hidden;
  return config_.type == model::Cell::kLstm ? lstm(projected, previous, dropped)
                                            : gru(projected, previous.hidden, dropped, inside);
}

State Recurrence::gru(const Tensor& projected, const Tensor& h, const Tensor& dropped,
                      const Tensor& inside) const {
  const auto input = projected.split_with_sizes({2 * units_, units_}, -1);
  Tensor update, candidate;
  if (config_.reset == model::GruReset::kBefore) {
    const auto zr = gates(recurrent(input[0], dropped, gate_weight_, gate_gain_)).chunk(2, -1);
    update = zr[0];
    candidate = recurrent(input[1], zr[1] * dropped, candidate_weight_, candidate_gain_).tanh();
  } else {
    Tensor all = product(dropped, weight_);
    if (gain_.defined()) all = normalize_blocks(all, units_) * gain_;
    const bool of_all_gates = recurrent_bias_.defined() && recurrent_bias_.size(-1) == 3 * units_;
    if (of_all_gates) all = all + recurrent_bias_;
    if (inside.defined()) all = all + inside;
    const auto state = all.split_with_sizes({2 * units_, units_}, -1);
    const auto zr = gates(input[0] + state[0]).chunk(2, -1);
    update = zr[0];
    const bool adds = recurrent_bias_.defined() && !of_all_gates;
    candidate = at::addcmul(input[1], zr[1], adds ? state[1] + recurrent_bias_ : state[1]).tanh();
  }
  const bool z_takes_new = config_.update == model::GruUpdate::kNew;
  return {z_takes_new ? at::lerp(h, candidate, update) : at::lerp(candidate, h, update), {}};
}

State Recurrence::lstm(const Tensor& projected, const State& previous,
                       const Tensor& dropped) const {
  const auto parts =
      recurrent(projected, dropped, weight_, gain_).split_with_sizes({3 * units_, units_}, -1);
  const auto ifo = gates(parts[0]).chunk(3, -1);
  const Tensor cell = at::addcmul(ifo[1] * previous.cell, ifo[0], parts[1].tanh());
  return {ifo[2] * cell.tanh(), cell};
}

}  // namespace attend::network
