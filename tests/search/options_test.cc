#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "toy_engine.h"

namespace attend::search::testing {
namespace {

struct BadOption {
  const char* name;
  std::function<void(SearchOptions&)> set;
  const char* message;
};

class OptionOutOfRange : public ::testing::TestWithParam<BadOption> {};

TEST_P(OptionOutOfRange, IsAUsageErrorWithRangeAndValue) {
  const ToyEngine engine(historic(1, 4), {4, 0});
  const std::vector<Tokens> sources{{5}};
  SearchOptions options;
  GetParam().set(options);
  try {
    search(engine, sources, options);
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Search, OptionOutOfRange,
    ::testing::Values(
        BadOption{"BeamOfZero", [](auto& o) { o.beam = 0; }, "beam: found 0, expected 1 … 1000"},
        BadOption{"BeamTooLarge", [](auto& o) { o.beam = 1001; },
                  "beam: found 1001, expected 1 … 1000"},
        BadOption{"NBestOfZero", [](auto& o) { o.n_best = 0; }, "n_best: found 0, expected 1 … 1"},
        BadOption{"NBestAboveTheBeam",
                  [](auto& o) {
                    o.beam = 4;
                    o.n_best = 5;
                  },
                  "n_best: found 5, expected 1 … 4"},
        BadOption{"NegativeNormalisation", [](auto& o) { o.length_normalisation = -1; },
                  "length_normalisation: found -1, expected 0 … 10"},
        BadOption{"NormalisationNotANumber",
                  [](auto& o) { o.length_normalisation = static_cast<double>(kNotANumber); },
                  "length_normalisation: found nan, expected 0 … 10"},
        BadOption{"NegativeRatio", [](auto& o) { o.maximum_ratio = -0.5; },
                  "maximum_ratio: found -0.5, expected 0 … 1000"},
        BadOption{"InfiniteRatio",
                  [](auto& o) { o.maximum_ratio = std::numeric_limits<double>::infinity(); },
                  "maximum_ratio: found inf, expected 0 … 1000"},
        BadOption{"NegativeExtra", [](auto& o) { o.maximum_extra = -1; },
                  "maximum_extra: found -1, expected 0 … 1000000"},
        BadOption{"NegativeMinimum", [](auto& o) { o.minimum_length = -1; },
                  "minimum_length: found -1, expected 0 … 2000"},
        BadOption{"MinimumAboveTheMaximum",
                  [](auto& o) {
                    o.maximum_length = 7;
                    o.minimum_length = 8;
                  },
                  "minimum_length: found 8, expected 0 … 7"},
        BadOption{"MaximumOfZero", [](auto& o) { o.maximum_length = 0; },
                  "maximum_length: found 0, expected 1 … 1000000"},
        BadOption{"ForbiddenOutsideTheVocabulary",
                  [](auto& o) {
                    o.forbidden = {1, 4};
                  },
                  "forbidden: found 4, expected 0 … 3"},
        BadOption{"ForbiddenNegative", [](auto& o) { o.forbidden = {-1}; },
                  "forbidden: found -1, expected 0 … 3"},
        BadOption{"NegativeMinimumRatio", [](auto& o) { o.minimum_ratio = -1; },
                  "minimum_ratio: found -1, expected 0 … 1000"},
        BadOption{"NegativeCoverage", [](auto& o) { o.coverage = -0.1; },
                  "coverage: found -0.1, expected 0 … 100"},
        BadOption{"NegativeNgrams", [](auto& o) { o.no_repeat = -2; },
                  "no_repeat: found -2, expected 0 … 1000"},
        BadOption{"EmptyForbiddenNgram", [](auto& o) { o.forbidden_ngrams = {{}}; },
                  "forbidden_ngrams: found an empty sequence"},
        BadOption{"ForbiddenNgramOfAnUnknownId",
                  [](auto& o) {
                    o.forbidden_ngrams = {{1, 4}};
                  },
                  "forbidden_ngrams: found 4, expected 0 … 3"},
        BadOption{"ForbiddenNgramThatEnds",
                  [](auto& o) {
                    o.forbidden_ngrams = {{1, 0}};
                  },
                  "forbidden_ngrams: found </s>"},
        BadOption{"TemperatureOfZero", [](auto& o) { o.sampling = Sampling{0}; },
                  "temperature: found 0, expected 0.001 … 1000"},
        BadOption{"NegativeTopK",
                  [](auto& o) {
                    o.sampling = Sampling{1, -1};
                  },
                  "top_k: found -1, expected 0 … 1000000"},
        BadOption{"TopPOfZero",
                  [](auto& o) {
                    o.sampling = Sampling{1, 0, 0};
                  },
                  "top_p: found 0, expected 1e-06 … 1"},
        BadOption{"SamplingWithABeam",
                  [](auto& o) {
                    o.sampling = Sampling{};
                    o.beam = 2;
                  },
                  "beam: found 2, expected 1 … 1"},
        BadOption{"SamplingWithCoverage",
                  [](auto& o) {
                    o.sampling = Sampling{};
                    o.coverage = 1;
                  },
                  "coverage: targets that are drawn have no penalty"},
        BadOption{"EverythingForbidden",
                  [](auto& o) {
                    o.forbidden = {0, 1, 2, 3};
                  },
                  "forbidden: found all 4 tokens, expected fewer"}),
    [](const auto& tested) { return tested.param.name; });

TEST(SearchOptions, AreCheckedEvenWithoutSources) {
  const ToyEngine engine(historic(1, 4), {4, 0});
  SearchOptions options;
  options.beam = 0;
  EXPECT_THROW(search(engine, std::vector<Tokens>{}, options), UsageError);
}

TEST(SearchOptions, EmptySourceIsABugOfTheCaller) {
  const ToyEngine engine(historic(1, 4), {4, 0});
  const std::vector<Tokens> sources{{5}, {}};
  EXPECT_THROW(search(engine, sources, SearchOptions{}), CheckFailure);
}

}  // namespace
}  // namespace attend::search::testing
