#include "model/weights.h"

#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/base.h"
#include "testing.h"

namespace attend::model {
namespace {

using ::attend::testing::read_file;
using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;

Weights make_weights() {
  auto values = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  const std::span<const float> all(*values);
  return Weights({{"a", {{2, 3}, all.first(6)}}, {"b", {{2}, all.last(2)}}}, values,
                 {{"note", "x \"quoted\""}});
}

TEST(Weights, RoundTrip) {
  TemporaryFolder folder;
  make_weights().save(folder / "w");
  const Weights loaded = Weights::load(folder / "w");
  EXPECT_EQ(loaded.get("a").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(loaded.get("a").values[5], 6.0F);
  EXPECT_EQ(loaded.get("b").values[1], 8.0F);
  EXPECT_EQ(loaded.metadata().at("note"), "x \"quoted\"");
  EXPECT_THROW(loaded.get("c"), ModelError);
}

TEST(Weights, EveryFlippedBitIsFound) {
  TemporaryFolder folder;
  make_weights().save(folder / "w");
  const std::string good = read_file(folder / "w");
  for (std::size_t position = 0; position < good.size(); ++position) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[position] = static_cast<char>(bad[position] ^ (1 << bit));
      write_file(folder / "w", bad);
      EXPECT_THROW(Weights::load(folder / "w"), ModelError) << position << " bit " << bit;
    }
  }
}

TEST(Weights, EveryTruncationIsFound) {
  TemporaryFolder folder;
  make_weights().save(folder / "w");
  const std::string good = read_file(folder / "w");
  for (std::size_t size = 0; size < good.size(); ++size) {
    write_file(folder / "w", good.substr(0, size));
    EXPECT_THROW(Weights::load(folder / "w"), ModelError) << size;
  }
  write_file(folder / "w", good + "x");
  EXPECT_THROW(Weights::load(folder / "w"), ModelError);
}

TEST(Weights, AHugeHeaderLengthIsRefused) {
  TemporaryFolder folder;
  for (const std::uint64_t length : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{9}}) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    write_file(folder / "w", bytes + "{}");
    EXPECT_THROW(Weights::load(folder / "w"), ModelError) << length;
  }
}

TEST(Weights, MissingFileAndFolder) {
  TemporaryFolder folder;
  EXPECT_THROW(Weights::load(folder / "none"), ModelError);
  EXPECT_THROW(Weights::load(folder.path()), ModelError);
}

TEST(Weights, CheckedAgainstTheTable) {
  const Weights weights = make_weights();
  const TensorSpec a{"a", {2, 3}}, b{"b", {2}};
  EXPECT_NO_THROW(weights.check_against({a, b}));
  EXPECT_THROW(weights.check_against({a}), ModelError);
  EXPECT_THROW(weights.check_against({a, b, {"c", {1}}}), ModelError);
  EXPECT_THROW(weights.check_against({a, {"b", {3}}}), ModelError);
}

Weights make_matrices() {
  Random random(61);
  auto values = std::make_shared<std::vector<float>>();
  for (int i = 0; i < 60; ++i) values->push_back(static_cast<float>(random.normal()));
  std::fill_n(values->begin() + 14, 7, 0.0F);  // a row of zeros
  const std::span<const float> all(*values);
  return Weights({{"a", {{3, 7}, all.first(21)}},
                  {"b", {{2}, all.subspan(21, 2)}},
                  {"c", {{5, 1}, all.subspan(23, 5)}}},
                 values, {{"note", "x"}});
}

TEST(RoundedWeights, RoundTripInEveryPrecision) {
  const TemporaryFolder folder;
  const Weights exact = make_matrices();
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    const Weights rounded = exact.rounded(one);
    rounded.save(folder / "w");
    const Weights loaded = Weights::load(folder / "w");
    EXPECT_EQ(loaded.precision(), one);
    EXPECT_EQ(loaded.metadata().at("note"), "x");
    EXPECT_EQ(loaded.tensors().size(), 3U);  // scales are not tensors of the model
    for (const auto& [name, view] : rounded.tensors()) {
      const TensorView& found = loaded.get(name);
      EXPECT_EQ(found.shape, view.shape);
      EXPECT_TRUE(std::equal(view.values.begin(), view.values.end(), found.values.begin()))
          << name << " in " << precision_name(one);
      EXPECT_EQ(found.scales.size(), view.scales.size());
    }
  }
}

TEST(RoundedWeights, EveryValueStaysWithinHalfAStep) {
  const Weights exact = make_matrices();
  const Weights whole = exact.rounded(Precision::kInt8), half = exact.rounded(Precision::kBfloat16);
  for (const char* name : {"a", "c"}) {
    const TensorView& view = exact.get(name);
    const std::span<const float> scales = whole.get(name).scales;
    ASSERT_EQ(scales.size(), static_cast<std::size_t>(view.shape[0]));
    for (std::size_t i = 0; i < view.values.size(); ++i) {
      const float scale = scales[i / static_cast<std::size_t>(view.shape[1])];
      EXPECT_LE(std::abs(whole.get(name).values[i] - view.values[i]), scale * 0.50001F);
      EXPECT_LE(std::abs(half.get(name).values[i] - view.values[i]),
                std::abs(view.values[i]) / 256);
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {  // vectors are not rounded
    EXPECT_EQ(whole.get("b").values[i], exact.get("b").values[i]);
    EXPECT_EQ(half.get("b").values[i], exact.get("b").values[i]);
  }
}

TEST(RoundedWeights, FilesAreSmallerAndWhole) {
  const TemporaryFolder folder;
  const Weights exact = make_matrices();
  for (const Precision one : {Precision::kBfloat16, Precision::kInt8}) {
    exact.rounded(one).save(folder / "w");
    const std::string good = read_file(folder / "w");
    EXPECT_NE(good.find(one == Precision::kInt8 ? "\"I8\"" : "\"BF16\""), std::string::npos);
    for (std::size_t size = 0; size < good.size(); ++size) {
      write_file(folder / "w", good.substr(0, size));
      EXPECT_THROW(Weights::load(folder / "w"), ModelError) << size;
    }
    for (std::size_t position = 0; position < good.size(); ++position) {
      std::string bad = good;
      bad[position] ^= 4;
      write_file(folder / "w", bad);
      EXPECT_THROW(Weights::load(folder / "w"), ModelError) << position;
    }
  }
}

TEST(RoundedWeights, AreNotRoundedTwice) {
  const Weights whole = make_matrices().rounded(Precision::kInt8);
  EXPECT_THROW(whole.rounded(Precision::kInt8), ModelError);
  EXPECT_THROW(whole.rounded(Precision::kBfloat16), ModelError);
}

TEST(RoundedWeights, NumbersThatAreNotFiniteAreRefused) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    auto values = std::make_shared<std::vector<float>>(std::vector<float>{1, bad});
    const Weights weights({{"a", {{1, 2}, *values}}}, values);
    EXPECT_THROW(weights.rounded(Precision::kInt8), ModelError);
    EXPECT_THROW(weights.rounded(Precision::kBfloat16), ModelError);
  }
}

// Edits the header of a file and gives it a checksum that fits again.
void rewrite(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::string bytes = read_file(file);
  const std::size_t position = bytes.find(from);
  ASSERT_NE(position, std::string::npos) << from;
  ASSERT_EQ(from.size(), to.size());
  bytes.replace(position, from.size(), to);
  const std::string key = "\"attend.checksum\":\"";
  const std::size_t digits = bytes.find(key) + key.size();
  bytes.replace(digits, 16, std::string(16, '0'));
  bytes.replace(digits, 16, fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size())));
  write_file(file, bytes);
}

TEST(RoundedWeights, OtherTypesAndMissingScalesAreNamed) {
  const TemporaryFolder folder;
  const Weights whole = make_matrices().rounded(Precision::kInt8);
  const auto expect_refused = [&](const std::string& from, const std::string& to,
                                  const std::string& named) {
    whole.save(folder / "w");
    rewrite(folder / "w", from, to);
    try {
      Weights::load(folder / "w");
      ADD_FAILURE() << from << " became " << to;
    } catch (const ModelError& error) {
      EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
    }
  };
  expect_refused("\"a.scales\"", "\"a.skales\"", "a.scales");
  expect_refused("\"dtype\":\"I8\"", "\"dtype\":\"U8\"", "'a'");
  expect_refused("\"a.scales\":{\"dtype\":\"F32\",\"shape\":[3]",
                 "\"a.scales\":{\"dtype\":\"F32\",\"shape\":[1]", "a.scales");
  expect_refused("\"dtype\":\"I8\",\"shape\":[3,7]", "\"dtype\":\"I8\",\"shape\":[7,3]",
                 "a.scales");
}

TEST(Weights, SaveReportsAFullDisk) { EXPECT_THROW(make_weights().save("/dev/full"), Error); }

}  // namespace
}  // namespace attend::model
