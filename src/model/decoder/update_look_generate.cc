// The step of Luong, Pham and Manning (§1.4, §6.4): s_i = f(s_{i-1}, [E y_{i-1}; r_{i-1}]), where
// r_{i-1} needs input feeding; c_i = look(s_i); r_i and p(y_i) from s_i and c_i. With hard
// attention (§13.2), p(y_i) is a mixture over the positions.
#include "model/decoder/decoder.h"

namespace attend::model {

void update_look_generate(Builder& b, const Configuration& configuration) {
  const DecoderConfig& config = configuration.decoder;
  DecoderBuilder decoder(b, configuration);
  std::vector<Value> inputs;
  if (config.feedback == Feedback::kPrevious) inputs.push_back(decoder.previous_token());
  Value last_readout;
  if (config.input_feeding == InputFeeding::kReadout) {
    last_readout = b.carry("readout", b.zeros(config.readout_units), "r_{i-1}");
    inputs.push_back(last_readout);
  }
  const Value state = decoder.update(inputs);
  if (configuration.attention.is_hard()) return decoder.look_hard(state);
  const Value readout = decoder.readout(state, decoder.look(state).context);
  if (last_readout.defined()) b.next(last_readout, readout);
  decoder.generate(readout);
}

}  // namespace attend::model
