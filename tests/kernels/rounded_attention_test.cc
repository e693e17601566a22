// Tests attention for training over bfloat16 annotations and keys against equal values in float32.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;

// A matrix in bfloat16 and as float32 values equal to it.
struct Rounded {
  explicit Rounded(const Values& values) : exact(values.size()), bits(values.size()) {
    to_bfloat16({values.data(), values.size()}, 1, values.size(), bits.data());
    round_to_bfloat16({values.data(), values.size()}, 1, values.size(), exact.data());
  }
  Values exact;
  std::vector<Bfloat16> bits;
};

// Returns everything that one step writes, forward and backward from the gradients of its results.
Values step_results(const AttentionSource& source, const Values& query,
                    const AttentionResultGradients& results, bool additive) {
  const AttentionSizes& s = source.sizes;
  const std::size_t positions = s.batch * s.source_length;
  Values energies(positions), alignment(positions), context(s.batch * s.annotation_units);
  Values d_projected(positions * s.attention_units, 1.0F), d_weight(s.attention_units, 1.0F);
  Values d_energies(positions), d_query(query.size()), d_bias(1), scratch(s.source_length);
  const AttentionStep step{query.data(), energies.data(), alignment.data(), context.data()};
  if (additive) {
    additive_attention_forward(source, step);
    additive_attention_backward(
        source, step, results, {d_projected.data(), d_weight.data(), d_bias.data(), d_query.data()},
        scratch);
  } else {
    dot_attention_forward(source, step);
    dot_attention_backward(source, step, results,
                           {d_energies.data(), d_query.data(), d_bias.data()});
  }
  Values all;
  for (const Values* part :
       {&energies, &alignment, &context, &d_projected, &d_weight, &d_energies, &d_query, &d_bias}) {
    all.insert(all.end(), part->begin(), part->end());
  }
  return all;
}

TEST(RoundedAttention, ReadsTheValuesThatItsHalvesStandFor) {
  Random random(12);
  const std::vector<std::int32_t> lengths{6, 1, 5};
  for (const std::size_t units : {3U, 16U, 150U}) {
    for (const bool additive : {false, true}) {
      const AttentionSizes sizes{3, 6, units, units + 2};
      const std::size_t positions = sizes.batch * sizes.source_length;
      const Rounded h(reference::random_values(random, positions * sizes.annotation_units));
      const Values projected = reference::random_values(random, positions * units, 0.3);
      const Values weight = reference::random_values(random, units);
      Values query = reference::random_values(random, sizes.batch * units, 0.3);
      const Values gamma = reference::random_values(random, sizes.batch * sizes.annotation_units);
      const Values d_alignment = reference::poison_padding(
          reference::random_values(random, positions), lengths, sizes.source_length);
      const AttentionResultGradients results{gamma.data(), d_alignment.data()};
      Values exponentials(projected.size());
      ASSERT_TRUE(exponential_keys(projected, exponentials.data()));
      if (additive) exponential_query(query);
      Rounded keys(additive ? exponentials : projected);
      AttentionSource source{sizes,
                             lengths,
                             h.exact.data(),
                             keys.exact.data(),
                             weight.data(),
                             0.3F,
                             EnergyActivation::kLinear,
                             KeyForm::kExponential};
      const Values expected = step_results(source, query, results, additive);
      source.annotations = source.projected = nullptr;
      if (additive) {
        ASSERT_TRUE(exponential_keys(projected, keys.bits.data()));
      }
      source.rounded_annotations = h.bits.data();
      source.rounded_projected = keys.bits.data();
      const Values found = step_results(source, query, results, additive);
      for (std::size_t k = 0; k < found.size(); ++k) {
        ASSERT_NEAR(found[k], expected[k], 1e-5 * std::max(1.0F, std::abs(expected[k]))) << k;
      }
    }
  }
}

TEST(RoundedAttention, LeavesKeysThatDoNotFit) {
  const Values projected{0.5F, 18.0F};
  std::vector<Bfloat16> keys{7, 7};
  EXPECT_FALSE(exponential_keys(projected, keys.data()));
  EXPECT_EQ(keys, (std::vector<Bfloat16>{7, 7}));
}

}  // namespace
}  // namespace attend::kernels
