// A few threads that do the shards of one task together.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace attend::train {

/// `count` threads, the caller's among them. run() is not reentrant.
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

  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(int)>* task_ = nullptr;
  std::vector<std::exception_ptr> errors_;  // [count]
  std::uint64_t round_ = 0;
  int running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // [count − 1]
};

}  // namespace attend::train
