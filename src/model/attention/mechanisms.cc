// The list of all scores. A new score needs its two lines here.
#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "model/attention/mechanism.h"

namespace attend::model {

Mechanism additive();
Mechanism normed_additive();
Mechanism concat_code();
Mechanism dot();
Mechanism scaled_dot();
Mechanism general();
Mechanism scaled_general();
Mechanism cosine();
Mechanism location();
Mechanism location_aware();
Mechanism linear_pooling();
Mechanism learned_query();

const std::vector<Mechanism>& mechanisms() {
  static const std::vector<Mechanism> list{
      additive(),   normed_additive(), concat_code(),    dot(),
      scaled_dot(), general(),         scaled_general(), cosine(),
      location(),   location_aware(),  linear_pooling(), learned_query()};
  return list;
}

const Mechanism& mechanism(const AttentionConfig& attention) {
  const std::vector<Mechanism>& list = mechanisms();
  const auto found = std::find_if(
      list.begin(), list.end(), [&](const Mechanism& one) { return one.name == attention.score; });
  if (found == list.end()) throw UsageError("attention.score: unknown score " + attention.score);
  return *found;
}

step::Value learned_vector(step::Builder& b, const std::string& name, std::int64_t units,
                           const std::string& symbol) {
  const double limit = std::sqrt(6.0 / static_cast<double>(units + 1));  // Glorot, for [1, units]
  return b.parameter(name, units, symbol, step::Initial::kUniform, limit);
}

}  // namespace attend::model
