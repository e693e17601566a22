// The coverages of Tu et al. 2016 (§13.3): shares of a fertility, and a GRU of each position.
#include <gtest/gtest.h>

#include <algorithm>

#include "decoder_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

model::Configuration with_coverage(model::Coverage coverage) {
  model::Configuration c = small_decoder();
  c.attention.coverage = coverage;
  c.decoder.initial_state = model::InitialState::kMean;
  model::check(c);
  return c;
}

Row first_state(const DecoderTrial& t) {
  return tanh_of(t.affine("initial.0.state_weight", "initial.0.state_bias", t.mean()));
}

Row next_state(const DecoderTrial& t, std::int64_t step, const Row& context, const Row& state) {
  return gru(t.gates("decoder.0", concatenated({t.word(step), context})),
             t.weight("decoder.0.recurrent_weight"), state);
}

// C_ij = C_{i-1,j} + α_ij / Φ_j, Φ_j = N σ(U_f h_j + b_f), and e_ij = v · tanh(W s + U h_j + b +
// W_c C_{i-1,j}).
TEST(CoverageTu, CountsSharesOfTheFertility) {
  model::Configuration c = with_coverage(model::Coverage::kLinguistic);
  c.attention.fertility = 3;
  const DecoderTrial t(c);
  Row state = first_state(t), coverage(DecoderTrial::kPositions, 0), fertility = coverage;
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const PlainLook look = additive_look(t, state, coverage);
    expect_near(t.observed("alignment", i), look.alignment);
    expect_near(t.observed("coverage", i), coverage);
    for (std::size_t j = 0; j < coverage.size(); ++j) {
      const Row h = t.annotation(static_cast<std::int64_t>(j));
      fertility[j] =
          3 * sigmoid(t.affine("attention.fertility_weight", "attention.fertility_bias", h)[0]);
      coverage[j] += look.alignment[j] / fertility[j];
    }
    expect_near(t.observed("fertility", i), fertility);
    state = next_state(t, i, look.context, state);
  }
}

// C_ij = GRU(C_{i-1,j}; [α_ij; h_j; s_{i-1}]), and e_ij = v · tanh(W s_{i-1} + U h_j + b + W_c
// C_{i-1,j}).
TEST(CoverageTu, UpdatesAGruOfEachPosition) {
  model::Configuration c = with_coverage(model::Coverage::kNeural);
  c.attention.coverage_units = 4;
  const DecoderTrial t(c);
  const Numbers u = t.weight("attention.annotation_weight");
  const Numbers w = t.weight("attention.coverage_weight");
  const Numbers recurrent = t.weight("attention.coverage.recurrent_weight");
  Row state = first_state(t);
  std::vector<Row> coverage(DecoderTrial::kPositions, Row(4, 0));
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    expect_near(t.observed("coverage", i), concatenated(coverage));
    const Row query = t.affine("attention.query_weight", "attention.bias", state);
    Row energies;
    for (std::size_t j = 0; j < coverage.size(); ++j) {
      const Row key = times(u, t.annotation(static_cast<std::int64_t>(j)));
      const Row hidden = tanh_of(plus(plus(query, key), times(w, coverage[j])));
      energies.push_back(dot(t.vector("attention.energy_weight"), hidden));
    }
    const Row alpha = softmax_of(energies);
    expect_near(t.observed("alignment", i), alpha);
    Row context(t.annotation(0).size(), 0);
    for (std::size_t j = 0; j < coverage.size(); ++j) {
      const Row h = t.annotation(static_cast<std::int64_t>(j));
      for (std::size_t k = 0; k < h.size(); ++k) context[k] += alpha[j] * h[k];
      const Row gates = t.gates("attention.coverage", concatenated({{alpha[j]}, h, state}));
      coverage[j] = gru(gates, recurrent, coverage[j]);
    }
    state = next_state(t, i, context, state);
  }
}

// The alignments of §16 give the coverage (1.4, 0.6, 1.0). A fertility of N σ(0) = N / 2 divides
// it.
TEST(CoverageTu, GivesTheSumOfTheExampleWhereEachFertilityIsOne) {
  for (const double fertility : {1.0, 2.0}) {
    Builder b({.annotation_units = 3, .encoder_units = 3, .target_vocabulary = 1},
              step::Initialization::kGlorot);
    const Value h = b.annotations("");
    b.parameters().embedding("target_embedding.weight", 1, 3);
    const Value query = b.previous_embedding("target_embedding.weight", 3);
    const Value alignment = b.softmax(b.dot_energies(query, h));
    model::Configuration c = with_coverage(model::Coverage::kLinguistic);
    c.attention.fertility = 2 * fertility;
    model::add_to_coverage(b, c, {query, h, model::carry_coverage(b, c)}, alignment);
    b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
    const network::StepProgram program(b.finish());
    network::ProgramInputs in;
    in.steps = 4;  // the last one shows what the three before it leave
    in.annotations = at::eye(3, at::kDouble).unsqueeze(0);
    in.previous.rows = at::tensor({.7, .2, .1, .6, .3, .1, .1, .1, .8, .2, .3, .5}, at::kDouble)
                           .view({4, 3})
                           .log();
    network::PlainOperations operations;
    const network::Tensors tensors{{"attention.fertility_weight", at::zeros({1, 3}, at::kDouble)},
                                   {"attention.fertility_bias", at::zeros({1}, at::kDouble)}};
    const network::ProgramOutputs found = program.run(tensors, operations, in);
    expect_near(row_of(found.observations.at(0)[3]),
                {1.4 / fertility, 0.6 / fertility, 1.0 / fertility});
    expect_near(row_of(found.observations.at(1)[3]), {fertility, fertility, fertility});
  }
}

// The GRU of the coverage resets and updates as the decoder's does, also beside an LSTM.
TEST(CoverageTu, HasAGruWithTheConventionsOfTheDecoder) {
  model::Configuration c = with_coverage(model::Coverage::kNeural);
  c.decoder.cell.type = model::Cell::kLstm;
  const auto has_bias_inside = [&c] {
    const auto table = model::parameter_table(c, {9, 9});
    return std::any_of(table.begin(), table.end(), [](const model::TensorSpec& spec) {
      return spec.name == "attention.coverage.recurrent_bias";
    });
  };
  EXPECT_FALSE(has_bias_inside());
  c.decoder.cell.reset = model::GruReset::kAfter;
  EXPECT_TRUE(has_bias_inside());
}

// The published models are RNNsearch and the parameters of the coverage: W_c, and Φ's or the GRU's.
TEST(CoverageTu, AddsItsParametersToRnnsearch) {
  const auto count = [](const model::Configuration& c) {
    return model::parameter_count(model::parameter_table(c, {30000, 30000}));
  };
  const std::int64_t plain = count(model::published("rnnsearch"));
  EXPECT_EQ(count(model::published("coverage-linguistic")) - plain, 1000 + 2000 + 1);
  EXPECT_EQ(count(model::published("coverage-neural")) - plain,
            1000 * 100 + 300 * (1 + 2000 + 1000) + 300 * 100 + 300);
}

}  // namespace
}  // namespace attend::testing
