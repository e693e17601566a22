// Recurrent cells for training (§1.1). The forward functions replace the pre-activations in `gates`
// by activated gates, which the backward pass needs; the backward functions replace these by the
// gradients of the pre-activations.
//
// `gates` holds one row for each sentence: blocks of `units` values in the order z, r, candidate
// (GRU) or i, f, o, g (LSTM). The rows of all arguments may have strides (rows.h); only the first
// `units` values of a row of states are touched. Arguments that are written must not overlap
// others.
#pragma once

#include "kernels/cells.h"
#include "kernels/rows.h"

namespace attend::kernels {

/// masked = states ⊙ mask: dropout of the states that enter recurrent products.
void mask_states(CellSizes sizes, ConstRows states, ConstRows mask, Rows masked);
/// sums += gradients ⊙ mask.
void add_masked(CellSizes sizes, ConstRows gradients, ConstRows mask, Rows sums);

/// gates ← i, f, o, g from W x + U h + b;  cell = f ⊙ previous_cell + i ⊙ g,
/// state = o ⊙ tanh(cell).
void lstm_forward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                  Rows cell, Rows state);

/// `carry` is the gradient of `state` from later steps; the gradient of `state` is d_state + carry.
/// Replaces `gates` by the gradient of W x + U h + b. `cell_carry` is the gradient of `cell` from
/// later steps and becomes that of previous_cell. The caller then computes the `carry` of the step
/// before, the product gates · U.
void lstm_backward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous_cell,
                   ConstRows cell, ConstRows d_state, ConstRows carry, Rows cell_carry);

/// gates ← z, r (the first two blocks); reset_state = r ⊙ previous. With dropout the caller passes
/// the masked state as `previous`.
void gru_gates_forward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                       Rows reset_state);

/// gates ← candidate (the third block), from its complete pre-activation; state = candidate and
/// previous mixed by z and 1 − z.
void gru_state_forward(CellSizes sizes, UpdateGate update, Rows gates, ConstRows previous,
                       Rows state);

/// A whole step of the GRU that resets after the product: candidate = tanh(gates_c + r ⊙
/// recurrent_candidate), recurrent_candidate = U_c previous + bias.
void gru_after_forward(CellSizes sizes, GruOptions options, Rows gates,
                       ConstRows recurrent_candidate, ConstRows previous, Rows state);

/// First part of the backward step of both GRUs. `carry` is the gradient of `state` from later
/// steps; the gradient of `state` is d_state + carry. Replaces z and the candidate in `gates` by
/// the gradients of their pre-activations; r stays. Replaces `carry` by the direct part of the
/// gradient of `previous`.
void gru_state_backward(CellSizes sizes, GruOptions options, Rows gates, ConstRows previous,
                        ConstRows d_state, Rows carry);

/// Second part for the GRU that resets before the product: gates_r ← the gradient of the
/// pre-activation of r, carry += d_reset_state ⊙ r, where d_reset_state = gates_c · U_c is the
/// gradient of r ⊙ previous. With dropout, `previous` is the masked state and `carry` is the
/// gradient of the masked state.
void gru_before_backward(CellSizes sizes, GateFunction function, Rows gates, ConstRows previous,
                         ConstRows d_reset_state, Rows carry);

/// Second part for the GRU that resets after the product: gates_r ← the gradient of the
/// pre-activation of r, recurrent_candidate ← the gradient of recurrent_candidate.
void gru_after_backward(CellSizes sizes, GateFunction function, Rows gates,
                        Rows recurrent_candidate);

}  // namespace attend::kernels
