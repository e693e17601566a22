#include "commands/model_labels.h"

#include "commands/command_line.h"

namespace attend::commands {

void find_labels(text::PairReader& reader, const model::ModelText& model,
                 std::string_view command) {
  text::IsLabel is_label;
  if (model::answers_with_labels(model.target.config)) {
    is_label = [&](std::string_view field) { return model::knows_label(model.target, field); };
  }
  find_labels(reader, is_label, command);
}

}  // namespace attend::commands
