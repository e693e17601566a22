// Decoders that copy (§13.4) on the fused path.
#include <gtest/gtest.h>

#include <string>

#include "comparison.h"

namespace attend::fused {
namespace {

using network::initial_values;
using network::testing::choices_of;
using network::testing::small_configuration;
using namespace testing;

enum class Lengths { kRandom, kEqual };

void expect_equal(const Configuration& c, const model::VocabularySizes& sizes, std::size_t examples,
                  Lengths lengths = Lengths::kRandom) {
  model::check(c);
  auto drawn =
      network::testing::random_examples(examples, sizes, 9, 6, 8, lengths == Lengths::kEqual);
  network::testing::add_random_copies(drawn, sizes.target, 9);
  const Layout layout(model::parameter_table(c, sizes));
  expect_fused_equals_plain(c, sizes, drawn, initial_values(layout, 3, at::kFloat));
}

TEST(Copying, EqualsTensorOperationsInEveryOrder) {
  for (const std::string& order : choices_of("decoder.order")) {
    SCOPED_TRACE(order);
    Configuration c = small_configuration();
    model::set_option(c, "decoder.copy=pointer");
    model::set_option(c, "decoder.order=" + order);
    expect_equal(c, {8, 9}, 7);
  }
}

TEST(Copying, EqualsTensorOperationsWithTiedEmbeddingsAndCoverage) {
  Configuration c = small_configuration();
  for (const char* setting :
       {"decoder.copy=pointer", "attention.coverage=sum", "attention.coverage_loss=0.5",
        "decoder.tied_embeddings=target", "decoder.embedding=7"}) {
    model::set_option(c, setting);
  }
  expect_equal(c, {8, 9}, 7);
}

// So many words that the 72 target tokens go through the output layer in two parts.
TEST(Copying, EqualsTensorOperationsWithALargeVocabulary) {
  Configuration c = small_configuration();
  model::set_option(c, "decoder.copy=pointer");
  c.decoder.readout_units = 3;
  expect_equal(c, {8, 66000}, 12, Lengths::kEqual);
}

}  // namespace
}  // namespace attend::fused
