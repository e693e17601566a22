// The pictures of a training: what is in memory when, and the batches and shards that share them.
#include "train/pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "testing.h"
#include "train/epoch_batches.h"

namespace attend::train {
namespace {

using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::HasSubstr;

model::Configuration picture_configuration() {
  model::Configuration c;
  for (const char* setting :
       {"source.unit=whole", "source.end_token=false", "target.unit=words",
        "encoder.kind=convolutional", "encoder.units=16", "encoder.stages=2", "encoder.groups=2",
        "image.height=8", "image.width=8", "decoder.initial_state=mean"}) {
    model::set_option(c, setting);
  }
  return c;
}

// A folder with pictures 0.png, 1.png, … of one colour each: the number is the value of red.
class Folder {
 public:
  explicit Folder(int count) {
    for (int i = 0; i < count; ++i) {
      vision::Image image{{8, 8}, std::vector<std::uint8_t>(vision::value_count({8, 8}), 9)};
      for (std::size_t k = 0; k < image.pixels.size(); k += 3) {
        image.pixels[k] = static_cast<std::uint8_t>(i);
      }
      write_file(folder_ / (std::to_string(i) + ".png"), vision::encode_png(image));
    }
  }
  predictor::Pictures pictures() const {
    return {{.images = folder_.path()}, picture_configuration()};
  }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
};

// Examples whose pictures have these numbers.
std::vector<model::Example> examples_of(PictureStore& store, const std::vector<int>& numbers) {
  std::vector<model::Example> examples;
  for (const int number : numbers) {
    model::Example example{{std::vector<text::TokenId>(4, 0)}, {1, 2}};
    example.source.picture = store.add(std::to_string(number) + ".png");
    examples.push_back(std::move(example));
  }
  return examples;
}

PictureStore::Batch pointers(const std::vector<model::Example>& examples) {
  PictureStore::Batch batch;
  for (const model::Example& example : examples) batch.push_back(&example);
  return batch;
}

// The values of red of the pictures that are in memory; −1 for the others.
std::vector<int> reds(const std::vector<model::Example>& examples) {
  std::vector<int> result;
  for (const model::Example& example : examples) {
    const vision::Image& image = example.source.picture->image;
    result.push_back(image.pixels.empty() ? -1 : image.pixels.front());
  }
  return result;
}

TEST(PictureStore, ReadsAPictureOnceForAllItsCaptions) {
  const Folder folder(3);
  for (const std::size_t kept : {0U, 100U}) {
    PictureStore store(folder.pictures(), kept * vision::value_count({8, 8}));
    const auto examples = examples_of(store, {2, 0, 2});
    EXPECT_EQ(store.size(), 2U);
    EXPECT_EQ(examples[0].source.picture, examples[2].source.picture);
    // Pictures that stay in memory are read at once.
    const bool stays = kept > 0;
    EXPECT_EQ(reds(examples), stays ? (std::vector<int>{2, 0, 2}) : (std::vector<int>{-1, -1, -1}));
    store.hold(pointers(examples));
    EXPECT_EQ(reds(examples), (std::vector<int>{2, 0, 2}));
  }
}

TEST(PictureStore, KeepsAsManyPicturesAsFitIntoItsMemory) {
  const Folder folder(4);
  PictureStore store(folder.pictures(), 2 * vision::value_count({8, 8}));
  const auto examples = examples_of(store, {0, 1, 2, 3});
  const auto all = pointers(examples);
  store.hold(std::span(all).first(3));
  EXPECT_EQ(reds(examples), (std::vector<int>{0, 1, 2, -1}));
  store.hold(std::span(all).subspan(3));
  EXPECT_EQ(reds(examples), (std::vector<int>{0, 1, -1, 3}));
}

TEST(PictureStore, HasWhatABatchNeedsWhateverWasDecodedAhead) {
  const Folder folder(6);
  for (const std::size_t kept : {0U, 3U, 100U}) {
    PictureStore store(folder.pictures(), kept * vision::value_count({8, 8}));
    const auto examples = examples_of(store, {0, 1, 2, 3, 4, 5});
    const auto all = pointers(examples);
    const auto some = [&](std::initializer_list<int> numbers) {
      PictureStore::Batch batch;
      for (const int i : numbers) batch.push_back(all[static_cast<std::size_t>(i)]);
      return batch;
    };
    const std::vector<PictureStore::Batch> batches{some({3, 1}), some({0, 1}), some({5, 2})};
    store.decode_ahead(batches);
    for (std::size_t k = 0; k < batches.size(); ++k) {
      store.hold(batches[k]);
      for (const model::Example* one : batches[k]) {
        const auto place =
            static_cast<std::size_t>(std::find(all.begin(), all.end(), one) - all.begin());
        EXPECT_EQ(reds(examples)[place], static_cast<int>(place)) << kept << " " << k;
      }
      const auto other = some({4, 0});  // a validation in between
      store.hold(other);
      EXPECT_EQ(reds(examples)[4], 4);
    }
  }
}

TEST(PictureStore, NamesPicturesThatAreMissingOrBroken) {
  const Folder folder(1);
  const std::string whole = testing::read_file(folder.folder() / "0.png");
  write_file(folder.folder() / "cut.png", whole.substr(0, whole.size() - 20));
  PictureStore keeps(folder.pictures());
  EXPECT_THROW(keeps.add("none.png"), DataError);
  EXPECT_THROW(keeps.add("cut.png"), DataError);
  // Without room in memory pictures are decoded all the same.
  PictureStore passes(folder.pictures(), 0);
  EXPECT_THROW(passes.add("none.png"), DataError);
  EXPECT_THROW(passes.add("cut.png"), DataError);
  // A picture may be damaged later.
  model::Example example{{std::vector<text::TokenId>(4, 0)}, {1}};
  example.source.picture = passes.add("0.png");
  write_file(folder.folder() / "0.png", whole.substr(0, whole.size() - 20));
  const PictureStore::Batch batch{&example};
  try {
    passes.hold(batch);
    FAIL() << "no exception";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("0.png"));
  }
}

TEST(PictureStore, DecodesAheadWhatIsAdded) {
  const Folder folder(6);
  const std::string whole = testing::read_file(folder.folder() / "2.png");
  write_file(folder.folder() / "2.png", whole.substr(0, whole.size() - 20));
  const std::vector<std::string> names{"0.png", "1.png", "0.png", "2.png",
                                       "2.png", "3.png", "4.png", "5.png"};
  std::vector<const std::string*> expected;
  for (const std::string& name : names) expected.push_back(&name);
  for (const std::size_t kept : {0U, 3U, 100U}) {
    PictureStore store(folder.pictures(), kept * vision::value_count({8, 8}));
    store.expect(expected);
    std::vector<model::Example> examples;
    for (const std::string& name : names) {
      if (name == "3.png") continue;  // its line is left out for another reason
      model::Example example{{std::vector<text::TokenId>(4, 0)}, {1}};
      if (name == "2.png") {
        EXPECT_THROW(store.add(name), DataError);
        continue;
      }
      example.source.picture = store.add(name);
      examples.push_back(std::move(example));
    }
    EXPECT_EQ(store.decoded_ahead(), 4U);
    store.hold(pointers(examples));
    EXPECT_EQ(reds(examples), (std::vector<int>{0, 1, 0, 4, 5})) << kept;
  }
}

// ---------------------------------------------------------------------- batches and shards ---

TEST(EpochBatches, HoldAllCaptionsOfAPictureTogether) {
  const Folder folder(7);
  PictureStore store(folder.pictures());
  std::vector<int> numbers;
  for (int caption = 0; caption < 5; ++caption) {
    for (int i = 0; i < 7; ++i) numbers.push_back(i);
  }
  const auto examples = examples_of(store, numbers);
  model::Configuration c = picture_configuration();
  c.training.batch_size = 12;
  const auto batches = epoch_batches(examples, c, 0);
  std::set<std::uint32_t> seen;
  std::set<const model::Picture*> pictures;
  for (const auto& batch : batches) {
    EXPECT_LE(batch.size(), 12U);
    std::set<const model::Picture*> own;
    for (const std::uint32_t i : batch) {
      EXPECT_TRUE(seen.insert(i).second);
      own.insert(examples[i].source.picture.get());
    }
    EXPECT_EQ(batch.size(), 5 * own.size());
    for (const model::Picture* picture : own) EXPECT_TRUE(pictures.insert(picture).second);
  }
  EXPECT_EQ(seen.size(), examples.size());
  EXPECT_EQ(epoch_batches(examples, c, 0), batches);
  EXPECT_NE(epoch_batches(examples, c, 1), batches);
}

TEST(Shards, HoldAllCaptionsOfAPictureTogether) {
  const Folder folder(4);
  PictureStore store(folder.pictures());
  const auto examples = examples_of(store, {0, 1, 0, 2, 3, 2, 1});
  const auto batch = pointers(examples);
  std::set<const model::Example*> seen;
  for (const std::size_t index : {0U, 1U, 2U}) {
    for (const model::Example* one : shard_of(batch, index, 3)) {
      EXPECT_TRUE(seen.insert(one).second);
      for (const model::Example& other : examples) {
        if (other.source.picture != one->source.picture) continue;
        const auto own = shard_of(batch, index, 3);
        EXPECT_NE(std::find(own.begin(), own.end(), &other), own.end());
      }
    }
  }
  EXPECT_EQ(seen.size(), examples.size());
}

}  // namespace
}  // namespace attend::train
