// Compares weights with the parameter table of a model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/base.h"
#include "model/weights.h"

namespace attend::model {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

void Weights::check_against(const std::vector<TensorSpec>& table) const {
  for (const TensorSpec& spec : table) {
    const auto found = tensors_.find(spec.name);
    if (found == tensors_.end()) throw ModelError(fmt::format("tensor '{}' is missing", spec.name));
    if (found->second.shape != spec.shape) {
      throw ModelError(fmt::format("tensor '{}' has the shape {}, expected {}", spec.name,
                                   shape_text(found->second.shape), shape_text(spec.shape)));
    }
  }
  if (tensors_.size() == table.size()) return;
  for (const auto& [name, view] : tensors_) {
    bool known = false;
    for (const TensorSpec& spec : table) known = known || spec.name == name;
    if (!known) throw ModelError(fmt::format("tensor '{}' is not expected", name));
  }
}

}  // namespace attend::model
