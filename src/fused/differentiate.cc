#include "fused/differentiate.h"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/base.h"

namespace attend::fused {
namespace {

using at::Tensor;

class FunctionNode : public torch::autograd::Node {
 public:
  FunctionNode(torch::autograd::edge_list arguments, BackwardFunction backward)
      : Node(std::move(arguments)), backward_(std::move(backward)) {}

  void release_variables() override { backward_ = nullptr; }

 private:
  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    ATTEND_CHECK(backward_ != nullptr);
    return std::exchange(backward_, nullptr)(std::move(gradients));
  }

  BackwardFunction backward_;
};

}  // namespace

void differentiate(const std::vector<Tensor>& arguments, std::vector<Tensor>& results,
                   BackwardFunction backward) {
  const auto asks = [](const Tensor& x) { return x.defined() && x.requires_grad(); };
  if (!at::GradMode::is_enabled() || std::none_of(arguments.begin(), arguments.end(), asks)) return;
  const std::shared_ptr<torch::autograd::Node> node(
      new FunctionNode(torch::autograd::collect_next_edges(arguments), std::move(backward)),
      torch::autograd::deleteNode);
  torch::autograd::set_history(results, node);
}

Tensor take_or_copy(Tensor&& gradient) {
  const Tensor mine = std::exchange(gradient, Tensor()).detach();
  const bool alone = mine.storage().use_count() == 1;  // views of it would count
  return alone && mine.is_contiguous() ? mine : mine.clone(at::MemoryFormat::Contiguous);
}

}  // namespace attend::fused
