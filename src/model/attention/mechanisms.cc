// The list of all scores. A new score needs its two lines here.
#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"
#include "model/attention/mechanism.h"

namespace attend::model {

Mechanism additive();
Mechanism dot();
Mechanism general();
Mechanism cosine();

const std::vector<Mechanism>& mechanisms() {
  static const std::vector<Mechanism> list{additive(), dot(), general(), cosine()};
  return list;
}

const Mechanism& mechanism(const AttentionConfig& attention) {
  const std::vector<Mechanism>& list = mechanisms();
  const auto found = std::find_if(
      list.begin(), list.end(), [&](const Mechanism& one) { return one.name == attention.score; });
  if (found == list.end()) throw UsageError("attention.score: unknown score " + attention.score);
  return *found;
}

void check_equal_sizes(const Configuration& c, std::string_view option) {
  const std::int64_t annotations = c.encoder.annotation_units();
  if (c.decoder.units == annotations) return;
  throw UsageError(fmt::format(
      "{} needs decoder.units as large as annotations: decoder.units {}, annotations of {} encoder "
      "{}",
      option, c.decoder.units,
      c.encoder.direction == Direction::kBidirectional ? "a bidirectional" : "an", annotations));
}

}  // namespace attend::model
