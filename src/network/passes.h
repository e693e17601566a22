// The values that the parts of a network's pass hand to each other. Internal to this folder. Needs
// libtorch.
#pragma once

#include <vector>

#include "network/network.h"

namespace attend::network {

/// The results of the encoder, from which the decoder starts.
struct Network::Annotated {
  Tensor annotations;  // [batch, source_length, n_h]; 0 on masked padding
  Tensor
      mask;  // [batch, source_length]: 0, or −infinity where attention must not look; or undefined
  Tensor read;  // [source_length, batch, n_h]: the annotations in the order in which they were read
  Tensor initial;  // [batch, d]: input of the layer that computes first states; or undefined
  std::vector<State> last;  // [encoder layers] of [batch, n_h]: states to copy; or empty
};

/// The annotations of an encoder layer and the last states of its directions.
struct Network::Layer {
  Tensor annotations;  // [source_length, batch, n_h]
  State last;          // [batch, n_h]; undefined unless the decoder copies them
};

/// The results of the decoder for a batch.
struct Network::Decoded {
  // [steps, batch, l]: the input of the softmax layer, with dropout; with hard attention [steps,
  // batch, source_length, l].
  Tensor readouts;
  Tensor prior, normalizer;  // [steps, batch, source_length]: with hard attention only
  // [steps, batch, 1] and [steps, batch, source_length]: z and α of a decoder that copies (§13.4)
  Tensor gate, copied;
  Tensor alignments;          // [steps, batch, source_length]; undefined if there are none
  std::vector<Tensor> costs;  // [steps, batch, 1]: in the order of Program::costs
  Tensor read;                // as in Annotated
};

}  // namespace attend::network
