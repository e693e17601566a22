// Vector functions that the kernels share, compiled once for every instruction set (Highway).
//
//   exp(x) = 2^n · exp(r),  n = round(x / ln 2),  r = x − n ln 2,  |r| ≤ ln 2 / 2,
// with exp(r) by its Taylor series to r⁷ (error below 6e-9). exp has a relative error below 2e-7.
// Its value is 0 below −87.3 (but see exp_below_zero) and about 2^127 above 88.3. tanh and the
// logistic function use
//   exp(x) = 2^n · 2^f,  n = round(x / ln 2),  f = x / ln 2 − n,
// with a polynomial in f (relative error below 2e-8 for degree 6, below 1.1e-7 for degree 5) and,
// where division is slow, an estimated reciprocal that one step of Newton's method makes exact to
// rounding; their absolute error is below 3e-7. The references are std::exp, std::tanh and
// 1 / (1 + std::exp(−x)) in double; results must agree within these errors.

// No "#pragma once": included once for every instruction set.
#if defined(ATTEND_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTEND_KERNELS_SIMD_INL_H_
#undef ATTEND_KERNELS_SIMD_INL_H_
#else
#define ATTEND_KERNELS_SIMD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

inline constexpr std::size_t kMaximumLanes = HWY_MAX_BYTES / sizeof(float);

// Loads the first `count` lanes and sets the others to 0; touches no byte after them.
HWY_INLINE Vector load_part(Floats d, const float* HWY_RESTRICT from, std::size_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float lanes[kMaximumLanes] = {};
  for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
}

// Loads the first `count` lanes and sets the others to `other`.
HWY_INLINE Vector load_part_or(Floats d, const float* HWY_RESTRICT from, std::size_t count,
                               float other) {
  return hn::IfThenElse(hn::FirstN(d, count), load_part(d, from, count), hn::Set(d, other));
}

HWY_INLINE void store_part(Vector v, Floats d, float* HWY_RESTRICT to, std::size_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float lanes[kMaximumLanes];
  hn::Store(v, d, lanes);
  for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, count), d, to);
#endif
}

// Widens bfloat16 values, which are the upper halves of float32.
HWY_INLINE Vector widen(hn::Vec<hn::Rebind<std::uint16_t, Floats>> upper) {
  const hn::RebindToUnsigned<Floats> words;
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(words, upper)));
}

// Index i of for_each() when a whole vector of values begins there in every array.
struct Whole {
  std::size_t i;
  HWY_INLINE Vector load(const float* from) const { return hn::LoadU(Floats(), from + i); }
  HWY_INLINE Vector load(const std::uint16_t* from) const {
    return widen(hn::LoadU(hn::Rebind<std::uint16_t, Floats>(), from + i));
  }
  HWY_INLINE void store(Vector v, float* to) const { hn::StoreU(v, Floats(), to + i); }
};

// Index i of for_each() when only `count` values are left there, fewer than a vector.
struct Part {
  std::size_t i;
  std::size_t count;
  HWY_INLINE Vector load(const float* from) const { return load_part(Floats(), from + i, count); }
  HWY_INLINE Vector load(const std::uint16_t* from) const {
    HWY_ALIGN std::uint16_t lanes[kMaximumLanes] = {};
    for (std::size_t k = 0; k < count; ++k) lanes[k] = from[i + k];
    return widen(hn::Load(hn::Rebind<std::uint16_t, Floats>(), lanes));
  }
  HWY_INLINE void store(Vector v, float* to) const { store_part(v, Floats(), to + i, count); }
};

// Calls body(Whole) for every whole vector of `size` values, and body(Part) for the rest if there
// is one.
template <class Body>
HWY_INLINE void for_each(std::size_t size, Body&& body) {
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) body(Whole{i});
  if (i < size) body(Part{i, size - i});
}

HWY_INLINE Vector constant(float value) { return hn::Set(Floats(), value); }

// The smaller of a bound and x, and the larger. NaN passes through where x is NaN: on x86 the
// minimum of two values is the second one where one is NaN, on Arm it is the one that is a number.
HWY_INLINE Vector at_most(Vector bound, Vector x) {
#if HWY_ARCH_X86
  return hn::Min(bound, x);
#else
  return hn::IfThenElse(hn::Gt(x, bound), bound, x);
#endif
}
HWY_INLINE Vector at_least(Vector bound, Vector x) {
#if HWY_ARCH_X86
  return hn::Max(bound, x);
#else
  return hn::IfThenElse(hn::Lt(x, bound), bound, x);
#endif
}

inline constexpr float kLog2E = 1.44269504F;  // 1 / ln 2

// x − n ln 2
HWY_INLINE Vector reduce(Vector x, Vector n) {
  constexpr float kLn2High = 0.693359375F;    // 9 bits: its product with n is exact
  constexpr float kLn2Low = -2.12194440e-4F;  // ln 2 − kLn2High
  return hn::NegMulAdd(n, constant(kLn2Low), hn::NegMulAdd(n, constant(kLn2High), x));
}

// exp(r) by its series, |r| ≤ ln 2 / 2.
template <int degree>
HWY_INLINE Vector exp_series(Vector r) {
  constexpr float kSeries[] = {1.0F,      1.0F,       0.5F,       1.0F / 6,
                               1.0F / 24, 1.0F / 120, 1.0F / 720, 1.0F / 5040};
  Vector sum = constant(kSeries[degree]);
#pragma GCC unroll 8
  for (int k = degree - 1; k >= 0; --k) sum = hn::MulAdd(sum, r, constant(kSeries[k]));
  return sum;
}

// exp(x) for −87.3 ≤ x ≤ 88.3.
template <int degree>
HWY_INLINE Vector exp_inside(Vector x) {
  const Floats d;
  const hn::RebindToSigned<Floats> integers;
  const Vector n = hn::Round(hn::Mul(x, constant(kLog2E)));
  const auto exponent =
      hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(integers, n), hn::Set(integers, 127)));
  return hn::Mul(exp_series<degree>(reduce(x, n)), hn::BitCast(d, exponent));
}

HWY_INLINE Vector exp(Vector x) {
  constexpr float kLowest = -87.3F, kHighest = 88.3F;
  const Vector inside = hn::Max(hn::Min(x, constant(kHighest)), constant(kLowest));
  return hn::IfThenElseZero(hn::Ge(x, constant(kLowest)), exp_inside<7>(inside));
}

// exp(x) for −87.3 ≤ x ≤ 0. Below that and for NaN it returns exp(−87.3), which is negligible when
// added to 1.
HWY_INLINE Vector exp_below_zero(Vector x) {
  const Floats d;
  const hn::RebindToSigned<Floats> integers;
  constexpr float kMiddle = 12582912.0F + 127.0F;  // see kMiddle in quick_exp
  const Vector lowest = constant(-87.3F);
  const Vector inside = hn::IfThenElse(hn::Gt(x, lowest), x, lowest);
  const Vector rounded = hn::MulAdd(inside, constant(kLog2E), constant(kMiddle));
  const Vector r = reduce(inside, hn::Sub(rounded, constant(kMiddle)));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(integers, rounded));
  return hn::Mul(exp_series<7>(r), hn::BitCast(d, exponent));
}

// exp(factor · x) for |factor · x| ≤ 87, in fewer steps than exp(). The relative error of the
// result grows with |factor · x|, up to 2e-6. That does not matter where the result is added to 1.
// At x = 0 the result is exactly 1. The polynomial of degree 6 is exact to rounding; 5 is enough
// where nothing is differentiated.
template <int degree = 6>
HWY_INLINE Vector quick_exp(Vector x, float factor) {
  static_assert(degree == 5 || degree == 6);
  const Floats d;
  const hn::RebindToSigned<Floats> integers;
  constexpr float kMiddle = 12582912.0F + 127.0F;  // 1.5 · 2^23 + 127: a sum ends in n + 127
  constexpr float kPolynomials[][7] = {
      {1.0F, 0.693147004F, 0.240222424F, 0.0555073358F, 0.00967151299F, 0.00132647238F, 0.0F},
      {1.0F, 0.693147182F, 0.240226477F, 0.0555033237F, 0.00961843692F, 0.00133988750F,
       0.000153533606F}};
  const auto& polynomial = kPolynomials[degree - 5];
  const Vector scale = constant(factor * kLog2E);
  const Vector rounded = hn::MulAdd(x, scale, constant(kMiddle));
  const Vector f = hn::MulSub(x, scale, hn::Sub(rounded, constant(kMiddle)));
  Vector sum = constant(polynomial[degree]);
#pragma GCC unroll 8
  for (int k = degree - 1; k >= 0; --k) sum = hn::MulAdd(sum, f, constant(polynomial[k]));
  return hn::Mul(sum, hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(integers, rounded))));
}

// 1 / x for 1 ≤ x ≤ 1e38, exactly 1 for 1, so that saturated functions reach their limit. The
// estimate of AVX-512 has 14 bits, which one step of Newton's method doubles. Other instruction
// sets may estimate with fewer than 12 bits. On some processors the step then gives
// 1 − 2^-24 for x = 1, so these instruction sets divide.
HWY_INLINE Vector reciprocal(Vector x) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  const Vector estimate = hn::ApproximateReciprocal(x);
  return hn::Mul(estimate, hn::NegMulAdd(x, estimate, constant(2.0F)));
#else
  return hn::Div(constant(1.0F), x);
#endif
}

// x cut to ±highest. NaN passes through.
HWY_INLINE Vector limit(Vector x, float highest) {
  return at_least(constant(-highest), at_most(constant(highest), x));
}

// x_k ← exp(factors[k % kFactors] · x_k). The result is cut to at most e^28 and, on some machines,
// to at least e^−28. A gate of prediction is 0 or 1 within 1e-12 where the result is cut. The
// result is as exact as quick_exp of degree 5, and 1 at x = 0. All vectors advance together, so
// that no instruction waits for the previous one.
template <std::size_t kCount, std::size_t kFactors>
HWY_INLINE void gate_exps(Vector (&x)[kCount], const float (&factors)[kFactors]) {
  constexpr float kHighest = 28.0F;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  // 2^⌊y⌋ · 2^f with f = y − ⌊y⌋, each one instruction; the polynomial is 1 at f = 0 and 2 at 1.
  constexpr float kPolynomial[] = {1.0F,          0.693151712F,   0.240159377F,
                                   0.0558184087F, 0.00899124332F, 0.00187924202F};
  constexpr int kDown = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
  Vector f[kCount], sums[kCount];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kCount; ++i) {
    const Vector y = hn::Mul(x[i], constant(factors[i % kFactors] * kLog2E));
    x[i] = at_most(constant(kHighest * kLog2E), y);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kCount; ++i) f[i] = Vector{_mm512_reduce_ps(x[i].raw, kDown)};
#pragma GCC unroll 8
  for (Vector& sum : sums) sum = constant(kPolynomial[5]);
#pragma GCC unroll 8
  for (int k = 4; k >= 0; --k) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kCount; ++i) {
      sums[i] = hn::MulAdd(sums[i], f[i], constant(kPolynomial[k]));
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kCount; ++i) x[i] = Vector{_mm512_scalef_ps(sums[i].raw, x[i].raw)};
#else
  for (std::size_t i = 0; i < kCount; ++i) {
    const float factor = factors[i % kFactors];
    x[i] = quick_exp<5>(limit(x[i], -kHighest / factor), factor);
  }
#endif
}

HWY_INLINE Vector logistic(Vector x) {
  return reciprocal(hn::Add(constant(1.0F), quick_exp(limit(x, 87.0F), -1.0F)));
}

HWY_INLINE Vector hard_logistic(Vector x) {
  const Vector line = hn::MulAdd(x, constant(0.2F), constant(0.5F));
  return hn::Min(hn::Max(line, constant(0.0F)), constant(1.0F));
}

// (1 − e) / (1 + e), e = exp(−2 |x|), with the sign of x. Its slope is 4 e / (1 + e)², which keeps
// the digits that 1 − tanh² loses.
struct TanhAndSlope {
  Vector value, slope;
};

HWY_INLINE TanhAndSlope tanh_and_slope(Vector x) {
  const Vector one = constant(1.0F);
  const Vector e = quick_exp(at_most(constant(43.0F), hn::Abs(x)), -2.0F);
  const Vector r = reciprocal(hn::Add(one, e)), twice = hn::Add(r, r);
  return {hn::CopySign(hn::Mul(hn::Sub(one, e), r), x), hn::Mul(hn::Mul(twice, twice), e)};
}

HWY_INLINE Vector tanh(Vector x) { return tanh_and_slope(x).value; }

HWY_INLINE float sum_of_lanes(Vector v) { return hn::GetLane(hn::SumOfLanes(Floats(), v)); }
HWY_INLINE float max_of_lanes(Vector v) { return hn::GetLane(hn::MaxOfLanes(Floats(), v)); }

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
