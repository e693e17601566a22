// The network of a configuration as boxes and arrows.
#pragma once

#include <cstddef>
#include <string>

#include "model/model.h"
#include "view/view.h"

namespace attend::commands {

/// Returns the network: the encoder from the configuration, and one decoding step from its step
/// program. Nodes without a name of their own are part of the box that reads them, as in the
/// equations. Values that the next step reads come back as feedback. Costs of training and dropout
/// are left out. A vocabulary of 0 units has no number in the picture.
view::Diagram network_diagram(const model::Configuration& configuration,
                              const model::VocabularySizes& sizes);

/// Adds the boxes of the encoder, and returns the place of the one that holds the annotations.
std::size_t add_encoder(view::Diagram& diagram, const model::Configuration& configuration,
                        const model::VocabularySizes& sizes);

/// Writes the network to a file, whose name must have passed check_svg().
void write_diagram(const std::string& file, const model::Configuration& configuration,
                   const model::VocabularySizes& sizes);

}  // namespace attend::commands
