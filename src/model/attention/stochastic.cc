// Stochastic "hard" attention (§7.4, Xu et al. 2015): each step draws one position s_i ~
// Categorical(α_i) and hands its annotation on. Training maximises a bound of log p(y) by
// REINFORCE:
//
//     ∂L/∂W ≈ ∂ log p(y | s)/∂W + λ_r (log p(y | s) − b) ∂ log p(s)/∂W + λ_e ∂H[α]/∂W
//
// with a moving average b of log p(y | s). Here log p(y | s) is the mean over the tokens of a
// sentence, as in the code of Xu et al. The program states log p(s_i) = Σ_j s_ij log α_ij and −H =
// Σ_j α_ij log α_ij as extra costs; training multiplies the first one by −(log p(y | s) − b).
#include "model/attention/mechanism.h"

namespace attend::model {

step::Value stochastic_look(step::Builder& b, const Configuration& c, step::Value alignment) {
  if (!c.attention.is_stochastic()) return alignment;
  const step::Value drawn = b.draw(alignment, c.attention.stochastic_prediction,
                                   c.attention.expectation_gradient ? step::MeanGradient::kPassed
                                                                    : step::MeanGradient::kStopped);
  b.write(drawn, {"s_ij", "position", "1 for j ~ α_i, else 0"});
  b.observe("position", drawn, step::Over::kSource);
  if (c.attention.reward_weight > 0) {
    b.rewarded_cost("reward", b.expected_log(drawn, alignment), c.attention.reward_weight);
  }
  if (c.attention.entropy_weight > 0) {
    b.cost("entropy", b.expected_log(alignment, alignment), c.attention.entropy_weight);
  }
  return drawn;
}

}  // namespace attend::model
