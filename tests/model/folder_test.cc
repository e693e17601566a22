#include "model/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/base.h"
#include "model/provenance.h"
#include "testing.h"

namespace attend::model {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::HasSubstr;

/// Returns a preset with characters and the preparation of earlier programs in place of "auto".
Configuration resolved(std::string_view name) {
  Configuration c = preset(name);
  SideConfig characters;
  characters.unit = UnitChoice::kCharacters;
  for (SideConfig* side : {&c.source, &c.target}) keep_preparation(*side, characters);
  return c;
}

Configuration tiny() {
  Configuration c = resolved("default");
  c.encoder.embedding = c.decoder.embedding = 3;
  c.encoder.units = c.decoder.units = c.attention.units = c.decoder.readout_units = 2;
  return c;
}

ModelText tiny_text() {
  const Configuration c = tiny();
  const text::Vocabulary vocabulary({"<pad>", "<unk>", "</s>", "a", "b"});
  return {c, make_side(c, SideName::kSource, vocabulary),
          make_side(c, SideName::kTarget, vocabulary)};
}

Weights zero_weights(const ModelText& model_text) {
  const auto table = parameter_table(model_text.configuration, model_text.sizes());
  auto values = std::make_shared<std::vector<float>>(parameter_count(table), 0.5F);
  std::map<std::string, TensorView> tensors;
  std::size_t start = 0;
  for (const TensorSpec& spec : table) {
    const auto count = static_cast<std::size_t>(spec.count());
    tensors[spec.name] = {spec.shape, std::span<const float>(*values).subspan(start, count)};
    start += count;
  }
  return Weights(std::move(tensors), values);
}

void save_tiny(const std::filesystem::path& folder) {
  const ModelText model_text = tiny_text();
  save_text(folder, model_text);
  save_weights(folder, model_text, zero_weights(model_text));
}

TEST(ModelFolder, RoundTrip) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  const Model model = load(folder / "m");
  EXPECT_EQ(model.text.source.vocabulary.size(), 5u);
  EXPECT_EQ(model.text.configuration.encoder.units, 2);
  EXPECT_EQ(model.weights.get("output.bias").values[0], 0.5F);
}

TEST(ModelFolder, EveryMissingFileIsAModelError) {
  for (const char* name : {"config.yml", "model.safetensors", "source.vocab", "target.vocab"}) {
    TemporaryFolder folder;
    save_tiny(folder / "m");
    std::filesystem::remove(folder / "m" / name);
    EXPECT_THROW(load(folder / "m"), ModelError) << name;
  }
  TemporaryFolder folder;
  EXPECT_THROW(load(folder / "none"), ModelError);
}

// The checkpoint of a training counts its validations. Without one, the training has written no
// model yet, and this is no damage.
TEST(ModelFolder, ATrainingBeforeItsFirstValidationIsNamed) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  std::filesystem::remove(folder / "m" / "model.safetensors");
  std::filesystem::create_directory(folder / "m" / "checkpoint");
  const auto message = [&]() -> std::string {
    try {
      load(folder / "m");
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  };
  const Weights weights = zero_weights(tiny_text());
  weights.with_metadata({{"validations", "0"}}).save(checkpoint_file(folder / "m"));
  EXPECT_THAT(message(), HasSubstr("no validated model yet"));
  weights.with_metadata({{"validations", "3"}}).save(checkpoint_file(folder / "m"));
  EXPECT_THAT(message(), HasSubstr("cannot open"));
  write_file(checkpoint_file(folder / "m"), "damaged");
  EXPECT_THAT(message(), HasSubstr("cannot open"));
}

TEST(ModelFolder, ANameThatTheSystemRefusesIsAModelError) {
  EXPECT_THROW(load(std::string(5000, 'x')), ModelError);
}

TEST(ModelFolder, AnotherVocabularyDoesNotFit) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  write_file(folder / "m" / "target.vocab", "<unk>\n</s>\na\n");
  EXPECT_THROW(load(folder / "m"), ModelError);
  write_file(folder / "m" / "target.vocab", "<unk>\na\n");  // without </s>
  EXPECT_THROW(load(folder / "m"), ModelError);
}

TEST(ModelFolder, AFutureFormatIsAModelError) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  write_file(folder / "m" / "config.yml", "format: 99\n");
  EXPECT_THROW(load(folder / "m"), ModelError);
}

// Returns a model in which no option, except those of training, has the value that it would have if
// the file were truncated.
ModelText unusual_text() {
  Configuration c = tiny();
  for (const char* setting : {"source.unit=words",
                              "source.lowercase=true",
                              "source.remove=,",
                              "target.lowercase=true",
                              "target.remove=;:",
                              "encoder.gru_update=old",
                              "encoder.gates=hard",
                              "encoder.units=12",
                              "encoder.layers=2",
                              "encoder.layer_norm=true",
                              "attention.score=dot",
                              "attention.units=10",
                              "attention.energies=relu",
                              "attention.energy_bias=true",
                              "decoder.units=24",
                              "decoder.gru_update=old",
                              "decoder.gates=hard",
                              "decoder.layers=2",
                              "decoder.input_feeding=readout",
                              "decoder.initial_state=last",
                              "decoder.order=update-look-generate",
                              "decoder.readout=linear",
                              "decoder.readout_feedback=none"}) {
    set_option(c, setting);
  }
  const text::Vocabulary vocabulary({"<pad>", "<unk>", "</s>", "a", "b"});
  return {c, make_side(c, SideName::kSource, vocabulary),
          make_side(c, SideName::kTarget, vocabulary)};
}

TEST(ModelFolder, AConfigurationCutAtAnyByteIsTheSameModelOrAModelError) {
  TemporaryFolder folder;
  const ModelText model_text = unusual_text();
  save_text(folder / "m", model_text);
  save_weights(folder / "m", model_text, zero_weights(model_text));
  const std::string bytes = testing::read_file(folder / "m" / "config.yml");
  const auto described = [](const Configuration& c) {
    return write_yaml(c, kFormatPlain, describes_model);
  };
  std::size_t refused = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    write_file(folder / "m" / "config.yml", bytes.substr(0, size));
    try {
      EXPECT_EQ(described(load(folder / "m").text.configuration),
                described(model_text.configuration))
          << bytes.substr(0, size);
    } catch (const ModelError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, bytes.find("decoder:"));
  EXPECT_LT(refused, bytes.size());
}

TEST(ModelFolder, AVocabularyWithAnyByteFlippedIsAModelError) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  for (const char* name : {"source.vocab", "target.vocab"}) {
    const std::string bytes = testing::read_file(folder / "m" / name);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string flipped = bytes;
      flipped[i] ^= 1;
      write_file(folder / "m" / name, flipped);
      EXPECT_THROW(load(folder / "m"), ModelError) << flipped;
    }
    write_file(folder / "m" / name, bytes);
  }
  EXPECT_NO_THROW(load(folder / "m"));
}

TEST(Seal, OptionsThatItDoesNotNameHadTheirDefault) {
  const ModelText model_text = tiny_text();
  const auto checked = [&](const std::string& options) {
    check_provenance(model_text, {{"attend.model", options}}, "m", "m/model.safetensors");
  };
  const std::string all = provenance(model_text).at("attend.model");
  EXPECT_NO_THROW(checked(all));
  std::string fewer = all;
  const std::string_view line = "  gru_reset: before\n";
  fewer.erase(fewer.find(line), line.size());
  EXPECT_NO_THROW(checked(fewer));
  std::string later = all;
  later.replace(later.find(line), line.size(), "  gru_reset: after\n");
  EXPECT_THROW(checked(later), ModelError);
}

/// Returns `yaml` without the lines of this option, which both sides have.
std::string without(std::string yaml, std::string_view option) {
  const std::string begin = "  " + std::string(option) + ":";
  for (std::size_t place = 0; (place = yaml.find(begin)) != std::string::npos;) {
    yaml.erase(place, yaml.find('\n', place) + 1 - place);
  }
  return yaml;
}

std::string without_preparation(const std::string& yaml) {
  return without(without(yaml, "normalisation"), "invisible");
}

// A folder of an earlier program, in which neither config.yml nor the provenance names the normal
// form or the treatment of invisible characters.
TEST(ModelFolder, OfAnEarlierProgramKeepsItsPreparation) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  const std::string file = (folder / "m" / "config.yml").string();
  const std::string earlier = without_preparation(testing::read_file(file));
  ASSERT_EQ(earlier.find("invisible"), std::string::npos);
  write_file(file, earlier);
  Metadata recorded = provenance(tiny_text());
  recorded.at("attend.model") = without_preparation(recorded.at("attend.model"));
  zero_weights(tiny_text()).with_metadata(recorded).save(folder / "m" / "model.safetensors");
  const Model model = load(folder / "m");
  EXPECT_EQ(encode(model.text.source, "a\u200bb").tokens,
            (std::vector<text::TokenId>{3, 1, 4, 2}));  // U+200B is a unit, which is unknown
  EXPECT_EQ(encode(model.text.target, "\ufeff").unknown, 1u);
}

TEST(ModelFolder, KeepsTheNewPreparation) {
  TemporaryFolder folder;
  Configuration c = tiny();
  c.source.invisible = c.target.invisible = InvisibleChoice::kDrop;
  c.target.unit = UnitChoice::kCodePoints;
  c.target.normalisation = NormalisationChoice::kNfd;
  const text::Vocabulary vocabulary({"<unk>", "</s>", "a", "\u0301"});
  const ModelText model_text{c, make_side(c, SideName::kSource, vocabulary),
                             make_side(c, SideName::kTarget, vocabulary)};
  save_text(folder / "m", model_text);
  save_weights(folder / "m", model_text, zero_weights(model_text));
  const Model model = load(folder / "m");
  EXPECT_EQ(encode(model.text.source, "a\u200b\ufeffa").tokens,
            (std::vector<text::TokenId>{2, 2, 1}));
  EXPECT_THROW(encode(model.text.source, "\u200b"), DataError);  // an empty text
  EXPECT_EQ(encode(model.text.target, "áa").tokens, (std::vector<text::TokenId>{2, 3, 2, 1}));
  const std::string file = (folder / "m" / "config.yml").string();
  const std::string written = testing::read_file(file);
  for (const std::string option : {"normalisation", "invisible"}) {
    write_file(file, without(written, option));
    // The provenance of the weights differs.
    EXPECT_THROW(load(folder / "m"), ModelError) << option;
  }
}

TEST(ModelFolder, NothingIsLeftOpenInIt) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  const std::string file = (folder / "m" / "config.yml").string();
  const std::string written = testing::read_file(file);
  for (const std::string line : {"  normalisation: nfc\n", "  invisible: keep\n"}) {
    std::string open = written;
    ASSERT_NE(open.find(line), std::string::npos) << open;
    open.replace(open.find(line), line.size(), line.substr(0, line.find(':')) + ": auto\n");
    write_file(file, open);
    EXPECT_THROW(load_text(folder / "m"), ModelError) << line;
  }
}

TEST(ModelFolder, TakesAnotherTemperature) {
  TemporaryFolder folder;
  save_tiny(folder / "plain");
  const ModelText model_text = tiny_text();
  save_rounded(folder / "rounded", model_text, zero_weights(model_text).rounded(Precision::kInt8));
  for (const char* name : {"plain", "rounded"}) {
    const Model before = load(folder / name);
    EXPECT_EQ(before.text.configuration.decoder.temperature, 1) << name;
    save_temperature(folder / name, before.text, before.weights.precision(), 1.25);
    const Model after = load(folder / name);
    EXPECT_EQ(after.text.configuration.decoder.temperature, 1.25) << name;
    EXPECT_EQ(after.weights.precision(), before.weights.precision()) << name;
    // Nothing else has changed.
    save_temperature(folder / name, after.text, after.weights.precision(), 1);
    EXPECT_EQ(write_yaml(load(folder / name).text.configuration),
              write_yaml(before.text.configuration));
    EXPECT_THROW(save_temperature(folder / name, after.text, after.weights.precision(), -1),
                 UsageError);
  }
}

TEST(Seal, WhateverIsWrongWithItIsTheModelsFault) {
  for (const char* options : {"a: [", "nonsense.key: 1", "encoder.units: many", "format: 99"}) {
    EXPECT_THROW(
        check_provenance(tiny_text(), {{"attend.model", options}}, "m", "m/model.safetensors"),
        ModelError)
        << options;
  }
}

TEST(Seal, WeightsFromBeforeThereWereSealsAreTaken) {
  TemporaryFolder folder;
  const ModelText model_text = tiny_text();
  save_text(folder / "m", model_text);
  zero_weights(model_text).save(folder / "m" / "model.safetensors");
  EXPECT_NO_THROW(load(folder / "m"));
}

TEST(Seal, RoundedWeightsHaveIt) {
  TemporaryFolder folder;
  const ModelText model_text = tiny_text();
  save_rounded(folder / "m", model_text, zero_weights(model_text).rounded(Precision::kInt8));
  EXPECT_EQ(load(folder / "m").weights.metadata(), provenance(model_text));
}

TEST(Encode, EndTokenAndUnknownUnits) {
  const ModelText model_text = tiny_text();
  const Encoded encoded = encode(model_text.source, "abz");
  EXPECT_EQ(encoded.tokens, (std::vector<text::TokenId>{3, 4, 1, 2}));
  EXPECT_EQ(encoded.unknown, 1u);
  EXPECT_EQ(encoded.units.size(), 3u);
  EXPECT_THROW(encode(model_text.source, " "), DataError);
  EXPECT_THROW(encode(model_text.source, "\xff"), DataError);
}

TEST(Encode, EmptyTextWhereItIsAllowed) {
  const ModelText model_text = tiny_text();
  for (const char* empty : {"", " ", "\u00A0\t"}) {
    EXPECT_THROW(encode(model_text.target, empty), DataError);
    const Encoded encoded = encode(model_text.target, empty, EmptyText::kAllow);
    EXPECT_EQ(encoded.tokens, std::vector<text::TokenId>{2});
    EXPECT_TRUE(encoded.units.empty());
  }
  EXPECT_EQ(encode(model_text.target, "a", EmptyText::kAllow).tokens,
            encode(model_text.target, "a").tokens);
  EXPECT_THROW(encode(model_text.target, "\xff", EmptyText::kAllow), DataError);
}

TEST(Encode, VisiblePaddingAndCutting) {
  Configuration c = resolved("dates");
  c.source.fixed_length = 4;
  const Side side = make_side(c, SideName::kSource, text::Vocabulary({"a", "b", "<unk>", "<pad>"}));
  EXPECT_EQ(encode(side, "ab").tokens, (std::vector<text::TokenId>{0, 1, 3, 3}));
  const Encoded cut = encode(side, "ababab");
  EXPECT_EQ(cut.tokens, (std::vector<text::TokenId>{0, 1, 0, 1}));
  EXPECT_EQ(cut.cut, 2u);
  c.encoder.padding = Padding::kMasked;
  const Side masked =
      make_side(c, SideName::kSource, text::Vocabulary({"a", "b", "<unk>", "<pad>"}));
  EXPECT_EQ(encode(masked, "ab").tokens, (std::vector<text::TokenId>{0, 1}));
}

TEST(Encode, AVocabularyWithoutUnknownRefuses) {
  const Configuration c = resolved("dates");
  const Side side = make_side(c, SideName::kTarget, text::Vocabulary({"-", "0", "1"}));
  EXPECT_THROW(encode(side, "0-x"), DataError);
}

}  // namespace
}  // namespace attend::model
