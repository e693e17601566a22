// A training that is killed and started again, however often, ends with the same bytes as one that
// ran through. The model folder is whole at every moment.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using std::chrono::microseconds;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

constexpr std::size_t kUpdates = 400;

/// Returns the number of kills in one test. ATTEND_KILLS=200 asks for more.
int wanted_kills() {
  const char* chosen = std::getenv("ATTEND_KILLS");
  return chosen != nullptr ? std::atoi(chosen) : 20;
}

/// The deterministic part of a checkpoint: everything but the clock, and the checksum, which
/// includes it.
struct CheckpointContents {
  Json header;
  std::string values;
};

CheckpointContents checkpoint_contents(const fs::path& model) {
  const std::string bytes = read_file(model / "checkpoint" / "last.safetensors");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  CheckpointContents contents{Json::parse(bytes.substr(8, length)), bytes.substr(8 + length)};
  EXPECT_EQ(contents.header["__metadata__"].erase("seconds"), 1U);
  EXPECT_EQ(contents.header["__metadata__"].erase("attend.checksum"), 1U);
  return contents;
}

/// Returns metrics.jsonl without times.
std::vector<Json> history(const fs::path& model) {
  std::vector<Json> records;
  for (const std::string& line : lines_of(read_file(model / "metrics.jsonl"))) {
    Json record = Json::parse(line);
    record.erase("seconds");
    record.erase("pairs_per_second");
    records.push_back(std::move(record));
  }
  return records;
}

class Resume : public ::testing::Test {
 protected:
  Resume() {
    write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(150, 31)));
    reference_run_ = train(reference_);
  }

  RunResult train(const fs::path& model, const std::optional<TimedSignal>& signal = {}) const {
    std::vector<std::string> arguments{"train", (folder_ / "pairs.tsv").string(), "-m",
                                       model.string()};
    const auto tiny = tiny_options(kUpdates);
    arguments.insert(arguments.end(), tiny.begin(), tiny.end());
    // Dropout, a schedule with memory and validations between epochs all depend on state that must
    // be restored.
    for (const char* setting :
         {"training.checkpoint_minutes=0.0005", "training.validate_every=23", "training.patience=0",
          "training.dropout_recurrent=0.1", "training.epochs=1000"}) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    RunOptions options;
    options.signal = signal;
    return attend(arguments, options);
  }

  /// Expects that every file can be read whole, whenever the training was stopped.
  void expect_whole(const fs::path& model) const {
    if (fs::exists(model / "model.safetensors")) {
      const RunResult info = attend({"info", "-m", model.string()});
      EXPECT_EQ(info.exit_code, 0) << info.error;
    }
    if (fs::exists(model / "metrics.jsonl")) history(model);
    if (fs::exists(model / "checkpoint" / "last.safetensors")) checkpoint_contents(model);
  }

  void expect_equals_reference(const fs::path& model) const {
    EXPECT_TRUE(read_file(model / "model.safetensors") ==
                read_file(reference_ / "model.safetensors"));
    const CheckpointContents found = checkpoint_contents(model);
    const CheckpointContents expected = checkpoint_contents(reference_);
    EXPECT_EQ(found.header, expected.header);
    EXPECT_TRUE(found.values == expected.values);
    EXPECT_EQ(history(model), history(reference_));
    for (const char* file : {"config.yml", "source.vocab", "target.vocab"}) {
      EXPECT_EQ(read_file(model / file), read_file(reference_ / file)) << file;
    }
    EXPECT_EQ(files_below(model), files_below(reference_));  // no temporary file is left
  }

  /// Returns a moment between the first update and the end of the training, or a little before.
  microseconds random_moment() {
    const double share = std::uniform_real_distribution<double>(0.1, 1.0)(random_);
    return microseconds(
        static_cast<std::int64_t>(share * static_cast<double>(reference_run_.duration.count())));
  }

  const TemporaryFolder folder_;
  const fs::path reference_ = folder_ / "reference";
  RunResult reference_run_;
  std::mt19937_64 random_{std::random_device{}()};
};

TEST_F(Resume, TwoUninterruptedTrainingsAreEqual) {
  ASSERT_EQ(reference_run_.exit_code, 0) << reference_run_.error;
  const fs::path model = folder_ / "again";
  ASSERT_EQ(train(model).exit_code, 0);
  expect_equals_reference(model);
}

TEST_F(Resume, KilledAtRandomPointsEqualsTheUninterruptedTraining) {
  ASSERT_EQ(reference_run_.exit_code, 0) << reference_run_.error;
  int kills = 0, trainings = 0;
  while (kills < wanted_kills()) {
    const fs::path model = folder_ / ("killed-" + std::to_string(trainings++));
    bool finished = false;
    while (!finished) {
      const bool enough = kills >= wanted_kills();
      const microseconds moment = random_moment();
      SCOPED_TRACE("training " + std::to_string(trainings) + ", kill " + std::to_string(kills) +
                   " after " + std::to_string(moment.count()) + " us");
      const RunResult result = enough ? train(model) : train(model, TimedSignal{SIGKILL, moment});
      finished = result.signal == 0;
      if (finished) {
        ASSERT_EQ(result.exit_code, 0) << result.error;
      } else {
        ASSERT_EQ(result.signal, SIGKILL);
        ++kills;
      }
      expect_whole(model);
    }
    expect_equals_reference(model);
  }
}

TEST_F(Resume, InterruptedSavesLeavesAndGoesOn) {
  ASSERT_EQ(reference_run_.exit_code, 0) << reference_run_.error;
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(signal);
    const fs::path model = folder_ / ("interrupted-" + std::to_string(signal));
    int interruptions = 0, tenths = 6;  // tenths of the time that a whole run took
    auto whole = reference_run_.duration;
    RunResult result;
    do {
      const auto late = whole * tenths / 10;
      result = interruptions < 4 ? train(model, TimedSignal{signal, late}) : train(model);
      if (result.signal == signal) continue;  // the program was not listening yet
      if (result.exit_code == 0 && interruptions == 0 && tenths > 1) {
        fs::remove_all(model);  // the machine got faster: interrupt a new run earlier
        whole = result.duration;
        --tenths;
        continue;
      }
      if (result.exit_code == 0) break;
      ASSERT_EQ(result.exit_code, 128 + signal) << result.error;
      ++interruptions;
      EXPECT_NE(result.error.find("interrupted after update "), std::string::npos) << result.error;
      expect_whole(model);
      for (const std::string& name : files_below(model)) {
        EXPECT_EQ(name.find(".tmp"), std::string::npos) << name;
      }
    } while (true);
    EXPECT_GT(interruptions, 0);
    expect_equals_reference(model);
  }
}

/// Returns the number of validations in metrics.jsonl, 0 where there is no such file yet.
std::size_t count_validations(const fs::path& model) {
  const fs::path file = model / "metrics.jsonl";
  return fs::exists(file) ? lines_of(read_file(file)).size() : 0;
}

// Compiled products use the stack register for other purposes. A handler in their thread would
// write into the memory that they read.
TEST_F(Resume, InterruptionsDoNotDisturbProducts) {
  const fs::path model = folder_ / "large";
  std::vector<std::string> arguments{
      "train", (folder_ / "pairs.tsv").string(), "-m", model.string(), "--threads", "2", "--epochs",
      "100000"};
  for (const char* setting :
       {"encoder.units=256", "decoder.units=256", "attention.units=256", "training.patience=0"}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  for (int i = 0; i < 6; ++i) {
    // The signal comes a while after this run has validated its first epoch, so that it meets the
    // products of the next one, however long a busy machine needed to come so far. A signal that
    // comes while the pairs are still read ends the program without a checkpoint.
    using Clock = std::chrono::steady_clock;
    const std::size_t before = count_validations(model);
    std::optional<Clock::time_point> validated;
    const auto computes = [&] {
      if (!validated && count_validations(model) > before) validated = Clock::now();
      return validated && Clock::now() - *validated >= std::chrono::milliseconds(50 + 37 * i);
    };
    RunOptions options;
    options.timeout = std::chrono::minutes(5);
    options.signal = TimedSignal{SIGINT, std::chrono::microseconds(0), computes};
    const RunResult result = attend(arguments, options);
    ASSERT_EQ(result.exit_code, 130) << "run " << i << ", signal " << result.signal
                                     << (result.timed_out ? ", timed out: " : ": ") << result.error;
    expect_whole(model);
  }
}

TEST_F(Resume, FinishedTrainingStaysAsItIs) {
  ASSERT_EQ(reference_run_.exit_code, 0) << reference_run_.error;
  const std::string model = read_file(reference_ / "model.safetensors");
  const RunResult again = train(reference_);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.error.find("finished"), std::string::npos) << again.error;
  EXPECT_TRUE(read_file(reference_ / "model.safetensors") == model);
}

}  // namespace
}  // namespace attend::end_to_end
