// The step of GroundHog's code (§1.4): c_i = look(s_{i-1}); p(y_i) from s_{i-1}, E y_{i-1} and c_i;
// s_i = f(s_{i-1}, [E y_i; c_i]).
#include "model/decoder/decoder.h"

namespace attend::model {

void look_generate_update(Builder& builder, const Configuration& configuration) {
  DecoderBuilder decoder(builder, configuration);
  const Look look = decoder.look(decoder.last_query());
  decoder.generate(decoder.readout(decoder.last_state(), look.context));
  std::vector<Value> inputs;
  if (configuration.decoder.feedback == Feedback::kPrevious) {
    inputs.push_back(decoder.next_token());
  }
  decoder.update(inputs, look.context);
}

}  // namespace attend::model
