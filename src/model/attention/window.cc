// Local attention (§6.3): the softmax runs over a window around a position that the state predicts.
#include "model/attention/mechanism.h"

namespace attend::model {

step::Value predicted_centre(step::Builder& b, const Configuration& c, step::Value query) {
  const std::int64_t units = c.decoder.units;
  const step::Value hidden = b.tanh(
      b.linear({.name = "attention.centre_weight", .units = units, .symbol = "W_p"}, {query}));
  const step::Value share = b.sigmoid(
      b.linear({.name = "attention.centre_vector", .units = 1, .symbol = "v_p"}, {hidden}));
  const step::Value centre = b.multiply(b.source_words(), share);
  b.write(centre, {"p_i", "window", ""});
  return centre;
}

}  // namespace attend::model
