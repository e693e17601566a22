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

RecurrentCell::RecurrentCell(const model::CellConfig& config, std::size_t units,
                             const Tensors& tensors)
    : config_(config),
      units_(units),
      gate_units_(static_cast<std::size_t>(config.gate_count()) * units),
      input_(tensors.matrix("input_weight")),
      input_values_(tensors.values("input_weight")),
      bias_(tensors.values("bias")),
      recurrent_bias_(tensors.values("recurrent_bias")),
      input_gain_(tensors.values("input_gain")),
      recurrent_gain_(tensors.values("recurrent_gain")) {
  if (resets_before(config)) {
    recurrent_ = tensors.matrix("recurrent_weight", 0, 2 * units);
    candidate_ = tensors.matrix("recurrent_weight", 2 * units, units);
  } else {
    recurrent_ = tensors.matrix("recurrent_weight");
  }
}

void RecurrentCell::project(std::span<const float> x, std::size_t rows,
                            std::span<float> gates) const {
  input_.multiply(x, rows, input_gain_.empty() ? bias_ : std::span<const float>(), gates);
  finish_projection(rows, gates);
}

void RecurrentCell::project_one_hot(std::span<const text::TokenId> ids,
                                    std::span<float> gates) const {
  const std::size_t columns = input_.inputs();
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const std::span<float> to = row_of(gates, row, gate_units_);
    const float* column = input_values_.data() + ids[row];
    for (std::size_t k = 0; k < gate_units_; ++k) {
      to[k] = column[k * columns] + (input_gain_.empty() ? bias_[k] : 0.0F);
    }
  }
  finish_projection(ids.size(), gates);
}

void RecurrentCell::finish_projection(std::size_t rows, std::span<float> gates) const {
  if (!input_gain_.empty()) kernels::layer_norm(gates, rows, units_, input_gain_, bias_);
}

// `values` [rows, gates · n] are U h of the gates from first_gate on.
void RecurrentCell::normalise_recurrent(std::size_t rows, std::size_t first_gate, std::size_t gates,
                                        std::span<float> values) const {
  if (recurrent_gain_.empty()) return;
  kernels::layer_norm(values, rows, units_,
                      recurrent_gain_.subspan(first_gate * units_, gates * units_), {});
}

void RecurrentCell::step(std::size_t rows, std::span<const float> gates, std::span<float> state,
                         std::span<float> cell, CellMemory& memory) const {
  if (config_.type == model::Cell::kLstm) {
    step_lstm(rows, gates, state, cell, memory);
  } else if (resets_before(config_)) {
    step_reset_before(rows, gates, state, memory);
  } else {
    step_reset_after(rows, gates, state, memory);
  }
}

void RecurrentCell::step_lstm(std::size_t rows, std::span<const float> gates,
                              std::span<float> state, std::span<float> cell,
                              CellMemory& memory) const {
  const std::span<float> recurrent = memory.recurrent.get(rows * gate_units_);  // [rows, 4 n]
  recurrent_.multiply(state, rows, {}, recurrent);
  normalise_recurrent(rows, 0, 4, recurrent);
  kernels::lstm({rows, units_}, gate_function(config_), gates, recurrent, state, cell);
}

void RecurrentCell::step_reset_before(std::size_t rows, std::span<const float> gates,
                                      std::span<float> state, CellMemory& memory) const {
  const std::span<float> recurrent = memory.recurrent.get(rows * 2 * units_);  // [rows, 2 n]
  const std::span<float> z = memory.z.get(rows * units_);                      // [rows, n]
  const std::span<float> reset = memory.reset.get(rows * units_);              // r ⊙ h [rows, n]
  const std::span<float> candidate = memory.candidate.get(rows * units_);      // [rows, n]
  recurrent_.multiply(state, rows, {}, recurrent);
  normalise_recurrent(rows, 0, 2, recurrent);
  kernels::gru_reset_before({rows, units_}, gate_function(config_), gates, recurrent, state, z,
                            reset);
  candidate_.multiply(reset, rows, {}, candidate);
  normalise_recurrent(rows, 2, 1, candidate);
  kernels::gru_update({rows, units_}, update_gate(config_), gates, candidate, z, state);
}

void RecurrentCell::step_reset_after(std::size_t rows, std::span<const float> gates,
                                     std::span<float> state, CellMemory& memory) const {
  const std::span<float> recurrent = memory.recurrent.get(rows * gate_units_);  // [rows, 3 n]
  recurrent_.multiply(state, rows, {}, recurrent);
  normalise_recurrent(rows, 0, 3, recurrent);
  kernels::gru_reset_after({rows, units_}, {gate_function(config_), update_gate(config_)}, gates,
                           recurrent, recurrent_bias_, state);
}

}  // namespace attend::runtime
