// A few threads that do the shards of one task together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace attend {

/// Returns when `value` is no longer `old`. Checks again and again (spins) for `spin_time`, then
/// sleeps.
void wait_for_change(const std::atomic<unsigned>& value, unsigned old,
                     std::chrono::microseconds spin_time);

/// `count` threads, the caller's among them. run() is not reentrant. If the machine has at least
/// `count` processors, a waiting thread checks again and again (spins) before it sleeps, because
/// the steps of a small model's update follow each other faster than the system wakes a thread.
class Workers {
 public:
  explicit Workers(int count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(errors_.size()); }
  /// task(0) … task(count − 1), each in its own thread; returns when all are done. Rethrows the
  /// first exception in the order of the indices.
  void run(const std::function<void(int)>& task);
  /// task(0) … task(count − 1), each in the next thread that is free. Otherwise like run(). A
  /// thread whose task throws takes no more tasks; the other threads do them.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& task);
  /// How long a waiting thread spins before it sleeps.
  std::chrono::microseconds spin_time() const { return spin_time_; }

 private:
  void loop(int index);
  void perform(int index);

  const std::function<void(int)>* task_ = nullptr;
  std::vector<std::exception_ptr> errors_;  // [count]
  std::chrono::microseconds spin_time_;
  std::atomic<unsigned> round_ = 0;  // changes with every call of run() and at the end
  // The number of threads, not counting the caller's, that are still working.
  std::atomic<unsigned> running_ = 0;
  bool stopping_ = false;             // a thread reads it only after it has seen round_ change
  std::vector<std::thread> threads_;  // [count − 1]
};

}  // namespace attend
