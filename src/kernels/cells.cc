// Equations (§1.1), a = W x + b, u = U h by gates:
//   GRU   z = σ(a_z + u_z), r = σ(a_r + u_r), ĥ = tanh(a_c + U_c (r ⊙ h)) or
//         tanh(a_c + r ⊙ (u_c + b_u)), h' = (1 − z) ⊙ h + z ⊙ ĥ or z ⊙ h + (1 − z) ⊙ ĥ
//   LSTM  i, f, o = σ(a + u), g = tanh(a_g + u_g), c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c')
// Layout: a and u [rows, gates · n], GRU z, r, ĥ; LSTM i, f, o, g; states [rows, n].
// Must equal: these lines for one unit at a time in double.
#include "kernels/cells.h"

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cells.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

HWY_INLINE Vector gate(GateFunction function, Vector x) {
  return function == GateFunction::kHard ? hard_logistic(x) : logistic(x);
}

// z ⊙ candidate + (1 − z) ⊙ old, or with z and 1 − z swapped.
HWY_INLINE Vector mix_states(UpdateGate update, Vector z, Vector candidate, Vector old) {
  return update == UpdateGate::kNew ? hn::MulAdd(z, hn::Sub(candidate, old), old)
                                    : hn::MulAdd(z, hn::Sub(old, candidate), candidate);
}

void gru_reset_before_row(std::size_t n, GateFunction function, const float* a, const float* u,
                          const float* h, float* z, float* reset) {
  for_each(n, [&](auto at) HWY_ATTR {
    at.store(gate(function, hn::Add(at.load(a), at.load(u))), z);
    const Vector r = gate(function, hn::Add(at.load(a + n), at.load(u + n)));
    at.store(hn::Mul(r, at.load(h)), reset);
  });
}

void gru_update_row(std::size_t n, UpdateGate update, const float* a, const float* u_c,
                    const float* z, float* h) {
  for_each(n, [&](auto at) HWY_ATTR {
    const Vector candidate = tanh(hn::Add(at.load(a + 2 * n), at.load(u_c)));
    at.store(mix_states(update, at.load(z), candidate, at.load(h)), h);
  });
}

void gru_reset_after_row(std::size_t n, GruOptions options, const float* a, const float* u,
                         const float* bias, float* h) {
  for_each(n, [&](auto at) HWY_ATTR {
    const Vector z = gate(options.gates, hn::Add(at.load(a), at.load(u)));
    const Vector r = gate(options.gates, hn::Add(at.load(a + n), at.load(u + n)));
    const Vector recurrent = hn::Add(at.load(u + 2 * n), at.load(bias));
    const Vector candidate = tanh(hn::MulAdd(r, recurrent, at.load(a + 2 * n)));
    at.store(mix_states(options.update, z, candidate, at.load(h)), h);
  });
}

void lstm_row(std::size_t n, GateFunction function, const float* a, const float* u, float* h,
              float* c) {
  for_each(n, [&](auto at) HWY_ATTR {
    const Vector i = gate(function, hn::Add(at.load(a), at.load(u)));
    const Vector f = gate(function, hn::Add(at.load(a + n), at.load(u + n)));
    const Vector o = gate(function, hn::Add(at.load(a + 2 * n), at.load(u + 2 * n)));
    const Vector g = tanh(hn::Add(at.load(a + 3 * n), at.load(u + 3 * n)));
    const Vector cell = hn::MulAdd(f, at.load(c), hn::Mul(i, g));
    at.store(cell, c);
    at.store(hn::Mul(o, tanh(cell)), h);
  });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(gru_reset_before_row);
HWY_EXPORT(gru_update_row);
HWY_EXPORT(gru_reset_after_row);
HWY_EXPORT(lstm_row);

namespace {

// `values` must be [rows, blocks · units].
void check_size(CellSizes sizes, std::span<const float> values, std::size_t blocks) {
  ATTEND_CHECK_EQ(values.size(), sizes.rows * blocks * sizes.units);
}

}  // namespace

void gru_reset_before(CellSizes sizes, GateFunction gates, std::span<const float> inputs,
                      std::span<const float> recurrent, std::span<const float> state,
                      std::span<float> z, std::span<float> reset_state) {
  check_size(sizes, inputs, 3);
  check_size(sizes, recurrent, 2);
  check_size(sizes, state, 1);
  check_size(sizes, z, 1);
  check_size(sizes, reset_state, 1);
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    HWY_DYNAMIC_DISPATCH(gru_reset_before_row)
    (n, gates, inputs.data() + row * 3 * n, recurrent.data() + row * 2 * n, state.data() + row * n,
     z.data() + row * n, reset_state.data() + row * n);
  }
}

void gru_update(CellSizes sizes, UpdateGate update, std::span<const float> inputs,
                std::span<const float> recurrent_candidate, std::span<const float> z,
                std::span<float> state) {
  check_size(sizes, inputs, 3);
  check_size(sizes, recurrent_candidate, 1);
  check_size(sizes, z, 1);
  check_size(sizes, state, 1);
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    HWY_DYNAMIC_DISPATCH(gru_update_row)
    (n, update, inputs.data() + row * 3 * n, recurrent_candidate.data() + row * n,
     z.data() + row * n, state.data() + row * n);
  }
}

void gru_reset_after(CellSizes sizes, GruOptions options, std::span<const float> inputs,
                     std::span<const float> recurrent, std::span<const float> recurrent_bias,
                     std::span<float> state) {
  check_size(sizes, inputs, 3);
  check_size(sizes, recurrent, 3);
  check_size(sizes, state, 1);
  ATTEND_CHECK_EQ(recurrent_bias.size(), sizes.units);
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    HWY_DYNAMIC_DISPATCH(gru_reset_after_row)
    (n, options, inputs.data() + row * 3 * n, recurrent.data() + row * 3 * n, recurrent_bias.data(),
     state.data() + row * n);
  }
}

void lstm(CellSizes sizes, GateFunction gates, std::span<const float> inputs,
          std::span<const float> recurrent, std::span<float> state, std::span<float> cell) {
  check_size(sizes, inputs, 4);
  check_size(sizes, recurrent, 4);
  check_size(sizes, state, 1);
  check_size(sizes, cell, 1);
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    HWY_DYNAMIC_DISPATCH(lstm_row)
    (n, gates, inputs.data() + row * 4 * n, recurrent.data() + row * 4 * n, state.data() + row * n,
     cell.data() + row * n);
  }
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
