// The numbers of parameters that papers and their codes give, at the published sizes.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "model/model.h"

namespace attend::testing {
namespace {

enum class Counted { kAll, kWithoutBiases };

// A start symbol is a row of the published tables, which have these many rows, and has a vector of
// its own here: it is left out.
std::int64_t count(std::string_view preset, const model::VocabularySizes& sizes, Counted counted) {
  std::int64_t total = 0;
  for (const model::TensorSpec& spec : model::parameter_table(model::published(preset), sizes)) {
    const bool bias = counted == Counted::kWithoutBiases && spec.name.ends_with("bias");
    if (!bias && spec.name != model::kStartName) total += spec.count();
  }
  return total;
}

TEST(Published, RnnsearchHas80Million) {  // §4.2
  EXPECT_EQ(count("rnnsearch", {30000, 30000}, Counted::kWithoutBiases), 80'401'000);
}

TEST(Published, SutskeverHas384Million) {  // §2
  EXPECT_EQ(count("sutskever", {160000, 80000}, Counted::kWithoutBiases), 384'000'000);
}

// dl4mt has 79,945,521, with a bias for each of the three products of its readout, whose sum is one
// bias of 512 here.
TEST(Published, CgruHas80Million) {  // §4.6
  EXPECT_EQ(count("cgru", {30000, 30000}, Counted::kAll), 79'945'521 - 2 * 512);
}

TEST(Published, DatesHave52960) {  // §5.1
  EXPECT_EQ(count("dates", {37, 11}, Counted::kAll), 52'960);
}

TEST(Published, LuongHas220Million) {  // §6.1, §6.3
  const model::VocabularySizes words{50000, 50000};
  const auto without_biases = [&](std::string_view preset) {
    return count(preset, words, Counted::kWithoutBiases);
  };
  EXPECT_EQ(without_biases("luong-dot"), 220'000'000);
  EXPECT_EQ(without_biases("luong-general"), 221'000'000);
  EXPECT_EQ(without_biases("luong"), 221'000'000);
  EXPECT_EQ(without_biases("luong-local-p"), 222'001'000);  // W_p and v_p
  EXPECT_EQ(without_biases("luong-local-m"), 221'000'000);
  EXPECT_EQ(without_biases("luong-concat"), 222'001'000);    // W, U and v in place of W
  EXPECT_EQ(without_biases("luong-location"), 220'050'000);  // a row for each of 50 positions
}

TEST(Published, SeeHas21Million) {  // §13.3: the baseline, and 512 of the coverage
  EXPECT_EQ(count("coverage-see", {50000, 50000}, Counted::kAll), 21'499'600 + 512);
}

// Two LSTM layers of 400 units a direction, one of 400 in the decoder, readouts of 1200, embeddings
// of 200. First-order hard attention has a layer of 6 of the 11 published offsets besides.
TEST(Published, HardAttentionHasTheSizesOfItsCode) {  // §13.2
  const model::VocabularySizes letters{40, 50};
  const auto without_biases = [&](std::string_view preset) {
    return count(preset, letters, Counted::kWithoutBiases);
  };
  const std::int64_t encoder = 2 * (4 * 400 * (200 + 400) + 4 * 400 * (800 + 400));
  const std::int64_t decoder = 4 * 400 * (200 + 400) + 400 * 800 + 1200 * 1200;
  const std::int64_t expected = encoder + decoder + 200 * (40 + 50) + 50 * 1200;
  EXPECT_EQ(without_biases("hard"), expected);
  EXPECT_EQ(without_biases("hard-monotonic"), expected);
  EXPECT_EQ(without_biases("hard-monotonic-1"), expected + 6 * 2 * 400);
}

TEST(Published, CopyAdds1153) {  // §13.4: 512 for the context, 512 for [s; c], 128 for x, a bias
  EXPECT_EQ(count("copy", {50000, 50000}, Counted::kAll), 21'499'600 + 1'153);
}

}  // namespace
}  // namespace attend::testing
