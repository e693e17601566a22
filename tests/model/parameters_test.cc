#include "model/parameters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace attend::model {
namespace {

std::int64_t count_without_biases(const std::vector<TensorSpec>& table) {
  std::int64_t total = 0;
  for (const TensorSpec& spec : table) {
    if (!spec.name.ends_with("bias")) total += spec.count();
  }
  return total;
}

TEST(ParameterTable, DateExerciseHas52960Parameters) {  // §5.1
  EXPECT_EQ(parameter_count(parameter_table(preset("dates"), {37, 11})), 52960);
}

TEST(ParameterTable, DateSwitchesKeepTheCount) {
  Configuration c = preset("dates");
  c.attention.energies = Energies::kRelu;
  c.encoder.cell.gates = c.decoder.cell.gates = Gates::kHard;
  c.encoder.padding = Padding::kMasked;
  EXPECT_EQ(parameter_count(parameter_table(c, {37, 11})), 52960);
}

TEST(ParameterTable, RnnsearchHasThePublishedCount) {  // §4.2, without biases
  EXPECT_EQ(count_without_biases(parameter_table(preset("rnnsearch"), {30000, 30000})), 80401000);
}

Configuration luong_as_published(const std::string& score) {
  Configuration c = preset("luong");
  c.attention.score = score;
  c.encoder.layers = c.decoder.layers = 4;
  c.encoder.units = c.encoder.embedding = 1000;
  c.decoder.units = c.decoder.embedding = c.decoder.readout_units = 1000;
  return c;
}

TEST(ParameterTable, LuongHasThePublishedCount) {  // §6.1, without biases
  const VocabularySizes sizes{50000, 50000};
  EXPECT_EQ(count_without_biases(parameter_table(luong_as_published("dot"), sizes)), 220'000'000);
  EXPECT_EQ(count_without_biases(parameter_table(luong_as_published("general"), sizes)),
            221'000'000);
}

// The code's concat has W [n, n] and v [n]; the location score has a row of n values for each of
// 200 positions.
TEST(ParameterTable, LuongsOtherScoresHaveTheirMatrices) {  // §6.2
  const VocabularySizes sizes{50000, 50000};
  EXPECT_EQ(count_without_biases(parameter_table(luong_as_published("concat-code"), sizes)),
            221'001'000);
  EXPECT_EQ(count_without_biases(parameter_table(luong_as_published("location"), sizes)),
            220'200'000);
}

TEST(ParameterTable, OneDirectionHasHalfTheAnnotations) {
  Configuration c = preset("default");
  c.encoder.direction = Direction::kBackward;
  c.encoder.layers = 2;
  std::set<std::string> names;
  for (const TensorSpec& spec : parameter_table(c, {50, 60})) {
    names.insert(spec.name);
    if (spec.name == "encoder.1.backward.input_weight" ||
        spec.name == "attention.annotation_weight") {
      EXPECT_EQ(spec.shape[1], 128) << spec.name;
    }
  }
  EXPECT_TRUE(names.contains("encoder.1.backward.input_weight"));
  EXPECT_FALSE(names.contains("encoder.0.forward.input_weight"));
}

TEST(ParameterTable, NamesAreUnique) {
  Configuration c = preset("default");
  c.encoder.layers = c.decoder.layers = 3;
  c.encoder.layer_norm = true;
  c.encoder.cell.reset = GruReset::kAfter;
  c.decoder.cell.type = Cell::kLstm;
  std::set<std::string> names;
  for (const TensorSpec& spec : parameter_table(c, {50, 60})) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
  }
}

TEST(ParameterTable, TiesLeaveTensorsOut) {
  Configuration c = preset("default");
  const auto untied = parameter_count(parameter_table(c, {50, 50}));
  c.decoder.tied_embeddings = TiedEmbeddings::kTarget;
  EXPECT_EQ(parameter_count(parameter_table(c, {50, 50})), untied - 50 * 128);
  c.decoder.tied_embeddings = TiedEmbeddings::kAll;
  EXPECT_EQ(parameter_count(parameter_table(c, {50, 50})), untied - 2 * 50 * 128);
  EXPECT_EQ(output_weight_name(c.decoder), "source_embedding.weight");
}

TEST(ParameterTable, ResetAfterHasABiasInsideTheGate) {
  Configuration c = preset("default");
  c.encoder.cell.reset = GruReset::kAfter;
  const auto table = parameter_table(c, {50, 50});
  const auto bias = std::find_if(table.begin(), table.end(), [](const TensorSpec& spec) {
    return spec.name == "encoder.0.forward.recurrent_bias";
  });
  ASSERT_NE(bias, table.end());
  EXPECT_EQ(bias->shape, std::vector<std::int64_t>{128});
}

// A table that two places share is named once.
TEST(FrozenParameters, AreTheTablesThatTheModelHas) {
  using Names = std::vector<std::string>;
  const std::string source = "source_embedding.weight", target = "target_embedding.weight";
  Configuration c;
  EXPECT_EQ(frozen_parameters(c), Names());
  c.training.freeze = Freeze::kSourceEmbedding;
  EXPECT_EQ(frozen_parameters(c), Names{source});
  c.training.freeze = Freeze::kTargetEmbedding;
  EXPECT_EQ(frozen_parameters(c), Names{target});
  c.training.freeze = Freeze::kEmbeddings;
  EXPECT_EQ(frozen_parameters(c), (Names{source, target}));
  c.decoder.tied_embeddings = TiedEmbeddings::kAll;
  EXPECT_EQ(frozen_parameters(c), Names{source});
  c.decoder.tied_embeddings = TiedEmbeddings::kNone;
  c.decoder.feedback = Feedback::kNone;
  EXPECT_EQ(frozen_parameters(c), Names{source});
  c.encoder.embedding = 0;
  EXPECT_EQ(frozen_parameters(c), Names());
}

}  // namespace
}  // namespace attend::model
