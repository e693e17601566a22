// Recurrent cells for training (§1.1): forward in place, so that the activated gates are left for
// the backward pass, and backward in place, so that the gates become gradients of what was summed.
//
// `gates` holds one row a sentence: blocks of `units` values in the order z, r, candidate (GRU) or
// i, f, o, g (LSTM). Rows of all arguments may stand apart (rows.h); only the first `units` values
// of a row of states are touched. Arguments that are written overlap no others.
#pragma once

#include "kernels/cells.h"
#include "kernels/rows.h"

namespace attend::kernels {

/// masked = states ⊙ mask: dropout of the states that recurrent products see.
void mask_states(CellSizes sizes, ConstRows states, ConstRows mask, Rows masked);
/// sums += gradients ⊙ mask.
void add_masked(CellSizes sizes, ConstRows gradients, ConstRows mask, Rows sums);

/// gates ← i, f, o, g from W x + U h + b;  cell = f ⊙ previous_cell + i ⊙ g,
/// state = o ⊙ tanh(cell).
void lstm_forward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                  Rows cell, Rows state);

/// With δ = d_state + carry, the gradient of `state`: gates ← gradients of W x + U h + b;
/// cell_carry, the gradient of `cell` from later steps, ← the gradient of previous_cell. What
/// `carry` becomes is one product more, gates · U.
void lstm_backward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                   ConstRows cell, ConstRows d_state, ConstRows carry, Rows cell_carry);

/// gates ← z, r (the first two blocks);  reset_state = r ⊙ previous, masked where there is dropout.
void gru_gates_forward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                       Rows reset_state);

/// gates ← candidate (the third block), from its whole sum;  state = z and 1 − z mixing candidate
/// and previous.
void gru_state_forward(CellSizes sizes, UpdateGate update, Rows gates, ConstRows previous,
                       Rows state);

/// The GRU that resets after the product, whole: candidate = tanh(gates_c + r ⊙
/// recurrent_candidate), recurrent_candidate = U_c previous + bias.
void gru_after_forward(CellSizes sizes, GruOptions options, Rows gates,
                       ConstRows recurrent_candidate, ConstRows previous, Rows state);

/// With δ = d_state + carry, the gradient of `state`: gates ← gradients of the sums of z and of the
/// candidate; r stays. carry ← the direct part of the gradient of `previous`. First of two parts.
void gru_state_backward(CellSizes sizes, GruOptions options, Rows gates, ConstRows previous,
                        ConstRows d_state, Rows carry);

/// Second part, reset before: gates_r ← the gradient of the sum of r, carry += d_reset_state ⊙ r,
/// where d_reset_state = gates_c · U_c is the gradient of r ⊙ previous. `previous` and the carry
/// are those of the masked state where there is dropout.
void gru_before_backward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                         ConstRows d_reset_state, Rows carry);

/// Second part, reset after: gates_r ← the gradient of the sum of r, recurrent_candidate ← its own
/// gradient.
void gru_after_backward(CellSizes sizes, GateFunction function, Rows gates,
                        Rows recurrent_candidate);

}  // namespace attend::kernels
