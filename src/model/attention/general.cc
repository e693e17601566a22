// The general score (§1.5, §6.2): e_ij = s · W h_j.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration& c, step::Value query,
                     step::Value annotations) {
  const step::Value keys = b.linear({.name = "attention.annotation_weight",
                                     .units = c.decoder.units,
                                     .deviation = step::kAttentionDeviation},
                                    {annotations});
  return b.dot_energies(query, keys);
}

}  // namespace

Mechanism general() { return {"general", "§1.5, §6.2", nullptr, energies}; }

}  // namespace attend::model
