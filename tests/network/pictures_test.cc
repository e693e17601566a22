// The encoder of pictures (§7): against plain loops, and that a picture's result depends on no
// other.
#include "network/pictures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fixtures.h"
#include "network/network.h"

namespace attend::network {
namespace {

using model::Configuration;
using model::EncoderKind;
using testing::picture_configuration;
using testing::pointers;
using testing::random_pictures;

constexpr std::int64_t kVocabulary = 9;

struct Parameters {
  explicit Parameters(const Configuration& c)
      : layout(model::parameter_table(c, {1, kVocabulary})),
        values(initial_values(layout, 3, at::kDouble)),
        tensors(layout.views(values)) {
    // Gains and biases begin as ones and zeros, which would hide where they stand.
    Random random(5);
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      values.data_ptr<double>()[i] += 0.3 * random.normal();
    }
  }
  const double* of(const std::string& name) const { return tensors.at(name).data_ptr<double>(); }

  Layout layout;
  Tensor values;
  Tensors tensors;
};

// A map of channels: values[(i · width + j) · channels + c].
struct Map {
  int height = 0, width = 0, channels = 0;
  std::vector<double> values;
  double at(int i, int j, int c) const {
    if (i < 0 || j < 0 || i >= height || j >= width) return 0;
    return values[static_cast<std::size_t>((i * width + j) * channels + c)];
  }
};

Map convolve(const Map& x, const double* weight, int channels, int stride, int before) {
  Map y{x.height / stride, x.width / stride, channels, {}};
  for (int i = 0; i < y.height; ++i) {
    for (int j = 0; j < y.width; ++j) {
      for (int o = 0; o < channels; ++o) {
        double sum = 0;
        for (int k = 0; k < 9; ++k) {
          for (int c = 0; c < x.channels; ++c) {
            sum += weight[(o * 9 + k) * x.channels + c] *
                   x.at(stride * i + k / 3 - before, stride * j + k % 3 - before, c);
          }
        }
        y.values.push_back(sum);
      }
    }
  }
  return y;
}

void normalise(Map& x, int groups, const double* gain, const double* bias) {
  const int width = x.channels / groups;
  for (int g = 0; g < groups; ++g) {
    double sum = 0, squares = 0;
    const int count = x.height * x.width * width;
    const auto each = [&](auto visit) {
      for (int p = 0; p < x.height * x.width; ++p) {
        for (int c = g * width; c < (g + 1) * width; ++c) {
          visit(x.values[static_cast<std::size_t>(p * x.channels + c)], c);
        }
      }
    };
    each([&](double value, int) { sum += value; });
    each([&](double value, int) { squares += std::pow(value - sum / count, 2); });
    each([&](double& value, int c) {
      value = (value - sum / count) / std::sqrt(squares / count + 1e-5) * gain[c] + bias[c];
    });
  }
}

void relu(Map& x) {
  for (double& value : x.values) value = std::max(0.0, value);
}

// The annotations of a picture by loops over the statement of model/parameters.h.
Map by_loops(const Configuration& c, const Parameters& p, const vision::Image& image) {
  Map x{image.size.height, image.size.width, 5, {}};
  for (int i = 0; i < x.height; ++i) {
    for (int j = 0; j < x.width; ++j) {
      for (int k = 0; k < 3; ++k) {
        x.values.push_back(
            image.pixels[static_cast<std::size_t>((i * x.width + j) * 3 + k)] / 127.5 - 1);
      }
      x.values.push_back((2 * j + 1.0) / x.width - 1);
      x.values.push_back((2 * i + 1.0) / x.height - 1);
    }
  }
  const auto layer = [&](const Map& in, const std::string& name, int channels, int stride,
                         int before = 1) {
    Map out = convolve(in, p.of(name + ".weight"), channels, stride, before);
    normalise(out, c.encoder.groups, p.of(name + ".gain"), p.of(name + ".bias"));
    return out;
  };
  for (int stage = 0; stage < c.encoder.stages; ++stage) {
    const int channels = c.encoder.channels(stage);
    const std::string name = "encoder." + std::to_string(stage);
    x = layer(x, name + ".entrance", channels, 2, stage + 1 < c.encoder.stages ? 1 : 0);
    relu(x);
    for (int block = 0; block < (stage == 0 ? 0 : c.encoder.layers); ++block) {
      const std::string own = name + "." + std::to_string(block);
      Map inside = layer(x, own + ".first", channels, 1);
      relu(inside);
      inside = layer(inside, own + ".second", channels, 1);
      for (std::size_t k = 0; k < x.values.size(); ++k) x.values[k] += inside.values[k];
      relu(x);
    }
  }
  return x;
}

TEST(ConvolutionalEncoder, EqualsPlainLoops) {
  Configuration c = picture_configuration(EncoderKind::kConvolutional);
  c.image.height = 8;
  c.image.width = 12;
  c.encoder.layers = 2;
  const Parameters parameters(c);
  const auto examples = random_pictures(4, c, kVocabulary, 3, 1);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  const Tensor found = picture_annotations(c, parameters.tensors, batch, nullptr);
  ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{c.regions(), 4, c.encoder.units}));
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const Map expected = by_loops(c, parameters, examples[b].source.picture->image);
    const Tensor own = found.select(1, static_cast<std::int64_t>(b)).contiguous();
    for (std::size_t k = 0; k < expected.values.size(); ++k) {
      ASSERT_NEAR(own.data_ptr<double>()[k], expected.values[k], 1e-9) << b << " " << k;
    }
  }
}

TEST(PicturesOfABatch, AreThereOnceEach) {
  const Configuration c = picture_configuration(EncoderKind::kConvolutional);
  auto examples = random_pictures(3, c, kVocabulary, 3, 2);
  examples[2].source.picture = examples[0].source.picture;
  examples[1].source.picture = std::make_shared<model::Picture>(*examples[0].source.picture);
  const Batch batch = make_batch(pointers(examples), at::kFloat);
  EXPECT_EQ(batch.pictures.size(0), 2);
  EXPECT_TRUE(batch.picture_of.equal(at::tensor({0, 1, 0}, at::kLong)));
}

TEST(PicturesOfABatch, MustBeAllOrNone) {
  const Configuration c = picture_configuration(EncoderKind::kConvolutional);
  auto examples = random_pictures(2, c, kVocabulary, 3, 2);
  examples[1].source.picture = nullptr;
  EXPECT_THROW(make_batch(pointers(examples), at::kFloat), CheckFailure);
}

class EveryEncoder : public ::testing::TestWithParam<EncoderKind> {};

TEST_P(EveryEncoder, SeesAPictureAloneAsInABatch) {
  const Configuration c = picture_configuration(GetParam());
  const Parameters parameters(c);
  const Network network(c, parameters.tensors, std::make_shared<PlainOperations>());
  const auto examples = random_pictures(5, c, kVocabulary, 4, 6);
  const Forced together = network.forced(make_batch(pointers(examples), at::kDouble));
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const Example* one = &examples[b];
    const Forced alone = network.forced(make_batch(std::span(&one, 1), at::kDouble));
    const auto length = static_cast<std::int64_t>(one->target.size());
    const auto of_batch = [&](const Tensor& x) {
      return x.narrow(0, 0, length).narrow(1, static_cast<std::int64_t>(b), 1);
    };
    EXPECT_TRUE(
        at::allclose(of_batch(together.log_probabilities), alone.log_probabilities, 1e-9, 1e-9));
    EXPECT_TRUE(at::allclose(of_batch(together.alignments), alone.alignments, 1e-9, 1e-9));
  }
}

INSTANTIATE_TEST_SUITE_P(OfPictures, EveryEncoder,
                         ::testing::Values(EncoderKind::kConvolutional, EncoderKind::kFeatures));

// --------------------------------------------------------------------------- bag of words ---

TEST(BagOfWords, CostsWhatItsWordsAndAllOthersSay) {
  Configuration c = picture_configuration(EncoderKind::kConvolutional);
  c.encoder.bag_of_words = true;
  const Parameters parameters(c);
  auto examples = random_pictures(3, c, kVocabulary, 4, 8);
  examples[2].source.picture = examples[0].source.picture;
  examples[1].source.picture = std::make_shared<model::Picture>(*examples[0].source.picture);
  examples[1].target = {4, 4, 2};
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  const Tensor read = picture_annotations(c, parameters.tensors, batch, nullptr);
  double expected = 0;
  for (std::size_t b = 0; b < 3; ++b) {
    std::set<text::TokenId> words;  // of all captions of the picture
    for (const Example& other : examples) {
      if (other.source.picture != examples[b].source.picture) continue;
      words.insert(other.target.begin(), other.target.end());
    }
    const Tensor mean = read.mean(0)[static_cast<std::int64_t>(b)].contiguous();
    for (text::TokenId word = 0; word < kVocabulary; ++word) {
      double z = parameters.of("bag_of_words.bias")[word];
      for (int k = 0; k < c.encoder.units; ++k) {
        z += parameters.of("bag_of_words.weight")[word * c.encoder.units + k] *
             mean.data_ptr<double>()[k];
      }
      expected += std::log1p(std::exp(words.contains(word) ? -z : z));
    }
  }
  EXPECT_NEAR(bag_of_words_cost(parameters.tensors, batch, read).item<double>(), expected, 1e-8);
}

TEST(BagOfWords, IsAnExtraCostOfTrainingOrTheOnlyOne) {
  Configuration c = picture_configuration(EncoderKind::kConvolutional);
  c.encoder.bag_of_words = true;
  c.training.bag_weight = 0.3;
  const Parameters parameters(c);
  const Network network(c, parameters.tensors, std::make_shared<PlainOperations>());
  const auto examples = random_pictures(3, c, kVocabulary, 4, 8);
  Batch batch = make_batch(pointers(examples), at::kDouble);
  const Tensor read = picture_annotations(c, parameters.tensors, batch, nullptr);
  const double bag = bag_of_words_cost(parameters.tensors, batch, read).item<double>();
  const auto cost = [&] {
    Dropout dropout({}, 1, 1, 0);
    return network.cost(batch, &dropout).cost.item<double>();
  };
  EXPECT_NEAR(cost() - network.cost(batch, nullptr).cost.item<double>(), 0.3 * bag, 1e-8);
  batch.bag_only = true;
  EXPECT_NEAR(cost(), 0.3 * bag, 1e-8);
}

// ------------------------------------------------------------------- variation in training ---

TEST(VariedPictures, AreMovedAndMirroredByWholePixels) {
  model::TrainingConfig training;
  training.picture_shift = 2;
  training.picture_flip = true;
  Dropout dropout(training.dropout, 1, 1, 0);
  // Every pixel of a picture 9 × 9 tells its row and column.
  Tensor bytes = at::zeros({40, 9, 9, 3}, at::kByte);
  for (int i = 0; i < 9; ++i) {
    bytes.select(1, i).select(2, 0).fill_(i);
    bytes.select(2, i).select(2, 1).fill_(i);
  }
  const Tensor varied = vary_pictures(bytes, training, dropout).to(at::kInt);
  std::vector<int> mirrored(2), moved(5);
  for (std::int64_t k = 0; k < 40; ++k) {
    const Tensor rows = varied[k].select(2, 0), columns = varied[k].select(2, 1);
    const int row = rows[4][4].item<int>() - 4, step = (columns[4][5] - columns[4][4]).item<int>();
    ASSERT_LE(std::abs(row), 2);
    ASSERT_EQ(std::abs(step), 1);
    ++mirrored[step < 0 ? 1 : 0];
    ++moved[static_cast<std::size_t>(row + 2)];
    for (std::int64_t i = 0; i < 9; ++i) {  // borders are repeated
      EXPECT_EQ(rows[i][0].item<int>(), std::clamp(static_cast<int>(i) + row, 0, 8));
    }
  }
  EXPECT_GT(mirrored[0], 5);
  EXPECT_GT(mirrored[1], 5);
  for (const int count : moved) EXPECT_GT(count, 0);
}

TEST(VariedPictures, StayAsTheyAreWithoutOptions) {
  Dropout dropout({}, 1, 1, 0);
  const Tensor bytes = at::ones({2, 4, 4, 3}, at::kByte);
  EXPECT_TRUE(vary_pictures(bytes, {}, dropout).equal(bytes));
}

}  // namespace
}  // namespace attend::network
