// Options that another option leaves without effect.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/model.h"
#include "model/step_program.h"
#include "random_configuration.h"

namespace attend::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> lines(const Configuration& configuration, const Configuration& base) {
  std::vector<std::string> result;
  for (const WithoutEffect& one : options_without_effect(configuration, base)) {
    result.push_back(fmt::format("{} has no effect with {}", one.option, one.because));
  }
  return result;
}

// The lines about a preset with these settings.
std::vector<std::string> lines_with(const std::string& preset_name,
                                    const std::vector<std::string>& settings) {
  const Configuration base = preset(preset_name);
  Configuration c = base;
  set_options(c, settings);
  check(c);
  return lines(c, base);
}

TEST(WithoutEffect, NamesTheOptionAndTheReason) {
  EXPECT_THAT(lines_with("default", {"attention.key_units=20", "attention.value_units=20"}),
              ElementsAre("attention.key_units has no effect with attention.keys: annotations",
                          "attention.value_units has no effect with attention.keys: annotations"));
  EXPECT_THAT(lines_with("default", {"attention.context_units=20"}),
              ElementsAre("attention.context_units has no effect with attention.heads: 1"));
  EXPECT_THAT(lines_with("default", {"attention.filter_width=5", "attention.filters=3"}),
              ElementsAre("attention.filters has no effect with attention.score: additive",
                          "attention.filter_width has no effect with attention.score: additive"));
  EXPECT_THAT(lines_with("luong", {"attention.units=100"}),
              ElementsAre("attention.units has no effect with attention.score: general"));
  EXPECT_THAT(lines_with("sutskever", {"attention.score=general", "attention.units=100"}),
              ElementsAre("attention.score has no effect with attention.kind: none",
                          "attention.units has no effect with attention.kind: none"));
  EXPECT_THAT(lines_with("gnmt", {"decoder.gru_reset=after", "decoder.readout_units=64"}),
              ElementsAre("decoder.gru_reset has no effect with decoder.cell: lstm",
                          "decoder.readout_units has no effect with decoder.readout: none"));
  EXPECT_THAT(lines_with("default", {"source.unit=words", "source.subword_size=100"}),
              ElementsAre("source.subword_size has no effect with source.unit: words"));
  EXPECT_THAT(lines_with("default", {"training.momentum=0.9", "training.dropout_decoder=0.1"}),
              ElementsAre("training.momentum has no effect with training.optimizer: adam",
                          "training.dropout_decoder has no effect with decoder.layers: 1"));
}

TEST(WithoutEffect, SaysNothingOfOptionsThatAreRead) {
  EXPECT_THAT(lines_with("default", {"attention.keys=projected", "attention.key_units=20",
                                     "attention.value_units=20"}),
              IsEmpty());
  EXPECT_THAT(lines_with("multi-head", {"attention.context_units=20"}), IsEmpty());
  EXPECT_THAT(lines_with("default", {"attention.score=location-aware", "attention.filter_width=5",
                                     "attention.units=20"}),
              IsEmpty());
  EXPECT_THAT(lines_with("luong-local-p", {"attention.reach=3"}), IsEmpty());
  EXPECT_THAT(lines_with("hard-monotonic-1", {"attention.reach=3"}), IsEmpty());
  EXPECT_THAT(lines_with("coverage-neural", {"attention.coverage_units=3"}), IsEmpty());
  EXPECT_THAT(lines_with("monotonic", {"attention.noise=0", "attention.prediction=expectation"}),
              IsEmpty());
  EXPECT_THAT(lines_with("default", {"source.subword_size=100"}), IsEmpty());  // auto may need it
  EXPECT_THAT(lines_with("default", {"training.optimizer=sgd", "training.momentum=0.9"}),
              IsEmpty());
}

// Nobody has set the options of a preset, and those at published sizes are all read.
TEST(WithoutEffect, SaysNothingOfPresets) {
  for (const Preset& one : presets()) {
    EXPECT_THAT(lines(preset(one.name), preset(one.name)), IsEmpty()) << one.name;
    if (!one.has_published_size) continue;
    EXPECT_THAT(lines(published(one.name), preset(one.name)), IsEmpty()) << one.name;
  }
}

// The parameters and the equations of a model.
std::string described(const Configuration& c) {
  std::string text;
  for (const TensorSpec& spec : parameter_table(c, {8, 8})) {
    text += spec.name;
    for (const std::int64_t size : spec.shape) text += fmt::format(" {}", size);
    text += "\n";
  }
  for (const step::Equation& equation : equations(c)) text += equation.text + "\n";
  return text;
}

// Holds the list to what models are: an option that is said to have no effect may have any value.
TEST(WithoutEffect, HoldsForRandomConfigurations) {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Configuration c = attend::testing::random_configuration(random);
    Configuration usual = c;
    const Configuration base;
    for (const WithoutEffect& one : options_without_effect(c, base)) {
      Configuration defaults = base;
      for (const Option& option : options(defaults)) {
        if (option.name == one.option) {
          set_option(usual, fmt::format("{}={}", one.option, option.get()));
        }
      }
      ++checked;
    }
    EXPECT_NO_THROW(check(usual)) << write_yaml(c);
    EXPECT_EQ(described(usual), described(c)) << write_yaml(c);
  }
  EXPECT_GT(checked, 300);
}

}  // namespace
}  // namespace attend::model
