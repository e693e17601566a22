// Single operations of step programs in libtorch, at numbers where a careless form of their
// equations loses all digits.
#include "network/step_operations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/base.h"

namespace attend::network {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
using Numbers = std::vector<double>;

// One row over one source: [1, 1, positions].
Tensor row(const Numbers& numbers, at::ScalarType type = at::kDouble) {
  return at::tensor(numbers, at::kDouble).to(type).view({1, 1, -1});
}

Numbers numbers_of(const Tensor& x) {
  const Tensor flat = x.detach().to(at::kDouble).reshape(-1).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

Tensor prior_of(const Tensor& f, const Tensor& energies, const Tensor& mask = {},
                std::int64_t limit = 0) {
  step::Node node{
      .op = step::Op::kMonotonicPrior, .results = {{step::Per::kRowPosition, 1}}, .limit = limit};
  OperationInputs inputs;
  inputs.operands = {f, energies};
  inputs.mask = mask;
  return compute(node, inputs);
}

TEST(MonotonicPrior, IsExactWhereEnergiesAreFarApart) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    for (const double high : {28.0, 110.0, 1e4}) {
      const Tensor energies = row({high, 0}, type);
      EXPECT_EQ(numbers_of(prior_of(row({0, 1}, type), energies)), (Numbers{0, 1}));
      EXPECT_NEAR(numbers_of(prior_of(row({.25, .75}, type), energies))[1],
                  .75 + .25 * std::exp(-high), 1e-7);
    }
    const Numbers moved = numbers_of(prior_of(row({1, 0}, type), row({28, 0}, type)));
    EXPECT_NEAR(moved[1] / std::exp(-28.0), 1, 1e-5);
  }
}

// Σ_i f_i exp(e_j) / Σ_{k ≥ i} exp(e_k) over the positions that are open.
Numbers by_transitions(const Numbers& f, const Numbers& energies, const std::vector<bool>& open) {
  Numbers prior(f.size());
  for (std::size_t i = 0; i < f.size(); ++i) {
    double sum = 0;
    for (std::size_t k = i; k < f.size(); ++k) sum += open[k] ? std::exp(energies[k]) : 0;
    for (std::size_t j = i; j < f.size(); ++j) {
      if (open[j]) prior[j] += f[i] * std::exp(energies[j]) / sum;
    }
  }
  return prior;
}

TEST(MonotonicPrior, EqualsTheSumOverTransitionsOfOpenPositions) {
  Random random(1);
  for (int trial = 0; trial < 20; ++trial) {
    const std::size_t positions = 1 + random.below(7);
    const auto size = static_cast<std::int64_t>(positions);
    const std::int64_t limit = random.chance(0.5) ? 5 : 0;
    Numbers f(positions), energies(positions);
    std::vector<bool> open(positions);
    Tensor mask = at::zeros({1, size}, at::kDouble);
    for (std::size_t j = 0; j < positions; ++j) {
      f[j] = random.uniform();
      energies[j] = 3 * random.normal();
      const bool masked = random.chance(0.3);
      if (masked) mask[0][static_cast<std::int64_t>(j)] = kNothing;
      open[j] = !masked && (limit == 0 || static_cast<std::int64_t>(j) < limit);
    }
    const Numbers found = numbers_of(prior_of(row(f), row(energies), mask, limit));
    const Numbers expected = by_transitions(f, energies, open);
    for (std::size_t j = 0; j < positions; ++j) EXPECT_NEAR(found[j], expected[j], 1e-12);
  }
}

TEST(MonotonicPrior, HasFiniteGradientsAtClosedPositionsAndFarEnergies) {
  for (const bool all_closed : {false, true}) {
    Tensor mask = at::full({1, 4}, kNothing, at::kFloat);
    if (!all_closed) mask.narrow(1, 0, 2).zero_();
    const Tensor f = row({0, .5, .5, 0}, at::kFloat).requires_grad_(true);
    const Tensor energies = row({110, 0, 5, 300}, at::kFloat).requires_grad_(true);
    const Tensor prior = prior_of(f, energies, mask);
    (prior * row({1, 2, 3, 4}, at::kFloat)).sum().backward();
    EXPECT_EQ(numbers_of(energies.grad()), Numbers(4));  // one open position is left, or none
    EXPECT_EQ(numbers_of(f.grad())[1], all_closed ? 0.0 : 2.0);
    EXPECT_TRUE(f.grad().isfinite().all().item<bool>());
  }
}

Tensor posterior_of(const Tensor& prior, const Tensor& logarithms) {
  OperationInputs inputs;
  inputs.operands = {prior, logarithms};
  return compute({.op = step::Op::kPosterior, .results = {{step::Per::kRowPosition, 1}}}, inputs);
}

TEST(Posterior, SumsTo1HoweverImprobableItsPositionsAre) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const auto posterior = [type](const Numbers& prior, const Numbers& logarithms) {
      return numbers_of(posterior_of(row(prior, type), row(logarithms, type)));
    };
    const Numbers likely = posterior({.25, .75, 0}, {std::log(.5), std::log(.1), 0});
    EXPECT_NEAR(likely[0], .625, 1e-6);
    EXPECT_NEAR(likely[1], .375, 1e-6);
    EXPECT_EQ(likely[2], 0);
    EXPECT_NEAR(posterior({1e-30, 1}, {-1, -200})[0], 1, 1e-6);
    EXPECT_NEAR(posterior({1, 1e-30}, {-900, -900})[0], 1, 1e-6);
    EXPECT_EQ(posterior({0, 0}, {-1, -2}), Numbers(2));
    EXPECT_EQ(posterior({.5, .5}, {kNothing, -2}), (Numbers{0, 1}));
  }
}

TEST(Posterior, HasFiniteGradients) {
  const Tensor prior = row({0, 1e-42, 1e-37, 1}, at::kFloat).requires_grad_(true);
  const Tensor logarithms = row({-1, -1, -1, -200}, at::kFloat).requires_grad_(true);
  (posterior_of(prior, logarithms) * row({1, 2, 3, 4}, at::kFloat)).sum().backward();
  EXPECT_TRUE(prior.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(logarithms.grad().isfinite().all().item<bool>());
}

// log Σ_j π_j p(y | j) of readouts whose logits are the readouts themselves.
TEST(MixtureLogLikelihood, HasFiniteGradientsOfTinyPriors) {
  const Tensor prior = at::tensor({0.0, 1e-42, 1.0}, at::kFloat).view({1, 3}).requires_grad_(true);
  const Tensor readouts = at::zeros({1, 3, 2}, at::kFloat);
  const Tensor normalizer = at::full({1, 3}, std::log(2.0), at::kFloat);
  const Tensor found =
      mixture_log_likelihood(readouts, prior, normalizer, at::eye(2, at::kFloat),
                             at::zeros({2}, at::kFloat), at::zeros({1}, at::kLong));
  found.sum().backward();
  EXPECT_NEAR(found.item<double>(), -std::log(2.0), 1e-6);
  EXPECT_TRUE(prior.grad().isfinite().all().item<bool>());
  EXPECT_NEAR(prior.grad()[0][2].item<double>(), 1, 1e-6);
}

}  // namespace
}  // namespace attend::network
