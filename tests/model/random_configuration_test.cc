#include "random_configuration.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace attend::model {
namespace {

constexpr std::uint64_t kModels = 600;

// Options that need sources of another kind, or that training does not know. Tests of them give a
// value to random_configuration().
const std::set<std::string> kGiven{
    "encoder.levels",      "encoder.ngrams",           "encoder.position_units",
    "decoder.temperature", "decoder.line_temperature", "encoder.stages",
    "encoder.groups",      "attention.reward_weight",  "attention.baseline_decay"};
// Choices that tests of pictures give.
const std::set<std::string> kGivenChoices{"encoder.kind", "encoder.bag_of_words"};

// Tests over a few hundred random models see each choice of each option, and each one several
// times. Twice as many are counted here, because there are many rare choices.
TEST(RandomConfiguration, DrawsEveryChoiceOfEveryOption) {
  std::map<std::string, std::map<std::string, int>> seen;
  for (std::uint64_t seed = 0; seed < kModels; ++seed) {
    Random random(seed);
    Configuration c = testing::random_configuration(random);
    for (const Option& option : options(c)) ++seen[option.name][option.get()];
  }
  Configuration any;
  for (const Option& option : options(any)) {
    if (!testing::is_of_the_network(option.name)) continue;
    const bool given = kGiven.contains(option.name) || kGivenChoices.contains(option.name);
    const std::size_t values = given ? 1 : 2;
    EXPECT_GE(seen[option.name].size(), values) << option.name;
    if (kGivenChoices.contains(option.name)) continue;
    for (const std::string& choice : option.choices) {
      EXPECT_GE(seen[option.name][choice], 5) << option.name << ": " << choice;
    }
  }
  for (const auto& [reach, count] : seen["attention.reach"]) EXPECT_LE(std::stoi(reach), 3);
  EXPECT_GE(seen["attention.coverage_loss"]["0.7"], 5);
}

// Plans are held to their programs by random models too, so that these must not become rare.
TEST(RandomConfiguration, DrawsModelsWithAPlanOften) {
  int plans = 0;
  for (std::uint64_t seed = 0; seed < kModels; ++seed) {
    Random random(seed);
    if (has_plan(testing::random_configuration(random))) ++plans;
  }
  EXPECT_GE(plans, 80);
}

}  // namespace
}  // namespace attend::model
