#include "network/tensors.h"

#include <fmt/format.h>

namespace attend::network {

Tensor find_tensor(const Tensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? Tensor() : found->second;
}

CellTensors CellTensors::find(const Tensors& tensors, const std::string& prefix,
                              const CellShape& shape) {
  const auto get = [&](const char* name) {
    return find_tensor(tensors, fmt::format("{}.{}", prefix, name));
  };
  CellTensors found{get("input_weight"),   get("recurrent_weight"), get("bias"),
                    get("recurrent_bias"), get("input_gain"),       get("recurrent_gain")};
  const model::CellConfig& config = shape.config;
  if (!config.resets_after() || config.bias == model::GruBias::kBoth) return found;
  const Tensor zeros =
      at::zeros({shape.units}, found.recurrent_weight.options().requires_grad(false));
  if (config.bias == model::GruBias::kInside) {
    const std::int64_t gates = 2 * shape.units;
    found.bias = at::cat({found.recurrent_bias.narrow(0, 0, gates), zeros});
    found.recurrent_bias = found.recurrent_bias.narrow(0, gates, shape.units);
  } else {
    found.recurrent_bias = zeros;
  }
  return found;
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

}  // namespace attend::network
