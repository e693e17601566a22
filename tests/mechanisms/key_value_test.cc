// Separate keys and values (§10.1, Daniluk et al. 2017), and those that are products (§10.2).
#include <gtest/gtest.h>

#include <cmath>

#include "decoder_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

// s_0 = tanh(W_s mean_j h_j + b_s).
Row first_state(const DecoderTrial& trial) {
  return tanh_of(trial.affine("initial.0.state_weight", "initial.0.state_bias", trial.mean()));
}

Row part_of(const Row& x, std::size_t first, std::size_t count) {
  return {x.begin() + static_cast<std::ptrdiff_t>(first),
          x.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

// [k_j; v_j] = h_j; s_i = GRU(s_{i-1}, E y_{i-1}); e_ij = v · tanh(W s_i + U k_j + b); c_i = Σ_j
// α_ij v_j; r_i = tanh(W_r [s_i; c_i] + b_r).
TEST(KeyValue, EqualsItsEquations) {
  model::Configuration c = with_small_sizes(model::preset("key-value"));
  c.decoder.initial_state = model::InitialState::kMean;
  const DecoderTrial trial(c);
  Row s = first_state(trial);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    s = gru(trial.gates("decoder.0", trial.word(i)), trial.weight("decoder.0.recurrent_weight"), s);
    const Row q = trial.affine("attention.query_weight", "attention.bias", s);
    Row energies;
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      const Row k = part_of(trial.annotation(j), 0, 2);
      const Row hidden = plus(q, times(trial.weight("attention.annotation_weight"), k));
      energies.push_back(dot(trial.vector("attention.energy_weight"), tanh_of(hidden)));
    }
    const Row alignment = softmax_of(energies);
    Row context(2, 0);
    for (std::size_t j = 0; j < alignment.size(); ++j) {
      const Row v = part_of(trial.annotation(static_cast<std::int64_t>(j)), 2, 2);
      for (std::size_t k = 0; k < v.size(); ++k) context[k] += alignment[j] * v[k];
    }
    expect_near(trial.observed("energies", i), energies);
    expect_near(trial.observed("alignment", i), alignment);
    expect_near(trial.observed("context", i), context);
    expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias",
                                                      concatenated({s, context}))));
  }
}

// Looks with the query (0.3, −0.7), and returns the alignment.
Row alignment_of(const model::Configuration& c, const at::Tensor& annotations) {
  Builder b({.annotation_units = annotations.size(1), .encoder_units = 2, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const model::Head head = model::make_head(b, c, {b.first_backward(), b.annotations(""), {}}, 0);
  const Value alignment = b.softmax(model::mechanism(c.attention).energies(b, c, head.inputs));
  b.observe("alignment", alignment, step::Over::kSource);
  b.output({b.weighted_sum(alignment, head.values), "output.weight", "output.bias"});
  const network::StepProgram program(b.finish());
  network::Tensors tensors;
  for (const step::TensorSpec& spec : program.program().parameters) {
    tensors[spec.name] = at::eye(spec.shape[0], spec.shape.back(), at::kDouble);
  }
  network::ProgramInputs in;
  in.steps = 1;
  in.annotations = annotations.unsqueeze(0);
  in.first_backward = at::tensor({0.3, -0.7}, at::kDouble).view({1, 2});
  network::PlainOperations operations;
  return row_of(program.run(tensors, operations, in).observations.at(0));
}

at::Tensor example() {
  return at::tensor({1.0, 0.0, 0.0, 1.0, 0.5, -0.5}, at::kDouble).view({3, 2});
}

// The keys of the example, with other numbers for the values.
TEST(KeyValue, HasTheAlignmentOfTheExampleInItsFirstHalves) {  // §16
  model::Configuration c;
  c.encoder.units = 2;
  c.decoder.units = 2;
  c.attention.keys = model::Keys::kHalves;
  const at::Tensor values = at::full({3, 2}, 7.0, at::kDouble);
  const at::Tensor annotations = at::cat({example(), values}, 1);
  c.attention.score = "dot";
  expect_near(alignment_of(c, annotations), {0.386207, 0.142078, 0.471715}, 5e-7);
  c.attention.score = "scaled-dot";
  expect_near(alignment_of(c, annotations), {0.378075, 0.186417, 0.435508}, 5e-7);
}

TEST(KeyValue, HasTheAlignmentOfTheExampleInItsProducts) {  // §16, with W_Q = W_K = 1
  model::Configuration c;
  c.encoder.units = 1;
  c.attention.keys = model::Keys::kProjected;
  c.attention.key_units = 2;
  c.attention.score = "scaled-dot";
  expect_near(alignment_of(c, example()), {0.378075, 0.186417, 0.435508}, 5e-7);
}

// q_i = W_Q [s; c], k_j = W_K h_j and v_j = W_V h_j, with the score q · W k_j.
TEST(KeyValue, EqualsItsEquationsWithProducts) {
  model::Configuration c = small_decoder();
  c.decoder.cell.type = model::Cell::kLstm;
  c.decoder.initial_state = model::InitialState::kZero;
  c.attention.keys = model::Keys::kProjected;
  c.attention.key_units = 4;
  c.attention.value_units = 6;
  c.attention.score = "general";
  c.attention.query = model::Query::kStateAndCell;
  model::check(c);
  const DecoderTrial trial(c);
  LstmState s{Row(3, 0), Row(3, 0)};
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row q = times(trial.weight("attention.head.0.query_weight"), concatenated({s.h, s.c}));
    Row energies, context(6, 0);
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      const Row k = times(trial.weight("attention.head.0.key_weight"), trial.annotation(j));
      energies.push_back(dot(q, times(trial.weight("attention.annotation_weight"), k)));
    }
    const Row alignment = softmax_of(energies);
    for (std::size_t j = 0; j < alignment.size(); ++j) {
      const Row v = times(trial.weight("attention.head.0.value_weight"),
                          trial.annotation(static_cast<std::int64_t>(j)));
      for (std::size_t k = 0; k < v.size(); ++k) context[k] += alignment[j] * v[k];
    }
    s = lstm(trial.gates("decoder.0", concatenated({trial.word(i), context})),
             trial.weight("decoder.0.recurrent_weight"), s);
    expect_near(trial.observed("alignment", i), alignment);
    expect_near(trial.observed("context", i), context);
    const Row parts = concatenated({s.h, trial.word(i), context});
    expect_near(trial.output(i), tanh_of(trial.affine("readout.weight", "readout.bias", parts)));
  }
}

// The readout of each position reads its value.
TEST(KeyValue, IsReadByTheReadoutsOfHardAttention) {
  model::Configuration c = small_decoder();
  c.attention.keys = model::Keys::kHalves;
  c.attention.kind = model::AttentionKind::kHard;
  c.decoder.order = model::Order::kUpdateLookGenerate;
  c.decoder.initial_state = model::InitialState::kMean;
  model::check(c);
  const DecoderTrial trial(c);
  const Row s = gru(trial.gates("decoder.0", trial.word(0)),
                    trial.weight("decoder.0.recurrent_weight"), first_state(trial));
  for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
    const Row parts = concatenated({s, trial.word(0), part_of(trial.annotation(j), 2, 2)});
    expect_near(trial.output(0, j), tanh_of(trial.affine("readout.weight", "readout.bias", parts)));
  }
}

}  // namespace
}  // namespace attend::testing
