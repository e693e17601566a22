// Tests of the files around captions: annotations, what must not be written over, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "end_to_end/captions.h"
#include "end_to_end/failure.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::write_file;
using Words = std::vector<std::string>;

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
                      kUsage, {"their pictures are others"}));
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

TEST(Captions, DoNotTakeThePlaceOfTheirPictures) {
  const World& w = world();
  const std::string picture = (w.folder / w.names[0]).string(), before = read_file(picture);
  const std::string boxes = (w.scenes() / "boxes.tsv").string();
  RunOptions options;
  options.standard_input = w.names[1] + "\n" + w.names[0] + "\n";
  const Words images{"--images", w.folder.path().string()};
  write_file(w.folder / "pairs.tsv", w.names[0] + "\ta small red circle\n");
  const Words commands[] = {
      {"show", "-m", w.model(), w.names[0], "-o", picture},
      {"predict", "-m", w.model(), "-o", picture},
      {"predict", "-m", w.model(), "--alignments", picture, "--alignment-format", "matrix"},
      {"gaze", "-m", w.model(), "--boxes", boxes, "-o", picture},
      {"score", "-m", w.model(), (w.folder / "pairs.tsv").string(), "-o", picture}};
  for (const Words& command : commands) {
    SCOPED_TRACE(command[0]);
    EXPECT_TRUE(
        refused(attend(command + images, options), kUsage, {"over a picture that it reads"}));
    EXPECT_EQ(read_file(picture), before);
  }
  fs::copy_file(picture, w.folder / "copy.npy", fs::copy_options::overwrite_existing);
  options.standard_input = "copy.npy\n";
  EXPECT_TRUE(refused(
      attend(Words{"annotate", "-m", w.model(), "-o", (w.folder / "copy.npy").string()} + images,
             options),
      kUsage, {"over a picture that it reads"}));
  EXPECT_EQ(read_file(w.folder / "copy.npy"), before);
}

TEST(Captions, OfMissingPicturesAreLeftOutOfAnEvaluation) {
  const World& w = world();
  std::string all, some;
  for (std::size_t i = 0; i < 3; ++i) {
    all += w.names[i] + "\ta small red circle\n";
    some = all + "none.png\ta small red circle\n";
  }
  write_file(w.folder / "all.tsv", all);
  write_file(w.folder / "some.tsv", some);
  write_file(w.folder / "none.tsv", "none.png\ta small red circle\n");
  const auto run = [&](const char* file) {
    return attend({"evaluate", "-m", w.model(), (w.folder / file).string(), "--images",
                   w.folder.path().string(), "--metrics", "bleu-1", "--value"});
  };
  const RunResult whole = run("all.tsv"), part = run("some.tsv");
  EXPECT_EQ(part.out, whole.out);
  EXPECT_THAT(part.error, HasSubstr("some.tsv:4: "));
  EXPECT_THAT(part.error, HasSubstr("1 pair was left out"));
  EXPECT_TRUE(failed(run("none.tsv"), kData, {"none.tsv", "no pair to evaluate"}));
}

TEST(Captions, AreNotGoneOnWithWhereAPictureFileHasChanged) {
  const World& w = world();
  fs::create_directories(w.folder / "own");
  std::string pairs;
  for (std::size_t i = 0; i < 3; ++i) {
    fs::copy_file(w.folder / w.names[i], w.folder / "own" / w.names[i]);
    pairs += w.names[i] + "\ta small red circle\n" + w.names[i] + "\ta circle\n";
  }
  write_file(w.folder / "own" / "list.tsv", pairs);
  const auto train = [&](const char* updates) {
    return attend(Words{"train", (w.folder / "own" / "list.tsv").string(), "--preset", "captioner",
                        "-m", w.model("own-model"), "--updates", updates} +
                  kSmall);
  };
  EXPECT_EQ(train("2").exit_code, 0);
  EXPECT_EQ(train("4").exit_code, 0);
  fs::copy_file(w.folder / w.names[1], w.folder / "own" / w.names[0],
                fs::copy_options::overwrite_existing);
  EXPECT_TRUE(refused(train("6"), kUsage, {"their pictures are others"}));
}

TEST(Captions, SayWhatAModelOfPicturesIsAndHasNot) {
  const World& w = world();
  const RunResult info = expect_success({"info", "-m", w.model()});
  EXPECT_THAT(info.out, HasSubstr("pictures of 32 × 32 pixels (height × width), 16 regions\n"));
  EXPECT_THAT(info.out, HasSubstr("16 source regions and 20 target tokens"));
  EXPECT_THAT(info.out, Not(HasSubstr("20 source")));
  EXPECT_TRUE(refused(
      predict(w.names[0] + "\n", w.images() + Words{"--alignments", (w.folder / "l").string()}),
      kUsage, {"--alignment-format matrix"}));
  EXPECT_TRUE(refused(predict(w.names[0] + "\n", w.images() + Words{"--long-sources", "split"}),
                      kUsage, {"pictures, which have no sentences"}));
}

TEST(Captions, NameCompressedFilesAndOtherNamesOfOutputs) {
  const World& w = world();
  const std::string packed = (w.folder / "packed.gz").string();
  gzFile gz = gzopen(packed.c_str(), "wb");
  const std::string bytes = read_file(w.scenes() / "images.bin");
  gzwrite(gz, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(gz);
  EXPECT_TRUE(refused(predict(w.names[0] + "\n", {"--images", packed, "--image-index",
                                                  (w.scenes() / "index.tsv").string()}),
                      kData, {"packed.gz", "compressed"}));
  for (const char* name : {"a.npy.gz", "a.xz", "a.txt", "a"}) {
    EXPECT_TRUE(refused(
        attend(Words{"annotate", "-m", w.model(), "-o", (w.folder / name).string()} + w.images()),
        kUsage, {"expected a name that ends in .npy or .safetensors"}));
  }
}

TEST(Captions, OfOtherPicturesThanTheBoxesAreNoticed) {
  const World& w = world();
  std::string boxes;
  for (int i = 0; i < 30; ++i)
    boxes += "none-" + std::to_string(i) + ".png\ttrain\t0\t1\tred\t0\t0\t9\t9\n";
  const std::string known = lines_of(read_file(w.scenes() / "boxes.tsv"))[0];
  const std::string name = World::fields_of(known)[0];
  write_file(w.folder / "boxes.tsv", boxes + known + "\n");
  const Words gaze{"gaze", "-m", w.model(), "--boxes"};
  const RunResult some =
      expect_success(gaze + Words{(w.folder / "boxes.tsv").string()} + w.images());
  EXPECT_THAT(some.error, HasSubstr("30 of 31 pictures could not be described"));
  EXPECT_THAT(some.error, HasSubstr("no picture 'none-0.png'"));
  EXPECT_EQ(lines_of(some.error).size(), 11U);
  std::vector<std::string> fields = World::fields_of(known);
  fields[5] = "500", fields[7] = "600";
  std::string outside = fields[0];
  for (std::size_t i = 1; i < fields.size(); ++i) outside += "\t" + fields[i];
  write_file(w.folder / "outside.tsv", outside + "\n");
  EXPECT_TRUE(failed(attend(gaze + Words{(w.folder / "outside.tsv").string()} + w.images()), kData,
                     {name, "48 × 48 pixels"}));
}

}  // namespace
}  // namespace attend::end_to_end
