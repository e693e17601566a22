// Tests models that decode together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "all_targets.h"

namespace attend::search::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;

const std::vector<Tokens> kSources{{5, 6, 7}, {8}};
using Engines = std::vector<std::unique_ptr<const model::Engine>>;

std::unique_ptr<const model::Engine> make(const std::vector<Distribution>& distributions,
                                          Average average, const ToyOptions& options = {}) {
  Engines engines;
  for (const Distribution& one : distributions) {
    engines.push_back(std::make_unique<const ToyEngine>(one, options));
  }
  return make_ensemble(std::move(engines), average);
}

// Returns the mean of the distributions, computed in double.
Distribution mean(const std::vector<Distribution>& distributions, Average average) {
  return [=](const Tokens& source, const Tokens& prefix) {
    std::vector<double> sums;
    for (const Distribution& distribution : distributions) {
      const auto one = distribution(source, prefix);
      sums.resize(one.size());
      for (std::size_t id = 0; id < one.size(); ++id) {
        const auto value = static_cast<double>(one[id]);
        sums[id] += average == Average::kProbabilities ? std::exp(value) : value;
      }
    }
    std::vector<float> result;
    for (const double sum : sums) {
      const double share = sum / static_cast<double>(distributions.size());
      result.push_back(
          static_cast<float>(average == Average::kProbabilities ? std::log(share) : share));
    }
    return result;
  };
}

struct Averages : ::testing::TestWithParam<Average> {};

TEST_P(Averages, OfAModelWithItselfEqualTheModel) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Distribution one = historic(seed, 6);
    const ToyEngine alone(one, {6, 3});
    for (const std::size_t count : {1u, 2u, 3u}) {
      const auto ensemble = make(std::vector<Distribution>(count, one), GetParam(), {6, 3});
      for (const int beam : {1, 4}) {
        const auto options = make_options(beam, beam, 1.0, 7);
        const auto expected = search(alone, kSources, options);
        const auto found = search(*ensemble, kSources, options);
        for (std::size_t s = 0; s < kSources.size(); ++s) {
          ASSERT_EQ(found[s].size(), expected[s].size());
          for (std::size_t k = 0; k < expected[s].size(); ++k) {
            EXPECT_EQ(found[s][k].tokens, expected[s][k].tokens);
            EXPECT_EQ(found[s][k].token_scores, expected[s][k].token_scores);
            EXPECT_EQ(found[s][k].alignment, expected[s][k].alignment);
          }
        }
      }
    }
  }
}

TEST_P(Averages, LargeBeamFindsEveryTargetInOrder) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const std::vector<Distribution> members{historic(seed, 3), historic(seed + 100, 3),
                                            markov(seed, 3)};
    const auto ensemble = make(members, GetParam(), {3, 1});
    const ToyEngine single(mean(members, GetParam()), {3, 1});
    const auto found = search(*ensemble, kSources, make_options(500, 500, 1.0, 4));
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      const auto expected = all_targets(single, kSources[s], {});
      ASSERT_EQ(found[s].size(), expected.size());
      for (std::size_t k = 0; k < expected.size(); ++k) {
        EXPECT_EQ(found[s][k].tokens, expected[k].tokens);
        EXPECT_NEAR(found[s][k].score, expected[k].score, 1e-5);
      }
    }
  }
}

TEST_P(Averages, ForcedScoresAreThoseOfTheMean) {
  const std::vector<Distribution> members{historic(1, 4), historic(2, 4)};
  const auto ensemble = make(members, GetParam());
  const ToyEngine single(mean(members, GetParam()), {});
  const std::vector<Tokens> targets{{1, 3}, {}};
  const auto found = score(*ensemble, kSources, targets, 1.0);
  const auto expected = score(single, kSources, targets, 1.0);
  for (std::size_t s = 0; s < targets.size(); ++s) {
    EXPECT_NEAR(found[s].log_probability, expected[s].log_probability, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Ensemble, Averages,
                         ::testing::Values(Average::kProbabilities, Average::kLogProbabilities));

TEST(Ensemble, ImpossibleForOneModelIsUnlikelyOrImpossibleForAll) {
  const auto constant = [](std::vector<float> scores) -> Distribution {
    return [scores](const Tokens&, const Tokens&) { return scores; };
  };
  const std::vector<Distribution> members{constant({kImpossible, -0.5F, -1.0F}),
                                          constant({-0.7F, -0.5F, kImpossible})};
  const std::vector<Tokens> sources{{5}}, targets{{2}};
  const auto arithmetic = make(members, Average::kProbabilities, {3, 0});
  const auto geometric = make(members, Average::kLogProbabilities, {3, 0});
  EXPECT_NEAR(score(*arithmetic, sources, targets, 1.0)[0].token_scores[0], -1.0 - std::log(2.0),
              1e-6);
  EXPECT_EQ(score(*geometric, sources, targets, 1.0)[0].token_scores[0], kImpossible);
}

// Shows other weights than the toy engine.
class OtherAlignment final : public model::Engine {
 public:
  std::unique_ptr<model::Decoding> annotate(std::span<const model::Source> sources) const override {
    return std::make_unique<Steps>(toy_.annotate(sources));
  }
  std::size_t target_vocabulary() const override { return toy_.target_vocabulary(); }
  std::optional<TokenId> end() const override { return toy_.end(); }
  std::size_t fixed_target_length() const override { return 0; }

 private:
  class Steps final : public model::Decoding {
   public:
    explicit Steps(std::unique_ptr<model::Decoding> toy) : toy_(std::move(toy)) {}
    model::StepResult step(std::span<const model::StepRow> rows) override {
      model::StepResult result = toy_->step(rows);
      weights_.assign(result.alignment.size(), 0.25F);
      result.alignment = weights_;
      return result;
    }

   private:
    std::unique_ptr<model::Decoding> toy_;
    std::vector<float> weights_;
  };
  ToyEngine toy_{historic(1, 4), {}};
};

TEST(Ensemble, AlignmentIsTheMeanOfThoseThatHaveOne) {
  const std::vector<Tokens> sources{{5, 6}}, targets{{1, 2}};
  const ToyEngine alone(historic(1, 4), {});
  const auto weights = score(alone, sources, targets, 1.0)[0].alignment;
  Engines engines;
  engines.push_back(std::make_unique<const ToyEngine>(historic(1, 4), ToyOptions{}));
  engines.push_back(
      std::make_unique<const ToyEngine>(historic(1, 4), ToyOptions{.has_alignment = false}));
  engines.push_back(std::make_unique<const OtherAlignment>());
  const auto ensemble = make_ensemble(std::move(engines), Average::kProbabilities);
  EXPECT_TRUE(ensemble->has_alignment());
  const auto found = score(*ensemble, sources, targets, 1.0)[0].alignment;
  ASSERT_EQ(found.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(found[i], (weights[i] + 0.25F) / 2, 1e-6);
  }
}

// Sees one position in every source, and gives the ids of what it copies from it.
class OtherSources final : public model::Engine {
 public:
  OtherSources(std::size_t positions, std::size_t copied)
      : positions_(positions), toy_(historic(1, 4 + copied), {4 + copied}) {}
  std::unique_ptr<model::Decoding> annotate(std::span<const model::Source> sources) const override {
    return toy_.annotate(sources);
  }
  std::size_t target_vocabulary() const override { return 4; }
  std::optional<TokenId> end() const override { return toy_.end(); }
  std::size_t fixed_target_length() const override { return 0; }
  std::size_t positions(const model::Source& source) const override {
    return positions_ > 0 ? positions_ : source.tokens.size();
  }

 private:
  std::size_t positions_;
  ToyEngine toy_;
};

TEST(Ensemble, ModelsThatReadSourcesOtherwiseAreRefused) {
  const auto message = [](std::size_t positions, std::size_t copied) -> std::string {
    Engines engines;
    engines.push_back(std::make_unique<const ToyEngine>(historic(1, 4), ToyOptions{}));
    engines.push_back(std::make_unique<const OtherSources>(positions, copied));
    const auto ensemble = make_ensemble(std::move(engines), Average::kProbabilities);
    try {
      search(*ensemble, kSources, make_options(2, 1, 1.0, 3));
    } catch (const UsageError& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(message(0, 0), "none");
  EXPECT_EQ(message(1, 0),
            "ensemble: found 1 positions in a source, expected 3: the encoders have other levels");
  EXPECT_EQ(message(0, 2),
            "ensemble: found 6 target ids with those of the sources, expected 4: of these models "
            "some copy from a source and some do not");
}

TEST(Ensemble, ModelsWithOtherTargetsAreRefused) {
  const auto pair = [](const ToyOptions& a, const ToyOptions& b) {
    Engines engines;
    engines.push_back(std::make_unique<const ToyEngine>(historic(1, a.vocabulary), a));
    engines.push_back(std::make_unique<const ToyEngine>(historic(1, b.vocabulary), b));
    return make_ensemble(std::move(engines), Average::kProbabilities);
  };
  EXPECT_THROW(pair({4, 0}, {5, 0}), UsageError);
  EXPECT_THROW(pair({4, 0}, {4, 1}), UsageError);
  EXPECT_THROW(pair({4, std::nullopt, 2}, {4, std::nullopt, 3}), UsageError);
  EXPECT_NO_THROW(pair({4, 0}, {4, 0}));
}

}  // namespace
}  // namespace attend::search::testing
