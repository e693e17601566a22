#include "train/workers.h"

#include <algorithm>
#include <cstdint>

#include "base/base.h"

namespace attend::train {

namespace {

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

Workers::Workers(int count) : errors_(static_cast<std::size_t>(count)) {
  constexpr std::chrono::microseconds kPatience{200};
  ATTEND_CHECK(count > 0);
  const bool crowded = static_cast<unsigned>(count) > std::thread::hardware_concurrency();
  patience_ = crowded ? std::chrono::microseconds(0) : kPatience;
  for (int index = 1; index < count; ++index) threads_.emplace_back([this, index] { loop(index); });
}

Workers::~Workers() {
  stopping_ = true;
  ++round_;
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// Returns when `value` is no longer `old`.
void Workers::wait_for_change(const std::atomic<unsigned>& value, unsigned old) const {
  using Clock = std::chrono::steady_clock;
  constexpr int kLooks = 16;  // between two looks at the clock
  const auto end = Clock::now() + patience_;
  do {
    for (int i = 0; i < kLooks; ++i, pause()) {
      if (value.load() != old) return;
    }
  } while (Clock::now() < end);
  value.wait(old);
}

Workers::Share Workers::share(int index, std::int64_t size) const {
  constexpr std::int64_t kLine = 16;
  const std::int64_t lines = (size + kLine - 1) / kLine;
  const std::int64_t first = std::min(size, lines * index / count() * kLine);
  return {first, std::min(size, lines * (index + 1) / count() * kLine) - first};
}

void Workers::perform(int index) {
  try {
    (*task_)(index);
  } catch (...) {
    errors_[static_cast<std::size_t>(index)] = std::current_exception();
  }
}

void Workers::loop(int index) {
  for (unsigned seen = 0;; ++seen) {
    wait_for_change(round_, seen);
    if (stopping_) return;
    perform(index);
    if (--running_ == 0) running_.notify_one();
  }
}

void Workers::run(const std::function<void(int)>& task) {
  task_ = &task;
  errors_.assign(errors_.size(), nullptr);
  running_ = static_cast<unsigned>(count()) - 1;
  ++round_;
  round_.notify_all();
  perform(0);
  for (unsigned running = running_; running > 0; running = running_)
    wait_for_change(running_, running);
  task_ = nullptr;
  for (const std::exception_ptr& error : errors_) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace attend::train
