// Attention to the past (§11.2), where step i reads the steps t < i of its hypothesis:
//   energies   e_it = q_i · k_t, or v · tanh(q_i + k_t)
//   alignment  α_i = softmax of e_it over t < i, or over i − L ≤ t < i
//   sum        c_i = Σ_t α_it x_t, and 0 in the first step
// The numbers of a row have the shape [steps, batch, all steps]: those of its own step and of later
// ones are 0.
#include <string>

#include "base/base.h"
#include "network/normalisers.h"
#include "network/step_operations.h"

namespace attend::network {
namespace {

class PastComputation {
 public:
  PastComputation(const step::Node& node, const OperationInputs& in) : node_(node), in_(in) {}

  Tensor compute() const {
    switch (node_.op) {
      case step::Op::kPastDotEnergies:
        return known() == 0 ? nothing() : energies(products());
      case step::Op::kPastAdditiveEnergies:
        return known() == 0 ? nothing() : energies(additive());
      case step::Op::kPastSoftmax:
        return softmax();
      case step::Op::kPastSum:
        return sum();
      default:
        break;
    }
    throw CheckFailure("no operation of the past: " + std::string(name_of(node_.op)));
  }

 private:
  const Tensor& x(std::size_t k) const { return in_.operands.at(k); }
  // How many steps the second operand has.
  std::int64_t known() const { return x(1).size(0); }

  // [rows, 1, count]: whether a row, which is step first_step + its number, reads a step.
  Tensor reads(std::int64_t rows, std::int64_t count) const {
    const at::TensorOptions whole = at::TensorOptions(at::kLong).device(x(0).device());
    const Tensor own = (at::arange(rows, whole) + in_.first_step).view({rows, 1, 1});
    const Tensor other = at::arange(count, whole);
    const Tensor earlier = other < own;
    if (node_.recent == 0) return earlier;
    return earlier.logical_and(other >= own - node_.recent);
  }

  Tensor nothing() const {
    return at::zeros({x(0).size(0), x(0).size(1), in_.steps}, x(0).options().requires_grad(false));
  }

  // Numbers [rows, batch, known steps] with 0 for all steps that a row does not read.
  Tensor energies(const Tensor& numbers) const {
    const Tensor hidden = reads(numbers.size(0), known()).logical_not();
    return at::constant_pad_nd(numbers.masked_fill(hidden, 0), {0, in_.steps - known()});
  }

  Tensor products() const {
    return x(0).transpose(0, 1).bmm(x(1).permute({1, 2, 0})).transpose(0, 1);
  }

  Tensor additive() const {
    const Tensor keys = x(1).transpose(0, 1).unsqueeze(0);  // [1, batch, known steps, units]
    return (x(0).unsqueeze(2) + keys).tanh().matmul(in_.weights.at(0));
  }

  // A row that reads no step has 0 everywhere. Its softmax is one over all steps, so that neither
  // it nor its gradient is NaN.
  Tensor softmax() const {
    const Tensor open = reads(x(0).size(0), in_.steps);
    const Tensor any = open.any(-1, true);
    const Tensor closed = open.logical_or(any.logical_not()).logical_not();
    return normalise(step::Normaliser::kSoftmax, x(0), closed) * open.to(x(0).scalar_type());
  }

  Tensor sum() const {
    if (known() == 0) {
      return at::zeros({x(0).size(0), x(1).size(1), x(1).size(2)},
                       x(0).options().requires_grad(false));
    }
    const Tensor alignment = x(0).narrow(2, 0, known()).transpose(0, 1);
    return alignment.bmm(x(1).transpose(0, 1)).transpose(0, 1);
  }

  const step::Node& node_;
  const OperationInputs& in_;
};

}  // namespace

Tensor compute_past(const step::Node& node, const OperationInputs& in) {
  return PastComputation(node, in).compute();
}

}  // namespace attend::network
