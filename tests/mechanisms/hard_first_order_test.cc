// First-order hard monotonic attention, 1-MONO (§13.2): Wu and Cotterell 2019.
#include <gtest/gtest.h>

#include <limits>

#include "hard_trial.h"
#include "network/step_operations.h"

namespace attend::testing {
namespace {

using Matrix = std::vector<Row>;

// A(k, j) for all positions: offset d leads from k to the position that is d places behind k among
// the open ones from k on, and the offsets that lead to a position share the probability.
Matrix transitions_of(const Matrix& energies, const std::vector<char>& open) {
  Matrix transitions;
  for (std::size_t k = 0; k < energies.size(); ++k) {
    std::vector<std::size_t> targets;
    for (std::size_t j = k; j < open.size() && targets.size() < energies[k].size(); ++j) {
      if (open[j] != 0) targets.push_back(j);
    }
    const auto count = static_cast<std::ptrdiff_t>(targets.size());
    const Row shares = softmax_of({energies[k].begin(), energies[k].begin() + count});
    Row row(open.size(), 0);
    for (std::size_t d = 0; d < targets.size(); ++d) row[targets[d]] = shares[d];
    transitions.push_back(row);
  }
  return transitions;
}

// Σ_k f_k A(k, j).
Row moved(const Row& f, const Matrix& transitions) {
  Row result(f.size(), 0);
  for (std::size_t k = 0; k < f.size(); ++k) {
    for (std::size_t j = 0; j < f.size(); ++j) result[j] += f[k] * transitions[k][j];
  }
  return result;
}

at::Tensor band_prior(const at::Tensor& f, const at::Tensor& energies, const at::Tensor& mask) {
  const step::Node node{.op = step::Op::kBandPrior};
  network::OperationInputs in;
  in.operands = {f, energies};
  in.mask = mask;
  return network::compute(node, in);
}

TEST(BandPrior, HasTheNumbersOfTheExample) {  // §16
  const at::Tensor f = at::tensor({6.0 / 7, 1.0 / 7, 0.0}, at::kDouble).view({1, 1, 3});
  const at::Tensor shares = at::tensor({.5, .5, .3, .7, .2, .8}, at::kDouble).view({1, 1, 3, 2});
  expect_near(row_of(band_prior(f, shares.log(), {})), {3.0 / 7, 3.3 / 7, 0.1});
}

// Several steps and sources at once, some positions of which are closed: at the beginning, in
// between, at the end, all of a source.
TEST(BandPrior, EqualsTheTransitionMatrices) {
  const std::vector<std::vector<char>> open{{1, 1, 1, 1, 1, 1, 1}, {0, 0, 1, 0, 1, 1, 0},
                                            {1, 0, 0, 0, 0, 1, 1}, {1, 1, 1, 0, 0, 0, 0},
                                            {0, 0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 0}};
  const auto batch = static_cast<std::int64_t>(open.size());
  constexpr std::int64_t kSteps = 3, kPositions = 7;
  at::Tensor mask = at::zeros({kPositions, batch}, at::kDouble).t();  // as batches have it
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t j = 0; j < kPositions; ++j) {
      const bool is_open = open[static_cast<std::size_t>(b)][static_cast<std::size_t>(j)] != 0;
      if (!is_open) mask[b][j] = -std::numeric_limits<double>::infinity();
    }
  }
  Random random(1);
  for (const std::int64_t offsets : {2, 3, 6, 9}) {
    SCOPED_TRACE(offsets);
    const at::Tensor f =
        random_tensor({kSteps, batch, kPositions}, random).abs().requires_grad_(true);
    const at::Tensor energies =
        random_tensor({kSteps, batch, kPositions, offsets}, random).requires_grad_(true);
    const at::Tensor prior = band_prior(f, energies, mask);
    for (std::int64_t i = 0; i < kSteps; ++i) {
      for (std::int64_t b = 0; b < batch; ++b) {
        Matrix own;
        for (std::int64_t k = 0; k < kPositions; ++k) own.push_back(row_of(energies[i][b][k]));
        const Matrix transitions = transitions_of(own, open[static_cast<std::size_t>(b)]);
        expect_near(row_of(prior[i][b]), moved(row_of(f[i][b]), transitions));
      }
    }
    (prior * random_tensor(prior.sizes(), random)).sum().backward();
    EXPECT_TRUE(f.grad().isfinite().all().item<bool>());
    EXPECT_TRUE(energies.grad().isfinite().all().item<bool>());
  }
}

model::Configuration first_order_decoder(int reach) {
  model::Configuration c = hard_decoder(model::AttentionKind::kHardMonotonicFirstOrder);
  c.attention.reach = reach;
  model::check(c);
  return c;
}

// A_i(k, j), where e_ik = W_d [s_i; T h_k] + b_d.
Matrix transitions_of(const DecoderTrial& trial, const Row& s) {
  Matrix energies;
  for (std::int64_t k = 0; k < DecoderTrial::kPositions; ++k) {
    const Row key = times(trial.weight("attention.annotation_weight"), trial.annotation(k));
    energies.push_back(
        trial.affine("attention.offset_weight", "attention.offset_bias", concatenated({s, key})));
  }
  return transitions_of(energies, std::vector<char>(DecoderTrial::kPositions, 1));
}

// The forward algorithm: F_1(j) = A_1(1, j) p(y_1 | j), F_i(j) = Σ_k F_{i-1}(k) A_i(k, j) p(y_i |
// j). The likelihood is Σ_j F_n(j).
TEST(HardMonotonicFirstOrder, EqualsTheForwardAlgorithm) {
  for (const int reach : {1, 2, 5, 9}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE(::testing::Message() << "reach " << reach << ", seed " << seed);
      const DecoderTrial trial(first_order_decoder(reach), seed);
      Row forward(DecoderTrial::kPositions, 0);
      forward[0] = 1;
      for (const HardStep& step : hard_steps(trial)) {
        forward = moved(forward, transitions_of(trial, step.state));
        for (std::size_t j = 0; j < forward.size(); ++j) forward[j] *= step.emissions[j];
      }
      double expected = 0;
      for (const double one : forward) expected += one;
      EXPECT_NEAR(likelihood_of(trial), expected, kHardTolerance * expected);
    }
  }
}

TEST(HardMonotonicFirstOrder, ShowsThePrior) {
  const DecoderTrial trial(first_order_decoder(1));
  const std::vector<HardStep> steps = hard_steps(trial);
  expect_near(trial.observed("alignment", 0), transitions_of(trial, steps[0].state)[0]);
  EXPECT_FALSE(trial.shows("energies"));
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row prior = trial.prior(i);
    double sum = 0;
    for (std::size_t j = 0; j < prior.size(); ++j) {
      sum += prior[j];
      const bool reached = static_cast<std::int64_t>(j) <= i + 1;  // a step moves by 1 at most
      EXPECT_EQ(prior[j] > 0, reached) << "step " << i << ", position " << j;
    }
    EXPECT_NEAR(sum, 1, kHardTolerance) << i;
    expect_near(trial.observed("alignment", i), prior);
  }
}

}  // namespace
}  // namespace attend::testing
