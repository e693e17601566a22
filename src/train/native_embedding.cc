#include "train/native_embedding.h"

#include <torch/csrc/autograd/custom_function.h>

#include "train/native_cell.h"

namespace attend::train {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class Lookup : public torch::autograd::Function<Lookup> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& table, const Tensor& ids) {
    context->save_for_backward({ids});
    context->saved_data["vocabulary"] = table.size(0);
    std::vector<std::int64_t> shape = ids.sizes().vec();
    shape.push_back(table.size(1));
    return table.index_select(0, ids.reshape({-1})).view(shape);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const Tensor ids = context->get_saved_variables()[0];
    const Tensor rows = gradients[0].reshape({ids.numel(), gradients[0].size(-1)}).contiguous();
    return {embedding_gradient(rows, ids, context->saved_data["vocabulary"].toInt()), Tensor()};
  }
};

}  // namespace

Tensor embedding_gradient(const Tensor& rows, const Tensor& ids, std::int64_t vocabulary) {
  Tensor gradient = at::zeros({vocabulary, rows.size(1)}, rows.options());
  const Tensor flat = ids.contiguous();
  kernels::scatter_add({flat.data_ptr<std::int64_t>(), static_cast<std::size_t>(flat.numel())},
                       rows_of(rows), static_cast<std::size_t>(rows.size(1)), rows_of(gradient));
  return gradient;
}

Tensor native_embedding(const Tensor& table, const Tensor& ids) {
  return Lookup::apply(table, ids);
}

}  // namespace attend::train
