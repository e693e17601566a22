// An operation without kernels of its own: its definition in tensor operations, step by step, whose
// graph is kept for the backward pass.
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/base.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using step::Per;

class ByTensors final : public StepOperation {
 public:
  ByTensors(StepContext& context, const step::Operation& operation)
      : in_(context.in),
        operation_(operation),
        values_(context.values),
        result_(context.values.slot(operation.results[0])),
        graphs_(to_size(context.values.steps())) {
    for (const std::string& name : operation.node->weights) {
      weights_.push_back(find_tensor(*in_.tensors, name));
    }
  }

  void forward(std::int64_t i) override {
    Graph& graph = graphs_[to_size(i)];
    network::OperationInputs inputs;
    inputs.mask = in_.mask;
    if (in_.ids.defined()) inputs.ids = in_.ids.narrow(0, i, 1);
    const Tensor draws = in_.masks == nullptr ? Tensor() : in_.masks->draws;
    if (draws.defined()) inputs.draws = draws.narrow(0, i, 1);
    inputs.first_step = i;
    inputs.steps = values_.steps();
    const at::AutoGradMode on(keeps_graph_);
    for (std::size_t k = 0; k < operation_.inputs.size(); ++k) {
      const int slot = operation_.inputs[k];
      const bool asks = keeps_graph_ && values_.slot(slot).asks();
      const Tensor operand = is_past(k) ? values_.slot(slot).values(0, i) : tensor_of(slot, i);
      inputs.operands.push_back(operand.detach().requires_grad_(asks));
      inputs.shapes.push_back(values_.shape(slot));
    }
    for (const Tensor& weight : weights_) {
      inputs.weights.push_back(weight.detach().requires_grad_(keeps_graph_));
    }
    graph.result = network::compute(*operation_.node, inputs);
    // Through pointers: the graphs of other steps hold operands in this memory, and autograd would
    // take a write by a tensor operation for a change of their values.
    const Tensor found = graph.result.detach().contiguous();
    std::copy_n(found.data_ptr<float>(), found.numel(), result_.rows(i).values);
    graph.leaves = std::move(inputs.operands);
    graph.leaves.insert(graph.leaves.end(), inputs.weights.begin(), inputs.weights.end());
    if (!keeps_graph_) graph = {};
  }

  void begin_backward() override {
    for (const Tensor& weight : weights_) d_weights_.emplace_back(weight);
  }

  void backward(std::int64_t i) override {
    const Graph graph = std::exchange(graphs_[to_size(i)], {});
    if (!graph.result.requires_grad()) return;
    std::vector<Tensor> leaves;
    std::vector<std::size_t> numbers;
    for (std::size_t k = 0; k < graph.leaves.size(); ++k) {
      if (!graph.leaves[k].requires_grad()) continue;
      leaves.push_back(graph.leaves[k]);
      numbers.push_back(k);
    }
    const Tensor d_result = result_.sequence().gradient[result_.time(i)].view(graph.result.sizes());
    const at::AutoGradMode on(true);
    const auto found =
        torch::autograd::grad({graph.result}, leaves, {d_result}, false, false, true);
    const at::NoGradGuard off;
    for (std::size_t k = 0; k < found.size(); ++k) {
      if (found[k].defined()) add(numbers[k], i, found[k]);
    }
  }

  std::vector<WeightArgument> weights() override {
    std::vector<WeightArgument> result;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      result.push_back({weights_[k], [this, k] { return d_weights_[k].result(); }});
    }
    return result;
  }

 private:
  struct Graph {
    Tensor result;
    std::vector<Tensor> leaves;  // operands, then weights
  };

  // Whether the operation reads operand k as the earlier steps computed it.
  bool is_past(std::size_t k) const { return k == 1 && reads_past(operation_.node->op); }

  // Adds the gradient of an operand or of a weight.
  void add(std::size_t number, std::int64_t i, const Tensor& gradient) {
    const std::size_t operands = operation_.inputs.size();
    if (number >= operands) {
      d_weights_[number - operands].sum().add_(gradient);
      return;
    }
    const int slot = operation_.inputs[number];
    const SlotView& view = values_.slot(slot);
    if (is_past(number)) {
      const Tensor& all = view.sequence().gradient;
      if (view.constant()) {
        all[0].add_(gradient.sum(0));
      } else {
        all.narrow(0, view.time(0), i).add_(gradient);
      }
      return;
    }
    Tensor to = view.sequence().gradient[view.time(i)];      // [batch, width]
    if (values_.shape(slot).per == Per::kModel) to = to[0];  // autograd adds up all rows
    to.add_(gradient.reshape(to.sizes()));
  }

  // The value of a slot in step i, in the layout of network/program_run.h.
  Tensor tensor_of(int slot, std::int64_t i) const {
    const SlotView& view = values_.slot(slot);
    const Tensor rows = view.sequence().values.narrow(0, view.time(i), 1);  // [1, batch, width]
    const step::Shape& shape = values_.shape(slot);
    switch (shape.per) {
      case Per::kModel:
        return rows[0][0];
      case Per::kSource:
        return rows[0];
      case Per::kPosition:
        return rows[0].view({in_.batch, in_.positions, shape.units});
      case Per::kRow:
      case Per::kRowPast:
        return rows;
      case Per::kRowPosition:
        break;
    }
    return shape.units == 1 ? rows : rows.view({1, in_.batch, in_.positions, shape.units});
  }

  const network::StepsInputs& in_;
  const step::Operation& operation_;
  StepValues& values_;
  SlotView result_;
  std::vector<Tensor> weights_;
  bool keeps_graph_ = at::GradMode::is_enabled();
  std::vector<Graph> graphs_;  // of each step
  std::vector<WeightGradient> d_weights_;
};

}  // namespace

std::unique_ptr<StepOperation> make_by_tensors(StepContext& context,
                                               const step::Operation& operation) {
  if (!network::is_computed(operation.node->op)) {
    throw CheckFailure("no operation of a step: " + std::string(name_of(operation.node->op)));
  }
  return std::make_unique<ByTensors>(context, operation);
}

}  // namespace attend::fused
