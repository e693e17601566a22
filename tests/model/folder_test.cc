#include "model/folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/base.h"
#include "testing.h"

namespace attend::model {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;

Configuration tiny() {
  Configuration c = preset("default");
  c.source.unit = c.target.unit = UnitChoice::kCharacters;
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
  save_weights(folder, zero_weights(model_text));
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

TEST(ModelFolder, ANameThatTheSystemRefusesIsAModelError) {
  EXPECT_THROW(load(std::string(5000, 'x')), ModelError);
}

TEST(ModelFolder, AnotherVocabularyDoesNotFit) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  write_file(folder / "m" / "target.vocab", "<unk>\n</s>\na\n");
  EXPECT_THROW(load(folder / "m"), ModelError);
  write_file(folder / "m" / "target.vocab", "<unk>\na\n");  // no </s>
  EXPECT_THROW(load(folder / "m"), ModelError);
}

TEST(ModelFolder, AFutureFormatIsAModelError) {
  TemporaryFolder folder;
  save_tiny(folder / "m");
  write_file(folder / "m" / "config.yml", "format: 99\n");
  EXPECT_THROW(load(folder / "m"), ModelError);
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

TEST(Encode, VisiblePaddingAndCutting) {
  Configuration c = preset("dates");
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
  const Configuration c = preset("dates");
  const Side side = make_side(c, SideName::kTarget, text::Vocabulary({"-", "0", "1"}));
  EXPECT_THROW(encode(side, "0-x"), DataError);
}

}  // namespace
}  // namespace attend::model
