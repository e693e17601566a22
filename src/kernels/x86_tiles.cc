#include "kernels/x86_tiles.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace attend::kernels {

#if defined(__x86_64__) && defined(__linux__)

bool has_tiles(TileKind product) {
  static const std::uint32_t found = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned kTiles = 1U << 24;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kTiles) == 0) return 0U;
    constexpr long kRequestPermission = 0x1023, kTileData = 18;  // of arch_prctl(2)
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0 ? d : 0U;
  }();
  return (found & static_cast<std::uint32_t>(product)) != 0;
}

#else

bool has_tiles(TileKind) { return false; }

#endif

}  // namespace attend::kernels
