#include "train/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace attend::train {
namespace {

constexpr double kNormEpsilon = 1e-5;

// x W for [batch, in] and [directions, batch, in].
Tensor product(const Tensor& x, const Tensor& weight) {
  return x.dim() == 2 ? x.mm(weight) : x.bmm(weight);
}
Tensor affine(const Tensor& added, const Tensor& x, const Tensor& weight) {
  return x.dim() == 2 ? at::addmm(added, x, weight) : at::baddbmm(added, x, weight);
}

}  // namespace

Tensor find_tensor(const Tensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? Tensor() : found->second;
}

Dropout::Dropout(const model::DropoutConfig& config, std::uint64_t seed, std::int64_t update,
                 int shard)
    : config_(config),
      random_(Random::stream(mix(seed + static_cast<std::uint64_t>(shard)),
                             static_cast<std::uint64_t>(update))) {}

Tensor Dropout::mask(at::IntArrayRef shape, double probability, const at::TensorOptions& options) {
  Tensor mask = at::empty(shape, at::kFloat);
  float* values = mask.data_ptr<float>();
  const std::int64_t count = mask.numel();
  const auto kept = static_cast<float>(1.0 / (1.0 - probability));
  const auto threshold = static_cast<std::uint64_t>(probability * 65536.0);
  for (std::int64_t i = 0; i < count; i += 4) {  // 16 random bits decide one value
    std::uint64_t bits = random_.next();
    for (std::int64_t k = i; k < std::min(i + 4, count); ++k, bits >>= 16) {
      values[k] = (bits & 0xffff) < threshold ? 0.0f : kept;
    }
  }
  return mask.to(options);
}

Tensor Dropout::sequence(const Tensor& x, double probability) {
  if (probability <= 0.0) return x;
  const std::int64_t steps = config_.variational ? 1 : x.size(0);
  return x * mask({steps, x.size(1), x.size(2)}, probability, x.options().requires_grad(false));
}

CellTensors CellTensors::find(const Tensors& tensors, const std::string& prefix) {
  const auto get = [&](const char* name) {
    return find_tensor(tensors, fmt::format("{}.{}", prefix, name));
  };
  return {get("input_weight"),   get("recurrent_weight"), get("bias"),
          get("recurrent_bias"), get("input_gain"),       get("recurrent_gain")};
}

CellTensors CellTensors::stack(const std::vector<CellTensors>& directions) {
  const auto matrices = [&](Tensor CellTensors::*member) {
    std::vector<Tensor> all;
    for (const CellTensors& one : directions) all.push_back(one.*member);
    return at::stack(all);
  };
  const auto vectors = [&](Tensor CellTensors::*member) {  // undefined stays undefined
    return (directions.front().*member).defined() ? matrices(member).unsqueeze(1) : Tensor();
  };
  return {matrices(&CellTensors::input_weight), matrices(&CellTensors::recurrent_weight),
          vectors(&CellTensors::bias),          vectors(&CellTensors::recurrent_bias),
          vectors(&CellTensors::input_gain),    vectors(&CellTensors::recurrent_gain)};
}

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

// `projected` + U x, with U x normalised when there is a gain.
Tensor Recurrence::recurrent(const Tensor& projected, const Tensor& x, const Tensor& weight,
                             const Tensor& gain) const {
  if (!gain.defined()) return affine(projected, x, weight);
  return at::addcmul(projected, normalize_blocks(product(x, weight), units_), gain);
}

State Recurrence::step(const Tensor& projected, const State& previous, const Tensor& mask) const {
  const Tensor dropped = mask.defined() ? previous.hidden * mask : previous.hidden;
  return config_.type == model::Cell::kLstm ? lstm(projected, previous, dropped)
                                            : gru(projected, previous.hidden, dropped);
}

State Recurrence::gru(const Tensor& projected, const Tensor& h, const Tensor& dropped) const {
  const auto input = projected.split_with_sizes({2 * units_, units_}, -1);
  Tensor update, candidate;
  if (config_.reset == model::GruReset::kBefore) {
    const auto zr = gates(recurrent(input[0], dropped, gate_weight_, gate_gain_)).chunk(2, -1);
    update = zr[0];
    candidate = recurrent(input[1], zr[1] * dropped, candidate_weight_, candidate_gain_).tanh();
  } else {
    Tensor all = product(dropped, weight_);
    if (gain_.defined()) all = normalize_blocks(all, units_) * gain_;
    const auto state = all.split_with_sizes({2 * units_, units_}, -1);
    const auto zr = gates(input[0] + state[0]).chunk(2, -1);
    update = zr[0];
    candidate = at::addcmul(input[1], zr[1], state[1] + recurrent_bias_).tanh();
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

Attention::Attention(const model::AttentionConfig& config, const Tensors& tensors,
                     const Annotated& annotated, const Tensor& projected)
    : config_(config),
      annotated_(annotated),
      projected_(projected),
      energy_bias_(find_tensor(tensors, "attention.energy_bias")) {
  if (config.score == model::Score::kAdditive) {
    query_weight_ = tensors.at("attention.query_weight").t();
    energy_weight_ = tensors.at("attention.energy_weight");
  }
  if (!projected.defined()) projected_ = project(tensors);
}

Tensor Attention::project(const Tensors& tensors) const {
  const Tensor& h = annotated_.annotations;
  if (config_.score == model::Score::kDot) return h;
  const Tensor rows = h.reshape({-1, h.size(2)});
  const Tensor weight = tensors.at("attention.annotation_weight").t();
  const Tensor projected = config_.score == model::Score::kGeneral
                               ? rows.mm(weight)
                               : at::addmm(tensors.at("attention.bias"), rows, weight);
  return projected.view({h.size(0), h.size(1), -1});
}

// [batch, source_length]
Tensor Attention::score(const Tensor& state) const {
  if (config_.score != model::Score::kAdditive) {
    return projected_.bmm(state.unsqueeze(2)).squeeze(2);
  }
  const Tensor hidden = (projected_ + state.mm(query_weight_).unsqueeze(1)).tanh();
  return hidden.view({-1, hidden.size(2)}).mv(energy_weight_).view({hidden.size(0), -1});
}

Look Attention::look(const Tensor& state) const {
  Tensor energies = score(state);
  if (energy_bias_.defined()) energies = energies + energy_bias_;
  if (config_.energies == model::Energies::kRelu) energies = energies.relu();
  if (annotated_.mask.defined()) energies = energies + annotated_.mask;
  const Tensor alignment = energies.softmax(-1);
  return {energies, alignment, alignment.unsqueeze(1).bmm(annotated_.annotations).squeeze(1)};
}

}  // namespace attend::train
