// Decodes pictures in the background, so that whoever uses them does not wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "vision/image.h"

namespace attend::vision {

/// How far decoding may run ahead.
struct DecodeAheadOptions {
  int threads = 1;  ///< at least 1; 0: as many as there are processors
  std::size_t ahead =
      64;  ///< at least 1: pictures that are decoded, or being decoded, and not taken
};

/// Threads that decode pictures ahead of their use, in a given order.
///
///   DecodeAhead ahead(order, [&](std::size_t image) { return photos.fitted(image, options); });
///   while (std::optional<Image> image = ahead.next()) use(*image);
///
/// Pictures come in the order that was given, whatever the number of threads. At most
/// DecodeAheadOptions::ahead pictures are in memory besides those that next() has returned. next()
/// is for one thread at a time; stop() may be called by any thread at any time.
class DecodeAhead {
 public:
  /// Returns the picture of a number. Several threads call it at the same time.
  using Decode = std::function<Image(std::size_t image)>;

  /// Starts the threads, which decode the pictures with the numbers in `order`. A number may occur
  /// more than once. Throws std::system_error where a thread cannot be started.
  DecodeAhead(std::vector<std::size_t> order, Decode decode,
              const DecodeAheadOptions& options = {});
  /// Stops the threads and waits for the pictures that they are decoding.
  ~DecodeAhead();
  DecodeAhead(const DecodeAhead&) = delete;
  DecodeAhead& operator=(const DecodeAhead&) = delete;

  /// Returns the next picture; waits until it is decoded. Returns nothing behind the last one and
  /// after stop(). Throws the exception with which decoding of this picture has failed; the next
  /// call goes on with the picture after it.
  std::optional<Image> next();
  /// Ends decoding: no further picture is begun, and a thread that waits in next() returns.
  void stop();

 private:
  // A place of the ring, which belongs to the pictures `index` with index % slots_.size() equal.
  struct Slot {
    bool ready = false;
    std::optional<Image> image;
    std::exception_ptr error;
  };

  void start(int threads);
  void work();
  bool claim(std::size_t& index);
  void join();

  const std::vector<std::size_t> order_;
  const Decode decode_;
  std::mutex mutex_;                  // guards what follows
  std::condition_variable is_ready_;  // a picture is decoded, or stop() was called
  std::condition_variable has_room_;  // a picture was taken, or stop() was called
  std::vector<Slot> slots_;           // [ahead]
  std::size_t claimed_ = 0;           // pictures of order_ that threads have begun
  std::size_t taken_ = 0;             // pictures of order_ that next() has returned
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace attend::vision
