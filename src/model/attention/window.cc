// Local attention (§6.3): weights belong to a window around a position that moves on with the steps
// (local-m) or that the state predicts (local-p).
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

// p_i = S σ(v_p · tanh(W_p q)).
step::Value predicted_centre(step::Builder& b, const Configuration& c, step::Value query) {
  const std::int64_t units = c.decoder.units;
  const step::Value hidden = b.tanh(
      b.linear({.name = "attention.centre_weight", .units = units, .symbol = "W_p"}, {query}));
  const step::Value share = b.sigmoid(
      b.linear({.name = "attention.centre_vector", .units = 1, .symbol = "v_p"}, {hidden}));
  return b.multiply(b.source_words(), share);
}

// The position of word i in step i, or of the last word. A hypothesis takes along how many steps
// came before.
step::Value monotonic_centre(step::Builder& b) {
  const step::Value one = b.ones(1);
  const step::Value steps = b.carry("attention.steps", b.zeros(1), "i − 1");
  b.next(steps, b.add(steps, one));
  const step::Value last = b.add(b.source_words(), b.scale(one, -1));
  const step::Value centre = b.minimum(steps, last);
  b.write(centre, {"", "", "min(i, S) − 1"});
  return centre;
}

}  // namespace

step::Value window_centre(step::Builder& b, const Configuration& c, step::Value query) {
  const bool predicted = c.attention.window == Window::kPredicted;
  const step::Value centre = predicted ? predicted_centre(b, c, query) : monotonic_centre(b);
  b.write(centre, {"p_i", "window", ""});
  return centre;
}

}  // namespace attend::model
