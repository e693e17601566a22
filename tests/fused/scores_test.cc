// Every score of attention on the fused path, in every order, everywhere and in windows. Some
// sources are longer than the location score knows.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "comparison.h"

namespace attend::fused {
namespace {

using network::initial_values;
using network::testing::choices_of;
using network::testing::name_of_choice;
using network::testing::small_configuration;
using namespace testing;

class Scores : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Scores, EqualTensorOperationsInEveryOrder) {
  // The filters of this score read the alignment at every position.
  if (std::get<0>(GetParam()) == "location-aware" && std::get<1>(GetParam()) != "all") return;
  for (const std::string& order : choices_of("decoder.order")) {
    SCOPED_TRACE(order);
    Configuration c = small_configuration();
    model::set_option(c, "attention.score=" + std::get<0>(GetParam()));
    model::set_option(c, "attention.window=" + std::get<1>(GetParam()));
    model::set_option(c, "decoder.order=" + order);
    c.attention.maximum_source = 5;
    c.attention.reach = 2;
    c.encoder.units = 9;
    c.decoder.units = c.encoder.annotation_units();
    model::check(c);
    const model::VocabularySizes sizes{8, 9};
    const auto examples = network::testing::random_examples(7, sizes, 9, 6, 8);
    const Layout layout(model::parameter_table(c, sizes));
    expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Scores,
                         ::testing::Combine(::testing::ValuesIn(choices_of("attention.score")),
                                            ::testing::ValuesIn(choices_of("attention.window"))),
                         [](const auto& one) {
                           return name_of_choice(std::get<0>(one.param)) + "_" +
                                  name_of_choice(std::get<1>(one.param));
                         });

// No step changes these alignments, and the positions of the mixture are known before the steps.
TEST(HardScores, EqualTensorOperationsWithoutAQuery) {
  for (const std::string kind : {"hard", "hard-monotonic"}) {
    for (const std::string score : {"linear-pooling", "learned-query", "location"}) {
      SCOPED_TRACE(kind + " " + score);
      Configuration c = small_configuration();
      model::set_option(c, "attention.kind=" + kind);
      model::set_option(c, "attention.score=" + score);
      model::set_option(c, "decoder.order=update-look-generate");
      c.attention.maximum_source = 5;
      model::check(c);
      const model::VocabularySizes sizes{8, 9};
      const auto examples = network::testing::random_examples(7, sizes, 9, 6, 8);
      const Layout layout(model::parameter_table(c, sizes));
      expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
    }
  }
}

}  // namespace
}  // namespace attend::fused
