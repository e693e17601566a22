// Model folders that are missing, damaged or from a newer program. Every command names the file in
// one line and ends with exit code 4.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <ostream>
#include <random>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

/// Returns every command that takes a model, with `model`. The commands read standard input if they
/// can.
std::vector<std::vector<std::string>> commands(const fs::path& model) {
  const std::string folder = model.string();
  return {{"predict", "-m", folder},     {"score", "-m", folder, "-"},
          {"align", "-m", folder, "-"},  {"evaluate", "-m", folder, "-"},
          {"show", "-m", folder, "abc"}, {"info", "-m", folder}};
}

/// Expects that every command refuses the model and names `file`.
void expect_refused_by_all(const fs::path& model, const fs::path& file,
                           const RunOptions& base = {}) {
  const auto before = files_below(model.parent_path());
  for (const auto& arguments : commands(model)) {
    SCOPED_TRACE(arguments.front());
    RunOptions options = base;
    options.standard_input = arguments.front() == "predict" ? "abc\n" : "abc\tcba\n";
    EXPECT_TRUE(refused(attend(arguments, options), kModel, {file.string()}));
  }
  EXPECT_EQ(files_below(model.parent_path()), before);
}

class BadModel : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  const fs::path model_ = copy_model(models().strings, folder_ / "model");
  const fs::path weights_ = model_ / "model.safetensors";
};

TEST_F(BadModel, WholeCopyIsTaken) {
  RunOptions options;
  for (const auto& arguments : commands(model_)) {
    SCOPED_TRACE(arguments.front());
    options.standard_input = arguments.front() == "predict" ? "abc\n" : "abc\tcba\n";
    EXPECT_EQ(attend(arguments, options).exit_code, 0);
  }
}

TEST_F(BadModel, MissingFolder) { expect_refused_by_all(folder_ / "none", folder_ / "none"); }

TEST_F(BadModel, FileInPlaceOfAFolder) { expect_refused_by_all(weights_, weights_); }

TEST_F(BadModel, NameOfSeveralLinesStaysOneLine) {
  const fs::path none = folder_ / "two\nlines";
  EXPECT_TRUE(refused(attend({"info", "-m", none.string()}), kModel, {"two\\x0alines"}));
}

TEST_F(BadModel, EmptyFolder) {
  fs::remove_all(model_);
  fs::create_directory(model_);
  expect_refused_by_all(model_, model_);
}

class MissingFile : public BadModel, public ::testing::WithParamInterface<const char*> {};

TEST_P(MissingFile, IsNamed) {
  ASSERT_TRUE(fs::remove(model_ / GetParam()));
  expect_refused_by_all(model_, model_ / GetParam());
}

TEST_P(MissingFile, DirectoryInItsPlaceIsNamed) {
  fs::remove(model_ / GetParam());
  fs::create_directory(model_ / GetParam());
  expect_refused_by_all(model_, model_ / GetParam());
}

TEST_P(MissingFile, UnreadableIsNamed) {
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is readable for this user";
  chmod((model_ / GetParam()).c_str(), 0);
  RunOptions options;
  options.unprivileged = true;
  expect_refused_by_all(model_, model_ / GetParam(), options);
}

TEST_P(MissingFile, EmptyIsNamed) {
  write_file(model_ / GetParam(), "");
  // An empty config.yml is the default configuration, which does not fit these weights.
  const bool configuration = std::string_view(GetParam()) == "config.yml";
  expect_refused_by_all(model_, configuration ? model_ : model_ / GetParam());
}

INSTANTIATE_TEST_SUITE_P(Model, MissingFile,
                         ::testing::Values("config.yml", "model.safetensors", "source.vocab",
                                           "target.vocab"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name.substr(0, name.find('.')) + "_" +
                                  name.substr(name.find('.') + 1);
                         });

TEST_F(BadModel, TruncatedWeights) {
  const std::string bytes = read_file(weights_);
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{100},
                                 bytes.size() / 2, bytes.size() - 1}) {
    SCOPED_TRACE(size);
    write_file(weights_, bytes.substr(0, size));
    expect_refused_by_all(model_, weights_);
  }
}

TEST_F(BadModel, GrownWeights) {
  write_file(weights_, read_file(weights_) + '\0');
  expect_refused_by_all(model_, weights_);
}

TEST_F(BadModel, FlippedBits) {
  const std::string bytes = read_file(weights_);
  std::mt19937_64 random(7);
  for (int i = 0; i < 40; ++i) {
    // Half of the flips are in the header, where a flip can mean anything.
    const std::size_t limit = i % 2 == 0 ? bytes.size() : 3000;
    const std::size_t position = random() % std::min(limit, bytes.size());
    const int bit = static_cast<int>(random() % 8);
    SCOPED_TRACE("byte " + std::to_string(position) + ", bit " + std::to_string(bit));
    std::string damaged = bytes;
    damaged[position] = static_cast<char>(damaged[position] ^ (1 << bit));
    write_file(weights_, damaged);
    const RunResult result = attend({"info", "-m", model_.string()});
    EXPECT_TRUE(refused(result, kModel, {weights_.string()}));
  }
}

TEST_F(BadModel, HeaderOfImpossibleLength) {
  std::string bytes = read_file(weights_);
  for (const std::uint64_t length :
       {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40, std::uint64_t{0}}) {
    SCOPED_TRACE(length);
    std::memcpy(bytes.data(), &length, sizeof(length));
    write_file(weights_, bytes);
    expect_refused_by_all(model_, weights_);
  }
}

TEST_F(BadModel, WeightsOfAnotherModel) {
  fs::copy_file(models().words / "model.safetensors", weights_,
                fs::copy_options::overwrite_existing);
  expect_refused_by_all(model_, weights_);
}

void replace(const fs::path& file, const std::string& from, const std::string& to) {
  std::string text = read_file(file);
  const std::size_t position = text.find(from);
  ASSERT_NE(position, std::string::npos) << from;
  write_file(file, text.replace(position, from.size(), to));
}

TEST_F(BadModel, FormatFromTheFuture) {
  for (const char* format : {"3", "99999999999999999999", "0", "soon"}) {
    SCOPED_TRACE(format);
    fs::copy_file(models().strings / "config.yml", model_ / "config.yml",
                  fs::copy_options::overwrite_existing);
    replace(model_ / "config.yml", "format: 1\n", std::string("format: ") + format + "\n");
    expect_refused_by_all(model_, model_ / "config.yml");
  }
}

TEST_F(BadModel, DamagedConfiguration) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"encoder:", "encoder: ["},
           {"cell: gru", "cell: elman"},
           {"fixed_length: 0", "fixed_length: -1"},
           {"layers: 1", "layers: 1000000000000"},
           {"end_token: true\nshared", "end_token: false\nshared"},
           {"lowercase:", "uppercase:"}}) {
    SCOPED_TRACE(to);
    fs::copy_file(models().strings / "config.yml", model_ / "config.yml",
                  fs::copy_options::overwrite_existing);
    replace(model_ / "config.yml", from, to);
    expect_refused_by_all(model_, model_ / "config.yml");
  }
}

TEST_F(BadModel, ConfigurationOfAHugeModelDoesNotFitTheWeights) {
  replace(model_ / "config.yml", "units: 12", "units: 16777216");
  expect_refused_by_all(model_, weights_);
}

TEST_F(BadModel, ConfigurationOfAnotherModelOfTheSameSize) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"lowercase: false", "lowercase: true"},
                                                        {"remove: \"\"", "remove: \"a\""},
                                                        {"fixed_length: 0", "fixed_length: 2"},
                                                        {"gru_reset: before", "gru_reset: after"},
                                                        {"gru_update: new", "gru_update: old"},
                                                        {"gates: logistic", "gates: hard"},
                                                        {"energies: linear", "energies: relu"},
                                                        {"readout: tanh", "readout: linear"}}) {
    SCOPED_TRACE(to);
    fs::copy_file(models().strings / "config.yml", model_ / "config.yml",
                  fs::copy_options::overwrite_existing);
    replace(model_ / "config.yml", from, to);
    expect_refused_by_all(model_, model_ / "config.yml");
  }
}

// Options that only steered the training change no prediction.
TEST_F(BadModel, OptionsOfTheTrainingMayChange) {
  replace(model_ / "config.yml", "epochs: 100", "epochs: 7");
  EXPECT_EQ(attend({"info", "-m", model_.string()}).exit_code, 0);
}

TEST_F(BadModel, ConfigurationCutBehindAnyLinePredictsTheSameOrIsRefused) {
  const std::string bytes = read_file(model_ / "config.yml");
  RunOptions options;
  options.standard_input = "abc\nABC\nccbbaa\n";
  const std::vector<std::string> predict{"predict", "-m", model_.string()};
  const std::string expected = attend(predict, options).out;
  for (std::size_t end = bytes.find('\n'); end != std::string::npos;
       end = bytes.find('\n', end + 1)) {
    SCOPED_TRACE(bytes.substr(0, end));
    write_file(model_ / "config.yml", bytes.substr(0, end));
    const RunResult result = attend(predict, options);
    if (result.exit_code == 0) {
      EXPECT_EQ(result.out, expected);
    } else {
      EXPECT_TRUE(refused(result, kModel, {(model_ / "config.yml").string()}));
    }
  }
}

TEST_F(BadModel, DamagedVocabulary) {
  const std::string vocabulary = read_file(model_ / "source.vocab");
  for (const std::string& damaged :
       {std::string("a\n"), vocabulary + "a\n", vocabulary + "\n", vocabulary + "\xff\n",
        vocabulary + "new\n", vocabulary.substr(vocabulary.find('\n') + 1)}) {
    SCOPED_TRACE(damaged);
    write_file(model_ / "source.vocab", damaged);
    expect_refused_by_all(model_, model_);
  }
}

TEST_F(BadModel, VocabularyInAnotherOrder) {
  for (const char* side : {"source.vocab", "target.vocab"}) {
    SCOPED_TRACE(side);
    const std::string before = read_file(model_ / side);
    const std::size_t last = before.rfind('\n', before.size() - 2) + 1;
    write_file(model_ / side, before.substr(last) + before.substr(0, last));
    expect_refused_by_all(model_, model_ / side);
    write_file(model_ / side, before);
  }
}

TEST_F(BadModel, VocabularyOfOneToken) {
  for (const char* side : {"source.vocab", "target.vocab"}) {
    for (const char* token : {"a\n", "</s>\n", "<unk>\n"}) {
      SCOPED_TRACE(std::string(side) + " " + token);
      const TemporaryFolder other;
      const fs::path model = copy_model(models().strings, other / "model");
      write_file(model / side, token);
      expect_refused_by_all(model, model);
    }
  }
}

TEST(BadSubwordModel, MissingOrDamaged) {
  const TemporaryFolder folder;
  const fs::path model = copy_model(models().subwords, folder / "model");
  const fs::path file = model / "source.spm";
  const std::string bytes = read_file(file);
  for (const std::string& damaged :
       {std::string(), std::string("subwords"), bytes.substr(0, bytes.size() / 2)}) {
    SCOPED_TRACE(damaged.size());
    write_file(file, damaged);
    expect_refused_by_all(model, model);
  }
  fs::remove(file);
  expect_refused_by_all(model, file);
}

// ------------------------------------------------------------------- going on with training ---

/// A training that stopped after a few updates and can be continued.
class BadCheckpoint : public ::testing::Test {
 protected:
  BadCheckpoint() {
    write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(60, 3)));
    first_ = train(4);
    checkpoint_ = model_ / "checkpoint" / "last.safetensors";
  }

  RunResult train(std::size_t updates, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"train", (folder_ / "pairs.tsv").string(), "-m",
                                       model_.string()};
    const auto tiny = tiny_options(updates);
    arguments.insert(arguments.end(), tiny.begin(), tiny.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return attend(arguments);
  }

  const TemporaryFolder folder_;
  const fs::path model_ = folder_ / "model";
  fs::path checkpoint_;
  RunResult first_;
};

TEST_F(BadCheckpoint, WholeOneIsTaken) {
  ASSERT_EQ(first_.exit_code, 0) << first_.error;
  EXPECT_EQ(train(6).exit_code, 0);
}

TEST_F(BadCheckpoint, TruncatedOrFlippedIsRefusedAndStays) {
  const std::string bytes = read_file(checkpoint_);
  std::string flipped = bytes;
  flipped[bytes.size() / 2] ^= 1;
  for (const std::string& damaged : {std::string(), bytes.substr(0, bytes.size() - 1), flipped}) {
    SCOPED_TRACE(damaged.size());
    write_file(checkpoint_, damaged);
    const auto before = files_below(folder_.path());
    EXPECT_TRUE(refused(train(6), kModel, {checkpoint_.string()}));
    EXPECT_EQ(files_below(folder_.path()), before);
    EXPECT_EQ(read_file(checkpoint_), damaged);
  }
}

TEST_F(BadCheckpoint, MissingVocabularyIsNamed) {
  fs::remove(model_ / "source.vocab");
  EXPECT_TRUE(refused(train(6), kModel, {(model_ / "source.vocab").string()}));
}

TEST_F(BadCheckpoint, TextOfAnotherTrainingIsNamed) {
  const std::string configuration = read_file(model_ / "config.yml");
  replace(model_ / "config.yml", "lowercase: false", "lowercase: true");
  EXPECT_TRUE(refused(train(6), kModel, {(model_ / "config.yml").string(), "source.lowercase"}));
  write_file(model_ / "config.yml", configuration);
  const std::string units = read_file(model_ / "target.vocab");
  write_file(model_ / "target.vocab", units + "new\n");
  EXPECT_TRUE(refused(train(6), kModel, {(model_ / "target.vocab").string()}));
}

TEST_F(BadCheckpoint, ConfigurationFromTheFutureIsRefused) {
  replace(model_ / "config.yml", "format: 1\n", "format: 3\n");
  EXPECT_TRUE(refused(train(6), kModel, {(model_ / "config.yml").string(), "newer"}));
}

TEST_F(BadCheckpoint, OtherPairsAreRefused) {
  write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(60, 4)));
  EXPECT_TRUE(refused(train(6), kUsage, {model_.string()}));
}

TEST_F(BadCheckpoint, OtherSizesAreRefused) {
  EXPECT_TRUE(refused(train(6, {"--set", "encoder.units=13"}), kUsage, {"encoder.units", "12"}));
}

TEST_F(BadCheckpoint, ModelWithoutACheckpointIsNotOverwritten) {
  fs::remove_all(model_ / "checkpoint");
  const std::string before = read_file(model_ / "model.safetensors");
  EXPECT_TRUE(refused(train(6), kUsage, {model_.string()}));
  EXPECT_EQ(read_file(model_ / "model.safetensors"), before);
}

}  // namespace
}  // namespace attend::end_to_end
