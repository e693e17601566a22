#include "vision/decode_ahead.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::vision {

DecodeAhead::DecodeAhead(std::vector<std::size_t> order, Decode decode,
                         const DecodeAheadOptions& options)
    : order_(std::move(order)), decode_(std::move(decode)) {
  ATTEND_CHECK(options.threads >= 0);
  ATTEND_CHECK(options.ahead > 0);
  slots_.resize(std::min(options.ahead, std::max<std::size_t>(order_.size(), 1)));
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  start(options.threads > 0 ? options.threads : processors);
}

DecodeAhead::~DecodeAhead() {
  stop();
  join();
}

void DecodeAhead::start(int threads) {
  // More threads than places of the ring would have nothing to do.
  const std::size_t count = std::min(static_cast<std::size_t>(threads), slots_.size());
  try {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {
    stop();
    join();
    throw;
  }
}

void DecodeAhead::join() {
  for (std::thread& thread : threads_) thread.join();
}

void DecodeAhead::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  is_ready_.notify_all();
  has_room_.notify_all();
}

// Waits for room and takes the next picture. Returns false when there is nothing left to do.
bool DecodeAhead::claim(std::size_t& index) {
  std::unique_lock lock(mutex_);
  has_room_.wait(lock, [this] {
    return stopped_ || claimed_ == order_.size() || claimed_ - taken_ < slots_.size();
  });
  if (stopped_ || claimed_ == order_.size()) return false;
  index = claimed_++;
  // The last picture is claimed: the threads that wait for room have nothing left to do.
  if (claimed_ == order_.size()) has_room_.notify_all();
  return true;
}

void DecodeAhead::work() {
  for (std::size_t index = 0; claim(index);) {
    Slot done{true, std::nullopt, nullptr};
    try {
      done.image = decode_(order_[index]);
    } catch (...) {
      done.error = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    slots_[index % slots_.size()] = std::move(done);
    is_ready_.notify_all();
  }
}

std::optional<Image> DecodeAhead::next() {
  std::unique_lock lock(mutex_);
  if (taken_ == order_.size()) return std::nullopt;
  Slot& slot = slots_[taken_ % slots_.size()];
  is_ready_.wait(lock, [&] { return stopped_ || slot.ready; });
  if (stopped_) return std::nullopt;
  Slot done = std::exchange(slot, Slot{});
  ++taken_;
  has_room_.notify_one();
  lock.unlock();
  if (done.error) std::rethrow_exception(done.error);
  return std::move(done.image);
}

}  // namespace attend::vision
