#include "train/native_linear.h"

#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "base/base.h"

namespace attend::train {
namespace {

using at::Tensor;
using kernels::PackedRows;
using kernels::RowsPerProduct;
using kernels::Write;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using MaybeTensor = c10::optional<Tensor>;  // what autograd takes when a tensor may be undefined

constexpr std::size_t kMostParts = 3;

// What forward leaves for backward.
struct Pass : torch::CustomClassHolder {
  std::shared_ptr<ShardMatrices> matrices;
  Activation activation = Activation::kNone;
  std::vector<WordRows> parts;     // rows contiguous: float32 operands read them
  std::size_t first = 0;           // which part is multiplied first: the one that shares rows
  std::vector<PackedRows> packed;  // of the parts
  Tensor weight, bias;
  Tensor result;  // without its graph, which holds on to this

  // What part k multiplies in `matrix`, W or its gradient.
  Tensor block(const Tensor& matrix, std::size_t k) const {
    std::int64_t column = 0;
    for (std::size_t before = 0; before < k; ++before) column += parts[before].rows.size(1);
    return matrix.narrow(1, column, parts[k].rows.size(1));
  }
  void add(std::size_t k) const;
};

// Adds W_k x_k to the result; the first part sets it, with the bias.
void Pass::add(std::size_t k) const {
  const WordRows& part = parts[k];
  const float* b = k == first && bias.defined() ? bias.data_ptr<float>() : nullptr;
  const Tensor rows =
      part.shared() ? at::empty({part.rows.size(0), result.size(1)}, result.options()) : result;
  matrices->forward(block(weight, k), RowsPerProduct::kBatch)
      .multiply(packed[k], b, rows_of(rows), k == first ? Write::kReplace : Write::kAdd);
  if (!part.shared()) return;
  take_shared_rows(part.index.view({1, -1}), 0, static_cast<std::size_t>(result.size(0)), rows,
                   rows_of(result));
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  // libtorch 1.13 sees no variables in a list of tensors: kMostParts arguments, undefined behind
  // the last part.
  static Tensor forward(AutogradContext* context, const Tensor& first_part,
                        const MaybeTensor& second_part, const MaybeTensor& third_part,
                        const Tensor& weight, const MaybeTensor& bias,
                        const c10::intrusive_ptr<Pass>& pass) {
    const std::array<Tensor, kMostParts> rows{first_part, *second_part, *third_part};
    int shared = 0;
    for (std::size_t k = 0; k < pass->parts.size(); ++k) {
      WordRows& part = pass->parts[k];
      part.rows = rows[k].detach().contiguous();
      pass->packed.push_back(pass->matrices->pack(part.rows));
      if (!part.shared()) continue;
      ++shared;
      pass->first = k;
    }
    ATTEND_CHECK(shared <= 1);
    const WordRows& first = pass->parts[pass->first];
    const std::int64_t positions = first.shared() ? first.index.numel() : first.rows.size(0);
    const Tensor result =
        at::empty({positions, weight.size(0)}, weight.options().requires_grad(false));
    pass->weight = weight;
    pass->bias = *bias;
    pass->result = result.detach();
    pass->add(pass->first);
    for (std::size_t k = 0; k < pass->parts.size(); ++k) {
      if (k != pass->first) pass->add(k);
    }
    if (pass->activation == Activation::kTanh) {
      kernels::tanh({result.data_ptr<float>(), static_cast<std::size_t>(result.numel())});
    }
    context->saved_data["pass"] = c10::IValue::make_capsule(pass);
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["pass"].toCapsule();
    Pass& pass = static_cast<Pass&>(*holder);
    Tensor d_result = gradients[0].contiguous();
    if (pass.activation == Activation::kTanh) {
      d_result = at::tanh_backward(d_result, pass.result);
    }
    const PackedRows packed_d_sums = pass.matrices->pack(d_result);
    const WeightGradient d_weight(pass.weight);
    Tensor d_bias;
    if (pass.bias.defined()) {
      const WeightGradient gradient(pass.bias);
      add_column_sums(d_result, gradient.sum());
      d_bias = gradient.result();
    }
    variable_list result;
    for (std::size_t k = 0; k < pass.parts.size(); ++k) {
      const WordRows& part = pass.parts[k];
      const Tensor sums =
          part.shared() ? sum_shared_rows(d_result, part.index, part.rows.size(0)) : d_result;
      const PackedRows packed = part.shared() ? pass.matrices->pack(sums) : packed_d_sums;
      add_product(*pass.matrices, packed, pass.packed[k], pass.block(d_weight.sum(), k));
      Tensor d_part;
      if (context->needs_input_grad(k)) {
        d_part = at::empty_like(part.rows);
        pass.matrices->backward(pass.block(pass.weight, k), RowsPerProduct::kBatch)
            .multiply(packed, nullptr, rows_of(d_part), Write::kReplace);
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

Tensor native_linear(const std::shared_ptr<ShardMatrices>& matrices,
                     const std::vector<WordRows>& parts, const Tensor& weight, const Tensor& bias,
                     Activation activation) {
  ATTEND_CHECK(!parts.empty() && parts.size() <= kMostParts);
  auto pass = c10::make_intrusive<Pass>();
  pass->matrices = matrices;
  pass->activation = activation;
  pass->parts.resize(parts.size());
  for (std::size_t k = 0; k < parts.size(); ++k) pass->parts[k].index = parts[k].index;
  const auto part = [&](std::size_t k) {
    return MaybeTensor(k < parts.size() ? parts[k].rows : Tensor());
  };
  return Linear::apply(parts[0].rows, part(1), part(2), weight, MaybeTensor(bias), pass);
}

}  // namespace attend::train
