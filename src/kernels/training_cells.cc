// Equations (§1.1). All sums a already hold W x + U h + b; σ' is y (1 − y), or 0.2 inside (0, 1)
// for hard gates; δ is the gradient of h', δc that of c':
//   LSTM  c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh c'
//         δc += δ ⊙ o ⊙ (1 − tanh² c');  ∂a_i = δc ⊙ g ⊙ σ'(i),  ∂a_f = δc ⊙ c ⊙ σ'(f),
//         ∂a_o = δ ⊙ tanh c' ⊙ σ'(o),  ∂a_g = δc ⊙ i ⊙ (1 − g²);  ∂c = δc ⊙ f
//   GRU   h' = (1 − z) ⊙ h + z ⊙ ĥ (new);  old swaps z and 1 − z
//         ∂a_z = δ ⊙ (ĥ − h) ⊙ σ'(z),  ∂a_c = δ ⊙ z ⊙ (1 − ĥ²),  ∂h = δ ⊙ (1 − z) + …
//         before: with ε = U_cᵀ ∂a_c: ∂a_r = ε ⊙ h ⊙ σ'(r), ∂h += ε ⊙ r
//         after, u = U_c h + b: ∂a_r = ∂a_c ⊙ u ⊙ σ'(r),  ∂u = ∂a_c ⊙ r
// With dropout (§1.8) every product uses h ⊙ mask for h, so the gradients that come back through
// products are multiplied by the mask too.
// Layout: gates [rows, 4 n or 3 n], others [rows, n], rows with strides.
// Must equal: these equations for one unit at a time in double.
#include "kernels/training_cells.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/training_cells.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

template <GateFunction function>
HWY_INLINE Vector gate(Vector x) {
  return function == GateFunction::kHard ? hard_logistic(x) : logistic(x);
}

// Returns σ' from y = σ.
template <GateFunction function>
HWY_INLINE Vector gate_slope(Vector y) {
  const Vector one = constant(1.0F), zero = constant(0.0F);
  if (function == GateFunction::kLogistic) return hn::NegMulAdd(y, y, y);
  const auto inside = hn::And(hn::Gt(y, zero), hn::Lt(y, one));
  return hn::IfThenElseZero(inside, constant(0.2F));
}

HWY_INLINE Vector one_minus_square(Vector y) { return hn::NegMulAdd(y, y, constant(1.0F)); }

void mask_states_rows(CellSizes sizes, ConstRows states, ConstRows mask, Rows masked) {
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    const float* h = states.row(row);
    const float* m = mask.row(row);
    float* y = masked.row(row);
    for_each(sizes.units, [&](auto at) HWY_ATTR { at.store(hn::Mul(at.load(h), at.load(m)), y); });
  }
}

void add_masked_rows(CellSizes sizes, ConstRows gradients, ConstRows mask, Rows sums) {
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    const float* d = gradients.row(row);
    const float* m = mask.row(row);
    float* y = sums.row(row);
    for_each(sizes.units, [&](auto at) HWY_ATTR {
      at.store(hn::MulAdd(at.load(d), at.load(m), at.load(y)), y);
    });
  }
}

template <GateFunction function>
void lstm_forward_rows(CellSizes sizes, Rows gates, ConstRows previous_cell, Rows cell,
                       Rows state) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a = gates.row(row);
    const float* c = previous_cell.row(row);
    float* c_next = cell.row(row);
    float* h = state.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector i = gate<function>(at.load(a));
      const Vector f = gate<function>(at.load(a + n));
      const Vector o = gate<function>(at.load(a + 2 * n));
      const Vector g = tanh(at.load(a + 3 * n));
      const Vector next = hn::MulAdd(f, at.load(c), hn::Mul(i, g));
      at.store(i, a);
      at.store(f, a + n);
      at.store(o, a + 2 * n);
      at.store(g, a + 3 * n);
      at.store(next, c_next);
      at.store(hn::Mul(o, tanh(next)), h);
    });
  }
}

template <GateFunction function>
void lstm_backward_rows(CellSizes sizes, Rows gates, ConstRows previous_cell, ConstRows cell,
                        ConstRows d_state, ConstRows carry, Rows cell_carry) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a = gates.row(row);
    const float* c = previous_cell.row(row);
    const float* c_next = cell.row(row);
    const float* d = d_state.row(row);
    const float* from_later = carry.row(row);
    float* dc = cell_carry.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector i = at.load(a), f = at.load(a + n), o = at.load(a + 2 * n),
                   g = at.load(a + 3 * n);
      const Vector delta = hn::Add(at.load(d), at.load(from_later));
      const Vector t = tanh(at.load(c_next));
      const Vector d_cell = hn::MulAdd(hn::Mul(delta, o), one_minus_square(t), at.load(dc));
      at.store(hn::Mul(hn::Mul(d_cell, g), gate_slope<function>(i)), a);
      at.store(hn::Mul(hn::Mul(d_cell, at.load(c)), gate_slope<function>(f)), a + n);
      at.store(hn::Mul(hn::Mul(delta, t), gate_slope<function>(o)), a + 2 * n);
      at.store(hn::Mul(hn::Mul(d_cell, i), one_minus_square(g)), a + 3 * n);
      at.store(hn::Mul(d_cell, f), dc);
    });
  }
}

template <GateFunction function>
void gru_gates_forward_rows(CellSizes sizes, Rows gates, ConstRows previous, Rows reset_state) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a = gates.row(row);
    const float* h = previous.row(row);
    float* reset = reset_state.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      at.store(gate<function>(at.load(a)), a);
      const Vector r = gate<function>(at.load(a + n));
      at.store(r, a + n);
      at.store(hn::Mul(r, at.load(h)), reset);
    });
  }
}

// The share of the candidate in h'; h has the rest.
template <UpdateGate update>
HWY_INLINE Vector share_of_candidate(Vector z) {
  return update == UpdateGate::kNew ? z : hn::Sub(constant(1.0F), z);
}

template <UpdateGate update>
HWY_INLINE Vector mixed(Vector z, Vector candidate, Vector old) {
  return update == UpdateGate::kNew ? hn::MulAdd(z, hn::Sub(candidate, old), old)
                                    : hn::MulAdd(z, hn::Sub(old, candidate), candidate);
}

template <UpdateGate update>
void gru_state_forward_rows(CellSizes sizes, Rows gates, ConstRows previous, Rows state) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a = gates.row(row);
    const float* h = previous.row(row);
    float* next = state.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector candidate = tanh(at.load(a + 2 * n));
      at.store(candidate, a + 2 * n);
      at.store(mixed<update>(at.load(a), candidate, at.load(h)), next);
    });
  }
}

template <GateFunction function, UpdateGate update>
void gru_after_forward_rows(CellSizes sizes, Rows gates, ConstRows recurrent_candidate,
                            ConstRows previous, Rows state) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a = gates.row(row);
    const float* u = recurrent_candidate.row(row);
    const float* h = previous.row(row);
    float* next = state.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector z = gate<function>(at.load(a)), r = gate<function>(at.load(a + n));
      const Vector candidate = tanh(hn::MulAdd(r, at.load(u), at.load(a + 2 * n)));
      at.store(z, a);
      at.store(r, a + n);
      at.store(candidate, a + 2 * n);
      at.store(mixed<update>(z, candidate, at.load(h)), next);
    });
  }
}

template <GateFunction function, UpdateGate update>
void gru_state_backward_rows(CellSizes sizes, Rows gates, ConstRows previous, ConstRows d_state,
                             Rows carry) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a = gates.row(row);
    const float* h = previous.row(row);
    const float* d = d_state.row(row);
    float* dh = carry.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector z = at.load(a), candidate = at.load(a + 2 * n);
      const Vector share = share_of_candidate<update>(z);
      const Vector delta = hn::Add(at.load(d), at.load(dh));
      const Vector d_candidate = hn::Mul(delta, share);
      const Vector d_share = hn::Mul(delta, hn::Sub(candidate, at.load(h)));
      const Vector d_z = update == UpdateGate::kNew ? d_share : hn::Neg(d_share);
      at.store(hn::Mul(d_z, gate_slope<function>(z)), a);
      at.store(hn::Mul(d_candidate, one_minus_square(candidate)), a + 2 * n);
      at.store(hn::Sub(delta, d_candidate), dh);
    });
  }
}

template <GateFunction function>
void gru_before_backward_rows(CellSizes sizes, Rows gates, ConstRows previous,
                              ConstRows d_reset_state, Rows carry) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a_r = gates.row(row) + n;
    const float* h = previous.row(row);
    const float* d = d_reset_state.row(row);
    float* dh = carry.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector r = at.load(a_r), epsilon = at.load(d);
      at.store(hn::Mul(hn::Mul(epsilon, at.load(h)), gate_slope<function>(r)), a_r);
      at.store(hn::MulAdd(epsilon, r, at.load(dh)), dh);
    });
  }
}

template <GateFunction function>
void gru_after_backward_rows(CellSizes sizes, Rows gates, Rows recurrent_candidate) {
  const std::size_t n = sizes.units;
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* a_r = gates.row(row) + n;
    float* u = recurrent_candidate.row(row);
    for_each(n, [&](auto at) HWY_ATTR {
      const Vector r = at.load(a_r), d = at.load(a_r + n);
      at.store(hn::Mul(hn::Mul(d, at.load(u)), gate_slope<function>(r)), a_r);
      at.store(hn::Mul(d, r), u);
    });
  }
}

// Turns the choices into template arguments, so that loops hold no branches.
template <class Call>
void with(GateFunction function, Call call) {
  if (function == GateFunction::kHard) return call.template operator()<GateFunction::kHard>();
  call.template operator()<GateFunction::kLogistic>();
}
template <class Call>
void with(UpdateGate update, Call call) {
  if (update == UpdateGate::kOld) return call.template operator()<UpdateGate::kOld>();
  call.template operator()<UpdateGate::kNew>();
}

void lstm_forward_any(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                      Rows cell, Rows state) {
  with(function,
       [&]<GateFunction f>() { lstm_forward_rows<f>(sizes, gates, previous_cell, cell, state); });
}
void lstm_backward_any(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                       ConstRows cell, ConstRows d_state, ConstRows carry, Rows cell_carry) {
  with(function, [&]<GateFunction f>() {
    lstm_backward_rows<f>(sizes, gates, previous_cell, cell, d_state, carry, cell_carry);
  });
}
void gru_gates_forward_any(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                           Rows reset_state) {
  with(function,
       [&]<GateFunction f>() { gru_gates_forward_rows<f>(sizes, gates, previous, reset_state); });
}
void gru_state_forward_any(CellSizes sizes, UpdateGate update, Rows gates, ConstRows previous,
                           Rows state) {
  with(update, [&]<UpdateGate u>() { gru_state_forward_rows<u>(sizes, gates, previous, state); });
}
void gru_after_forward_any(CellSizes sizes, GruOptions options, Rows gates,
                           ConstRows recurrent_candidate, ConstRows previous, Rows state) {
  with(options.gates, [&]<GateFunction f>() {
    with(options.update, [&]<UpdateGate u>() {
      gru_after_forward_rows<f, u>(sizes, gates, recurrent_candidate, previous, state);
    });
  });
}
void gru_state_backward_any(CellSizes sizes, GruOptions options, Rows gates, ConstRows previous,
                            ConstRows d_state, Rows carry) {
  with(options.gates, [&]<GateFunction f>() {
    with(options.update, [&]<UpdateGate u>() {
      gru_state_backward_rows<f, u>(sizes, gates, previous, d_state, carry);
    });
  });
}
void gru_before_backward_any(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                             ConstRows d_reset_state, Rows carry) {
  with(function, [&]<GateFunction f>() {
    gru_before_backward_rows<f>(sizes, gates, previous, d_reset_state, carry);
  });
}
void gru_after_backward_any(CellSizes sizes, GateFunction function, Rows gates,
                            Rows recurrent_candidate) {
  with(function,
       [&]<GateFunction f>() { gru_after_backward_rows<f>(sizes, gates, recurrent_candidate); });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(mask_states_rows);
HWY_EXPORT(add_masked_rows);
HWY_EXPORT(lstm_forward_any);
HWY_EXPORT(lstm_backward_any);
HWY_EXPORT(gru_gates_forward_any);
HWY_EXPORT(gru_state_forward_any);
HWY_EXPORT(gru_after_forward_any);
HWY_EXPORT(gru_state_backward_any);
HWY_EXPORT(gru_before_backward_any);
HWY_EXPORT(gru_after_backward_any);

void mask_states(CellSizes sizes, ConstRows states, ConstRows mask, Rows masked) {
  HWY_DYNAMIC_DISPATCH(mask_states_rows)(sizes, states, mask, masked);
}
void add_masked(CellSizes sizes, ConstRows gradients, ConstRows mask, Rows sums) {
  HWY_DYNAMIC_DISPATCH(add_masked_rows)(sizes, gradients, mask, sums);
}
void lstm_forward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                  Rows cell, Rows state) {
  HWY_DYNAMIC_DISPATCH(lstm_forward_any)(sizes, function, gates, previous_cell, cell, state);
}
void lstm_backward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                   ConstRows cell, ConstRows d_state, ConstRows carry, Rows cell_carry) {
  HWY_DYNAMIC_DISPATCH(lstm_backward_any)
  (sizes, function, gates, previous_cell, cell, d_state, carry, cell_carry);
}
void gru_gates_forward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                       Rows reset_state) {
  HWY_DYNAMIC_DISPATCH(gru_gates_forward_any)(sizes, function, gates, previous, reset_state);
}
void gru_state_forward(CellSizes sizes, UpdateGate update, Rows gates, ConstRows previous,
                       Rows state) {
  HWY_DYNAMIC_DISPATCH(gru_state_forward_any)(sizes, update, gates, previous, state);
}
void gru_after_forward(CellSizes sizes, GruOptions options, Rows gates,
                       ConstRows recurrent_candidate, ConstRows previous, Rows state) {
  HWY_DYNAMIC_DISPATCH(gru_after_forward_any)
  (sizes, options, gates, recurrent_candidate, previous, state);
}
void gru_state_backward(CellSizes sizes, GruOptions options, Rows gates, ConstRows previous,
                        ConstRows d_state, Rows carry) {
  HWY_DYNAMIC_DISPATCH(gru_state_backward_any)(sizes, options, gates, previous, d_state, carry);
}
void gru_before_backward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                         ConstRows d_reset_state, Rows carry) {
  HWY_DYNAMIC_DISPATCH(gru_before_backward_any)
  (sizes, function, gates, previous, d_reset_state, carry);
}
void gru_after_backward(CellSizes sizes, GateFunction function, Rows gates,
                        Rows recurrent_candidate) {
  HWY_DYNAMIC_DISPATCH(gru_after_backward_any)(sizes, function, gates, recurrent_candidate);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
