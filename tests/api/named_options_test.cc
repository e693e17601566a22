#include "api/named_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "attend/errors.hpp"

namespace attend::api {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& name, const std::string& value) {
  NamedOptions options;
  try {
    options.set(name, value);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NamedOptions, AreTheFieldsOfTheStructs) {
  NamedOptions options;
  options.set("beam", "5");
  options.set("n-best", "3");
  options.set("length-normalisation", "0.6");
  options.set("forbid", "one");
  options.set("forbid", "two");
  options.set("require", "three");
  options.set("prefix", "four");
  options.set("unknown", "forbid");
  options.set("long-sources", "split");
  options.set("threads", "0");
  options.set("alignments", "no");
  options.set("precision", "int8");
  options.set("shortlist", "yes");
  options.set("ensemble", "log-probabilities");
  options.set("images", "folder");
  const PredictOptions& predict = options.predict;
  EXPECT_EQ(predict.search.beam, 5);
  EXPECT_EQ(predict.search.n_best, 3);
  EXPECT_EQ(predict.search.length_normalisation, 0.6);
  EXPECT_EQ(predict.search.alignments, Alignments::kDropped);
  EXPECT_EQ(predict.forbidden.size(), 2U);
  EXPECT_EQ(predict.request.required.size(), 1U);
  EXPECT_EQ(predict.request.prefix, "four");
  EXPECT_EQ(predict.unknown, UnknownUnits::kForbidden);
  EXPECT_EQ(predict.long_sources, LongSources::kSplit);
  EXPECT_EQ(predict.threads, 0);
  EXPECT_EQ(options.load.precision, Precision::kInt8);
  EXPECT_EQ(options.load.candidates, Candidates::kShortlist);
  EXPECT_EQ(options.load.average, Average::kLogProbabilities);
  EXPECT_EQ(options.load.pictures.images, "folder");
}

TEST(NamedOptions, SampleOnlyWhereItIsAsked) {
  NamedOptions options;
  options.set("temperature", "0.5");
  options.set("seed", "18446744073709551615");
  EXPECT_FALSE(options.wanted().search.sampling.has_value());
  options.set("sample", "yes");
  const auto sampling = options.wanted().search.sampling;
  ASSERT_TRUE(sampling.has_value());
  EXPECT_EQ(sampling->temperature, 0.5);
  EXPECT_EQ(sampling->seed, UINT64_MAX);
}

TEST(NamedOptions, HaveABeamForTheNBest) {
  NamedOptions options;
  options.set("n-best", "5");
  EXPECT_EQ(options.wanted().search.beam, 5);
  options.set("beam", "7");
  EXPECT_EQ(options.wanted().search.beam, 7);
  options.set("sample", "yes");
  options.set("beam", "1");
  EXPECT_EQ(options.wanted().search.beam, 1) << "sampling has no beam";
}

TEST(NamedOptions, NameWhatIsWrong) {
  EXPECT_EQ(refusal("beam", "0"), "beam: found '0', expected a number from 1 to 1000");
  EXPECT_THAT(refusal("beam", "5x"), HasSubstr("found '5x'"));
  EXPECT_THAT(refusal("coverage", "nan"), HasSubstr("expected a number from 0 to 100"));
  EXPECT_EQ(refusal("sample", "true"), "sample: found 'true', expected yes or no");
  EXPECT_THAT(refusal("unknown", ""), HasSubstr("write or forbid or replace"));
  EXPECT_THAT(refusal("precision", "double"), HasSubstr("double"));
  EXPECT_THAT(refusal("bean", "5"), HasSubstr("found the option 'bean'"));
}

}  // namespace
}  // namespace attend::api
