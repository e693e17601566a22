#include "train/native_linear.h"

#include <torch/csrc/autograd/custom_function.h>

#include "base/base.h"

namespace attend::train {
namespace {

using at::Tensor;
using kernels::Operand;
using kernels::RowsPerProduct;
using kernels::Write;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using MaybeTensor = c10::optional<Tensor>;  // what autograd takes when a tensor may be undefined

constexpr std::size_t kMostParts = 3;

// What forward leaves for backward.
struct Pass : torch::CustomClassHolder {
  std::shared_ptr<Products> products;
  Activation activation = Activation::kNone;
  std::vector<Tensor> parts;      // contiguous: float32 operands read them
  std::vector<Operand> operands;  // of the parts
  Tensor weight, bias;
  Tensor result;  // without its graph, which holds on to this
};

Tensor columns(const Tensor& matrix, std::int64_t& first, const Tensor& part) {
  const Tensor block = matrix.narrow(1, first, part.size(1));
  first += part.size(1);
  return block;
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  // libtorch 1.13 sees no variables in a list of tensors: kMostParts arguments, undefined behind
  // the last part.
  static Tensor forward(AutogradContext* context, const Tensor& first_part,
                        const MaybeTensor& second_part, const MaybeTensor& third_part,
                        const Tensor& weight, const MaybeTensor& bias,
                        const c10::intrusive_ptr<Pass>& pass) {
    Products& products = *pass->products;
    variable_list parts{first_part};
    for (const MaybeTensor& part : {second_part, third_part}) {
      if (part->defined()) parts.push_back(*part);
    }
    const Tensor result =
        at::empty({parts[0].size(0), weight.size(0)}, parts[0].options().requires_grad(false));
    std::int64_t column = 0;
    for (const Tensor& part : parts) {
      const bool first = column == 0;
      pass->parts.push_back(part.detach().contiguous());
      pass->operands.push_back(products.operand(pass->parts.back()));
      products.forward(columns(weight, column, part), RowsPerProduct::kBatch)
          .multiply(pass->operands.back(),
                    first && bias->defined() ? bias->data_ptr<float>() : nullptr, rows_of(result),
                    first ? Write::kReplace : Write::kAdd);
    }
    if (pass->activation == Activation::kTanh) {
      kernels::tanh({result.data_ptr<float>(), static_cast<std::size_t>(result.numel())});
    }
    pass->weight = weight;
    pass->bias = *bias;
    pass->result = result.detach();
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["pass"].toCapsule();
    Pass& pass = static_cast<Pass&>(*holder);
    Products& products = *pass.products;
    Tensor d_result = gradients[0].contiguous();
    if (pass.activation == Activation::kTanh) {
      d_result = at::tanh_backward(d_result, pass.result);
    }
    const Operand d_operand = products.operand(d_result);
    const WeightGradient d_weight(pass.weight);
    Tensor d_bias;
    if (pass.bias.defined()) {
      const WeightGradient gradient(pass.bias);
      add_column_sums(d_result, gradient.sum());
      d_bias = gradient.result();
    }
    variable_list result;
    std::int64_t column = 0, row = 0;
    for (std::size_t k = 0; k < pass.parts.size(); ++k) {
      const Tensor& part = pass.parts[k];
      add_product(products, d_operand, pass.operands[k], columns(d_weight.sum(), row, part));
      const Tensor block = columns(pass.weight, column, part);
      Tensor d_part;
      if (context->needs_input_grad(k)) {
        d_part = at::empty_like(part);
        products.backward(block, RowsPerProduct::kBatch)
            .multiply(d_operand, nullptr, rows_of(d_part), Write::kReplace);
      }
      result.push_back(d_part);
    }
    result.resize(kMostParts);
    result.push_back(d_weight.result());
    result.push_back(d_bias);
    result.push_back(Tensor());
    return result;
  }
};

}  // namespace

Tensor native_linear(const std::shared_ptr<Products>& products, const std::vector<Tensor>& parts,
                     const Tensor& weight, const Tensor& bias, Activation activation) {
  ATTEND_CHECK(!parts.empty() && parts.size() <= kMostParts);
  auto pass = c10::make_intrusive<Pass>();
  pass->products = products;
  pass->activation = activation;
  const auto part = [&](std::size_t k) {
    return MaybeTensor(k < parts.size() ? parts[k] : Tensor());
  };
  return Linear::apply(parts[0], part(1), part(2), weight, MaybeTensor(bias), pass);
}

}  // namespace attend::train
