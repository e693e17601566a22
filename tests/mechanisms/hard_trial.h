// A small decoder with exact hard attention (§13.2), and its states, readouts and emissions in
// plain loops.
#pragma once

#include <cmath>
#include <vector>

#include "decoder_trial.h"

namespace attend::testing {

inline model::Configuration hard_decoder(model::AttentionKind kind) {
  model::Configuration c = small_decoder();
  c.attention.kind = kind;
  c.attention.score = "general";
  c.decoder.order = model::Order::kUpdateLookGenerate;
  c.decoder.initial_state = model::InitialState::kZero;
  model::check(c);
  return c;
}

/// One step: s_i = GRU(s_{i-1}, E y_{i-1}); r_ij = tanh(W_r [s_i; E y_{i-1}; h_j] + b_r); p(y_i |
/// j) = softmax(W_o r_ij + b_o) at the token y_i.
struct HardStep {
  Row state;                  // s_i
  std::vector<Row> readouts;  // r_ij
  Row emissions;              // p(y_i | j)
};

inline std::vector<HardStep> hard_steps(const DecoderTrial& trial) {
  std::vector<HardStep> steps;
  Row s(3, 0);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    HardStep step;
    step.state = s =
        gru(trial.gates("decoder.0", trial.word(i)), trial.weight("decoder.0.recurrent_weight"), s);
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      const Row parts = concatenated({s, trial.word(i), trial.annotation(j)});
      step.readouts.push_back(tanh_of(trial.affine("readout.weight", "readout.bias", parts)));
      const Row p = softmax_of(trial.affine("output.weight", "output.bias", step.readouts.back()));
      step.emissions.push_back(p[static_cast<std::size_t>(DecoderTrial::kTokens[i])]);
    }
    steps.push_back(step);
  }
  return steps;
}

/// The likelihood Π_i Σ_j π_ij p(y_i | j) by the prior and the normaliser that the program
/// computed.
inline double likelihood_of(const DecoderTrial& trial) {
  double product = 1;
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    double p = 0;
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      const auto token = static_cast<std::size_t>(DecoderTrial::kTokens[i]);
      const Row logits = trial.affine("output.weight", "output.bias", trial.output(i, j));
      const auto k = static_cast<std::size_t>(j);
      p += trial.prior(i)[k] * std::exp(logits[token] - trial.normalizer(i)[k]);
    }
    product *= p;
  }
  return product;
}

/// Posteriors have a small number in their divisors, which keeps them finite where nothing is
/// possible.
inline constexpr double kHardTolerance = 1e-9;

}  // namespace attend::testing
