// Equations: e_j = v · tanh(W s + U h_j + b) + b_e or e_j = q · k_j + b_e, or the positive part of
// these; c = Σ_j α_j h_j.
// Layout: W s [n'], U h + b [length, n'], v [n'], q [n], k [length, n], e and α [length], h
// [length, n_h], c [n_h]. Must equal: the double loops over j and units with std::tanh in double.
#include "kernels/attention.h"

#include <algorithm>
#include <array>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// energies[j] = v · tanh(query + projected_j).
void energies_of_query(const float* query, const float* projected, const float* weight,
                       std::size_t units, std::size_t length, float* energies) {
  for (std::size_t j = 0; j < length; ++j) {
    const float* key = projected + j * units;
    Vector sum = constant(0.0F);
    for_each(units, [&](auto at) HWY_ATTR {
      const Vector t = tanh(hn::Add(at.load(query), at.load(key)));
      sum = hn::MulAdd(at.load(weight), t, sum);
    });
    energies[j] = sum_of_lanes(sum);
  }
}

// energies[j] = query · key_j. Several keys advance together, so that no sum waits for its previous
// term.
template <std::size_t kKeys, class T>
void products_of_keys(const float* query, const T* keys, std::size_t units, float* energies) {
  Vector sums[kKeys];
  for (Vector& sum : sums) sum = constant(0.0F);
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector q = at.load(query);
    for (std::size_t k = 0; k < kKeys; ++k) {
      sums[k] = hn::MulAdd(q, at.load(keys + k * units), sums[k]);
    }
  });
  for (std::size_t k = 0; k < kKeys; ++k) energies[k] = sum_of_lanes(sums[k]);
}

template <class T>
void products_of_query(const float* query, const T* keys, std::size_t units, std::size_t length,
                       float* energies) {
  constexpr std::size_t kKeys = 4;
  std::size_t j = 0;
  for (; j + kKeys <= length; j += kKeys) {
    products_of_keys<kKeys>(query, keys + j * units, units, energies + j);
  }
  for (; j < length; ++j) products_of_keys<1>(query, keys + j * units, units, energies + j);
}

bool keys_fit(const float* projected, std::size_t size, float limit) {
  const Vector largest = constant(limit);
  bool fit = true;
  for_each(size, [&](auto at) HWY_ATTR {
    fit = fit && hn::AllTrue(Floats(), hn::Le(hn::Abs(at.load(projected)), largest));
  });
  return fit;
}

void exponentials(const float* values, std::size_t size, float limit, float* results) {
  const Vector highest = constant(limit), lowest = constant(-limit);
  for_each(size, [&](auto at) HWY_ATTR {
    const Vector x = at_least(lowest, at_most(highest, at.load(values)));
    at.store(exp_inside<7>(hn::Add(x, x)), results);
  });
}

// energies[j] = Σ_k v_k − 2 Σ_k v_k / (query_k · key_jk + 1); query and keys are exponentials.
template <class T>
void energies_of_exponentials(const float* query, const T* keys, const float* weight,
                              std::size_t units, std::size_t length, float* energies) {
  const Vector one = constant(1.0F);
  Vector total = constant(0.0F);
  for_each(units, [&](auto at) HWY_ATTR { total = hn::Add(total, at.load(weight)); });
  const float all = sum_of_lanes(total);
  for (std::size_t j = 0; j < length; ++j) {
    const T* key = keys + j * units;
    Vector sum = constant(0.0F);
    for_each(units, [&](auto at) HWY_ATTR {
      const Vector divisor = hn::MulAdd(at.load(query), at.load(key), one);
      sum = hn::MulAdd(at.load(weight), reciprocal(divisor), sum);
    });
    energies[j] = all - 2.0F * sum_of_lanes(sum);
  }
}

// columns [units, stride] ← exp(2 projected); the last position fills the padding. Values are moved
// one by one, which is faster than gather instructions.
void exponentials_of_columns(const float* projected, std::size_t units, std::size_t length,
                             std::size_t stride, float limit, float* columns) {
  for (std::size_t k = 0; k < units; ++k) {
    float* const column = columns + k * stride;
    for (std::size_t j = 0; j < length; ++j) column[j] = projected[j * units + k];
    std::fill(column + length, column + stride, column[length - 1]);
  }
  exponentials(columns, units * stride, limit, columns);
}

// sums ← Σ_k v_k / (query_k · key_k + 1) of the keys in the lanes at `places`.
template <std::size_t kPlaces>
HWY_INLINE void sums_of_columns(const float* query, const float* columns, const float* weight,
                                std::size_t units, std::size_t stride,
                                const Whole (&places)[kPlaces], Vector (&sums)[kPlaces]) {
  const Vector one = constant(1.0F);
  for (Vector& sum : sums) sum = constant(0.0F);
  for (std::size_t k = 0; k < units; ++k, columns += stride) {
    const Vector q = constant(query[k]), v = constant(weight[k]);
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const Vector divisor = hn::MulAdd(q, places[i].load(columns), one);
      sums[i] = hn::MulAdd(v, reciprocal(divisor), sums[i]);
    }
  }
}

// energies[j] = activation(Σ_k v_k − 2 Σ_k v_k / (query_k · key_jk + 1) + bias); here `query` is
// not an exponential yet.
void energies_of_columns(const float* query, const float* columns, const float* weight,
                         std::size_t units, float limit, float bias, EnergyActivation activation,
                         std::span<float> energies) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d), length = energies.size();
  const std::size_t stride = padded_positions(length);
  HWY_ALIGN float exponential[kFewUnits];
  exponentials(query, units, limit, exponential);
  Vector total = constant(0.0F);
  for_each(units, [&](auto at) HWY_ATTR { total = hn::Add(total, at.load(weight)); });
  const Vector all = constant(sum_of_lanes(total) + bias);
  const auto finish = [&](std::size_t j, Vector sum) HWY_ATTR {
    Vector energy = hn::NegMulAdd(constant(2.0F), sum, all);
    if (activation == EnergyActivation::kRelu) energy = at_least(constant(0.0F), energy);
    if (j + lanes <= length) {
      hn::StoreU(energy, d, energies.data() + j);
    } else if (j < length) {
      store_part(energy, d, energies.data() + j, length - j);
    }
  };
  std::size_t j = 0;
  for (; j + 2 * lanes <= stride; j += 2 * lanes) {
    const Whole places[] = {{j}, {j + lanes}};
    Vector sums[2];
    sums_of_columns(exponential, columns, weight, units, stride, places, sums);
    finish(j, sums[0]);
    finish(j + lanes, sums[1]);
  }
  for (; j < stride; j += lanes) {
    Vector sums[1];
    sums_of_columns(exponential, columns, weight, units, stride, {{j}}, sums);
    finish(j, sums[0]);
  }
}

constexpr std::size_t kAlignmentsAtOnce = 5;  // their sums fit into registers; a usual beam

// The sums of `count` alignments over the same rows, which are read once.
template <std::size_t count, class T>
void weighted_sums_of_rows(ConstRows alignments, const T* annotations, std::size_t length,
                           std::size_t units, Rows contexts) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t kWide = sizeof(T) == sizeof(float) ? 4 : 8;
  constexpr std::size_t kVectors = HWY_MAX_BYTES >= 64 || count == 1 ? kWide : 2;
  std::size_t i = 0;
  for (; i + kVectors * lanes <= units; i += kVectors * lanes) {
    Vector sums[count][kVectors];
    for (auto& row : sums) {
      for (Vector& sum : row) sum = constant(0.0F);
    }
    for (std::size_t j = 0; j < length; ++j) {
      const T* from = annotations + j * units + i;
      Vector values[kVectors];
      for (std::size_t k = 0; k < kVectors; ++k) {
        values[k] = Whole{k * lanes}.load(from);
        // The rows are too far apart for the hardware to prefetch.
        __builtin_prefetch(from + (kVectors + k) * lanes);
      }
      for (std::size_t r = 0; r < count; ++r) {
        const Vector weight = constant(alignments.row(r)[j]);
        for (std::size_t k = 0; k < kVectors; ++k) {
          sums[r][k] = hn::MulAdd(weight, values[k], sums[r][k]);
        }
      }
    }
    for (std::size_t r = 0; r < count; ++r) {
      for (std::size_t k = 0; k < kVectors; ++k) {
        hn::StoreU(sums[r][k], d, contexts.row(r) + i + k * lanes);
      }
    }
  }
  for (std::size_t r = 0; r < count; ++r) {
    for_each(units - i, [&](auto at) HWY_ATTR {
      Vector sum = constant(0.0F);
      for (std::size_t j = 0; j < length; ++j) {
        sum = hn::MulAdd(constant(alignments.row(r)[j]), at.load(annotations + j * units + i), sum);
      }
      at.store(sum, contexts.row(r) + i);
    });
  }
}

void weighted_sums_any(ConstRows alignments, std::size_t count, const float* annotations,
                       std::size_t length, std::size_t units, Rows contexts) {
  static constexpr decltype(&weighted_sums_of_rows<1, float>) kSums[kAlignmentsAtOnce] = {
      weighted_sums_of_rows<1, float>, weighted_sums_of_rows<2, float>,
      weighted_sums_of_rows<3, float>, weighted_sums_of_rows<4, float>,
      weighted_sums_of_rows<5, float>};
  for (std::size_t r = 0; r < count; r += kAlignmentsAtOnce) {
    kSums[std::min(kAlignmentsAtOnce, count - r) - 1](alignments.from(r), annotations, length,
                                                      units, contexts.from(r));
  }
}

void energies_of_float_keys(const float* query, const float* keys, const float* weight,
                            std::size_t units, std::size_t length, float* energies) {
  energies_of_exponentials(query, keys, weight, units, length, energies);
}
void energies_of_rounded_keys(const float* query, const Bfloat16* keys, const float* weight,
                              std::size_t units, std::size_t length, float* energies) {
  energies_of_exponentials(query, keys, weight, units, length, energies);
}
void products_of_float_keys(const float* query, const float* keys, std::size_t units,
                            std::size_t length, float* energies) {
  products_of_query(query, keys, units, length, energies);
}
void products_of_rounded_keys(const float* query, const Bfloat16* keys, std::size_t units,
                              std::size_t length, float* energies) {
  products_of_query(query, keys, units, length, energies);
}
void weighted_sum_of_rounded(ConstRows alignment, const Bfloat16* annotations, std::size_t length,
                             std::size_t units, Rows context) {
  weighted_sums_of_rows<1>(alignment, annotations, length, units, context);
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(energies_of_columns);
HWY_EXPORT(energies_of_float_keys);
HWY_EXPORT(energies_of_query);
HWY_EXPORT(energies_of_rounded_keys);
HWY_EXPORT(exponentials);
HWY_EXPORT(exponentials_of_columns);
HWY_EXPORT(keys_fit);
HWY_EXPORT(products_of_float_keys);
HWY_EXPORT(products_of_rounded_keys);
HWY_EXPORT(weighted_sum_of_rounded);
HWY_EXPORT(weighted_sums_any);

namespace {

// With |k| ≤ 17 a query beyond ±26 saturates tanh(q + k) for every key, and exp(2 · 26 + 2 · 17)
// fits into a float.
constexpr float kLargestKey = 17.0F, kLargestQuery = 26.0F;

void finish_energies(float bias, EnergyActivation activation, std::span<float> energies) {
  for (float& energy : energies) {
    energy += bias;
    if (activation == EnergyActivation::kRelu) energy = std::max(energy, 0.0F);
  }
}

}  // namespace

void additive_energies(std::span<const float> query, std::span<const float> projected,
                       std::span<const float> weight, float bias, EnergyActivation activation,
                       std::span<float> energies) {
  ATTEND_CHECK_EQ(query.size(), weight.size());
  ATTEND_CHECK_EQ(projected.size(), energies.size() * query.size());
  HWY_DYNAMIC_DISPATCH(energies_of_query)
  (query.data(), projected.data(), weight.data(), query.size(), energies.size(), energies.data());
  finish_energies(bias, activation, energies);
}

void dot_energies(std::span<const float> query, std::span<const float> keys, float bias,
                  EnergyActivation activation, std::span<float> energies) {
  ATTEND_CHECK_EQ(keys.size(), energies.size() * query.size());
  HWY_DYNAMIC_DISPATCH(products_of_float_keys)
  (query.data(), keys.data(), query.size(), energies.size(), energies.data());
  finish_energies(bias, activation, energies);
}

void dot_energies(std::span<const float> query, std::span<const Bfloat16> keys, float bias,
                  EnergyActivation activation, std::span<float> energies) {
  ATTEND_CHECK_EQ(keys.size(), energies.size() * query.size());
  HWY_DYNAMIC_DISPATCH(products_of_rounded_keys)
  (query.data(), keys.data(), query.size(), energies.size(), energies.data());
  finish_energies(bias, activation, energies);
}

void additive_energies_of_keys(std::span<const float> query, std::span<const float> keys,
                               std::span<const float> weight, float bias,
                               EnergyActivation activation, std::span<float> energies) {
  ATTEND_CHECK_EQ(query.size(), weight.size());
  ATTEND_CHECK_EQ(keys.size(), energies.size() * query.size());
  HWY_DYNAMIC_DISPATCH(energies_of_float_keys)
  (query.data(), keys.data(), weight.data(), query.size(), energies.size(), energies.data());
  finish_energies(bias, activation, energies);
}

void additive_energies_of_keys(std::span<const float> query, std::span<const Bfloat16> keys,
                               std::span<const float> weight, float bias,
                               EnergyActivation activation, std::span<float> energies) {
  ATTEND_CHECK_EQ(query.size(), weight.size());
  ATTEND_CHECK_EQ(keys.size(), energies.size() * query.size());
  HWY_DYNAMIC_DISPATCH(energies_of_rounded_keys)
  (query.data(), keys.data(), weight.data(), query.size(), energies.size(), energies.data());
  finish_energies(bias, activation, energies);
}

void exponential_query(std::span<float> query) {
  HWY_DYNAMIC_DISPATCH(exponentials)(query.data(), query.size(), kLargestQuery, query.data());
}

bool exponential_keys(std::span<float> projected) {
  return exponential_keys(projected, projected.data());
}

bool exponential_keys(std::span<const float> projected, float* keys) {
  if (!HWY_DYNAMIC_DISPATCH(keys_fit)(projected.data(), projected.size(), kLargestKey))
    return false;
  HWY_DYNAMIC_DISPATCH(exponentials)(projected.data(), projected.size(), kLargestKey, keys);
  return true;
}

bool exponential_keys(std::span<const float> projected, Bfloat16* keys) {
  if (!HWY_DYNAMIC_DISPATCH(keys_fit)(projected.data(), projected.size(), kLargestKey))
    return false;
  constexpr std::size_t kAtOnce = 1024;  // fits into the first cache
  std::array<float, kAtOnce> exact;
  while (!projected.empty()) {
    const std::size_t count = std::min(kAtOnce, projected.size());
    HWY_DYNAMIC_DISPATCH(exponentials)(projected.data(), count, kLargestKey, exact.data());
    to_bfloat16({exact.data(), count}, 1, count, keys);
    keys += count;
    projected = projected.subspan(count);
  }
  return true;
}

bool exponential_columns(std::span<const float> projected, std::size_t units,
                         std::span<float> columns) {
  ATTEND_CHECK(units > 0 && units <= kFewUnits && projected.size() >= units);
  const std::size_t length = projected.size() / units, stride = padded_positions(length);
  ATTEND_CHECK_EQ(projected.size(), length * units);
  ATTEND_CHECK_EQ(columns.size(), stride * units);
  if (!HWY_DYNAMIC_DISPATCH(keys_fit)(projected.data(), projected.size(), kLargestKey))
    return false;
  HWY_DYNAMIC_DISPATCH(exponentials_of_columns)
  (projected.data(), units, length, stride, kLargestKey, columns.data());
  return true;
}

void additive_energies_of_columns(std::span<const float> query, std::span<const float> columns,
                                  std::span<const float> weight, float bias,
                                  EnergyActivation activation, std::span<float> energies) {
  ATTEND_CHECK(query.size() <= kFewUnits);
  ATTEND_CHECK_EQ(query.size(), weight.size());
  ATTEND_CHECK_EQ(columns.size(), padded_positions(energies.size()) * query.size());
  HWY_DYNAMIC_DISPATCH(energies_of_columns)
  (query.data(), columns.data(), weight.data(), query.size(), kLargestQuery, bias, activation,
   energies);
}

void weighted_sum(std::span<const float> alignment, std::span<const float> annotations,
                  std::span<float> context) {
  weighted_sums({alignment.data(), 0}, 1, alignment.size(), annotations, {context.data(), 0},
                context.size());
}

void weighted_sum(std::span<const float> alignment, std::span<const Bfloat16> annotations,
                  std::span<float> context) {
  ATTEND_CHECK_EQ(annotations.size(), alignment.size() * context.size());
  HWY_DYNAMIC_DISPATCH(weighted_sum_of_rounded)
  ({alignment.data(), 0}, annotations.data(), alignment.size(), context.size(),
   {context.data(), 0});
}

void weighted_sums(ConstRows alignments, std::size_t count, std::size_t length,
                   std::span<const float> annotations, Rows contexts, std::size_t units) {
  ATTEND_CHECK_EQ(annotations.size(), length * units);
  HWY_DYNAMIC_DISPATCH(weighted_sums_any)
  (alignments, count, annotations.data(), length, units, contexts);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
