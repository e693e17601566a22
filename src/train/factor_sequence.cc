#include "train/factor_sequence.h"

#include <memory>

#include "base/base.h"

namespace attend::train {

using at::Tensor;
using kernels::ConstRows;
using kernels::Operand;

FactorSequence::FactorSequence(const ShardMatrices& matrices, const Tensor& values)
    : values_(values),
      batch_(size(values.size(1))),
      rows_(rows_of(values.view({values.size(0) * values.size(1), values.size(2)}))),
      factors_(Operand::unread(matrices.precision(), rows_, size(values.size(0)) * batch_,
                               size(values.size(2)), std::make_shared<const Tensor>(values))) {}

void FactorSequence::take_masked(std::int64_t t, ConstRows states, ConstRows mask) {
  kernels::mask_states({batch_, factors_.units()}, states, mask, rows(t));
  take(t);
}

Operand FactorSequence::step(std::int64_t t, std::size_t count) const {
  ATTEND_CHECK(count <= batch_);
  return factors_.rows(size(t) * batch_, count);
}

Operand FactorSequence::steps(std::int64_t first, std::int64_t count) const {
  return factors_.rows(size(first) * batch_, size(count) * batch_);
}

}  // namespace attend::train
