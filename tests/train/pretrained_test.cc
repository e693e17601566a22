// Tests which word vectors the embeddings of a training start with, and that frozen ones stay.
#include "train/pretrained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/base.h"
#include "testing.h"
#include "train/checkpoint.h"
#include "train/train.h"

namespace attend::train {
namespace {

using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using model::SideName;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Floats = std::vector<float>;

std::string error_of(const std::function<void()>& action, ExitCode expected) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected) << error.what();
    return error.what();
  }
  return "no error";
}

// ------------------------------------------------------------------------- rows of a table ---

class Pretrained : public ::testing::Test {
 protected:
  Pretrained() { configuration_.encoder.embedding = configuration_.decoder.embedding = 2; }

  // Returns the rows of the table by unit.
  std::map<std::string, Floats> read(const std::string& contents,
                                     const std::vector<std::string>& units,
                                     OnError on_error = OnError::kStop) {
    write_file(folder_ / "vectors", contents);
    PretrainedVectors vectors(folder_ / "vectors", SideName::kSource, configuration_);
    const text::Vocabulary vocabulary(units);
    messages_.clear();
    const InitialRows rows = vectors.read(vocabulary, on_error, messages_);
    EXPECT_EQ(rows.parameter, "source_embedding.weight");
    EXPECT_EQ(rows.values.size(), 2 * rows.ids.size());
    std::map<std::string, Floats> result;
    for (std::size_t i = 0; i < rows.ids.size(); ++i) {
      result[vocabulary.unit(rows.ids[i])] = {rows.values[2 * i], rows.values[2 * i + 1]};
    }
    return result;
  }

  std::string refusal(const std::string& contents, SideName side, ExitCode code) {
    write_file(folder_ / "vectors", contents);
    return error_of([&] { PretrainedVectors(folder_ / "vectors", side, configuration_); }, code);
  }

  TemporaryFolder folder_;
  model::Configuration configuration_;
  std::vector<std::string> messages_;
};

TEST_F(Pretrained, VectorsOfUnitsOfTheVocabularyAreKept) {
  const auto rows = read("the 1 2\ncat 3 4\nzebra 5 6\n", {"<unk>", "</s>", "cat", "dog", "the"});
  EXPECT_THAT(rows, UnorderedElementsAre(Pair("the", Floats{1, 2}), Pair("cat", Floats{3, 4})));
  ASSERT_EQ(messages_.size(), 1U);
  EXPECT_THAT(messages_[0], HasSubstr("2 of 3 source units (66.7 %) start with vectors of "));
  EXPECT_THAT(messages_[0], ::testing::EndsWith("vectors"));
}

TEST_F(Pretrained, AUnitTakesItsOwnSpellingBeforeThatInLowerCase) {
  const std::vector<std::string> units{"Paris", "paris", "Rome", "ROME", "École", "Bonn"};
  const auto expected = UnorderedElementsAre(
      Pair("Paris", Floats{1, 1}), Pair("paris", Floats{2, 2}), Pair("Rome", Floats{3, 3}),
      Pair("ROME", Floats{3, 3}), Pair("École", Floats{4, 4}));
  EXPECT_THAT(read("Paris 1 1\nparis 2 2\nrome 3 3\nécole 4 4\nBONN 5 5\n", units), expected);
  EXPECT_THAT(messages_, ElementsAre(HasSubstr(", 3 of them with that of their lower-cased form")));
  EXPECT_THAT(read("paris 2 2\nécole 4 4\nrome 3 3\nParis 1 1\n", units), expected);
}

TEST_F(Pretrained, TheFirstVectorOfAWordCounts) {
  EXPECT_THAT(read("a 1 1\na 2 2\nA 3 3\nA 4 4\n", {"a", "A"}),
              UnorderedElementsAre(Pair("a", Floats{1, 1}), Pair("A", Floats{3, 3})));
}

TEST_F(Pretrained, ReservedUnitsTakeNone) {
  EXPECT_THAT(read("</s> 1 1\n<unk> 2 2\na 3 3\n", {"<unk>", "</s>", "a"}),
              UnorderedElementsAre(Pair("a", Floats{3, 3})));
}

TEST_F(Pretrained, AFileOfOtherWordsIsWorthAWarning) {
  EXPECT_THAT(read("x 1 1\n", {"<unk>", "a", "b"}), IsEmpty());
  ASSERT_EQ(messages_.size(), 1U);
  EXPECT_THAT(messages_[0], ::testing::StartsWith("warning: "));
  EXPECT_THAT(messages_[0], HasSubstr("has a vector of none of the 2 source units"));
}

TEST_F(Pretrained, BrokenVectorsStopOrAreCounted) {
  const std::string contents = "a 1 1\nb 2\nc 3 nan\nd 4 4\n";
  EXPECT_THAT(error_of(
                  [&] {
                    read(contents, {"a", "b", "c", "d"});
                  },
                  ExitCode::kData),
              HasSubstr("vectors:2: found 2 fields, expected a word and 2 numbers"));
  EXPECT_THAT(read(contents, {"a", "b", "c", "d"}, OnError::kSkip),
              UnorderedElementsAre(Pair("a", Floats{1, 1}), Pair("d", Floats{4, 4})));
  ASSERT_EQ(messages_.size(), 2U);
  EXPECT_THAT(messages_[0], HasSubstr("2 of 4 source units (50.0 %)"));
  EXPECT_THAT(messages_[1], HasSubstr("2 places of "));
  EXPECT_THAT(messages_[1], HasSubstr("vectors:2: found 2 fields"));
}

TEST_F(Pretrained, AHeaderThatLiesStopsOrIsNamed) {
  EXPECT_THAT(error_of([&] { read("9 2\na 1 1\n", {"a"}); }, ExitCode::kData),
              HasSubstr("the header says 9 vectors, the file holds 1"));
  EXPECT_THAT(read("9 2\na 1 1\n", {"a"}, OnError::kSkip),
              UnorderedElementsAre(Pair("a", Floats{1, 1})));
}

TEST_F(Pretrained, TheDimensionIsThatOfTheEmbedding) {
  EXPECT_THAT(refusal("a 1 2 3\n", SideName::kSource, ExitCode::kUsage),
              HasSubstr("vectors have 3 values, but encoder.embedding is 2"));
  EXPECT_THAT(refusal("1 3\na 1 2 3\n", SideName::kTarget, ExitCode::kUsage),
              HasSubstr("vectors have 3 values, but decoder.embedding is 2"));
}

TEST_F(Pretrained, ASideNeedsAnEmbeddingOfItsOwn) {
  configuration_.shared_vocabulary = true;
  configuration_.decoder.tied_embeddings = model::TiedEmbeddings::kInputs;
  EXPECT_EQ(refusal("a 1 2\n", SideName::kSource, ExitCode::kUsage), "no error");
  EXPECT_THAT(refusal("a 1 2\n", SideName::kTarget, ExitCode::kUsage),
              HasSubstr("need an embedding of the target's own"));
  configuration_.encoder.embedding = 0;
  EXPECT_THAT(refusal("a 1 2\n", SideName::kSource, ExitCode::kUsage),
              HasSubstr("source vectors need encoder.embedding above 0"));
  configuration_.decoder.feedback = model::Feedback::kNone;
  EXPECT_THAT(refusal("a 1 2\n", SideName::kTarget, ExitCode::kUsage),
              HasSubstr("target vectors need decoder.feedback: previous"));
}

// ------------------------------------------------------------------------------- trainings ---

class PretrainedTraining : public ::testing::Test {
 protected:
  PretrainedTraining() {
    std::string pairs;
    for (int i = 0; i < 60; ++i) {
      std::string source = "the", target = "die";
      for (int k = 0; k < 3; ++k) {
        source += (i >> k) % 2 == 0 ? " cat" : " dog";
        target += (i >> k) % 2 == 0 ? " Katze" : " Hund";
      }
      pairs += source + " " + std::to_string(i) + "\t" + target + "\n";
    }
    options.pairs.tsv = files / "pairs.tsv";
    write_file(options.pairs.tsv, pairs);
    options.folder = files / "model";
    options.source_vectors = files / "source.vec";
    options.target_vectors = files / "target.vec";
    write_file(options.source_vectors, "2 4\ncat 1 2 3 4\nthe -1 0 1 0.5\n");
    write_file(options.target_vectors, "katze 0.25 0.5 0.75 1\nHund 4 3 2 1\n");
    model::Configuration& c = options.configuration;
    c.source.unit = c.target.unit = model::UnitChoice::kWords;
    c.encoder.embedding = c.decoder.embedding = 4;
    c.encoder.units = c.attention.units = c.decoder.units = c.decoder.readout_units = 4;
    c.training.dropout = {0.1, 0.1, 0, 0.1, 0, false};
    c.training.optimizer.learning_rate = 0.05;
    c.training.optimizer.weight_decay = 0.01;
    c.training.batch_size = 16;
    c.training.updates = 12;
    c.training.validate_every = 4;
    c.training.threads = 2;
  }

  void run(std::int64_t stop_at = -1) {
    messages.clear();
    std::int64_t update = 0;
    train(
        options,
        [&](const Progress& event) {
          update = event.update;
          if (!event.message.empty()) messages += event.message + "\n";
        },
        [&] { return update == stop_at; });
  }

  // Returns a row of a table of the last checkpoint.
  Floats row(const std::string& table, const std::string& unit) const {
    constexpr std::size_t kLine = 16;  // tensors begin at multiples of this many values
    const model::ModelText text = model::load_text(options.folder);
    const Checkpoint checkpoint = load_checkpoint(options.folder);
    const auto values = checkpoint.tensors.get("values").values;
    const model::Side& side = table == "source_embedding.weight" ? text.source : text.target;
    const auto id = static_cast<std::size_t>(side.vocabulary.id(unit).value());
    std::size_t first = 0;
    for (const auto& spec : model::parameter_table(text.configuration, text.sizes())) {
      const auto units = static_cast<std::size_t>(spec.shape.back());
      if (spec.name == table) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first + id * units);
        return {begin, begin + static_cast<std::ptrdiff_t>(units)};
      }
      first += (static_cast<std::size_t>(spec.count()) + kLine - 1) / kLine * kLine;
    }
    ADD_FAILURE() << table;
    return {};
  }
  Floats source(const std::string& unit) const { return row("source_embedding.weight", unit); }
  Floats target(const std::string& unit) const { return row("target_embedding.weight", unit); }

  // Returns all values of a checkpoint, the state of the optimiser among them.
  std::map<std::string, Floats> state() const {
    std::map<std::string, Floats> result;
    const Checkpoint checkpoint = load_checkpoint(options.folder);
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
      result[name] = {view.values.begin(), view.values.end()};
    }
    return result;
  }

  TemporaryFolder files;
  TrainOptions options;
  std::string messages;
};

TEST_F(PretrainedTraining, EmbeddingsStartWithTheVectors) {
  options.configuration.training.optimizer.learning_rate = 0;
  run();
  EXPECT_THAT(messages, HasSubstr("source units"));
  EXPECT_THAT(messages, HasSubstr("2 of 3 target units (66.7 %) start with vectors of"));
  EXPECT_EQ(source("cat"), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(source("the"), (Floats{-1, 0, 1, 0.5F}));
  EXPECT_EQ(target("Katze"), (Floats{0.25F, 0.5F, 0.75F, 1}));
  EXPECT_EQ(target("Hund"), (Floats{4, 3, 2, 1}));
  const Floats dog = source("dog"), die = target("die");
  options.source_vectors = options.target_vectors = "";
  options.folder = files / "random";
  run();
  EXPECT_EQ(source("dog"), dog);  // the random start of a word that the file lacks
  EXPECT_EQ(target("die"), die);
  EXPECT_NE(source("cat"), (Floats{1, 2, 3, 4}));
}

TEST_F(PretrainedTraining, EmbeddingsAreTunedUnlessTheyAreFrozen) {
  struct Case {
    model::Freeze freeze;
    bool source_stays, target_stays;
  };
  for (const Case& one : {Case{model::Freeze::kNone, false, false},
                          Case{model::Freeze::kSourceEmbedding, true, false},
                          Case{model::Freeze::kTargetEmbedding, false, true},
                          Case{model::Freeze::kEmbeddings, true, true}}) {
    for (const auto kind : {model::OptimizerKind::kAdam, model::OptimizerKind::kAdamW,
                            model::OptimizerKind::kSgd, model::OptimizerKind::kAdadelta}) {
      options.configuration.training.freeze = one.freeze;
      options.configuration.training.optimizer.kind = kind;
      options.folder = files / ("model-" + std::to_string(static_cast<int>(one.freeze)) + "-" +
                                std::to_string(static_cast<int>(kind)));
      run();
      EXPECT_EQ(source("cat") == (Floats{1, 2, 3, 4}), one.source_stays);
      EXPECT_EQ(target("Hund") == (Floats{4, 3, 2, 1}), one.target_stays);
    }
  }
}

TEST_F(PretrainedTraining, GoesOnBitForBitWithoutTheFiles) {
  for (const auto freeze : {model::Freeze::kNone, model::Freeze::kEmbeddings}) {
    options.configuration.training.freeze = freeze;
    const std::string name = std::to_string(static_cast<int>(freeze));
    options.folder = files / ("whole-" + name);
    run();
    const auto expected = state();
    options.folder = files / ("stopped-" + name);
    run(5);
    ASSERT_NE(state(), expected);
    const auto vectors = options.source_vectors;
    options.source_vectors = files / "absent.vec";
    run();
    EXPECT_THAT(messages, HasSubstr("word vectors are not read again"));
    EXPECT_EQ(state(), expected);
    options.source_vectors = vectors;
  }
}

TEST_F(PretrainedTraining, DoesNotGoOnWithAnotherFreeze) {
  run(2);
  options.configuration.training.freeze = model::Freeze::kEmbeddings;
  EXPECT_THAT(error_of([&] { run(); }, ExitCode::kUsage), HasSubstr("training.freeze is"));
}

// Vectors that cannot be used are found before the folder is made.
TEST_F(PretrainedTraining, WritesNothingWhereVectorsDoNotFit) {
  options.configuration.encoder.embedding = 5;
  EXPECT_THAT(error_of([&] { run(); }, ExitCode::kUsage), HasSubstr("encoder.embedding is 5"));
  options.configuration.encoder.embedding = 4;
  options.source_vectors = files / "absent.vec";
  EXPECT_THAT(error_of([&] { run(); }, ExitCode::kData), HasSubstr("absent.vec"));
  write_file(files / "broken.vec", "cat 1 2 3 4\ndog 1 2 3 four\n");
  options.source_vectors = files / "broken.vec";
  EXPECT_THAT(error_of([&] { run(); }, ExitCode::kData), HasSubstr("broken.vec:2: value 4"));
  EXPECT_FALSE(std::filesystem::exists(options.folder));
}

}  // namespace
}  // namespace attend::train
