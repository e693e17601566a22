#include "train/gradient_queue.h"

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "train/workers.h"

namespace attend::train {

using kernels::Operand;
using kernels::Rows;
using kernels::Write;

namespace {

// Values of a block that is multiplied at once: few enough that no thread waits long for the last
// one.
constexpr std::size_t kLargestBlock = std::size_t{1} << 18;

// Rows of a gradient that make such a block. Depends on the gradient's shape alone: its blocks are
// the same ones in every update.
std::size_t rows_at_once(std::size_t rows, std::size_t columns) {
  const std::size_t blocks = (rows * columns + kLargestBlock - 1) / kLargestBlock;
  constexpr std::size_t kWhole = 32;  // of the products' own blocks
  return (rows + blocks * kWhole - 1) / (blocks * kWhole) * kWhole;
}

}  // namespace

GradientQueue::GradientQueue(const kernels::ProductCode& code,
                             std::vector<std::span<float>> buffers)
    : code_(code),
      buffers_(std::move(buffers)),
      products_(buffers_.size()),
      finished_(buffers_.size(), false) {}

void GradientQueue::begin_update() {
  abandoned_ = false;
  for (auto& [key, block] : blocks_) block.written = false;
}

void GradientQueue::begin_part() {
  left_ = 0;
  finished_.assign(finished_.size(), false);
  for (auto& [key, block] : blocks_) {
    block.waiting.assign(buffers_.size(), {});
    block.turn = 0;
    block.busy = false;
  }
  for (auto& products : products_) products.clear();
}

void GradientQueue::add(std::size_t shard, const Operand& a, const Operand& b, Rows gradient) {
  const std::size_t at_once = rows_at_once(a.units(), b.units());
  const auto offset = static_cast<std::size_t>(gradient.values - buffers_[shard].data());
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t first = 0; first < a.units(); first += at_once) {
      const std::size_t count = std::min(at_once, a.units() - first);
      const Product& product = products_[shard].emplace_back(Product{a.columns(first, count), b});
      Block& block = blocks_[{offset + first * gradient.stride, gradient.stride, count, b.units()}];
      block.waiting.resize(buffers_.size());
      block.waiting[shard].push_back(&product);
      ++left_;
    }
  }
  signal();
}

void GradientQueue::work_off(std::size_t shard, std::chrono::microseconds patience) {
  {
    const std::lock_guard lock(mutex_);
    finished_[shard] = true;
  }
  signal();
  for (;;) {
    const unsigned seen = changes_.load();
    const Found found = multiply_next();
    if (found == Found::kNothingMore) break;
    if (found == Found::kNothingYet) wait_for_change(changes_, seen, patience);
  }
  const std::lock_guard lock(mutex_);
  if (!abandoned_) products_[shard].clear();  // else another thread may still read them
}

void GradientQueue::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
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

bool GradientQueue::sums_in(std::size_t first, std::size_t count) const {
  const auto next = blocks_.lower_bound({first, 0, 0, 0});
  return next != blocks_.end() && next->first[0] < first + count;
}

bool GradientQueue::all_finished() const {
  return std::find(finished_.begin(), finished_.end(), false) == finished_.end();
}

// The product whose turn it is, if it is there: a shard without one is waited for until it has
// finished.
const GradientQueue::Product* GradientQueue::take(Block& block) {
  if (block.busy) return nullptr;
  for (std::size_t looked = 0; looked < block.waiting.size(); ++looked) {
    auto& waiting = block.waiting[block.turn];
    if (waiting.empty() && !finished_[block.turn]) return nullptr;
    const Product* product = waiting.empty() ? nullptr : waiting.front();
    if (product != nullptr) waiting.pop_front();
    block.turn = (block.turn + 1) % block.waiting.size();
    if (product != nullptr) return product;
  }
  return nullptr;
}

GradientQueue::Found GradientQueue::multiply_next() {
  std::unique_lock lock(mutex_);
  if (abandoned_ || (left_ == 0 && all_finished())) return Found::kNothingMore;
  for (auto& [key, block] : blocks_) {
    const Product* product = take(block);
    if (product == nullptr) continue;
    block.busy = true;
    const Write write = std::exchange(block.written, true) ? Write::kAdd : Write::kReplace;
    lock.unlock();
    kernels::gradient_product(code_, product->a, product->b, {buffers_[0].data() + key[0], key[1]},
                              write);
    lock.lock();
    block.busy = false;
    --left_;
    lock.unlock();
    signal();
    return Found::kProduct;
  }
  return Found::kNothingYet;
}

void GradientQueue::signal() {
  ++changes_;
  changes_.notify_all();
}

}  // namespace attend::train
