// Equation: the upper 16 bits of x + 0x7FFF + (bit 16 of x), both as integers.
// Must equal: this equation for one value at a time.
#include "kernels/bfloat16.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bfloat16.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

using Words = hn::RebindToUnsigned<Floats>;

HWY_INLINE hn::Vec<Words> round_upper_half(Vector x) {
  const Words d;
  const auto bits = hn::BitCast(d, x);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(hn::Add(bits, hn::Set(d, 0x7FFF)), odd));
  const auto quiet = hn::ShiftRight<16>(hn::Or(bits, hn::Set(d, 0x400000)));
  return hn::IfThenElse(hn::RebindMask(d, hn::IsNaN(x)), quiet, rounded);
}

void to_bfloat16_rows(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to) {
  const Floats d;
  const hn::Rebind<std::uint16_t, Floats> halves;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN std::uint16_t last[kMaximumLanes];
  for (std::size_t row = 0; row < count; ++row, to += units) {
    const float* x = from.row(row);
    std::size_t i = 0;
    for (; i + lanes <= units; i += lanes) {
      hn::StoreU(hn::TruncateTo(halves, round_upper_half(hn::LoadU(d, x + i))), halves, to + i);
    }
    if (i == units) continue;
    hn::Store(hn::TruncateTo(halves, round_upper_half(load_part(d, x + i, units - i))), halves,
              last);
    for (std::size_t k = 0; i + k < units; ++k) to[i + k] = last[k];
  }
}

void round_rows(ConstRows from, std::size_t count, std::size_t units, float* to) {
  for (std::size_t row = 0; row < count; ++row, to += units) {
    const float* x = from.row(row);
    for_each(units, [&](auto at) HWY_ATTR {
      const auto upper = hn::ShiftLeft<16>(round_upper_half(at.load(x)));
      at.store(hn::BitCast(Floats(), upper), to);
    });
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(to_bfloat16_rows);
HWY_EXPORT(round_rows);

void to_bfloat16(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to) {
  HWY_DYNAMIC_DISPATCH(to_bfloat16_rows)(from, count, units, to);
}

void round_to_bfloat16(ConstRows from, std::size_t count, std::size_t units, float* to) {
  HWY_DYNAMIC_DISPATCH(round_rows)(from, count, units, to);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
