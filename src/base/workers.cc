#include "base/workers.h"

#include "base/base.h"

namespace attend {

namespace {

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void wait_for_change(const std::atomic<unsigned>& value, unsigned old,
                     std::chrono::microseconds spin_time) {
  using Clock = std::chrono::steady_clock;
  constexpr int kLooks = 16;  // between two looks at the clock
  const auto end = Clock::now() + spin_time;
  do {
    for (int i = 0; i < kLooks; ++i, pause()) {
      if (value.load() != old) return;
    }
  } while (Clock::now() < end);
  value.wait(old);
}

Workers::Workers(int count) : errors_(static_cast<std::size_t>(count)) {
  constexpr std::chrono::microseconds kSpinTime{200};
  ATTEND_CHECK(count > 0);
  const bool crowded = static_cast<unsigned>(count) > std::thread::hardware_concurrency();
  spin_time_ = crowded ? std::chrono::microseconds(0) : kSpinTime;
  for (int index = 1; index < count; ++index) threads_.emplace_back([this, index] { loop(index); });
}

Workers::~Workers() {
  stopping_ = true;
  ++round_;
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
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
    wait_for_change(round_, seen, spin_time_);
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
  for (unsigned running = running_; running > 0; running = running_) {
    wait_for_change(running_, running, spin_time_);
  }
  task_ = nullptr;
  for (const std::exception_ptr& error : errors_) {
    if (error) std::rethrow_exception(error);
  }
}

void Workers::for_each(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next = 0;
  run([&](int) {
    for (std::size_t i = next++; i < count; i = next++) task(i);
  });
}

}  // namespace attend
