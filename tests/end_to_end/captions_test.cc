// Models that describe pictures, through the programs: training from a list or a packed file, and
// every command that answers with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

RunResult expect_success(const std::vector<std::string>& arguments,
                         const RunOptions& options = {}) {
  const RunResult result = attend(arguments, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return result;
}

const std::vector<std::string> kSmall{"--set",     "image.height=32",
                                      "--set",     "image.width=32",
                                      "--set",     "encoder.stages=3",
                                      "--set",     "encoder.units=16",
                                      "--set",     "encoder.groups=2",
                                      "--set",     "decoder.units=12",
                                      "--set",     "decoder.embedding=8",
                                      "--set",     "decoder.readout_units=8",
                                      "--set",     "attention.units=8",
                                      "--set",     "target.minimum_count=1",
                                      "--threads", "1"};

// Scenes in a packed file and some of their pictures as files, and a soft model of them.
struct World {
  World() {
    expect_success({"scenes", "-o", scenes().string(), "--count", "60", "--size", "48"});
    for (const auto& line : lines_of(read_file(scenes() / "index.tsv"))) {
      const auto fields = fields_of(line);
      names.push_back(fields[0]);
      if (names.size() <= 3) {
        const std::string all = read_file(scenes() / "images.bin");
        write_file(folder / fields[0], all.substr(std::stoul(fields[2]), std::stoul(fields[3])));
      }
    }
    train("soft", {"--preset", "captioner"});
  }

  fs::path scenes() const { return folder / "scenes"; }
  std::vector<std::string> images() const {
    return {"--images", (scenes() / "images.bin").string()};
  }
  RunResult train(const std::string& name, const std::vector<std::string>& more,
                  const std::string& updates = "6") const {
    return expect_success(
        std::vector<std::string>{"train", (scenes() / "captions.tsv").string(), "--source-column",
                                 "1", "--target-column", "4", "--updates", updates, "-m",
                                 (folder / name).string()} +
        kSmall +
        (more.front() == "--features" || more.back() == "features" ? std::vector<std::string>{}
                                                                   : images()) +
        more);
  }
  std::string model(const std::string& name = "soft") const { return (folder / name).string(); }

  static std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields{""};
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    return fields;
  }

  TemporaryFolder folder;
  std::vector<std::string> names;
};

const World& world() {
  static const World one;
  return one;
}

RunResult predict(const std::string& names, const std::vector<std::string>& options,
                  const fs::path& working_folder = {}) {
  RunOptions run_options;
  run_options.standard_input = names;
  run_options.working_folder = working_folder;
  return attend(std::vector<std::string>{"predict", "-m", world().model()} + options, run_options);
}

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
                                      "--maximum-length", "16000", "--no-repeat-ngrams", "1"} +
                 w.images(),
             options);
  EXPECT_FALSE(result.timed_out);
}

TEST(Captions, OfAPipeAreRefused) {
  const World& w = world();
  ASSERT_EQ(mkfifo((w.folder / "pipe.png").c_str(), 0600), 0);
  const RunResult result = predict("pipe.png\n", {}, w.folder.path());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "\n");
  EXPECT_THAT(result.error, HasSubstr("pipe.png: found something else than a regular file"));
}

TEST(Captions, OfAnnotationsThatWereWrittenEqualThoseOfTheirEncoder) {
  const World& w = world();
  const std::string features = (w.folder / "all.safetensors").string();
  expect_success(std::vector<std::string>{"annotate", "-m", w.model(),
                                          (w.scenes() / "captions.tsv").string(), "--source-column",
                                          "1", "-o", features} +
                 w.images());
  w.train("kept", {"--features", features, "--preset", "captioner", "--set",
                   "encoder.kind=features", "--set", "image.regions=16", "--initial-model",
                   w.model(), "--set", "training.learning_rate=0"});
  const std::string names = w.names[0] + "\n" + w.names[1] + "\n";
  RunOptions options;
  options.standard_input = names;
  const RunResult kept = expect_success(
      {"predict", "-m", w.model("kept"), "--features", features, "--format", "json"}, options);
  const RunResult own = predict(names, w.images() + std::vector<std::string>{"--format", "json"});
  EXPECT_EQ(kept.out, own.out);
  // A training does not go on with other annotations.
  const std::string others = (w.folder / "others.safetensors").string();
  w.train("other", {"--preset", "captioner", "--seed", "2"});
  expect_success(std::vector<std::string>{"annotate", "-m", w.model("other"),
                                          (w.scenes() / "captions.tsv").string(), "--source-column",
                                          "1", "-o", others} +
                 w.images());
  EXPECT_TRUE(refused(attend(std::vector<std::string>{"train",
                                                      (w.scenes() / "captions.tsv").string(),
                                                      "--source-column",
                                                      "1",
                                                      "--target-column",
                                                      "4",
                                                      "--updates",
                                                      "9",
                                                      "-m",
                                                      w.model("kept"),
                                                      "--preset",
                                                      "captioner",
                                                      "--features",
                                                      others,
                                                      "--set",
                                                      "encoder.kind=features",
                                                      "--set",
                                                      "image.regions=16",
                                                      "--set",
                                                      "training.learning_rate=0"} +
                             kSmall),
                      kUsage, {"the file of their pictures is another one"}));
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

TEST(Captions, RefuseWhatDoesNotFit) {
  const World& w = world();
  write_file(w.folder / "list.txt", w.names[0] + "\n");
  EXPECT_TRUE(
      refused(attend({"predict", "-m", w.model(), "--features", "x.npy"}), kUsage, {"--features"}));
  EXPECT_TRUE(refused(attend({"train", "x.tsv", "-m", w.model("new"), "--images", "."}), kUsage,
                      {"--images", "texts"}));
  EXPECT_TRUE(refused(
      attend(std::vector<std::string>{"gaze", "-m", w.model(), "--boxes", "none.tsv"} + w.images()),
      kData, {"none.tsv"}));
  EXPECT_TRUE(
      refused(attend(std::vector<std::string>{"train", "x.tsv", "--preset", "captioner", "-m",
                                              w.model("new"), "--set", "image.height=100"}),
              kUsage, {"image.height", "16"}));
  EXPECT_TRUE(refused(
      attend({"annotate", "-m", w.model(), (w.folder / "list.txt").string(), "-o", "/dev/stdout"}),
      kUsage, {}));
  write_file(w.folder / "all.npy.names", w.names[0] + "\n");
  EXPECT_TRUE(refused(attend(std::vector<std::string>{"annotate", "-m", w.model(),
                                                      (w.folder / "all.npy.names").string(), "-o",
                                                      (w.folder / "all.npy").string()} +
                             w.images()),
                      kUsage, {"over the names"}));
  write_file(w.folder / "alone.bin", "");
  EXPECT_TRUE(
      refused(attend({"predict", "-m", w.model(), "--images", (w.folder / "alone.bin").string()}),
              kData, {"alone.bin", "index.tsv", "--image-index"}));
}

}  // namespace
}  // namespace attend::end_to_end
