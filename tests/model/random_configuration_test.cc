#include "random_configuration.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace attend::model {
namespace {

// Tests over a few hundred random models see each choice of each option.
TEST(RandomConfiguration, DrawsEveryChoiceOfEveryOption) {
  std::map<std::string, std::set<std::string>> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    Configuration c = testing::random_configuration(random);
    for (const Option& option : options(c)) seen[option.name].insert(option.get());
  }
  Configuration any;
  for (const Option& option : options(any)) {
    if (!testing::is_of_the_network(option.name)) continue;
    EXPECT_GE(seen[option.name].size(), 2U) << option.name;
    for (const std::string& choice : option.choices) {
      EXPECT_TRUE(seen[option.name].contains(choice)) << option.name << ": " << choice;
    }
  }
}

}  // namespace
}  // namespace attend::model
