// Tests training end to end: folders, resuming, early stopping and errors. Needs no libtorch.
#include "train/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/base.h"
#include "testing.h"
#include "train/checkpoint.h"
#include "train/folder_lock.h"

namespace attend::train {
namespace {

using attend::testing::read_file;
using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::HasSubstr;

// Makes pairs of a word of a few letters and the reversed word.
std::string reversal_pairs(int count, std::uint64_t seed = 1) {
  Random random(seed);
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string word;
    for (std::uint64_t k = 0, length = 1 + random.below(5); k < length; ++k) {
      word += static_cast<char>('a' + random.below(4));
    }
    text += word + "\t" + std::string(word.rbegin(), word.rend()) + "\n";
  }
  return text;
}

class Training : public ::testing::Test {
 protected:
  Training() {
    options.pairs.tsv = files / "pairs.tsv";
    write_file(options.pairs.tsv, reversal_pairs(200));
    options.folder = files / "model";
    model::Configuration& c = options.configuration;
    c.encoder.embedding = c.encoder.units = c.attention.units = 8;
    c.decoder.embedding = c.decoder.units = c.decoder.readout_units = 8;
    c.training.dropout = {0.1, 0.1, 0.1, 0.1, 0.1, false};
    c.training.optimizer.learning_rate = 0.01;
    c.training.schedule.kind = model::ScheduleKind::kPlateau;
    c.training.batch_size = 16;
    c.training.batches_per_sort = 3;
    c.training.epochs = 3;
    c.training.validate_every = 5;
    c.training.threads = 1;
  }

  TrainResult run(std::int64_t stop_at = -1) {
    events.clear();
    std::int64_t update = 0;
    return train(
        options,
        [&](const Progress& event) {
          update = event.update;
          events.push_back(event);
        },
        [&] { return update == stop_at; });
  }

  std::string error_of_run() {
    try {
      run();
    } catch (const Error& error) {
      code = error.code();
      return error.what();
    }
    return "no error";
  }

  std::string messages() const {
    std::string text;
    for (const Progress& event : events) text += event.message + "\n";
    return text;
  }

  // Returns everything in a folder that must be equal after equal runs.
  std::string state(const std::filesystem::path& folder) const {
    const Checkpoint checkpoint = load_checkpoint(folder);
    std::string text = read_file(folder / "model.safetensors") + read_file(folder / "config.yml");
    for (const auto& [name, value] : checkpoint.tensors.metadata()) {
      if (name != "seconds") text += name + "=" + value + "\n";
    }
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
      text += name;
      text.append(reinterpret_cast<const char*>(view.values.data()), view.values.size_bytes());
    }
    std::istringstream lines(read_file(folder / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      auto json = nlohmann::ordered_json::parse(line);
      json.erase("seconds");
      json.erase("pairs_per_second");
      text += json.dump() + "\n";
    }
    return text;
  }

  TemporaryFolder files;
  TrainOptions options;
  std::vector<Progress> events;
  ExitCode code = ExitCode::kSuccess;
};

// b ← 0.75 b + 0.25 cost after every update, where the cost is that of a token of its batch (§7.4).
TEST_F(Training, OfHardAttentionKeepsTheMovingAverageOfItsCosts) {
  model::Configuration& c = options.configuration;
  c.attention.kind = model::AttentionKind::kStochastic;
  c.attention.baseline_decay = 0.75;
  c.training.updates = 6;
  c.training.validate_every = 1;
  run();
  double baseline = 0;
  int updates = 0;
  std::istringstream lines(read_file(options.folder / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line); ++updates) {
    const double cost = nlohmann::json::parse(line).at("train_loss");
    baseline = 0.75 * baseline + 0.25 * cost;
  }
  EXPECT_EQ(updates, 6);
  EXPECT_NEAR(load_checkpoint(options.folder).position.baseline, baseline, 1e-9);
}

TEST_F(Training, LearnsAndWritesALoadableFolder) {
  options.configuration.training.epochs = 6;
  const TrainResult result = run();
  EXPECT_EQ(result.reason, StopReason::kFinished);
  const model::Model model = model::load(options.folder);
  EXPECT_EQ(model.text.configuration.source.unit, model::UnitChoice::kCharacters);
  std::vector<double> losses;
  for (const Progress& event : events) {
    if (event.kind == Progress::Kind::kValidation) losses.push_back(event.validation_loss);
  }
  ASSERT_GT(losses.size(), 5u);
  EXPECT_LT(losses.back(), 0.9 * losses.front());
  EXPECT_DOUBLE_EQ(result.best_metric, *std::min_element(losses.begin(), losses.end()));
}

class ResumedTraining : public Training, public ::testing::WithParamInterface<int> {};

TEST_P(ResumedTraining, EqualsTheUninterruptedOneBitForBit) {
  options.configuration.training.threads = GetParam();
  const TrainResult whole = run();
  const std::string expected = state(options.folder);
  for (const std::int64_t stop_at : {1, 4, 5, 12, 13, 20}) {
    options.folder = files / ("stopped-" + std::to_string(stop_at));
    EXPECT_EQ(run(stop_at).reason, StopReason::kInterrupted);
    EXPECT_EQ(run(stop_at + 7).reason, StopReason::kInterrupted);
    const TrainResult resumed = run();
    EXPECT_EQ(resumed.reason, whole.reason);
    EXPECT_EQ(resumed.updates, whole.updates);
    EXPECT_EQ(resumed.best_metric, whole.best_metric);
    EXPECT_TRUE(state(options.folder) == expected) << "stopped at " << stop_at;
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ResumedTraining, ::testing::Values(1, 2));

// After a crash that follows a validation, model and metrics.jsonl are newer than the checkpoint.
TEST_F(Training, GoesBackToTheCheckpointAfterACrash) {
  run();
  const std::string expected = state(options.folder);
  options.folder = files / "crashed";
  run(7);
  const std::string checkpoint = read_file(checkpoint_path(options.folder));
  run(18);
  write_file(checkpoint_path(options.folder), checkpoint);
  run();
  EXPECT_TRUE(state(options.folder) == expected);
}

// Rewrites a checkpoint as earlier versions wrote it: all buffers without gaps between tensors.
void pack_checkpoint(const std::filesystem::path& folder) {
  constexpr std::int64_t kLine = 16;  // tensors begin at multiples of this many values
  const model::ModelText text = model::load_text(folder);
  Checkpoint checkpoint = load_checkpoint(folder);
  std::map<std::string, std::vector<float>> packed;
  std::map<std::string, model::TensorView> views;
  for (const auto& [name, view] : checkpoint.tensors.tensors()) {
    auto first = view.values.begin();
    for (const auto& spec : model::parameter_table(text.configuration, text.sizes())) {
      packed[name].insert(packed[name].end(), first, first + spec.count());
      first += (spec.count() + kLine - 1) / kLine * kLine;
    }
    ASSERT_EQ(first, view.values.end());
    ASSERT_LT(packed[name].size(), view.values.size());
    views[name] = {{static_cast<std::int64_t>(packed[name].size())}, packed[name]};
  }
  checkpoint.tensors = model::Weights(views, nullptr, checkpoint.tensors.metadata());
  save_checkpoint(folder, checkpoint);
}

TEST_F(Training, GoesOnFromACheckpointWithoutGaps) {
  run();
  const std::string expected = state(options.folder);
  options.folder = files / "packed";
  run(7);
  pack_checkpoint(options.folder);
  run();
  EXPECT_TRUE(state(options.folder) == expected);
}

// Rewrites a folder as earlier versions wrote it, which had no options for normal forms and
// invisible characters.
void forget_preparation(const std::filesystem::path& folder) {
  const auto shorten = [](std::string yaml) {
    for (const std::string option : {"  normalisation:", "  invisible:"}) {
      for (std::size_t place = 0; (place = yaml.find(option)) != std::string::npos;) {
        yaml.erase(place, yaml.find('\n', place) + 1 - place);
      }
    }
    return yaml;
  };
  write_file(folder / "config.yml", shorten(read_file(folder / "config.yml")));
  Checkpoint checkpoint = load_checkpoint(folder);
  checkpoint.configuration = shorten(checkpoint.configuration);
  const auto shortened_seal = [&](const model::Weights& weights) {
    return model::Metadata{{"attend.model", shorten(weights.metadata().at("attend.model"))}};
  };
  checkpoint.tensors = checkpoint.tensors.with_metadata(shortened_seal(checkpoint.tensors));
  save_checkpoint(folder, checkpoint);
  const model::Weights weights = model::Weights::load(folder / "model.safetensors");
  weights.with_metadata(shortened_seal(weights)).save(folder / "model.safetensors");
}

// A folder of an earlier version. Its pairs hold zero-width spaces, which were ordinary units then.
class EarlierFolder : public Training {
 protected:
  EarlierFolder() {
    std::string pairs = reversal_pairs(200);
    for (std::size_t i = 0; (i = pairs.find('\t', i)) != std::string::npos; i += 40) {
      pairs.insert(i, "\u200b");
    }
    write_file(options.pairs.tsv, pairs);
    run();
    expected = state(options.folder);
    options.folder = files / "earlier";
    run(7);
    forget_preparation(options.folder);
    const model::Configuration preset = model::preset("default");
    for (auto side : {&model::Configuration::source, &model::Configuration::target}) {
      (options.configuration.*side).normalisation = (preset.*side).normalisation;
      (options.configuration.*side).invisible = (preset.*side).invisible;
    }
  }
  std::string expected;
};

TEST_F(EarlierFolder, GoesOnWithItsPreparation) {
  run();
  EXPECT_TRUE(state(options.folder) == expected);
  EXPECT_TRUE(model::load_text(options.folder).source.vocabulary.contains("\u200b"));
}

TEST_F(EarlierFolder, DoesNotTakeAnotherPreparation) {
  options.configuration.source.invisible = model::InvisibleChoice::kDrop;
  EXPECT_THAT(error_of_run(), HasSubstr("source.invisible is 'drop', but the training in this "
                                        "folder began with 'keep'"));
  options.configuration.source.invisible = model::InvisibleChoice::kKeep;
  options.configuration.target.normalisation = model::NormalisationChoice::kNfd;
  EXPECT_THAT(error_of_run(), HasSubstr("target.normalisation is 'nfd'"));
}

TEST_F(EarlierFolder, AnotherOneDropsInvisibleCharacters) {
  options.folder = files / "new";
  run();
  const model::ModelText text = model::load_text(options.folder);
  EXPECT_EQ(text.source.config.invisible, model::InvisibleChoice::kDrop);
  EXPECT_EQ(text.source.config.normalisation, model::NormalisationChoice::kNfc);
  EXPECT_FALSE(text.source.vocabulary.contains("\u200b"));
  EXPECT_THAT(read_file(options.folder / "config.yml"), ::testing::Not(HasSubstr("auto")));
  run();  // the training goes on without an error
}

TEST_F(Training, FinishedTrainingReturnsAtOnce) {
  const TrainResult first = run();
  const std::string before = state(options.folder);
  const TrainResult second = run();
  EXPECT_EQ(second.updates, first.updates);
  EXPECT_THAT(messages(), HasSubstr("finished"));
  EXPECT_TRUE(state(options.folder) == before);
  options.configuration.training.epochs = 4;
  EXPECT_GT(run().updates, first.updates);
}

TEST_F(Training, RefusesAFolderInWhichAnotherTrainingIsAtWork) {
  const FolderLock other(options.folder);
  EXPECT_THAT(error_of_run(), HasSubstr("another training"));
  EXPECT_EQ(code, ExitCode::kUsage);
  EXPECT_TRUE(std::filesystem::is_empty(options.folder));
}

TEST_F(Training, StopsEarlyWithoutProgress) {
  options.configuration.training.optimizer.learning_rate = 0;
  options.configuration.training.patience = 2;
  options.configuration.training.epochs = 50;
  const TrainResult result = run();
  EXPECT_EQ(result.reason, StopReason::kEarly);
  EXPECT_EQ(result.updates, 15);
  run();
  EXPECT_THAT(messages(), HasSubstr("raise training.patience (now 2) to go on"));
}

// The metric stays at its worst at first, however fast the model learns.
TEST_F(Training, GoesOnWhileTheLossFalls) {
  options.configuration.training.optimizer.learning_rate = 1e-4;
  options.configuration.training.metric = "exact_match";
  options.configuration.training.patience = 1;
  options.configuration.training.epochs = 4;
  const TrainResult result = run();
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_EQ(result.best_metric, 0);
  const std::string history = read_file(options.folder / "metrics.jsonl");
  EXPECT_EQ(history.find("\"best\":false"), std::string::npos) << history;  // losses decide
}

TEST_F(Training, StopsAtTheLimitOfUpdatesAndValidates) {
  options.configuration.training.updates = 3;
  EXPECT_EQ(run().updates, 3);
  EXPECT_TRUE(std::filesystem::exists(options.folder / "model.safetensors"));
}

TEST_F(Training, RefusesAnotherConfiguration) {
  run(2);
  options.configuration.encoder.units = 9;
  EXPECT_THAT(error_of_run(), HasSubstr("encoder.units"));
  EXPECT_EQ(code, ExitCode::kUsage);
}

TEST_F(Training, RefusesOtherPairs) {
  run(2);
  write_file(options.pairs.tsv, reversal_pairs(200, 2));
  EXPECT_THAT(error_of_run(), HasSubstr("pairs"));
  EXPECT_EQ(code, ExitCode::kUsage);
}

TEST_F(Training, RefusesAModelWithoutACheckpoint) {
  std::filesystem::create_directories(options.folder);
  write_file(options.folder / "model.safetensors", "precious");
  error_of_run();
  EXPECT_EQ(code, ExitCode::kUsage);
  EXPECT_EQ(read_file(options.folder / "model.safetensors"), "precious");
}

// The training may never find a better model than the one that is damaged or missing.
TEST_F(Training, RefusesToGoOnBesideADamagedOrMissingBestModel) {
  run(7);
  const std::filesystem::path best = options.folder / "model.safetensors";
  std::string bytes = read_file(best);
  bytes[bytes.size() / 2] ^= 1;
  write_file(best, bytes);
  EXPECT_THAT(error_of_run(), HasSubstr("model.safetensors"));
  EXPECT_EQ(code, ExitCode::kModel);
  std::filesystem::remove(best);
  EXPECT_THAT(error_of_run(), HasSubstr("model.safetensors"));
  EXPECT_EQ(code, ExitCode::kModel);
}

// A training that was interrupted before its first validation has no weights to predict with.
TEST_F(Training, SaysThatAFolderHasNoValidatedModelYet) {
  run(2);
  const auto error_of_loading = [&]() -> std::string {
    try {
      model::load(options.folder);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of_loading(), HasSubstr("model.safetensors: missing, because the training in "
                                            "this folder has no validated model yet"));
  run(7);  // there is a validation after five updates
  EXPECT_EQ(error_of_loading(), "no error");
  std::filesystem::remove(options.folder / "model.safetensors");
  EXPECT_THAT(error_of_loading(), HasSubstr("model.safetensors: cannot open"));
}

TEST_F(Training, RefusesADamagedCheckpoint) {
  run(2);
  std::string bytes = read_file(checkpoint_path(options.folder));
  bytes[bytes.size() / 2] ^= 1;
  write_file(checkpoint_path(options.folder), bytes);
  EXPECT_THAT(error_of_run(), HasSubstr("last.safetensors"));
  EXPECT_EQ(code, ExitCode::kModel);
}

TEST_F(Training, ExplainsALossThatIsNotFinite) {
  options.configuration.training.optimizer.kind = model::OptimizerKind::kSgd;
  options.configuration.training.optimizer.learning_rate = 1e6;
  options.configuration.training.optimizer.clip_norm = 0;
  options.configuration.decoder.readout = model::Readout::kLinear;
  options.configuration.training.optimizer.weight_decay = 1;
  options.configuration.training.epochs = 50;
  options.configuration.training.patience = 0;
  EXPECT_THAT(error_of_run(), HasSubstr("learning_rate"));
  EXPECT_NO_THROW(load_checkpoint(options.folder));
}

// Parameters grow by a factor in every update, and the loss stays finite until one of them is not.
// There is a checkpoint after every update.
TEST_F(Training, KeepsTheLastFiniteParameters) {
  model::Configuration& c = options.configuration;
  c.encoder.embedding = 0;
  c.decoder.feedback = model::Feedback::kNone;
  c.decoder.initial_state = model::InitialState::kZero;
  c.decoder.readout = model::Readout::kNone;
  c.training.optimizer.kind = model::OptimizerKind::kSgd;
  c.training.optimizer.learning_rate = 1e5;
  c.training.optimizer.weight_decay = 1;
  c.training.optimizer.clip_norm = 0;
  c.training.checkpoint_minutes = 0;
  EXPECT_THAT(error_of_run(), HasSubstr("learning_rate"));
  const Checkpoint last = load_checkpoint(options.folder);
  EXPECT_GE(last.position.update, 5);
  for (const float value : last.tensors.get("values").values) ASSERT_TRUE(std::isfinite(value));
}

TEST_F(Training, NeedsTwoDifferentSources) {
  write_file(options.pairs.tsv, "a\tb\na\tc\n");
  EXPECT_THAT(error_of_run(), HasSubstr("no pair remains for training"));
  EXPECT_EQ(code, ExitCode::kData);
  EXPECT_FALSE(std::filesystem::exists(options.folder));
}

TEST_F(Training, CountsPairsThatAreTooLong) {
  options.configuration.training.maximum_source_length = 4;
  options.configuration.training.updates = 1;
  run();
  EXPECT_THAT(messages(), HasSubstr("pairs left out"));
  options.folder = files / "none";
  options.configuration.training.maximum_source_length = 1;
  EXPECT_THAT(error_of_run(), HasSubstr("no pair remains"));
}

TEST_F(Training, NamesTheLineOfATargetOfTheWrongLength) {
  options.configuration.target.fixed_length = 3;
  options.configuration.target.end_token = false;
  write_file(options.pairs.tsv, "ab\tabc\ncd\tabcd\nef\tabc\n");
  EXPECT_THAT(error_of_run(), HasSubstr("pairs.tsv:2"));
  EXPECT_EQ(code, ExitCode::kData);
}

TEST_F(Training, ReportsAFolderThatCannotBeMade) {
  write_file(files / "file", "");
  options.folder = files / "file" / "model";
  EXPECT_THAT(error_of_run(), HasSubstr("file"));
  EXPECT_NE(code, ExitCode::kSuccess);
}

TEST_F(Training, ReportsAFolderThatCannotBeLookedInto) {
  options.folder = std::string(5000, 'x');
  EXPECT_THAT(error_of_run(), HasSubstr("cannot look"));
}

TEST_F(Training, TrainsTheDatesPresetToItsVocabularies) {
  std::string pairs;
  for (int day = 10; day < 29; ++day) {
    pairs += "May " + std::to_string(day) + ", 1979\t1979-05-" + std::to_string(day) + "\n";
  }
  write_file(options.pairs.tsv, pairs);
  options.configuration = model::preset("dates");
  options.configuration.training.updates = 2;
  run();
  const model::ModelText text = model::load_text(options.folder);
  const auto& source = text.source.vocabulary.units();
  EXPECT_EQ(source[source.size() - 2], "<unk>");
  EXPECT_EQ(source.back(), "<pad>");
  EXPECT_TRUE(std::is_sorted(source.begin(), source.end() - 2));
  EXPECT_EQ(text.target.vocabulary.units().front(), "-");
  EXPECT_FALSE(text.target.vocabulary.unknown().has_value());
}

TEST_F(Training, TrainsSubwordsInTheSameProgram) {
  std::string pairs;
  Random random(4);
  const std::vector<std::string> words = {"the", "cat", "sat", "mat", "dog", "ran", "far", "away"};
  for (int i = 0; i < 60; ++i) {
    std::string line;
    for (int w = 0; w < 6; ++w) line += words[random.below(words.size())] + " ";
    pairs += line + "\t" + line + "\n";
  }
  write_file(options.pairs.tsv, pairs);
  for (model::SideConfig* side : {&options.configuration.source, &options.configuration.target}) {
    side->unit = model::UnitChoice::kSubwords;
    side->subword_size = 25;
  }
  options.configuration.shared_vocabulary = true;
  options.configuration.training.updates = 2;
  run();
  EXPECT_FALSE(model::load(options.folder).text.source.subword_model.empty());
  EXPECT_EQ(run().updates, 2);
}

TEST_F(Training, DecidesByAMetricAndDrawsCurves) {
  options.configuration.training.metric = "unit_error_rate";
  options.configuration.training.threads = 2;
  options.configuration.training.epochs = 8;
  options.plot = files / "curves.svg";
  const TrainResult result = run();
  EXPECT_LT(result.best_metric, 90);
  EXPECT_GT(result.best_metric, 0);
  EXPECT_THAT(read_file(options.plot), HasSubstr("unit_error_rate"));
  options.folder = files / "higher";
  options.configuration.training.metric = "chrf";
  const double best = run().best_metric;
  double highest = 0;
  for (const Progress& event : events) {
    if (event.kind == Progress::Kind::kValidation) {
      highest = std::max(highest, event.validation_metric);
    }
  }
  EXPECT_EQ(best, highest);
  EXPECT_GT(best, 10);
}

TEST_F(Training, SaysInOneLineThatAModelIsTooLarge) {
  options.configuration.encoder.units = 1 << 24;
  EXPECT_THAT(error_of_run(), ::testing::AllOf(HasSubstr("not enough memory"), HasSubstr("GiB"),
                                               ::testing::Not(HasSubstr("libtorch"))));
  EXPECT_FALSE(std::filesystem::exists(options.folder));
  // The data are not read first, and the largest tensor is named.
  options.pairs.tsv = files / "none.tsv";
  EXPECT_THAT(error_of_run(), HasSubstr("encoder.0.forward.recurrent_weight [50331648, 16777216]"));
}

TEST_F(Training, TriesThePlaceOfTheCurvesBeforeItTrains) {
  options.plot = files / "none" / "curves.svg";
  EXPECT_THAT(error_of_run(), HasSubstr("curves.svg"));
  for (const Progress& event : events) EXPECT_EQ(event.update, 0);
}

TEST_F(Training, DrawsTheCurvesOfAFinishedTraining) {
  run();
  options.plot = files / "curves.svg";
  run();
  EXPECT_THAT(read_file(options.plot), HasSubstr("validation"));
}

TEST_F(Training, RefusesAnUnknownMetric) {
  options.configuration.training.metric = "glory";
  EXPECT_THAT(error_of_run(), HasSubstr("exact_match"));
  EXPECT_EQ(code, ExitCode::kUsage);
}

TEST_F(Training, ChoosesWordsForSentences) {
  std::string pairs;
  for (int i = 0; i < 30; ++i) {
    pairs += "a b c d e" + std::to_string(i) + "\tv w x y z" + std::to_string(i) + "\n";
  }
  write_file(options.pairs.tsv, pairs);
  options.configuration.training.updates = 1;
  run();
  EXPECT_EQ(model::load_text(options.folder).configuration.target.unit, model::UnitChoice::kWords);
}

class LabelTraining : public Training {
 protected:
  LabelTraining() {
    // A third of the labels is wrong, so that no temperature makes the model right.
    Random random(7);
    std::string text;
    for (int i = 0; i < 300; ++i) {
      const bool first = random.below(2) == 0;
      const bool told = random.below(3) == 0 ? !first : first;
      text += (first ? "aab" : "bba") + std::string(1 + random.below(3), 'c') +
              (told ? "\tyes\n" : "\tno\n");
    }
    write_file(options.pairs.tsv, text);
    for (const char* setting :
         {"target.unit=whole", "target.end_token=false", "target.fixed_length=1",
          "decoder.cell=none", "decoder.initial_state=zero", "decoder.feedback=none",
          "training.metric=accuracy"}) {
      model::set_option(options.configuration, setting);
    }
    options.configuration.training.epochs = 8;
    options.configuration.training.patience = 0;
  }
};

TEST_F(LabelTraining, EndsWithATemperatureInTheFolder) {
  EXPECT_EQ(run().reason, StopReason::kFinished);
  EXPECT_THAT(messages(), HasSubstr("decoder.temperature "));
  const model::Model model = model::load(options.folder);
  const double temperature = model.text.configuration.decoder.temperature;
  EXPECT_NE(temperature, 1);
  EXPECT_GE(temperature, 0.05);
  EXPECT_LE(temperature, 20);
  // A training that is finished has nothing to fit again.
  const std::string configuration = read_file(options.folder / "config.yml");
  run();
  EXPECT_EQ(read_file(options.folder / "config.yml"), configuration);
  EXPECT_EQ(messages().find("decoder.temperature "), std::string::npos) << messages();
}

TEST_F(LabelTraining, ThatIsInterruptedHasNoTemperatureYet) {
  EXPECT_EQ(run(12).reason, StopReason::kInterrupted);
  EXPECT_EQ(model::load_text(options.folder).configuration.decoder.temperature, 1);
  const TrainResult resumed = run();
  EXPECT_EQ(resumed.reason, StopReason::kFinished);
  EXPECT_NE(model::load_text(options.folder).configuration.decoder.temperature, 1);
  const std::string interrupted = state(options.folder);
  options.folder = files / "whole";
  run();
  EXPECT_TRUE(state(options.folder) == interrupted);
}

// Stores temperatures in a folder, as `attend evaluate --fit-temperature` does.
void fit_elsewhere(const std::filesystem::path& folder, double temperature, double of_lines) {
  model::ModelText text = model::load_text(folder);
  text.configuration.decoder.line_temperature = of_lines;
  model::save_temperature(folder, text, Precision::kFloat32, temperature);
}

TEST_F(LabelTraining, ThatGoesOnKeepsTemperaturesUntilWeightsAreBetter) {
  // The loss still falls after the first update.
  options.configuration.training.metric = "loss";
  options.configuration.training.updates = 1;
  run();
  // 1 is what a model without a wrong label has, so that it may be a fitted temperature too.
  for (const double fitted : {2.5, 1.0}) {
    fit_elsewhere(options.folder, fitted, 4);
    run();  // it is finished
    const model::DecoderConfig kept = model::load_text(options.folder).configuration.decoder;
    EXPECT_EQ(kept.temperature, fitted);
    EXPECT_EQ(kept.line_temperature, 4);
  }
  fit_elsewhere(options.folder, 2.5, 4);
  options.configuration.decoder.temperature = 3;  // asked for now, and not when it began
  run();
  EXPECT_EQ(model::load_text(options.folder).configuration.decoder.temperature, 3);
  options.configuration.decoder.temperature = 1;
  fit_elsewhere(options.folder, 2.5, 4);
  options.configuration.training.updates = 0;
  const std::string before = read_file(options.folder / "model.safetensors");
  run();
  ASSERT_TRUE(read_file(options.folder / "model.safetensors") != before) << messages();
  const model::DecoderConfig anew = model::load_text(options.folder).configuration.decoder;
  EXPECT_NE(anew.temperature, 2.5);
  EXPECT_EQ(anew.line_temperature, 1);
  EXPECT_THAT(messages(), HasSubstr("decoder.temperature "));
}

TEST_F(LabelTraining, ThatWasInterruptedKeepsATemperatureThatWasFittedThen) {
  EXPECT_EQ(run(12).reason, StopReason::kInterrupted);
  fit_elsewhere(options.folder, 2.5, 1);
  EXPECT_EQ(run(13).reason, StopReason::kInterrupted);
  EXPECT_EQ(model::load_text(options.folder).configuration.decoder.temperature, 2.5);
}

TEST_F(Training, OfOtherModelsFitsNoTemperature) {
  run();
  EXPECT_EQ(messages().find("temperature"), std::string::npos);
  fit_elsewhere(options.folder, 1, 2.5);
  run();
  EXPECT_EQ(model::load_text(options.folder).configuration.decoder.line_temperature, 2.5);
}

}  // namespace
}  // namespace attend::train
