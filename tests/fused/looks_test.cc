// Every way to look: the kernels must give the cost and the gradients of the tensor operations,
// also where some positions are closed, and noise must be the same in both.
#include <gtest/gtest.h>

#include "comparison.h"
#include "network/look_cases.h"

namespace attend::fused {
namespace {

using network::testing::LookCase;
using namespace testing;

constexpr model::VocabularySizes kSizes{8, 9};

Tensor random_values(const Layout& layout) {
  Random random(7);
  const Tensor values = at::empty({layout.size()}, at::kFloat);
  for (std::int64_t i = 0; i < layout.size(); ++i) {
    values.data_ptr<float>()[i] = static_cast<float>(0.5 * random.normal());
  }
  return values;
}

class FusedLooks : public ::testing::TestWithParam<LookCase> {
 protected:
  static Configuration configuration() {
    Configuration c = network::testing::small_configuration();
    model::set_options(c, GetParam().second);
    model::check(c);
    return c;
  }
  static Tensor values(const Configuration& c) {
    return random_values(Layout(model::parameter_table(c, kSizes)));
  }
};

TEST_P(FusedLooks, EqualTensorOperations) {
  const Configuration c = configuration();
  const auto examples = network::testing::random_examples(7, kSizes, 9, 7, 11);
  expect_fused_equals_plain(c, kSizes, examples, values(c));
}

TEST_P(FusedLooks, EqualTensorOperationsWhereSomePositionsAreClosed) {
  const Configuration c = configuration();
  std::vector<Example> examples = network::testing::random_examples(7, kSizes, 9, 7, 12);
  Random random(13);
  for (Example& example : examples) {
    example.source.allowed.resize(example.source.tokens.size());
    for (char& allowed : example.source.allowed) allowed = random.chance(0.7) ? 1 : 0;
    example.source.allowed.back() = 1;  // a mixture of nothing has no likelihood
  }
  expect_fused_equals_plain(c, kSizes, examples, values(c));
}

// Weights of all positions would be rounded to 0 at those that a step may still move to.
TEST(FusedHardMonotonic, EqualsTensorOperationsWhereEnergiesAreFarApart) {
  Configuration c = network::testing::small_configuration();
  model::set_options(
      c, std::vector<std::string>{"attention.kind=hard-monotonic", "attention.score=general",
                                  "decoder.order=update-look-generate"});
  model::check(c);
  const Layout layout(model::parameter_table(c, kSizes));
  const Tensor values = random_values(layout);
  layout.views(values).at("attention.annotation_weight").mul_(200);
  const auto examples = network::testing::random_examples(7, kSizes, 9, 7, 11);
  expect_fused_equals_plain(c, kSizes, examples, values);
}

INSTANTIATE_TEST_SUITE_P(All, FusedLooks, ::testing::ValuesIn(network::testing::look_cases()),
                         [](const auto& one) { return one.param.first; });

}  // namespace
}  // namespace attend::fused
