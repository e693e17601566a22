// Random numbers that are equal on every machine and with every standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace attend {

/// The generator xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64. A value type; not
/// thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  /// A generator that depends on both numbers, for example Random::stream(seed, epoch).
  static Random stream(std::uint64_t seed, std::uint64_t index);

  std::uint64_t next();
  /// Uniform in [0, bound), without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  /// Standard normal (Box and Muller).
  double normal();
  bool chance(double probability) { return uniform() < probability; }

  template <typename T>
  void shuffle(std::span<T> items) {  // Fisher and Yates
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_[4];
};

/// One round of splitmix64: a good 64-bit hash of a number.
std::uint64_t mix(std::uint64_t value);

}  // namespace attend
