// Runs one score of attention in double, with random parameters, for one query and one source. A
// test then computes its paper's equation in plain loops and compares.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/attention/mechanism.h"
#include "network/network.h"
#include "plain.h"

namespace attend::testing {

struct TrialSizes {
  std::int64_t state = 3, annotation = 4, hidden = 5, positions = 6;
  std::int64_t maximum_source = 200;
};

/// The operands of a published example.
struct TrialOperands {
  at::Tensor state;        // [1, state]
  at::Tensor annotations;  // [1, positions, annotation]
};

class Trial {
 public:
  explicit Trial(const std::string& score, const TrialSizes& sizes = {})
      : state_(draw({1, sizes.state})), annotations_(draw({1, sizes.positions, sizes.annotation})) {
    run(score, sizes);
  }
  Trial(const std::string& score, const TrialOperands& operands)
      : state_(operands.state), annotations_(operands.annotations) {
    run(score, {.state = state_.size(1),
                .annotation = annotations_.size(2),
                .positions = annotations_.size(1)});
  }

  Numbers weight(const std::string& name) const { return Numbers(tensors_.at(name)); }
  Numbers state() const { return Numbers(state_[0]); }              // s [state]
  Numbers annotations() const { return Numbers(annotations_[0]); }  // h [positions, annotation]
  Numbers energies() const { return Numbers(energies_); }           // what the program computed
  Row alignment() const { return row_of(alignment_); }

 private:
  at::Tensor draw(at::IntArrayRef shape) { return random_tensor(shape, random_); }

  void run(const std::string& score, const TrialSizes& sizes) {
    model::Configuration configuration;
    configuration.attention.score = score;
    configuration.attention.units = static_cast<int>(sizes.hidden);
    configuration.attention.maximum_source = static_cast<int>(sizes.maximum_source);
    configuration.decoder.units = static_cast<int>(sizes.state);
    step::Builder b({.annotation_units = sizes.annotation,
                     .encoder_units = sizes.state,
                     .target_vocabulary = 1},
                    step::Initialization::kGlorot);
    const step::Value h = b.annotations("");
    const model::ScoreInputs read{b.first_backward(), h, {}};
    const step::Value energies =
        model::mechanism(configuration.attention).energies(b, configuration, read);
    const step::Value alignment = b.softmax(energies);
    b.observe("energies", energies, step::Over::kSource);
    b.observe("alignment", alignment, step::Over::kSource);
    b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
    const network::StepProgram program(b.finish());
    for (const step::TensorSpec& spec : program.program().parameters) {
      tensors_[spec.name] = draw(spec.shape);
    }
    network::ProgramInputs inputs;
    inputs.steps = 1;
    inputs.annotations = annotations_;
    inputs.first_backward = state_;
    network::PlainOperations operations;
    const network::ProgramOutputs found = program.run(tensors_, operations, inputs);
    energies_ = found.observations[0].reshape(-1);
    alignment_ = found.observations[1].reshape(-1);
  }

  Random random_ = Random::stream(5, 1);
  at::Tensor state_, annotations_, energies_, alignment_;
  network::Tensors tensors_;
};

}  // namespace attend::testing
