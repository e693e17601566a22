// Models that describe pictures, through the programs: training from a list or a packed file, and
// every command that answers with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "end_to_end/captions.h"
#include "end_to_end/failure.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

TEST(Captions, OfAPackedFileAndOfPictureFilesAreEqual) {
  const std::string names = world().names[0] + "\n" + world().names[1] + "\n";
  const std::vector<std::string> json{"--format", "json"};
  const RunResult packed = predict(names, world().images() + json);
  const RunResult files =
      predict(names, std::vector<std::string>{"--images", world().folder.path().string()} + json);
  const RunResult here = predict(names, json, world().folder.path());
  EXPECT_EQ(packed.exit_code, 0) << packed.error;
  const auto lines = lines_of(packed.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(Json::parse(lines[0])["predictions"][0]["alignment"],
            Json::parse(lines[1])["predictions"][0]["alignment"]);
  EXPECT_EQ(packed.out, files.out) << files.error;
  EXPECT_EQ(packed.out, here.out) << here.error;
}

TEST(Captions, OfAListTrainWithPathsRelativeToIt) {
  const World& w = world();
  std::string list;
  for (int i = 0; i < 3; ++i) {
    list += w.names[static_cast<std::size_t>(i)] + "\ta shape\n" +
            w.names[static_cast<std::size_t>(i)] + "\tone shape\n";
  }
  write_file(w.folder / "list.tsv", list);
  expect_success(std::vector<std::string>{"train", (w.folder / "list.tsv").string(), "--preset",
                                          "captioner", "--updates", "2", "-m", w.model("list"),
                                          "--set", "training.validation_share=0.3"} +
                 kSmall);
  expect_success({"evaluate", "-m", w.model("list"), (w.folder / "list.tsv").string(), "--images",
                  w.folder.path().string()});
}

TEST(Captions, HaveAnAlignmentForEveryRegionInJson) {
  const RunResult result = predict(world().names[0] + "\n",
                                   world().images() + std::vector<std::string>{"--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["grid"], Json({4, 4}));
  EXPECT_EQ(json["source"], world().names[0]);
  ASSERT_FALSE(json["predictions"][0]["alignment"].empty());
  for (const Json& row : json["predictions"][0]["alignment"]) {
    double sum = 0;
    for (const double weight : row) sum += weight;
    EXPECT_EQ(row.size(), 16U);
    EXPECT_NEAR(sum, 1, 1e-3);
  }
}

TEST(Captions, OfBrokenPicturesAreEmptyAndTheOthersAreWritten) {
  const World& w = world();
  const std::string whole = read_file(w.folder / w.names[0]);
  write_file(w.folder / "cut.png", whole.substr(0, whole.size() / 2));
  write_file(w.folder / "text.jpg", "no picture");
  const std::string names = "cut.png\n" + w.names[0] + "\ntext.jpg\nnone.png\n";
  const RunResult result = predict(names, {}, w.folder.path());
  EXPECT_EQ(result.exit_code, 0);
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0] + lines[2] + lines[3], "");
  EXPECT_NE(lines[1], "");
  for (const char* part : {"cut.png", "text.jpg", "none.png"}) {
    EXPECT_THAT(result.error, HasSubstr(part));
  }
  EXPECT_TRUE(failed(predict(names, {"--strict"}, w.folder.path()), kData, {"cut.png"}));
}

TEST(Captions, AreShownInEveryForm) {
  const World& w = world();
  for (const char* file : {"a.svg", "a.png", "a.html"}) {
    const std::string target = (w.folder / file).string();
    expect_success(
        std::vector<std::string>{"show", "-m", w.model(), w.names[0], w.names[1], "-o", target} +
        w.images());
    EXPECT_GT(fs::file_size(target), 1000U);
  }
  const RunResult terminal =
      expect_success(std::vector<std::string>{"show", "-m", w.model(), w.names[0]} + w.images());
  EXPECT_NE(terminal.out, "");
  const RunResult explained = expect_success(
      std::vector<std::string>{"show", "-m", w.model(), "--explain", w.names[0]} + w.images());
  EXPECT_THAT(explained.out, HasSubstr("gate"));
}

// A word that names an object, and the box of the object in pixels.
struct NamedBox {
  std::string word;
  int left = 0, top = 0, right = 0, bottom = 0;
};

// The words of each picture that name objects, by their places in the caption.
std::map<std::string, std::map<std::size_t, NamedBox>> read_boxes(const World& w) {
  std::map<std::string, std::map<std::size_t, NamedBox>> boxes;
  for (const std::string& line : lines_of(read_file(w.scenes() / "boxes.tsv"))) {
    const auto fields = World::fields_of(line);
    const auto number = [&](std::size_t k) { return std::stoi(fields[k]); };
    boxes[fields[0]][std::stoul(fields[3])] = {fields[4], number(5), number(6), number(7),
                                               number(8)};
  }
  return boxes;
}

// Whether the middle of the region of the largest weight, of 4 × 4, lies in a box of a picture of
// 48 × 48 pixels.
bool looks_at(const Json& weights, const NamedBox& box) {
  const auto best = std::max_element(weights.begin(), weights.end()) - weights.begin();
  const double x = (static_cast<double>(best % 4) + 0.5) * 12;
  const double y = (static_cast<double>(best / 4) + 0.5) * 12;
  return box.left <= x && x < box.right && box.top <= y && y < box.bottom;
}

TEST(Captions, LookAtWhatTheyName) {
  const World& w = world();
  w.train("gaze", {"--preset", "captioner", "--set", "training.learning_rate=0.01"}, "60");
  const std::string boxes = (w.scenes() / "boxes.tsv").string();
  const std::vector<std::string> gaze{"gaze", "-m", w.model("gaze"), "--boxes", boxes, "--json"};
  const Json json = Json::parse(expect_success(gaze + w.images()).out);
  RunOptions options;
  for (const std::string& name : w.names) options.standard_input += name + "\n";
  const RunResult predicted = expect_success(
      std::vector<std::string>{"predict", "-m", w.model("gaze"), "--format", "json"} + w.images(),
      options);
  const auto named = read_boxes(w);
  int words = 0, hits = 0;
  for (const std::string& line : lines_of(predicted.out)) {
    const Json answer = Json::parse(line);
    const Json& best = answer["predictions"][0];
    for (const auto& [place, box] : named.at(answer["source"])) {
      if (place >= best["units"].size() || best["units"][place]["text"] != box.word) continue;
      ++words;
      hits += looks_at(best["alignment"][place], box) ? 1 : 0;
    }
  }
  EXPECT_EQ(json["pictures"], 60);
  EXPECT_EQ(json["words"], words);
  EXPECT_EQ(json["hits"], hits);
  EXPECT_GT(words, hits);
  EXPECT_GT(hits, 0);
  const std::vector<std::string> elsewhere{"--images", w.scenes().string()};
  EXPECT_TRUE(failed(attend(gaze + elsewhere), kData, {"boxes.tsv", "none of its pictures"}));
}

TEST(Captions, AreLearntBehindTheBagOfTheirWords) {
  const World& w = world();
  w.train("bag", {"--preset", "captioner", "--set", "encoder.bag_of_words=true", "--set",
                  "training.bag_epochs=2"});
  const auto records = lines_of(read_file(fs::path(w.model("bag")) / "metrics.jsonl"));
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(Json::parse(records.front())["epoch"], 3) << "no untrained decoder is validated";
}

// Without learning and without dropout the training loss of an epoch is that of the validation on
// the pairs of the training.
TEST(Captions, HaveATrainingLossWithoutTheCostOfTheBag) {
  const World& w = world();
  const std::string captions = (w.scenes() / "captions.tsv").string();
  std::vector<std::string> settings{"--valid", captions, "--preset", "captioner", "--epochs", "3"};
  for (const char* setting : {"encoder.bag_of_words=true", "training.bag_epochs=2",
                              "training.learning_rate=0", "training.dropout_embedding=0",
                              "training.dropout_encoder=0", "training.dropout_readout=0"}) {
    settings = settings + std::vector<std::string>{"--set", setting};
  }
  w.train("still", settings, "1000");
  const auto records = lines_of(read_file(fs::path(w.model("still")) / "metrics.jsonl"));
  ASSERT_EQ(records.size(), 1U);
  const Json record = Json::parse(records.front());
  EXPECT_NEAR(record["train_loss"].get<double>(), record["valid_loss"].get<double>(), 1e-4);
}

// A picture has 16 regions, whatever the length of its name, and each may have a target of 16,000
// tokens here: 65 of them fill a chunk. By the lengths of the names a chunk would have 117.
TEST(Captions, AreWrittenBeforeTheirAlignmentsFillTheMemory) {
  const World& w = world();
  RunOptions options;
  for (int i = 0; i < 80; ++i) options.standard_input += w.names[0] + "\n";
  options.keep_input_open = true;
  options.standard_output = w.folder / "chunk";
  options.timeout = std::chrono::seconds(60);
  const auto answered = [&] {
    return fs::exists(options.standard_output) && !read_file(options.standard_output).empty();
  };
  options.signal = TimedSignal{SIGTERM, {}, answered, {}};
  const RunResult result =
      attend(std::vector<std::string>{"predict", "-m", w.model(), "--alignments",
                                      (w.folder / "links").string(), "--maximum-ratio", "1000",
                                      "--maximum-length", "16000", "--no-repeat-ngrams", "1",
                                      "--alignment-format", "matrix"} +
                 w.images(),
             options);
  EXPECT_FALSE(result.timed_out);
}

TEST(Captions, ByHardAttentionStartFromASoftModelAndGoOn) {
  const World& w = world();
  const std::vector<std::string> hard{"--preset", "captioner-hard", "--initial-model", w.model()};
  w.train("whole", hard);
  w.train("parts", hard, "3");
  w.train("parts", hard);
  EXPECT_EQ(read_file(fs::path(w.model("whole")) / "model.safetensors"),
            read_file(fs::path(w.model("parts")) / "model.safetensors"));
}

}  // namespace
}  // namespace attend::end_to_end
