// Labels in pairs, for commands that read the texts of a model without its weights.
#pragma once

#include <string_view>

#include "model/model.h"
#include "text/text.h"

namespace attend::commands {

/// Does what find_labels() of command_line.h does, for the texts of a model.
void find_labels(text::PairReader& reader, const model::ModelText& model, std::string_view command);

}  // namespace attend::commands
