// Coverage with its loss (§13.3): See, Liu and Manning 2017.
#include <gtest/gtest.h>

#include <cmath>

#include "decoder_trial.h"
#include "model/attention/mechanism.h"

namespace attend::testing {
namespace {

using step::Builder;
using step::Value;

model::Configuration with_coverage(double loss) {
  model::Configuration c;
  c.attention.units = 5;
  c.decoder.units = 3;
  c.attention.coverage = model::Coverage::kSum;
  c.attention.coverage_loss = loss;
  return c;
}

// Runs a program with the queries q_i, one a row, and a source with the annotations h.
network::ProgramOutputs run(Builder& b, const network::Tensors& tensors, const at::Tensor& queries,
                            const at::Tensor& annotations) {
  const network::StepProgram program(b.finish());
  network::ProgramInputs in;
  in.steps = queries.size(0);
  in.annotations = annotations;
  in.previous.rows = queries;
  network::PlainOperations operations;
  return program.run(tensors, operations, in);
}

// The alignments (.7, .2, .1), (.6, .3, .1), (.1, .1, .8): their logarithms are the queries, and
// the annotations are the unit vectors.
TEST(CoverageSee, HasTheLossOfTheExample) {  // §16
  Builder b({.annotation_units = 3, .encoder_units = 3, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value h = b.annotations("");
  b.parameters().embedding("target_embedding.weight", 1, 3);
  const Value query = b.previous_embedding("target_embedding.weight", 3);
  const Value alignment = b.softmax(b.dot_energies(query, h));
  const model::Configuration c = with_coverage(1);
  model::add_to_coverage(b, c, {query, h, model::carry_coverage(b, c)}, alignment);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const at::Tensor rows =
      at::tensor({.7, .2, .1, .6, .3, .1, .1, .1, .8}, at::kDouble).view({3, 3});
  const network::ProgramOutputs found =
      run(b, {}, rows.log(), at::eye(3, at::kDouble).unsqueeze(0));
  expect_near(row_of(found.costs.at(0)), {0, 0.9, 0.4});
  const at::Tensor& coverage = found.observations.at(0);  // before each step: [3, 1, 3]
  expect_near(row_of(coverage[0]), {0, 0, 0});
  expect_near(row_of(coverage[1]), {.7, .2, .1});
  expect_near(plus(row_of(coverage[2]), row_of(rows[2])), {1.4, 0.6, 1.0});
}

// e_ij = v · tanh(W s_i + U h_j + b + w c_ij), c_ij = Σ_{k < i} α_kj, and the cost Σ_j min(α_ij,
// c_ij).
TEST(CoverageSee, EqualsItsEquations) {
  Random random(3);
  const model::Configuration c = with_coverage(0.7);
  Builder b({.annotation_units = 4, .encoder_units = 3, .target_vocabulary = 1},
            step::Initialization::kGlorot);
  const Value annotations = b.annotations("");
  b.parameters().embedding("target_embedding.weight", 1, 3);
  const Value query = b.previous_embedding("target_embedding.weight", 3);
  const Value covered = model::carry_coverage(b, c);
  const model::ScoreInputs inputs{query, annotations, covered};
  const Value energies = model::mechanism(c.attention).energies(b, c, inputs);
  const Value alignment = b.softmax(energies);
  model::add_to_coverage(b, c, inputs, alignment);
  b.observe("energies", energies, step::Over::kSource);
  b.output({b.weighted_sum(alignment, annotations), "output.weight", "output.bias"});
  network::Tensors tensors;
  for (const step::TensorSpec& spec : b.parameters().list()) {
    tensors[spec.name] = random_tensor(spec.shape, random);
  }
  const at::Tensor queries = random_tensor({4, 3}, random);
  const at::Tensor h = random_tensor({1, 6, 4}, random);
  const network::ProgramOutputs found = run(b, tensors, queries, h);

  const Numbers w(tensors.at("attention.query_weight")),
      u(tensors.at("attention.annotation_weight"));
  const Row v = row_of(tensors.at("attention.energy_weight")),
            bias = row_of(tensors.at("attention.bias"));
  const Row w_c = row_of(tensors.at("attention.coverage_weight"));
  Row coverage(6, 0);
  for (std::int64_t i = 0; i < 4; ++i) {
    Row e;
    for (std::size_t j = 0; j < 6; ++j) {
      Row hidden = plus(plus(times(w, row_of(queries[i])), bias),
                        times(u, row_of(h[0][static_cast<std::int64_t>(j)])));
      for (std::size_t k = 0; k < hidden.size(); ++k) hidden[k] += w_c[k] * coverage[j];
      e.push_back(dot(v, tanh_of(hidden)));
    }
    const Row alpha = softmax_of(e);
    double cost = 0;
    for (std::size_t j = 0; j < 6; ++j) cost += std::min(alpha[j], coverage[j]);
    coverage = plus(coverage, alpha);
    expect_near(row_of(found.observations.at(1)[i]), e);
    EXPECT_NEAR(found.costs.at(0)[i].item<double>(), cost, 1e-12) << i;
  }
}

TEST(CoverageSee, WeighsItsCost) {
  model::Configuration c = model::preset("coverage-see");
  EXPECT_EQ(model::step_program(c, {9, 9}).costs.at(0).weight, 1);
  c.attention.coverage_loss = 0;  // the energies still see the coverage
  EXPECT_TRUE(model::step_program(c, {9, 9}).costs.empty());
}

// w is a vector: See, Liu and Manning count 512 parameters for 512 hidden units.
TEST(CoverageSee, AddsOneParameterForEachHiddenUnit) {
  model::Configuration c = model::preset("coverage-see");
  c.attention.units = 512;
  const auto count = [&] { return model::parameter_count(model::parameter_table(c, {9, 9})); };
  const std::int64_t with = count();
  c.attention.coverage = model::Coverage::kNone;
  c.attention.coverage_loss = 0;
  EXPECT_EQ(with - count(), 512);
}

}  // namespace
}  // namespace attend::testing
