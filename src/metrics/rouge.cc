#include "metrics/rouge.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "metrics/edit_distance.h"

namespace attend::metrics {
namespace {

constexpr std::size_t kRows = 64;  // rows of a block
constexpr double kBeta = 1.2;      // weight of recall against precision

/// The rows of a block that hold one unit.
struct Places {
  std::size_t block = 0;
  std::uint64_t rows = 0;
};
using PlacesOfUnits = std::unordered_map<std::uint32_t, std::vector<Places>>;

PlacesOfUnits places_of(std::span<const std::uint32_t> pattern) {
  PlacesOfUnits result;
  for (std::size_t row = 0; row < pattern.size(); ++row) {
    std::vector<Places>& places = result[pattern[row]];
    if (places.empty() || places.back().block != row / kRows) places.push_back({row / kRows, 0});
    places.back().rows |= std::uint64_t{1} << row % kRows;
  }
  return result;
}

/// Takes a column of the table L of lengths to the next one, whose unit stands at `places` of the
/// pattern. A bit of `flat` says that L(i, j) = L(i − 1, j); the other rows grow by 1, so that a
/// column is known by these bits (Crochemore et al. 2001, Hyyrö 2004). Between two rows that grow,
/// the first row with the unit grows in their place: the carry of an addition finds it.
void next_column(std::span<const Places> places, std::span<std::uint64_t> flat) {
  std::uint64_t carry = 0;
  auto place = places.begin();
  for (std::size_t block = places.front().block; block < flat.size(); ++block) {
    std::uint64_t rows = 0;
    if (place != places.end() && place->block == block) rows = (place++)->rows;
    const std::uint64_t before = flat[block];
    const std::uint64_t sum = before + (before & rows);
    const std::uint64_t carried = sum + carry;
    carry = sum < before || carried < sum ? 1 : 0;
    flat[block] = carried | (before & ~rows);
  }
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::size_t longest_common_subsequence(std::span<const std::uint32_t> a,
                                       std::span<const std::uint32_t> b) {
  const PlacesOfUnits places = places_of(b);
  std::vector<std::uint64_t> flat((b.size() + kRows - 1) / kRows, ~std::uint64_t{0});
  for (const std::uint32_t unit : a) {
    // A unit that the pattern does not have changes nothing.
    if (const auto found = places.find(unit); found != places.end()) {
      next_column(found->second, flat);
    }
  }
  std::size_t length = 0;
  for (const std::uint64_t block : flat) {
    length += static_cast<std::size_t>(std::popcount(~block));
  }
  return length;
}

double rouge_l(std::span<const std::string> caption,
               std::span<const std::vector<std::string>> references) {
  UnitIds ids;
  const std::vector<std::uint32_t> words = ids.of(caption);
  double precision = 0, recall = 0;
  for (const std::vector<std::string>& reference : references) {
    if (caption.empty() && reference.empty()) return 100;
    const std::size_t common = longest_common_subsequence(words, ids.of(reference));
    precision = std::max(precision, share(common, caption.size()));
    recall = std::max(recall, share(common, reference.size()));
  }
  if (precision == 0) return 0;
  return 100 * (1 + kBeta * kBeta) * precision * recall / (recall + kBeta * kBeta * precision);
}

std::string rouge_l_signature(std::string_view reference_count, const CaptionOptions& options) {
  return fmt::format("nrefs:{}|case:{}|tok:{}|beta:{}", reference_count,
                     options.lowercase ? "lc" : "mixed", tokenizer_name(options.tokenizer), kBeta);
}

}  // namespace attend::metrics
