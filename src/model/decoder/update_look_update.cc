// The step of the conditional GRU (§4.6, dl4mt and Nematus): s'_i = f(s_{i-1}, E y_{i-1}); c_i =
// look(s'_i); s_i = f'(s'_i, c_i); p(y_i) from s_i, E y_{i-1} and c_i.
#include "model/decoder/decoder.h"

namespace attend::model {

void update_look_update(Builder& builder, const Configuration& configuration) {
  DecoderBuilder decoder(builder, configuration);
  const step::CellState first = decoder.update_first(decoder.first_inputs());
  const Value context = decoder.look(first).context;
  const Value readout = decoder.readout(decoder.update_second(context, first), context);
  decoder.feed(readout, context);
  decoder.generate(readout);
}

}  // namespace attend::model
