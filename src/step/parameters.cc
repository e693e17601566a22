#include "step/parameters.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "base/base.h"

namespace attend::step {

std::int64_t TensorSpec::count() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

void ParameterList::matrix(const std::string& name, std::int64_t rows, std::int64_t columns,
                           double deviation) {
  if (initialization_ == Initialization::kNormal) {
    add({name, {rows, columns}, Initial::kNormal, deviation});
  } else {
    glorot(name, rows, columns, columns, rows);
  }
}

void ParameterList::normal_matrix(const std::string& name, std::int64_t rows, std::int64_t columns,
                                  double deviation) {
  add({name, {rows, columns}, Initial::kNormal, deviation});
}

void ParameterList::blocks(const std::string& name, std::int64_t blocks, std::int64_t rows,
                           std::int64_t columns) {
  if (initialization_ == Initialization::kNormal) {
    add({name, {blocks * rows, columns}, Initial::kNormal, kUsualDeviation});
  } else {
    glorot(name, blocks * rows, columns, columns, rows);
  }
}

void ParameterList::embedding(const std::string& name, std::int64_t vocabulary,
                              std::int64_t units) {
  const double deviation = initialization_ == Initialization::kNormal
                               ? kUsualDeviation
                               : 1.0 / std::sqrt(static_cast<double>(units));
  add({name, {vocabulary, units}, Initial::kNormal, deviation});
}

void ParameterList::vector(const std::string& name, std::int64_t units, Initial initial,
                           double scale) {
  add({name, {units}, initial, scale});
}

void ParameterList::energy_weight(const std::string& name, std::int64_t units) {
  if (initialization_ == Initialization::kNormal) {
    vector(name, units);
  } else {
    vector(name, units, Initial::kUniform, std::sqrt(6.0 / static_cast<double>(units + 1)));
  }
}

void ParameterList::cell(const std::string& prefix, const CellConfig& cell, std::int64_t inputs,
                         std::int64_t units, bool layer_norm) {
  const std::int64_t count = cell.gate_count();
  if (inputs > 0) blocks(prefix + ".input_weight", count, units, inputs);
  add({prefix + ".recurrent_weight", {count * units, units}, Initial::kOrthogonal, 0.0});
  if (cell.has_input_bias()) {
    vector(prefix + ".bias", count * units,
           cell.type == Cell::kLstm && initialization_ == Initialization::kGlorot
               ? Initial::kForgetGate
               : Initial::kZero);
  }
  if (cell.recurrent_biases() > 0) {
    vector(prefix + ".recurrent_bias", cell.recurrent_biases() * units);
  }
  if (!layer_norm) return;
  vector(prefix + ".input_gain", count * units, Initial::kOne);
  vector(prefix + ".recurrent_gain", count * units, Initial::kOne);
}

const TensorSpec* ParameterList::find(const std::string& name) const {
  const auto found = std::find_if(list_.begin(), list_.end(),
                                  [&](const TensorSpec& spec) { return spec.name == name; });
  return found == list_.end() ? nullptr : &*found;
}

void ParameterList::glorot(const std::string& name, std::int64_t rows, std::int64_t columns,
                           std::int64_t fan_in, std::int64_t fan_out) {
  const double limit = std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
  add({name, {rows, columns}, Initial::kUniform, limit});
}

void ParameterList::add(TensorSpec spec) {
  if (find(spec.name) != nullptr) throw CheckFailure("the parameter exists twice: " + spec.name);
  list_.push_back(std::move(spec));
}

}  // namespace attend::step
