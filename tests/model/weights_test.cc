#include "model/weights.h"

#include <gtest/gtest.h>

#include <cstring>

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

TEST(Weights, SaveReportsAFullDisk) { EXPECT_THROW(make_weights().save("/dev/full"), Error); }

}  // namespace
}  // namespace attend::model
