#include "train/workers.h"

#include <algorithm>
#include <cstdint>

#include "base/base.h"

namespace attend::train {

Workers::Workers(int count) : errors_(static_cast<std::size_t>(count)) {
  ATTEND_CHECK(count > 0);
  for (int index = 1; index < count; ++index) threads_.emplace_back([this, index] { loop(index); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  start_.notify_all();
  for (std::thread& thread : threads_) thread.join();
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
  std::uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stopping_ || round_ != seen; });
      if (stopping_) return;
      seen = round_;
    }
    perform(index);
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) done_.notify_one();
  }
}

void Workers::run(const std::function<void(int)>& task) {
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    errors_.assign(errors_.size(), nullptr);
    running_ = count() - 1;
    ++round_;
  }
  start_.notify_all();
  perform(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return running_ == 0; });
  task_ = nullptr;
  for (const std::exception_ptr& error : errors_) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace attend::train
