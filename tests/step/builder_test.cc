// Shapes, and the order of the parameters.
#include <gtest/gtest.h>

#include "base/base.h"
#include "small_program.h"

namespace attend::step {
namespace {

TEST(Builder, ListsParametersByTheGroupsOfTheTable) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : small_program().parameters) names.push_back(spec.name);
  EXPECT_EQ(names, (std::vector<std::string>{"target_embedding.weight", "decoder.0.input_weight",
                                             "decoder.0.recurrent_weight", "decoder.0.bias",
                                             "readout.weight", "readout.bias", "output.weight",
                                             "output.bias"}));
}

TEST(Builder, GivesAProductTheColumnsOfItsParts) {
  const Program program = small_program();
  for (const TensorSpec& spec : program.parameters) {
    if (spec.name != "readout.weight") continue;
    EXPECT_EQ(spec.shape, (std::vector<std::int64_t>{3, 8}));
  }
}

TEST(Builder, RefusesShapesThatDoNotFit) {
  Builder b = small_builder();
  const Value h = b.annotations("");
  const Value query = b.zeros(3);
  EXPECT_THROW(b.dot_energies(query, h), CheckFailure);                    // 3 and 4 units
  EXPECT_THROW(b.dot_energies(h, query), CheckFailure);                    // keys are positions
  EXPECT_THROW(b.add(query, h), CheckFailure);                             // 3 and 4 units
  EXPECT_THROW(b.softmax(query), CheckFailure);                            // not over positions
  EXPECT_THROW(b.weighted_sum(h, h), CheckFailure);                        // not an alignment
  EXPECT_THROW(b.maxout(query), CheckFailure);                             // an odd number of units
  EXPECT_THROW(b.cell({}, "decoder.0", h, {query, {}}, 0), CheckFailure);  // not 9 gate units
}

TEST(Builder, RefusesAParameterOfAnotherShape) {
  Builder b = small_builder();
  b.linear({"readout.weight", 3}, {b.zeros(4)});
  EXPECT_NO_THROW(b.linear({"readout.weight", 3}, {b.zeros(4)}));
  EXPECT_THROW(b.linear({"readout.weight", 3}, {b.zeros(5)}), CheckFailure);
}

TEST(Builder, RefusesACarriedValueWithoutASuccessor) {
  Builder b = small_builder();
  const Value state = b.carry("state", b.zeros(4), "s_{i-1}");
  b.output({state, "output.weight", "output.bias"});
  EXPECT_THROW(b.finish(), CheckFailure);
}

TEST(Builder, RepeatsWhatBelongsToLess) {
  Builder b = small_builder();
  const Value h = b.annotations("");
  const Value one = b.parameter("attention.scale", 1, "g");
  EXPECT_EQ(b.units(b.multiply(h, one)), 4);
  const Value source = b.zeros(4);
  EXPECT_EQ(b.units(b.add(h, source)), 4);
}

}  // namespace
}  // namespace attend::step
