// The step of the conditional GRU (§4.6, dl4mt and Nematus): s'_i = f(s_{i-1}, E y_{i-1}); c_i =
// look(s'_i); s_i = f'(s'_i, c_i); p(y_i) from s_i, E y_{i-1} and c_i.
#include "model/decoder/decoder.h"

namespace attend::model {

void update_look_update(Builder& builder, const Configuration& configuration) {
  DecoderBuilder decoder(builder, configuration);
  const std::vector<Value> inputs = decoder.first_inputs();
  const step::CellState first = decoder.update_first(inputs);
  const Look look = decoder.look(first);
  const step::CellState state = decoder.update_second(look.context, first);
  const Value readout = decoder.readout(state.hidden, look.context);
  decoder.feed(readout, look.context);
  decoder.generate(readout, {look, state, inputs});
}

}  // namespace attend::model
