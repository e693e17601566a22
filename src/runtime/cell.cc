#include "runtime/cell.h"

#include "base/base.h"

namespace attend::runtime {
namespace {

bool resets_before(const model::CellConfig& config) {
  return config.type == model::Cell::kGru && config.reset == model::GruReset::kBefore;
}

kernels::GateFunction gate_function(const model::CellConfig& config) {
  return config.gates == model::Gates::kHard ? kernels::GateFunction::kHard
                                             : kernels::GateFunction::kLogistic;
}

kernels::UpdateGate update_gate(const model::CellConfig& config) {
  return config.update == model::GruUpdate::kOld ? kernels::UpdateGate::kOld
                                                 : kernels::UpdateGate::kNew;
}

}  // namespace

InputProjection::InputProjection(std::size_t units, const Tensors& tensors)
    : units_(units),
      linear_{tensors.matrix("input_weight"), tensors.values("bias")},
      values_(tensors.values("input_weight")),
      bias_(tensors.values("bias")),
      gain_(tensors.values("input_gain")) {
  if (!gain_.empty()) linear_.bias = {};
}

void InputProjection::operator()(std::span<const float> x, std::size_t rows,
                                 std::span<float> gates) const {
  linear_(x, rows, gates);
  finish(rows, gates);
}

void InputProjection::one_hot(std::span<const text::TokenId> ids, std::span<float> gates) const {
  const std::size_t columns = linear_.weight.inputs(), width = linear_.weight.outputs();
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const std::span<float> to = row_of(gates, row, width);
    const float* column = values_.data() + ids[row];
    for (std::size_t k = 0; k < width; ++k) {
      to[k] = column[k * columns] + (gain_.empty() && !bias_.empty() ? bias_[k] : 0.0F);
    }
  }
  finish(ids.size(), gates);
}

void InputProjection::finish(std::size_t rows, std::span<float> gates) const {
  if (!gain_.empty()) kernels::layer_norm(gates, rows, units_, gain_, bias_);
}

RecurrentCell::RecurrentCell(const model::CellConfig& config, std::size_t units,
                             const Tensors& tensors)
    : config_(config),
      units_(units),
      gate_units_(static_cast<std::size_t>(config.gate_count()) * units),
      recurrent_bias_(tensors.values("recurrent_bias")),
      recurrent_gain_(tensors.values("recurrent_gain")) {
  if (config.resets_after()) candidate_bias_ = recurrent_bias_;
  if (config.resets_after() && config.recurrent_biases() != 1) {
    zeros_.resize(units);
    candidate_bias_ = zeros_;
  }
  if (resets_before(config)) {
    recurrent_ = tensors.matrix("recurrent_weight", {.rows = 2 * units});
    candidate_ = tensors.matrix("recurrent_weight", {.first_row = 2 * units});
  } else {
    recurrent_ = tensors.matrix("recurrent_weight");
  }
}

// Normalises `values` [rows, gates · n], which hold U h of the gates from first_gate on.
void RecurrentCell::normalise_recurrent(std::size_t rows, std::size_t first_gate, std::size_t gates,
                                        std::span<float> values) const {
  if (recurrent_gain_.empty()) return;
  kernels::layer_norm(values, rows, units_,
                      recurrent_gain_.subspan(first_gate * units_, gates * units_), {});
}

void RecurrentCell::step(std::size_t rows, const kernels::GateRows& gates, std::span<float> state,
                         std::span<float> cell, CellMemory& memory,
                         std::span<const float> inside) const {
  using kernels::ReadOrder;
  memory.order = memory.order == ReadOrder::kForward ? ReadOrder::kBackward : ReadOrder::kForward;
  if (config_.type == model::Cell::kLstm) {
    step_lstm(rows, gates, state, cell, memory);
  } else if (resets_before(config_)) {
    step_reset_before(rows, gates, state, memory);
  } else {
    step_reset_after(rows, gates, state, memory, inside);
  }
}

void RecurrentCell::step_lstm(std::size_t rows, const kernels::GateRows& gates,
                              std::span<float> state, std::span<float> cell,
                              CellMemory& memory) const {
  const std::span<float> recurrent = memory.recurrent.get(rows * gate_units_);  // [rows, 4 n]
  recurrent_.multiply(state, rows, {}, recurrent, memory.order);
  normalise_recurrent(rows, 0, 4, recurrent);
  kernels::lstm({rows, units_}, gate_function(config_), gates, recurrent, state, cell);
}

void RecurrentCell::step_reset_before(std::size_t rows, const kernels::GateRows& gates,
                                      std::span<float> state, CellMemory& memory) const {
  const std::span<float> recurrent = memory.recurrent.get(rows * 2 * units_);  // [rows, 2 n]
  const std::span<float> z = memory.z.get(rows * units_);                      // [rows, n]
  const std::span<float> reset = memory.reset.get(rows * units_);              // r ⊙ h [rows, n]
  const std::span<float> candidate = memory.candidate.get(rows * units_);      // [rows, n]
  recurrent_.multiply(state, rows, {}, recurrent, memory.order);
  normalise_recurrent(rows, 0, 2, recurrent);
  kernels::gru_reset_before({rows, units_}, gate_function(config_), gates, recurrent, state, z,
                            reset);
  candidate_.multiply(reset, rows, {}, candidate);
  normalise_recurrent(rows, 2, 1, candidate);
  kernels::gru_update({rows, units_}, update_gate(config_), gates, candidate, z, state);
}

void RecurrentCell::step_reset_after(std::size_t rows, const kernels::GateRows& gates,
                                     std::span<float> state, CellMemory& memory,
                                     std::span<const float> inside) const {
  const std::span<float> recurrent = memory.recurrent.get(rows * gate_units_);  // [rows, 3 n]
  recurrent_.multiply(state, rows, {}, recurrent, memory.order);
  normalise_recurrent(rows, 0, 3, recurrent);
  if (!inside.empty()) kernels::add(inside, recurrent);
  if (config_.recurrent_biases() == 3) {
    for (std::size_t row = 0; row < rows; ++row) {
      kernels::add(recurrent_bias_, row_of(recurrent, row, gate_units_));
    }
  }
  kernels::gru_reset_after({rows, units_}, {gate_function(config_), update_gate(config_)}, gates,
                           recurrent, candidate_bias_, state);
}

}  // namespace attend::runtime
