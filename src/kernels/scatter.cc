// Equation: t_k += Σ_{r: id_r = k} x_r. Layout: x [ids, units], t [any, units], rows with strides.
// Must equal: the double loop over r and units.
#include "kernels/scatter.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/scatter.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

void scatter_add_rows(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units,
                      Rows table) {
  for (std::size_t r = 0; r < ids.size(); ++r) {
    const float* from = rows.row(r);
    float* to = table.row(static_cast<std::size_t>(ids[r]));
    for_each(units, [&](auto at) HWY_ATTR { at.store(hn::Add(at.load(to), at.load(from)), to); });
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(scatter_add_rows);

void scatter_add(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units, Rows table) {
  HWY_DYNAMIC_DISPATCH(scatter_add_rows)(ids, rows, units, table);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
