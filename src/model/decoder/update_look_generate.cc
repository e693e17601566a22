// The step of Luong, Pham and Manning (§1.4, §6.4): s_i = f(s_{i-1}, [E y_{i-1}; r_{i-1}]), where
// r_{i-1} needs input feeding; c_i = look(s_i); r_i and p(y_i) from s_i and c_i. With hard
// attention (§13.2), p(y_i) is a mixture over the positions. A step that looks with the bottom
// layer (§1.6) does so before it updates the layers above.
#include "model/decoder/decoder.h"

namespace attend::model {

void update_look_generate(Builder& b, const Configuration& configuration) {
  DecoderBuilder decoder(b, configuration);
  const std::vector<Value> inputs = decoder.first_inputs();
  step::CellState state;
  Look look;
  if (configuration.decoder.looks_between_layers()) {
    const step::CellState bottom = decoder.update_bottom(inputs);
    look = decoder.look(bottom);
    state = decoder.update_above(bottom, look.context);
  } else {
    state = decoder.update(inputs);
    if (configuration.attention.is_hard()) return decoder.look_hard(state);
    look = decoder.look(state);
  }
  const Value readout = decoder.readout(state.hidden, look.context);
  decoder.feed(readout, look.context);
  decoder.generate(readout, {look, state, inputs});
}

}  // namespace attend::model
