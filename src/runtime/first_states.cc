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

using Take = void (*)(std::span<const float> h, std::span<float> vector);

// Returns the vector that `take` makes of the annotations of every source: [sources, n_h].
std::vector<float> pooled(const Annotations& annotations, Take take) {
  std::vector<float> result(annotations.sources() * annotations.units);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    take(annotations_of(annotations, source), row_of(std::span(result), source, annotations.units));
  }
  return result;
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

void take_mean(std::span<const float> h, std::span<float> vector) {
  const std::size_t positions = h.size() / vector.size();
  const std::vector<float> equal(positions, 1.0F / static_cast<float>(positions));
  kernels::weighted_sum(equal, h, vector);
}

void take_largest(std::span<const float> h, std::span<float> vector) {
  const std::size_t units = vector.size();
  copy(h.first(units), vector);
  for (std::size_t j = 1; j * units < h.size(); ++j) {
    const auto row = row_of(h, j, units);
    for (std::size_t k = 0; k < units; ++k) vector[k] = std::max(vector[k], row[k]);
  }
}

std::vector<float> mean_annotations(const Annotations& annotations) {
  return pooled(annotations, take_mean);
}

std::vector<float> max_annotations(const Annotations& annotations) {
  return pooled(annotations, take_largest);
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
