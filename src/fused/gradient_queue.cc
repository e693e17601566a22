#include "fused/gradient_queue.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <utility>

#include "base/base.h"

namespace attend::fused {

using kernels::PackedRows;
using kernels::Rows;
using kernels::Write;

namespace {

// Rows of a gradient that are multiplied at once: few enough that no thread waits long for the last
// ones. Depends on the gradient's shape alone: its blocks are the same ones in every update.
std::size_t rows_at_once(Precision precision, std::size_t rows, std::size_t columns) {
  const std::size_t most = std::size_t{1} << (precision == Precision::kFloat32 ? 18U : 20U);
  const std::size_t blocks = (rows * columns + most - 1) / most;
  constexpr std::size_t kWhole = 32;  // of the products' own blocks
  return (rows + blocks * kWhole - 1) / (blocks * kWhole) * kWhole;
}

}  // namespace

GradientQueue::GradientQueue(const kernels::PrimitiveCache& primitives,
                             std::map<std::size_t, std::size_t> parameter_ranges,
                             std::vector<std::span<float>> buffers, std::size_t smallest)
    : primitives_(primitives),
      large_(std::move(parameter_ranges)),
      buffers_(std::move(buffers)),
      products_(buffers_.size()),
      finished_(buffers_.size(), false) {
  std::erase_if(large_, [&](const auto& place) { return place.second - place.first < smallest; });
}

bool GradientQueue::takes(std::size_t shard, const float* gradient) const {
  const std::less<> before;
  const std::span<float> buffer = buffers_[shard];
  if (before(gradient, buffer.data()) || !before(gradient, buffer.data() + buffer.size())) {
    return false;
  }
  const auto offset = static_cast<std::size_t>(gradient - buffer.data());
  const auto next = large_.upper_bound(offset);
  return next != large_.begin() && offset < std::prev(next)->second;
}

void GradientQueue::begin_update() {
  cancelled_ = false;
  for (auto& [key, block] : blocks_) block.written = false;
}

void GradientQueue::begin_part() {
  left_ = 0;
  finished_.assign(finished_.size(), false);
  for (auto& [key, block] : blocks_) start(key, block);
  for (auto& products : products_) products.clear();
}

void GradientQueue::add(std::size_t shard, const PackedRows& a, const PackedRows& b,
                        Rows gradient) {
  const std::size_t at_once = rows_at_once(a.precision(), a.units(), b.units());
  const auto offset = static_cast<std::size_t>(gradient.values - buffers_[shard].data());
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t first = 0; first < a.units(); first += at_once) {
      const std::size_t count = std::min(at_once, a.units() - first);
      const Product& product = products_[shard].emplace_back(Product{a.columns(first, count), b});
      const Key key{offset + first * gradient.stride, gradient.stride, count, b.units()};
      const auto [found, created] = blocks_.try_emplace(key);
      Block& block = found->second;
      if (created) start(key, block);
      block.waiting[shard].push_back(&product);
      ++left_;
    }
  }
  signal();
}

void GradientQueue::drain(std::size_t shard, std::chrono::microseconds spin_time) {
  {
    const std::lock_guard lock(mutex_);
    finished_[shard] = true;
  }
  signal();
  for (;;) {
    const unsigned seen = changes_.load();
    const Found found = multiply_next(shard);
    if (found == Found::kNothingMore) break;
    if (found == Found::kNothingYet) wait_for_change(changes_, seen, spin_time);
  }
  std::deque<Product> done;
  const std::lock_guard lock(mutex_);
  if (!cancelled_) done.swap(products_[shard]);  // else another thread may still read them
}

void GradientQueue::cancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  signal();
}

void GradientQueue::end_update() {
  for (const auto& [key, block] : blocks_) {
    const auto [offset, stride, rows, columns] = key;
    const Rows sums{buffers_[0].data() + offset, stride};
    for (std::size_t row = 0; !block.written && row < rows; ++row) {
      std::fill_n(sums.row(row), columns, 0.0F);
    }
  }
}

std::optional<double> GradientQueue::squares() const {
  double sum = 0;
  for (const auto& [key, block] : blocks_) {
    if (block.written && !block.squares) return std::nullopt;
    if (block.written) sum += *block.squares;
  }
  return sum;
}

bool GradientQueue::sums_in(std::size_t first, std::size_t count) const {
  const auto next = blocks_.lower_bound({first, 0, 0, 0});
  return next != blocks_.end() && next->first[0] < first + count;
}

bool GradientQueue::all_finished() const {
  return std::find(finished_.begin(), finished_.end(), false) == finished_.end();
}

// Nothing waits for the block in this part of the batch. Shards begin with different blocks, so
// that each can first do what lies in its own caches.
void GradientQueue::start(const Key& key, Block& block) const {
  const auto mixed = static_cast<std::uint32_t>(key[0]) * 2654435761U;  // 2³² / golden ratio
  block.waiting.assign(buffers_.size(), {});
  block.turn = (mixed >> 16U) % buffers_.size();
  block.busy = false;
}

// Whether the product whose turn it is is there; a shard without one is waited for until it has
// finished.
bool GradientQueue::advance_to_ready(Block& block) const {
  if (block.busy) return false;
  for (std::size_t looked = 0; looked < block.waiting.size(); ++looked) {
    if (!block.waiting[block.turn].empty()) return true;
    if (!finished_[block.turn]) return false;
    block.turn = (block.turn + 1) % block.waiting.size();
  }
  return false;
}

// A block that can go on, with a product of this shard if there is such a one.
GradientQueue::Entry* GradientQueue::find_ready(std::size_t shard) {
  Entry* other = nullptr;
  for (Entry& entry : blocks_) {
    if (!advance_to_ready(entry.second)) continue;
    if (entry.second.turn == shard) return &entry;
    if (other == nullptr) other = &entry;
  }
  return other;
}

GradientQueue::Found GradientQueue::multiply_next(std::size_t shard) {
  std::unique_lock lock(mutex_);
  if (cancelled_ || (left_ == 0 && all_finished())) return Found::kNothingMore;
  Entry* const found = find_ready(shard);
  if (found == nullptr) return Found::kNothingYet;
  auto& [key, block] = *found;
  const Product& product = *block.waiting[block.turn].front();
  block.waiting[block.turn].pop_front();
  block.turn = (block.turn + 1) % block.waiting.size();
  block.busy = true;
  const Write write = std::exchange(block.written, true) ? Write::kAdd : Write::kReplace;
  lock.unlock();
  const std::optional<double> squares = kernels::gradient_product(
      primitives_, product.a, product.b, {buffers_[0].data() + key[0], key[1]}, write);
  lock.lock();
  block.squares = squares;
  block.busy = false;
  --left_;
  lock.unlock();
  signal();
  return Found::kProduct;
}

void GradientQueue::signal() {
  ++changes_;
  changes_.notify_all();
}

}  // namespace attend::fused
