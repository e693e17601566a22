// The location-aware score (§1.5; Chorowski et al. 2015): e_ij = v · tanh(W s + U h_j + W_f f_ij +
// b), f_ij = Σ_m F_m α_{i-1,j+m}, which treats what lies outside the source as 0.
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

constexpr std::int64_t kFilters = 3, kWidth = 5;

model::Configuration location_aware() {
  model::Configuration c = small_decoder();
  c.attention.score = "location-aware";
  c.attention.filters = static_cast<int>(kFilters);
  c.attention.filter_width = static_cast<int>(kWidth);
  c.decoder.initial_state = model::InitialState::kMean;
  return c;
}

// f_ij of all filters.
Row filtered(const Numbers& filters, const Row& last, std::int64_t j) {
  Row found(kFilters, 0);
  for (std::int64_t k = 0; k < kFilters; ++k) {
    for (std::int64_t m = 0; m < kWidth; ++m) {
      const std::int64_t p = j + m - kWidth / 2;
      if (p < 0 || p >= DecoderTrial::kPositions) continue;
      found[static_cast<std::size_t>(k)] += filters(k, m) * last[static_cast<std::size_t>(p)];
    }
  }
  return found;
}

// Runs the equations. With coverage, W_c Σ_{k < i} α_kj is added within the tanh too.
void expect_equations(const model::Configuration& c) {
  model::check(c);
  const DecoderTrial t(c);
  const bool covers = c.attention.coverage == model::Coverage::kSum;
  const Numbers u = t.weight("attention.annotation_weight");
  const Numbers w = t.weight("attention.feature_weight"), f = t.weight("attention.filter_weight");
  Row state = tanh_of(t.affine("initial.0.state_weight", "initial.0.state_bias", t.mean()));
  Row last(DecoderTrial::kPositions, 0), sum = last;  // α_0 = 0
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    const Row query = t.affine("attention.query_weight", "attention.bias", state);
    Row energies;
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      Row hidden = plus(plus(query, times(u, t.annotation(j))), times(w, filtered(f, last, j)));
      if (covers) {
        const Numbers w_c = t.weight("attention.coverage_weight");
        hidden = plus(hidden, times(w_c, {sum[static_cast<std::size_t>(j)]}));
      }
      energies.push_back(dot(t.vector("attention.energy_weight"), tanh_of(hidden)));
    }
    expect_near(t.observed("energies", i), energies);
    last = softmax_of(energies);
    sum = plus(sum, last);
    expect_near(t.observed("alignment", i), last);
    Row context(t.annotation(0).size(), 0);
    for (std::size_t j = 0; j < last.size(); ++j) {
      const Row h = t.annotation(static_cast<std::int64_t>(j));
      for (std::size_t k = 0; k < h.size(); ++k) context[k] += last[j] * h[k];
    }
    state = gru(t.gates("decoder.0", concatenated({t.word(i), context})),
                t.weight("decoder.0.recurrent_weight"), state);
  }
}

TEST(LocationAware, EqualsItsEquations) { expect_equations(location_aware()); }

TEST(LocationAware, SeesTheCoverageToo) {
  model::Configuration c = location_aware();
  c.attention.coverage = model::Coverage::kSum;
  expect_equations(c);
}

TEST(LocationAware, HasFiltersAndTheirWeightBesideTheAdditiveScore) {
  model::Configuration c = location_aware();
  const auto count = [&c] { return model::parameter_count(model::parameter_table(c, {9, 9})); };
  const std::int64_t with = count();
  c.attention.score = "additive";
  EXPECT_EQ(with - count(), kFilters * kWidth + c.attention.units * kFilters);
}

}  // namespace
}  // namespace attend::testing
