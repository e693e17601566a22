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

void gru_reset_before_rows(CellSizes sizes, GateFunction function, const GateRows& inputs,
                           const float* u, const float* h, float* z, float* reset) {
  const std::size_t n = sizes.units;
  for (std::size_t r = 0; r < sizes.rows; ++r, u += 2 * n, h += n, z += n, reset += n) {
    const float* a = inputs.row(r, 3 * n);
    for_each(n, [&](auto at) HWY_ATTR {
      at.store(gate(function, hn::Add(at.load(a), at.load(u))), z);
      const Vector resets = gate(function, hn::Add(at.load(a + n), at.load(u + n)));
      at.store(hn::Mul(resets, at.load(h)), reset);
    });
  }
}

void gru_update_rows(CellSizes sizes, UpdateGate update, const GateRows& inputs, const float* u_c,
                     const float* z, float* h) {
  const std::size_t n = sizes.units;
  for (std::size_t r = 0; r < sizes.rows; ++r, u_c += n, z += n, h += n) {
    const float* a = inputs.row(r, 3 * n);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector candidate = tanh(hn::Add(at.load(a + 2 * n), at.load(u_c)));
      at.store(mix_states(update, at.load(z), candidate, at.load(h)), h);
    });
  }
}

void gru_reset_after_rows(CellSizes sizes, GruOptions options, const GateRows& inputs,
                          const float* u, const float* bias, float* h) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row, u += 3 * n, h += n) {
    const float* a = inputs.row(row, 3 * n);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector z = gate(options.gates, hn::Add(at.load(a), at.load(u)));
      const Vector r = gate(options.gates, hn::Add(at.load(a + n), at.load(u + n)));
      const Vector recurrent = hn::Add(at.load(u + 2 * n), at.load(bias));
      const Vector candidate = tanh(hn::MulAdd(r, recurrent, at.load(a + 2 * n)));
      at.store(mix_states(options.update, z, candidate, at.load(h)), h);
    });
  }
}

// kVectors vectors of an LSTM's units.
template <std::size_t kVectors>
struct LstmUnits {
  // Some targets compile the empty constructor of Vector for their instructions alone, so that a
  // constructor that the compiler makes could not call it.
  HWY_ATTR LstmUnits() {}
  Vector gates[4 * kVectors];  // sums of i, f, o, g for every vector
  Vector cell[kVectors], state[kVectors];
};

// Updates cell and state from the sums of an LSTM's gates, with the logistic functions brought to
// common denominators:
//   c' = c / F + (1 − e_g) / (I G) = (c I G + (1 − e_g) F) / (F I G),  h' = (1 − e_c) / (O C)
// with e_x = exp(−x), for g and c' exp(−2x), and F = 1 + e_f and so on. gate_exps() stops at e^28,
// where the functions are 0 and 1 within 1e-12, so no product overflows.
template <std::size_t kVectors>
HWY_INLINE void step_logistic(LstmUnits<kVectors>& units) {
  const Vector one = constant(1.0F);
  Vector o_only[kVectors], e_c[kVectors];
  gate_exps(units.gates, {-1.0F, -1.0F, -1.0F, -2.0F});
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Vector* const e = units.gates + 4 * v;
    const Vector i_and_g = hn::Mul(hn::Add(one, e[0]), hn::Add(one, e[3]));
    const Vector f_only = hn::Add(one, e[1]);
    o_only[v] = hn::Add(one, e[2]);
    const Vector sum = hn::MulAdd(units.cell[v], i_and_g, hn::Mul(hn::Sub(one, e[3]), f_only));
    units.cell[v] = hn::Mul(sum, reciprocal(hn::Mul(i_and_g, f_only)));
    e_c[v] = units.cell[v];
  }
  gate_exps(e_c, {-2.0F});
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Vector o_and_c = hn::Mul(o_only[v], hn::Add(one, e_c[v]));
    units.state[v] = hn::Mul(hn::Sub(one, e_c[v]), reciprocal(o_and_c));
  }
}

template <std::size_t kVectors>
HWY_INLINE void step_hard(LstmUnits<kVectors>& units) {
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Vector* const gates = units.gates + 4 * v;
    const Vector now = hn::Mul(hard_logistic(gates[0]), tanh(gates[3]));
    units.cell[v] = hn::MulAdd(hard_logistic(gates[1]), units.cell[v], now);
    units.state[v] = hn::Mul(hard_logistic(gates[2]), tanh(units.cell[v]));
  }
}

struct LstmRow {
  const float *inputs, *recurrent;  // [4 n]
  float *state, *cell;              // [n]
};

template <class Step, class Place, std::size_t kVectors>
HWY_INLINE void lstm_units(const LstmRow& row, std::size_t n, const Place (&places)[kVectors],
                           Step step) {
  LstmUnits<kVectors> units;
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Place& at = places[v];
    for (std::size_t k = 0; k < 4; ++k) {
      units.gates[4 * v + k] = hn::Add(at.load(row.inputs + k * n), at.load(row.recurrent + k * n));
    }
    units.cell[v] = at.load(row.cell);
  }
  step(units);
  for (std::size_t v = 0; v < kVectors; ++v) {
    places[v].store(units.cell[v], row.cell);
    places[v].store(units.state[v], row.state);
  }
}

template <class Step>
HWY_INLINE void lstm_rows_with(CellSizes sizes, const GateRows& inputs, const float* u, float* h,
                               float* c, Step step) {
  const std::size_t n = sizes.units, lanes = hn::Lanes(Floats());
  for (std::size_t r = 0; r < sizes.rows; ++r, u += 4 * n, h += n, c += n) {
    const LstmRow row{inputs.row(r, 4 * n), u, h, c};
    std::size_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {  // two advance together
      lstm_units(row, n, {Whole{i}, Whole{i + lanes}}, step);
    }
    for (; i + lanes <= n; i += lanes) lstm_units(row, n, {Whole{i}}, step);
    if (i < n) lstm_units(row, n, {Part{i, n - i}}, step);
  }
}

void lstm_rows(CellSizes sizes, GateFunction function, const GateRows& inputs, const float* u,
               float* h, float* c) {
  if (function == GateFunction::kHard) {
    lstm_rows_with(sizes, inputs, u, h, c, [](auto& units) HWY_ATTR { step_hard(units); });
  } else {
    lstm_rows_with(sizes, inputs, u, h, c, [](auto& units) HWY_ATTR { step_logistic(units); });
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(gru_reset_before_rows);
HWY_EXPORT(gru_update_rows);
HWY_EXPORT(gru_reset_after_rows);
HWY_EXPORT(lstm_rows);

namespace {

// `values` must be [rows, blocks · units].
void check_size(CellSizes sizes, std::span<const float> values, std::size_t blocks) {
  ATTEND_CHECK_EQ(values.size(), sizes.rows * blocks * sizes.units);
}

// There must be a row of gates for every row.
void check_rows(CellSizes sizes, const GateRows& gates, std::size_t blocks) {
  if (gates.index.empty()) return check_size(sizes, gates.values, blocks);
  ATTEND_CHECK_EQ(gates.index.size(), sizes.rows);
  for (const std::int32_t row : gates.index) {
    ATTEND_CHECK(row >= 0 &&
                 (static_cast<std::size_t>(row) + 1) * blocks * sizes.units <= gates.values.size());
  }
}

}  // namespace

void gru_reset_before(CellSizes sizes, GateFunction gates, const GateRows& inputs,
                      std::span<const float> recurrent, std::span<const float> state,
                      std::span<float> z, std::span<float> reset_state) {
  check_rows(sizes, inputs, 3);
  check_size(sizes, recurrent, 2);
  check_size(sizes, state, 1);
  check_size(sizes, z, 1);
  check_size(sizes, reset_state, 1);
  HWY_DYNAMIC_DISPATCH(gru_reset_before_rows)
  (sizes, gates, inputs, recurrent.data(), state.data(), z.data(), reset_state.data());
}

void gru_update(CellSizes sizes, UpdateGate update, const GateRows& inputs,
                std::span<const float> recurrent_candidate, std::span<const float> z,
                std::span<float> state) {
  check_rows(sizes, inputs, 3);
  check_size(sizes, recurrent_candidate, 1);
  check_size(sizes, z, 1);
  check_size(sizes, state, 1);
  HWY_DYNAMIC_DISPATCH(gru_update_rows)
  (sizes, update, inputs, recurrent_candidate.data(), z.data(), state.data());
}

void gru_reset_after(CellSizes sizes, GruOptions options, const GateRows& inputs,
                     std::span<const float> recurrent, std::span<const float> recurrent_bias,
                     std::span<float> state) {
  check_rows(sizes, inputs, 3);
  check_size(sizes, recurrent, 3);
  check_size(sizes, state, 1);
  ATTEND_CHECK_EQ(recurrent_bias.size(), sizes.units);
  HWY_DYNAMIC_DISPATCH(gru_reset_after_rows)
  (sizes, options, inputs, recurrent.data(), recurrent_bias.data(), state.data());
}

void lstm(CellSizes sizes, GateFunction gates, const GateRows& inputs,
          std::span<const float> recurrent, std::span<float> state, std::span<float> cell) {
  check_rows(sizes, inputs, 4);
  check_size(sizes, recurrent, 4);
  check_size(sizes, state, 1);
  check_size(sizes, cell, 1);
  HWY_DYNAMIC_DISPATCH(lstm_rows)
  (sizes, gates, inputs, recurrent.data(), state.data(), cell.data());
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
