#include <gtest/gtest.h>

#include <cmath>

#include "network/network.h"

namespace attend {
namespace {

using at::Tensor;

// e_j = q · W h_j with a learned q, α = softmax(e), c = Σ α_j h_j, r = tanh(W_r c + b_r), §8.
TEST(NoCell, LooksOnceWithALearnedQuery) {
  model::Configuration c;
  c.attention.score = "general";
  c.encoder.units = 2;
  c.decoder.cell.type = model::Cell::kNone;
  c.decoder.initial_state = model::InitialState::kZero;
  c.decoder.feedback = model::Feedback::kNone;
  c.decoder.units = 3;
  c.decoder.readout_units = 2;
  const network::StepProgram program(model::step_program(c, {5, 6}));
  network::Tensors tensors;
  std::int64_t seed = 1;
  for (const step::TensorSpec& spec : program.program().parameters) {
    const double phase = static_cast<double>(seed++);
    tensors[spec.name] =
        (at::arange(spec.count(), at::kDouble) * 0.7 + phase).sin().view(spec.shape);
  }
  network::ProgramInputs inputs;
  inputs.steps = 2;
  inputs.annotations = (at::arange(12, at::kDouble) * 0.3).cos().view({1, 3, 4});
  network::PlainOperations operations;
  const Tensor found = program.run(tensors, operations, inputs).output;  // [2, 1, 2]
  const auto at = [&](const char* name, int i, int k) {
    const Tensor& t = tensors.at(name);
    return (t.dim() == 1 ? t[i] : t[i][k]).item<double>();
  };
  const auto h = inputs.annotations.accessor<double, 3>();
  double context[4] = {0, 0, 0, 0}, sum = 0;
  for (int j = 0; j < 3; ++j) {
    double energy = 0;
    for (int i = 0; i < 3; ++i) {
      for (int k = 0; k < 4; ++k) {
        energy +=
            at("attention.query", i, 0) * at("attention.annotation_weight", i, k) * h[0][j][k];
      }
    }
    sum += std::exp(energy);
    for (int k = 0; k < 4; ++k) context[k] += std::exp(energy) * h[0][j][k];
  }
  for (int l = 0; l < 2; ++l) {
    double readout = at("readout.bias", l, 0);
    for (int k = 0; k < 4; ++k) readout += at("readout.weight", l, k) * context[k] / sum;
    for (int step = 0; step < 2; ++step) {
      EXPECT_NEAR(found[step][0][l].item<double>(), std::tanh(readout), 1e-12) << step << " " << l;
    }
  }
}

}  // namespace
}  // namespace attend
