// Pictures: the runtime against plain loops in double.
#include "runtime/picture_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "random_model.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using Values = std::vector<double>;

// A picture between two layers, [height, width, channels].
struct Plain {
  int height = 0, width = 0, channels = 0;
  Values values;
  double at(int row, int column, int channel) const {
    if (row < 0 || column < 0 || row >= height || column >= width) return 0.0;
    return values[static_cast<std::size_t>((row * width + column) * channels + channel)];
  }
};

Plain read_plainly(const vision::Image& image) {
  Plain x{image.size.height, image.size.width, 5, {}};
  for (int i = 0; i < x.height; ++i) {
    for (int j = 0; j < x.width; ++j) {
      for (int c = 0; c < 3; ++c) {
        x.values.push_back(
            image.pixels[static_cast<std::size_t>((i * x.width + j) * 3 + c)] / 127.5 - 1);
      }
      x.values.push_back((2 * j + 1.0) / x.width - 1);
      x.values.push_back((2 * i + 1.0) / x.height - 1);
    }
  }
  return x;
}

Plain convolve_plainly(const Plain& x, int stride, int before, const model::TensorView& weight) {
  Plain y{x.height / stride, x.width / stride, static_cast<int>(weight.shape[0]), {}};
  for (int i = 0; i < y.height; ++i) {
    for (int j = 0; j < y.width; ++j) {
      for (int o = 0; o < y.channels; ++o) {
        double sum = 0.0;
        for (int k = 0; k < 9 * x.channels; ++k) {
          const int row = k / (3 * x.channels), column = k / x.channels % 3;
          sum += weight.values[static_cast<std::size_t>(o * 9 * x.channels + k)] *
                 x.at(i * stride + row - before, j * stride + column - before, k % x.channels);
        }
        y.values.push_back(sum);
      }
    }
  }
  return y;
}

void normalise_plainly(Plain& x, int groups, std::span<const float> gain,
                       std::span<const float> bias) {
  const auto channels = static_cast<std::size_t>(x.channels), size = x.values.size();
  const std::size_t width = channels / static_cast<std::size_t>(groups);
  for (std::size_t first = 0; first < channels; first += width) {
    std::vector<std::size_t> own;
    for (std::size_t k = 0; k < size; ++k) {
      if (k % channels / width == first / width) own.push_back(k);
    }
    double mean = 0.0, variance = 0.0;
    for (const std::size_t k : own) mean += x.values[k] / static_cast<double>(own.size());
    for (const std::size_t k : own) {
      variance += std::pow(x.values[k] - mean, 2) / static_cast<double>(own.size());
    }
    for (const std::size_t k : own) {
      const std::size_t c = k % channels;
      x.values[k] = gain[c] * (x.values[k] - mean) / std::sqrt(variance + 1e-5) + bias[c];
    }
  }
}

struct Model {
  model::Configuration configuration;
  model::Weights weights;

  Plain layer(const std::string& name, int stride, const Plain& x, int before = 1) const {
    Plain y = convolve_plainly(x, stride, before, weights.get(name + ".weight"));
    normalise_plainly(y, configuration.encoder.groups, weights.get(name + ".gain").values,
                      weights.get(name + ".bias").values);
    return y;
  }
  // The annotations of a picture, [regions, units].
  Values annotate(const vision::Image& image) const {
    const auto rectify = [](Plain& x) {
      for (double& value : x.values) value = std::max(value, 0.0);
    };
    Plain x = read_plainly(image);
    for (int stage = 0; stage < configuration.encoder.stages; ++stage) {
      const std::string name = "encoder." + std::to_string(stage);
      x = layer(name + ".entrance", 2, x, stage + 1 < configuration.encoder.stages ? 1 : 0);
      rectify(x);
      for (int block = 0; stage > 0 && block < configuration.encoder.layers; ++block) {
        const std::string own = name + "." + std::to_string(block);
        Plain inner = layer(own + ".first", 1, x);
        rectify(inner);
        const Plain outer = layer(own + ".second", 1, inner);
        for (std::size_t k = 0; k < x.values.size(); ++k) x.values[k] += outer.values[k];
        rectify(x);
      }
    }
    return x.values;
  }
  PictureEncoder encoder(Precision precision = Precision::kFloat32) const {
    return {configuration, Tensors(weights, "", precision)};
  }
};

constexpr model::VocabularySizes kSizes{1, 11};

model::Configuration configuration_of(int stages, int layers, int units, int groups,
                                      vision::Size size) {
  model::Configuration configuration;
  configuration.encoder.kind = model::EncoderKind::kConvolutional;
  configuration.encoder.stages = stages;
  configuration.encoder.layers = layers;
  configuration.encoder.units = units;
  configuration.encoder.groups = groups;
  configuration.image.height = size.height;
  configuration.image.width = size.width;
  configuration.decoder.initial_state = model::InitialState::kMean;
  return configuration;
}

Model random_network(const model::Configuration& configuration, Random& random) {
  return {configuration, testing::random_weights(configuration, kSizes, random)};
}

vision::Image random_image(vision::Size size, Random& random) {
  vision::Image image{size, std::vector<std::uint8_t>(vision::value_count(size))};
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}

model::Source source_of(std::shared_ptr<const model::Picture> picture, std::size_t regions) {
  model::Source source{std::vector<model::TokenId>(regions, 0)};
  source.picture = std::move(picture);
  return source;
}

std::vector<model::Source> random_pictures(const model::Configuration& configuration,
                                           std::size_t count, Random& random) {
  const vision::Size size{configuration.image.height, configuration.image.width};
  const auto regions = static_cast<std::size_t>(configuration.regions());
  std::vector<model::Source> sources;
  for (std::size_t k = 0; k < count; ++k) {
    const model::Picture picture{random_image(size, random), {}};
    sources.push_back(source_of(std::make_shared<model::Picture>(picture), regions));
  }
  return sources;
}

std::vector<float> values_of(const Annotations& annotations) {
  const auto values = annotations.values.span();
  return {values.begin(), values.end()};
}

TEST(PictureEncoder, EqualsTheLoops) {
  Random random(31);
  struct Case {
    int stages, layers, units, groups;
    vision::Size size;
  };
  for (const Case& one :
       {Case{1, 1, 3, 1, {2, 2}}, Case{1, 1, 6, 3, {6, 4}}, Case{2, 1, 12, 6, {8, 12}},
        Case{2, 0, 8, 4, {12, 4}}, Case{3, 2, 16, 2, {16, 24}}, Case{4, 1, 32, 1, {32, 16}}}) {
    const Model model = random_network(
        configuration_of(one.stages, one.layers, one.units, one.groups, one.size), random);
    const auto sources = random_pictures(model.configuration, 1, random);
    const Annotations annotations = model.encoder().annotate(sources);
    const Values expected = model.annotate(sources[0].picture->image);
    EXPECT_EQ(annotations.units, static_cast<std::size_t>(one.units));
    ASSERT_EQ(annotations.values.size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      ASSERT_NEAR(annotations.values.span()[k], expected[k], 1e-4)
          << one.stages << " stages, value " << k;
    }
  }
}

TEST(PictureEncoder, FewerBitsStayNear) {
  Random random(32);
  const Model model = random_network(configuration_of(3, 1, 32, 4, {32, 32}), random);
  const auto sources = random_pictures(model.configuration, 1, random);
  const auto exact = values_of(model.encoder().annotate(sources));
  for (const Precision precision : {Precision::kBfloat16, Precision::kInt8}) {
    const auto found = values_of(model.encoder(precision).annotate(sources));
    double error = 0.0, square = 0.0;
    for (std::size_t k = 0; k < exact.size(); ++k) {
      error += std::pow(found[k] - exact[k], 2);
      square += std::pow(exact[k], 2);
    }
    EXPECT_GT(error, 0.0) << precision_name(precision);
    EXPECT_LT(std::sqrt(error / square), 0.05) << precision_name(precision);
  }
}

TEST(PictureEncoder, PicturesDoNotSeeEachOther) {
  Random random(33);
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    const Model model = random_network(configuration_of(2, 1, 16, 4, {12, 8}), random);
    const PictureEncoder encoder = model.encoder(precision);
    auto sources = random_pictures(model.configuration, 4, random);
    sources.push_back(sources[1]);  // one picture in two sources
    sources.push_back(source_of(std::make_shared<model::Picture>(*sources[2].picture), 6));
    const Annotations all = encoder.annotate(sources);
    EXPECT_EQ(all.longest, 6U);
    EXPECT_EQ(all.positions(), 36U);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      const auto alone = values_of(encoder.annotate(std::span(sources).subspan(k, 1)));
      const auto own = all.values.span().subspan(all.starts[k] * all.units, alone.size());
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), own.begin())) << k;
    }
  }
}

TEST(PictureEncoder, ThreadsShareOneEncoder) {
  Random random(34);
  const Model model = random_network(configuration_of(2, 1, 16, 4, {12, 8}), random);
  const PictureEncoder encoder = model.encoder();
  const auto sources = random_pictures(model.configuration, 3, random);
  const auto expected = values_of(encoder.annotate(sources));
  std::vector<std::vector<float>> found(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& own : found) {
    threads.emplace_back([&] { own = values_of(encoder.annotate(sources)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& own : found) EXPECT_EQ(own, expected);
}

model::Source features_of(std::size_t regions, std::size_t values, Random& random) {
  model::Picture picture;
  for (std::size_t k = 0; k < values; ++k) {
    picture.features.push_back(static_cast<float>(random.normal()));
  }
  return source_of(std::make_shared<model::Picture>(std::move(picture)), regions);
}

model::Configuration configuration_of_features(int regions, int units) {
  model::Configuration configuration;
  configuration.encoder.kind = model::EncoderKind::kFeatures;
  configuration.encoder.units = units;
  configuration.image.regions = regions;
  configuration.decoder.initial_state = model::InitialState::kMean;
  return configuration;
}

TEST(PictureEncoder, FeaturesAreTheAnnotations) {
  Random random(35);
  const PictureEncoder encoder = random_network(configuration_of_features(3, 5), random).encoder();
  std::vector<model::Source> sources{features_of(3, 15, random), features_of(3, 15, random)};
  sources[1].allowed = {0, 1, 1};
  const Annotations annotations = encoder.annotate(sources);
  std::vector<float> expected = sources[0].picture->features;
  const std::vector<float>& more = sources[1].picture->features;
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(values_of(annotations), expected);
  EXPECT_EQ(annotations.units, 5U);
  EXPECT_EQ(annotations.starts, (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(annotations.allowed, (std::vector<char>{1, 1, 1, 0, 1, 1}));
  EXPECT_THROW(encoder.annotate(std::vector{features_of(3, 14, random)}), CheckFailure);
  EXPECT_THROW(encoder.annotate(std::vector{features_of(2, 10, random)}), CheckFailure);
}

// The log-probabilities of the first step of every source.
std::vector<float> first_step(const Model& model, std::span<const model::Source> sources) {
  const auto engine = make_engine(model.configuration, kSizes, model::TokenId{0}, model.weights);
  std::vector<testing::Path> paths;
  const auto decoding = engine->annotate(sources);
  const auto found = decoding->step(testing::first_rows(sources.size(), paths)).log_probabilities;
  return {found.begin(), found.end()};
}

// An engine of pictures equals an engine that gets their annotations as features.
TEST(PictureEncoder, TheEngineDecodesTheAnnotations) {
  Random random(37);
  const Model pictures = random_network(configuration_of(2, 1, 12, 3, {8, 12}), random);
  const auto sources = random_pictures(pictures.configuration, 2, random);
  const Annotations annotations = pictures.encoder().annotate(sources);
  Model features{configuration_of_features(6, 12), {}};
  std::map<std::string, model::TensorView> tensors;
  for (const auto& spec : model::parameter_table(features.configuration, kSizes)) {
    tensors[spec.name] = pictures.weights.get(spec.name);
  }
  features.weights = {std::move(tensors), nullptr};
  std::vector<model::Source> annotated;
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const auto own = row_of(annotations.values.span(), k, 6 * 12);
    const model::Picture picture{{}, {own.begin(), own.end()}};
    annotated.push_back(source_of(std::make_shared<model::Picture>(picture), 6));
  }
  const auto expected = first_step(pictures, sources);
  EXPECT_EQ(expected.size(), 2U * 11U);
  EXPECT_EQ(first_step(features, annotated), expected);
}

TEST(PictureEncoder, SizesMustFit) {
  Random random(36);
  const Model model = random_network(configuration_of(1, 1, 4, 2, {6, 4}), random);
  const PictureEncoder encoder = model.encoder();
  const auto annotate = [&](vision::Size size, std::size_t regions) {
    const model::Picture picture{random_image(size, random), {}};
    encoder.annotate(std::vector{source_of(std::make_shared<model::Picture>(picture), regions)});
  };
  annotate({6, 4}, 6);
  EXPECT_THROW(annotate({6, 4}, 5), CheckFailure);
  EXPECT_THROW(annotate({4, 6}, 6), CheckFailure);
  EXPECT_THROW(annotate({0, 0}, 6), CheckFailure);
  EXPECT_THROW(encoder.annotate(std::vector{model::Source{{0, 0}}}), CheckFailure);
}

}  // namespace
}  // namespace attend::runtime
