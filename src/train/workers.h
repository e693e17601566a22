// A few threads that do the shards of one task together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace attend::train {

/// `count` threads, the caller's among them. run() is not reentrant. Where every thread can have a
/// processor, a thread that waits looks around for a moment before it sleeps: the steps of a small
/// model's update follow each other faster than the system wakes a thread.
class Workers {
 public:
  explicit Workers(int count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(errors_.size()); }
  /// A part of something: [first, first + count).
  struct Share {
    std::int64_t first;
    std::int64_t count;
  };
  /// Thread `index`'s part of `size` values, in whole cache lines of floats.
  Share share(int index, std::int64_t size) const;
  /// task(0) … task(count − 1), each in its own thread; returns when all are done. Rethrows the
  /// first exception in the order of the indices.
  void run(const std::function<void(int)>& task);

 private:
  void loop(int index);
  void perform(int index);
  void wait_for_change(const std::atomic<unsigned>& value, unsigned old) const;

  const std::function<void(int)>* task_ = nullptr;
  std::vector<std::exception_ptr> errors_;  // [count]
  std::chrono::microseconds patience_;      // of a thread that waits, before it sleeps
  std::atomic<unsigned> round_ = 0;         // counts calls of run()
  std::atomic<unsigned> running_ = 0;       // threads but the caller's that still work
  bool stopping_ = false;                   // is read behind a change of round_
  std::vector<std::thread> threads_;        // [count − 1]
};

}  // namespace attend::train
