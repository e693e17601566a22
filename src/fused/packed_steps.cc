#include "fused/packed_steps.h"

#include <memory>

#include "base/base.h"

namespace attend::fused {

using at::Tensor;
using kernels::ConstRows;
using kernels::PackedRows;

PackedSteps::PackedSteps(const ShardMatrices& matrices, const Tensor& values)
    : values_(values),
      batch_(to_size(values.size(1))),
      rows_(rows_of(values.view({values.size(0) * values.size(1), values.size(2)}))),
      packed_(PackedRows::unpacked(matrices.precision(), rows_, to_size(values.size(0)) * batch_,
                                   to_size(values.size(2)),
                                   std::make_shared<const Tensor>(values))) {}

void PackedSteps::pack_masked(std::int64_t t, ConstRows states, ConstRows mask) {
  kernels::mask_states({batch_, packed_.units()}, states, mask, rows(t));
  pack(t);
}

PackedRows PackedSteps::step(std::int64_t t, std::size_t count) const {
  ATTEND_CHECK(count <= batch_);
  return packed_.rows(to_size(t) * batch_, count);
}

PackedRows PackedSteps::steps(std::int64_t first, std::int64_t count) const {
  return packed_.rows(to_size(first) * batch_, to_size(count) * batch_);
}

}  // namespace attend::fused
