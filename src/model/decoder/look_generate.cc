// The step of a decoder without a cell (§8): c = look(q) with a learned query q; p(y_i) from c and,
// with feedback, E y_{i-1}. It serves labels: with one target token it is a classifier.
#include <cmath>

#include "model/decoder/decoder.h"

namespace attend::model {

void look_generate(Builder& b, const Configuration& configuration) {
  DecoderBuilder decoder(b, configuration);
  const std::int64_t units = configuration.decoder.units;
  const double limit = std::sqrt(6.0 / static_cast<double>(units + 1));  // Glorot, for [units, 1]
  const Value query = b.parameter("attention.query", units, "q", step::Initial::kUniform, limit);
  const Look look = decoder.look({query, {}});
  decoder.generate(decoder.readout({}, look.context));
}

}  // namespace attend::model
