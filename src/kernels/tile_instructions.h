// Constants and helpers for code with bfloat16 tile instructions (AMX). Internal to this folder.
#pragma once

#include <cstddef>

#include "kernels/bfloat16.h"
#include "kernels/x86_tiles.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

// g++ 12 takes the deliberately undefined operands inside its own intrinsics for mistakes.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define ATTEND_TILES \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,amx-tile,amx-bf16")))

namespace attend::kernels::tiles {

// A tile has 16 outputs (of weights) or 16 rows (of x), and 32 inputs.
inline constexpr std::size_t kRows = 16, kDepth = 32;
inline constexpr std::size_t kTile = kRows * kDepth;  // values of a tile
inline constexpr std::size_t kPanel = 2 * kRows;      // outputs or rows multiplied at once

inline std::size_t tiles_of(std::size_t size, std::size_t tile) { return (size + tile - 1) / tile; }

/// Masks of the first `count` of 16 or 32 lanes.
inline __mmask16 lanes16(std::size_t count) {
  return count >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << count) - 1U);
}
inline __mmask32 lanes32(std::size_t count) {
  return count >= 32 ? 0xFFFFFFFFU : static_cast<__mmask32>((1ULL << count) - 1U);
}

/// While an object of this class lives, the calling thread's tiles are set up as TileConfiguration
/// says.
class Tiles {
 public:
  ATTEND_TILES Tiles() {
    static constexpr TileConfiguration kConfiguration;
    _tile_loadconfig(&kConfiguration);
  }
  ATTEND_TILES ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

}  // namespace attend::kernels::tiles
#endif
