// Handles of the C face. A handle is a number that is never used again, so that a handle that was
// freed, or that was none, is noticed and not followed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace attend::api {

/// Returns a number that no handle of any kind has had.
inline std::uintptr_t next_handle() {
  constexpr std::uintptr_t kStep = 16;  // as pointers are, so that debuggers do not wonder
  static std::atomic<std::uintptr_t> last{0};
  return last += kStep;
}

/// The things behind the handles of one kind. Safe to use from several threads: a thing that one
/// thread frees lives on as long as another one uses it.
template <class Thing>
class Handles {
 public:
  std::uintptr_t add(std::shared_ptr<Thing> thing) {
    const std::unique_lock lock(mutex_);
    const std::uintptr_t handle = next_handle();
    things_.emplace(handle, std::move(thing));
    return handle;
  }
  /// Returns null for a handle of nothing.
  std::shared_ptr<Thing> find(std::uintptr_t handle) const {
    const std::shared_lock lock(mutex_);
    const auto found = things_.find(handle);
    return found == things_.end() ? nullptr : found->second;
  }
  void remove(std::uintptr_t handle) {
    std::shared_ptr<Thing> last;  // it is destroyed behind the lock
    const std::unique_lock lock(mutex_);
    const auto found = things_.find(handle);
    if (found == things_.end()) return;
    last = std::move(found->second);
    things_.erase(found);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uintptr_t, std::shared_ptr<Thing>> things_;
};

}  // namespace attend::api
