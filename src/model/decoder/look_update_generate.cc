// The step of Bahdanau's main text (§1.4): c_i = look(s_{i-1}); s_i = f(s_{i-1}, [E y_{i-1}; c_i]);
// p(y_i) from s_i, E y_{i-1} and c_i.
#include "model/decoder/decoder.h"

namespace attend::model {

void look_update_generate(Builder& builder, const Configuration& configuration) {
  DecoderBuilder decoder(builder, configuration);
  const Look look = decoder.look(decoder.last_query());
  std::vector<Value> inputs;
  if (configuration.decoder.feedback == Feedback::kPrevious) {
    inputs.push_back(decoder.previous_token());
  }
  const step::CellState state = decoder.update(inputs, look.context);
  decoder.generate(decoder.readout(state.hidden, look.context), {look, state, inputs});
}

}  // namespace attend::model
