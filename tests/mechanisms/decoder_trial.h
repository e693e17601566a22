// Runs the decoder of a configuration in double, with random parameters, for one source and one
// target. A test then computes its paper's equations in plain loops and compares.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "network/network.h"
#include "plain.h"

namespace attend::testing {

/// A small model in which all sizes differ.
inline model::Configuration small_decoder() {
  model::Configuration c;
  c.encoder.units = 2;
  c.encoder.embedding = 3;
  c.attention.units = 5;
  c.decoder.units = 3;
  c.decoder.embedding = 2;
  c.decoder.readout_units = 4;
  return c;
}

class DecoderTrial {
 public:
  static constexpr std::int64_t kPositions = 6, kWords = 5, kVocabulary = 7;
  static constexpr std::int64_t kTokens[] = {2, 5, 1};  // y_1 … y_3
  static constexpr std::int64_t kSteps = 3;

  explicit DecoderTrial(const model::Configuration& c, std::uint64_t seed = 1) : random_(seed) {
    const network::StepProgram program(model::step_program(c, {kVocabulary, kVocabulary}));
    for (const step::TensorSpec& spec : program.program().parameters) {
      tensors_[spec.name] = draw(spec.shape);
    }
    make_inputs(c);
    network::PlainOperations operations;
    outputs_ = program.run(tensors_, operations, inputs_);
    for (const step::Observation& one : program.program().observations) names_.push_back(one.name);
  }

  Numbers weight(const std::string& name) const { return Numbers(tensors_.at(name)); }
  Row vector(const std::string& name) const { return row_of(tensors_.at(name)); }

  // The operands.
  Row annotation(std::int64_t j) const { return row_of(inputs_.annotations[0][j]); }  // h_j
  Row mean() const { return row_of(inputs_.mean_annotations); }                       // mean_j h_j
  Row last() const { return row_of(inputs_.last_state); }  // [→h_T; ←h_1]
  // The last state and cell of encoder layer `layer`, which are copied to the first of the decoder.
  Row copied(std::size_t layer = 0) const { return row_of(inputs_.last[layer].hidden); }
  LstmState copied_lstm(std::size_t layer) const {
    return {copied(layer), row_of(inputs_.last[layer].cell)};
  }
  Row word(std::int64_t i) const { return row_of(words_[i]); }  // E y_{i-1}, i from 0

  /// W x + b of the layer or cell with the parameters prefix.weight or prefix.input_weight.
  Row affine(const std::string& weight, const std::string& bias, const Row& x) const {
    return plus(times(this->weight(weight), x), vector(bias));
  }
  Row gates(const std::string& prefix, const Row& x) const {
    return affine(prefix + ".input_weight", prefix + ".bias", x);
  }

  // The results of step i, from 0.
  Row output(std::int64_t i) const { return row_of(outputs_.output[i]); }
  /// The readout r_ij of hard attention.
  Row output(std::int64_t i, std::int64_t j) const { return row_of(outputs_.output[i][0][j]); }
  Row prior(std::int64_t i) const { return row_of(outputs_.prior[i]); }
  Row normalizer(std::int64_t i) const { return row_of(outputs_.normalizer[i]); }
  double gate(std::int64_t i) const { return outputs_.gate[i].item<double>(); }  // of copies
  Row copied(std::int64_t i) const { return row_of(outputs_.copied[i]); }
  double cost(std::int64_t i) const { return outputs_.costs.at(0)[i].item<double>(); }
  bool shows(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  Row observed(const std::string& name, std::int64_t i) const {
    for (std::size_t k = 0; k < names_.size(); ++k) {
      if (names_[k] == name) return row_of(outputs_.observations[k][i]);
    }
    throw CheckFailure("no observation " + name);
  }

 private:
  at::Tensor draw(at::IntArrayRef shape) { return random_tensor(shape, random_); }

  void make_inputs(const model::Configuration& c) {
    const std::int64_t units = c.encoder.annotation_units();
    inputs_.steps = kSteps;
    inputs_.annotations = draw({1, kPositions, units});
    inputs_.first_backward = draw({1, c.encoder.units});
    inputs_.mean_annotations = inputs_.annotations.mean(1);
    inputs_.last_state = draw({1, units});
    for (int layer = 0; layer < c.encoder.layers; ++layer) {
      inputs_.last.push_back({draw({1, units}), draw({1, units})});
    }
    inputs_.source_words = at::full({1, 1}, static_cast<double>(kWords), at::kDouble);
    inputs_.previous_ids = at::full({kSteps, 1}, -1, at::kLong);
    words_ = at::zeros({kSteps, c.decoder.embedding}, at::kDouble);  // E y_0 is 0
    for (std::int64_t i = 1; i < kSteps; ++i) {
      inputs_.previous_ids[i][0] = kTokens[i - 1];
      words_[i] = tensors_.at("target_embedding.weight")[kTokens[i - 1]];
    }
    inputs_.previous.rows = words_;
  }

  Random random_;
  network::Tensors tensors_;
  network::ProgramInputs inputs_;
  network::ProgramOutputs outputs_;
  at::Tensor words_;  // [steps, m]
  std::vector<std::string> names_;
};

struct PlainLook {
  Row alignment, context;
};

/// Looks with the additive score (§1.5), and with coverage (§13.3) if there is one: e_ij = v ·
/// tanh(W q + U h_j + b + w_c c_ij).
inline PlainLook additive_look(const DecoderTrial& trial, const Row& query,
                               const Row& coverage = {}) {
  const Numbers u = trial.weight("attention.annotation_weight");
  const Row q = trial.affine("attention.query_weight", "attention.bias", query);
  Row energies;
  for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
    Row hidden = plus(q, times(u, trial.annotation(j)));
    if (!coverage.empty()) {
      const Row w = trial.vector("attention.coverage_weight");
      const double seen = coverage[static_cast<std::size_t>(j)];
      for (std::size_t k = 0; k < hidden.size(); ++k) hidden[k] += w[k] * seen;
    }
    energies.push_back(dot(trial.vector("attention.energy_weight"), tanh_of(hidden)));
  }
  PlainLook look{softmax_of(energies), Row(trial.annotation(0).size(), 0)};
  for (std::size_t j = 0; j < look.alignment.size(); ++j) {
    const Row h = trial.annotation(static_cast<std::int64_t>(j));
    for (std::size_t k = 0; k < h.size(); ++k) look.context[k] += look.alignment[j] * h[k];
  }
  return look;
}

/// The sizes of small_decoder() in place of those of a preset.
inline model::Configuration with_small_sizes(model::Configuration c) {
  const model::Configuration small = small_decoder();
  c.encoder.units = small.encoder.units;
  c.encoder.embedding = small.encoder.embedding;
  c.attention.units = small.attention.units;
  c.decoder.units = small.decoder.units;
  c.decoder.embedding = small.decoder.embedding;
  c.decoder.readout_units = small.decoder.readout_units;
  if (c.decoder.initial_state == model::InitialState::kCopy) {
    c.decoder.units = c.encoder.annotation_units();
  }
  if (c.decoder.shares_source_embedding()) c.encoder.embedding = c.decoder.embedding;
  model::check(c);
  return c;
}

}  // namespace attend::testing
