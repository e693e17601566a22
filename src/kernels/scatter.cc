// Equations: t_{id_r} = x_r, x_r = t_{id_r};  t_k ← or += Σ_{r: id_r = k} x_r;  s += Σ_r x_r.
// Layout: x [rows, units], t [any, units], rows with strides; s [units]. Must equal: the double
// loop over r and units.
#include "kernels/scatter.h"

#include <algorithm>
#include <vector>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/scatter.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

void copy_all_rows(const float* from, std::size_t units, std::span<const std::int32_t> ids,
                   Rows table) {
  for (std::size_t r = 0; r < ids.size(); ++r, from += units) {
    float* to = table.row(static_cast<std::size_t>(ids[r]));
    for_each(units, [&](auto at) HWY_ATTR { at.store(at.load(from), to); });
  }
}

void scatter_add_rows(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units,
                      Rows table) {
  for (std::size_t r = 0; r < ids.size(); ++r) {
    if (ids[r] < 0) continue;
    const float* from = rows.row(r);
    float* to = table.row(static_cast<std::size_t>(ids[r]));
    for_each(units, [&](auto at) HWY_ATTR { at.store(hn::Add(at.load(to), at.load(from)), to); });
  }
}

void scatter_sums_of_rows(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units,
                          std::size_t count, Rows sums) {
  std::vector<bool> seen(count);
  for (std::size_t r = 0; r < ids.size(); ++r) {
    if (ids[r] < 0) continue;
    const auto k = static_cast<std::size_t>(ids[r]);
    const float* from = rows.row(r);
    float* to = sums.row(k);
    if (!seen[k]) {
      for_each(units, [&](auto at) HWY_ATTR { at.store(at.load(from), to); });
    } else {
      for_each(units, [&](auto at) HWY_ATTR { at.store(hn::Add(at.load(to), at.load(from)), to); });
    }
    seen[k] = true;
  }
  for (std::size_t k = 0; k < count; ++k) {
    if (!seen[k]) std::fill_n(sums.row(k), units, 0.0F);
  }
}

// Adds `rows` rows at once, so that the sums are read and written once for all of them.
template <int rows>
HWY_INLINE void add_rows(ConstRows from, std::size_t units, float* sums) {
  for_each(units, [&](auto at) HWY_ATTR {
    Vector sum = at.load(from.row(0));
#pragma GCC unroll 8
    for (std::size_t r = 1; r < rows; ++r) sum = hn::Add(sum, at.load(from.row(r)));
    at.store(hn::Add(at.load(sums), sum), sums);
  });
}

void add_all_rows(ConstRows from, std::size_t count, std::size_t units, float* sums) {
  constexpr int kRows = 8;
  for (; count >= kRows; count -= kRows, from = from.from(kRows))
    add_rows<kRows>(from, units, sums);
  for (; count > 0; --count, from = from.from(1)) add_rows<1>(from, units, sums);
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(copy_all_rows);
HWY_EXPORT(scatter_add_rows);
HWY_EXPORT(scatter_sums_of_rows);
HWY_EXPORT(add_all_rows);

void copy_rows(std::span<const float> rows, std::size_t units, std::span<const std::int32_t> ids,
               Rows table) {
  ATTEND_CHECK_EQ(rows.size(), ids.size() * units);
  HWY_DYNAMIC_DISPATCH(copy_all_rows)(rows.data(), units, ids, table);
}

void gather(std::span<const std::int64_t> ids, ConstRows table, std::size_t units, Rows rows) {
  for (std::size_t r = 0; r < ids.size(); ++r) {
    if (ids[r] < 0) {
      std::fill_n(rows.row(r), units, 0.0F);
    } else {
      std::copy_n(table.row(static_cast<std::size_t>(ids[r])), units, rows.row(r));
    }
  }
}

void scatter_add(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units, Rows table) {
  HWY_DYNAMIC_DISPATCH(scatter_add_rows)(ids, rows, units, table);
}

void scatter_sums(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units,
                  std::size_t count, Rows sums) {
  HWY_DYNAMIC_DISPATCH(scatter_sums_of_rows)(ids, rows, units, count, sums);
}

void add_column_sums(ConstRows rows, std::size_t count, std::size_t units, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_all_rows)(rows, count, units, sums);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
