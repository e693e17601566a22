// The step of a decoder without a cell (§8): c = look(q) with a learned query q; p(y_i) from c and,
// with feedback, E y_{i-1}. It serves labels: with one target token it is a classifier. A score
// that reads no query needs none.
#include "model/attention/mechanism.h"
#include "model/decoder/decoder.h"

namespace attend::model {

void look_generate(Builder& b, const Configuration& configuration) {
  DecoderBuilder decoder(b, configuration);
  Value query;
  const AttentionConfig& attention = configuration.attention;
  if (attention.looks() && mechanism(attention).reads_query) {
    query = learned_vector(b, "attention.query", configuration.decoder.units, "q");
  }
  const Look look = decoder.look({query, {}});
  decoder.generate(decoder.readout({}, look.context), {look, {}});
}

}  // namespace attend::model
