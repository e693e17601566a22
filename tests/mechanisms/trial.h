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
};

class Trial {
 public:
  explicit Trial(const std::string& score, const TrialSizes& sizes = {})
      : state_(draw({1, sizes.state})), annotations_(draw({1, sizes.positions, sizes.annotation})) {
    model::Configuration configuration;
    configuration.attention.score = score;
    configuration.attention.units = static_cast<int>(sizes.hidden);
    configuration.decoder.units = static_cast<int>(sizes.state);
    step::Builder b({.annotation_units = sizes.annotation,
                     .encoder_units = sizes.state,
                     .target_vocabulary = 1},
                    step::Initialization::kGlorot);
    const step::Value h = b.annotations("");
    const model::ScoreInputs read{b.first_backward(), h, {}};
    const step::Value energies =
        model::mechanism(configuration.attention).energies(b, configuration, read);
    b.observe("energies", energies, step::Over::kSource);
    b.output({b.weighted_sum(b.softmax(energies), h), "output.weight", "output.bias"});
    const network::StepProgram program(b.finish());
    for (const step::TensorSpec& spec : program.program().parameters) {
      tensors_[spec.name] = draw(spec.shape);
    }
    network::ProgramInputs inputs;
    inputs.steps = 1;
    inputs.annotations = annotations_;
    inputs.first_backward = state_;
    network::PlainOperations operations;
    energies_ = program.run(tensors_, operations, inputs).observations[0].reshape(-1);
  }

  Numbers weight(const std::string& name) const { return Numbers(tensors_.at(name)); }
  Numbers state() const { return Numbers(state_[0]); }              // s [state]
  Numbers annotations() const { return Numbers(annotations_[0]); }  // h [positions, annotation]
  Numbers energies() const { return Numbers(energies_); }           // what the program computed

 private:
  at::Tensor draw(at::IntArrayRef shape) { return random_tensor(shape, random_); }

  Random random_ = Random::stream(5, 1);
  at::Tensor state_, annotations_, energies_;
  network::Tensors tensors_;
};

}  // namespace attend::testing
