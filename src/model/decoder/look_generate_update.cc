// The step of GroundHog's code (§1.4): c_i = look(s_{i-1}); p(y_i) from s_{i-1}, E y_{i-1} and c_i;
// s_i = f(s_{i-1}, [E y_i; c_i]).
#include "model/decoder/decoder.h"

namespace attend::model {

void look_generate_update(Builder& builder, const Configuration& configuration) {
  DecoderBuilder decoder(builder, configuration);
  const Look look = decoder.look(decoder.last_query());
  const bool feeds_back = configuration.decoder.feedback == Feedback::kPrevious;
  StepValues step{look, decoder.last_state()};
  if (feeds_back && configuration.decoder.copy != Copy::kNone) {
    step.inputs.push_back(decoder.previous_token());
  }
  decoder.generate(decoder.readout(step.state.hidden, look.context), step);
  std::vector<Value> inputs;
  if (feeds_back) inputs.push_back(decoder.next_token());
  decoder.update(inputs, look.context);
}

}  // namespace attend::model
