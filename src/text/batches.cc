#include "text/batches.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "base/base.h"

namespace attend::text {
namespace {

using Batch = std::vector<std::uint32_t>;

/// Returns the target tokens of an example, at least 1: an example without target tokens still
/// occupies a row.
std::size_t row_tokens(const ExampleLength& length) {
  return std::max<std::size_t>(length.target, 1);
}

/// Returns how many of the examples in `order` form the first window.
std::size_t window_size(std::span<const std::uint32_t> order,
                        std::span<const ExampleLength> lengths, const BatchOptions& options) {
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  const std::size_t batches = options.batches_per_sort;
  if (batches == 0) return order.size();
  const std::size_t limit = options.size > kNoLimit / batches ? kNoLimit : options.size * batches;
  if (options.unit == BatchUnit::kSentences) return std::min(order.size(), limit);
  std::size_t tokens = 0;
  std::size_t count = 0;
  while (count < order.size() && tokens < limit) tokens += row_tokens(lengths[order[count++]]);
  return count;
}

/// Cuts `order` into batches, from front to back, and appends them to `batches`.
void cut(std::span<const std::uint32_t> order, std::span<const ExampleLength> lengths,
         const BatchOptions& options, std::vector<Batch>& batches) {
  Batch batch;
  std::size_t longest = 0;
  for (const std::uint32_t example : order) {
    const std::size_t new_longest = std::max(longest, row_tokens(lengths[example]));
    const std::size_t new_size =
        options.unit == BatchUnit::kSentences ? batch.size() + 1 : (batch.size() + 1) * new_longest;
    if (!batch.empty() && new_size > options.size) {
      batches.push_back(std::move(batch));
      batch = {};
      longest = row_tokens(lengths[example]);
    } else {
      longest = new_longest;
    }
    batch.push_back(example);
  }
  if (!batch.empty()) batches.push_back(std::move(batch));
}

}  // namespace

std::vector<Batch> make_batches(std::span<const ExampleLength> lengths, const BatchOptions& options,
                                std::uint64_t epoch) {
  if (options.size == 0) throw UsageError("the batch size must be at least 1");
  ATTEND_CHECK(lengths.size() <= std::numeric_limits<std::uint32_t>::max());
  Random random = Random::stream(options.seed, epoch);
  std::vector<std::uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
  random.shuffle(std::span(order));

  std::vector<Batch> batches;
  const auto key = [&](std::uint32_t example) {
    return std::tuple(lengths[example].target, lengths[example].source);
  };
  for (std::span<std::uint32_t> rest = order; !rest.empty();) {
    const std::span<std::uint32_t> window = rest.first(window_size(rest, lengths, options));
    if (options.batches_per_sort > 0) {
      std::stable_sort(window.begin(), window.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    }
    cut(window, lengths, options, batches);
    rest = rest.subspan(window.size());
  }
  random.shuffle(std::span(batches));
  return batches;
}

}  // namespace attend::text
