#include "runtime/first_states.h"

#include <algorithm>

namespace attend::runtime {
namespace {

// Returns the annotations of one source, [its length, n_h].
std::span<const float> annotations_of(const Annotations& annotations, std::size_t source) {
  const std::size_t units = annotations.units;
  return annotations.values.span().subspan(annotations.starts[source] * units,
                                           annotations.lengths[source] * units);
}

}  // namespace

std::vector<float> first_backward(const Annotations& annotations, std::size_t forward_units) {
  const std::size_t width = annotations.units - forward_units;
  std::vector<float> result(annotations.sources() * width);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const auto first = annotations_of(annotations, source).first(annotations.units);
    copy(first.subspan(forward_units), row_of(std::span(result), source, width));
  }
  return result;
}

std::vector<float> mean_annotations(const Annotations& annotations) {
  std::vector<float> result(annotations.sources() * annotations.units);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const std::size_t length = annotations.lengths[source];
    const std::vector<float> equal(length, 1.0F / static_cast<float>(length));
    kernels::weighted_sum(equal, annotations_of(annotations, source),
                          row_of(std::span(result), source, annotations.units));
  }
  return result;
}

std::vector<float> max_annotations(const Annotations& annotations) {
  const std::size_t units = annotations.units;
  std::vector<float> result(annotations.sources() * units);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const auto own = annotations_of(annotations, source);
    const auto largest = row_of(std::span(result), source, units);
    copy(own.first(units), largest);
    for (std::size_t j = 1; j < annotations.lengths[source]; ++j) {
      const auto h = row_of(own, j, units);
      for (std::size_t k = 0; k < units; ++k) largest[k] = std::max(largest[k], h[k]);
    }
  }
  return result;
}

std::vector<float> last_states(const Annotations& annotations, std::size_t forward_units) {
  const std::size_t units = annotations.units;
  std::vector<float> result(annotations.sources() * units);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const auto own = annotations_of(annotations, source);
    const auto to = row_of(std::span(result), source, units);
    copy(own.last(units).first(forward_units), to.first(forward_units));
    copy(own.first(units).subspan(forward_units), to.subspan(forward_units));
  }
  return result;
}

}  // namespace attend::runtime
