// y_i = W_1 x_i1 + W_2 x_i2 + … + b + z_i, where z is the part of the product that was known
// before. The gradients of W and b are one product and one sum over all steps.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/base.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using kernels::PackedRows;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

class Linear final : public StepOperation {
 public:
  Linear(StepContext& context, const step::Operation& operation, SlotView result, SlotView added)
      : matrices_(*context.matrices),
        batch_(context.values.batch()),
        result_(std::move(result)),
        added_(std::move(added)),
        weight_(find_tensor(*context.in.tensors, operation.node->weights[0])) {
    if (operation.adds_bias) bias_ = find_tensor(*context.in.tensors, operation.node->weights[1]);
    for (std::size_t k = 0; k < operation.inputs.size(); ++k) {
      const SlotView& x = context.values.slot(operation.inputs[k]);
      const Tensor block =
          weight_.narrow(1, operation.first_columns[k], static_cast<std::int64_t>(x.width()));
      parts_.push_back({x, operation.first_columns[k], block,
                        &matrices_.forward(block, RowsPerProduct::kStep), nullptr});
    }
  }

  void forward(std::int64_t i) override {
    const Rows y = result_.rows(i);
    if (added_.defined()) copy(added_.rows(i), y, batch_);
    const float* bias = bias_.defined() ? bias_.data_ptr<float>() : nullptr;
    bool empty = !added_.defined();
    if (!empty && bias != nullptr) {
      for (std::size_t b = 0; b < batch_; ++b) kernels::add({bias, width()}, {y.row(b), width()});
    }
    for (const Part& part : parts_) {
      part.forward->multiply(part.x.factor(matrices_, i), empty ? bias : nullptr, y,
                             empty ? Write::kReplace : Write::kAdd);
      empty = false;
    }
  }

  // One product for all steps.
  void forward_all(std::int64_t steps) override {
    for (const Part& part : parts_) {
      if (part.x.constant()) return StepOperation::forward_all(steps);
    }
    const std::size_t rows = to_size(steps) * batch_;
    if (added_.defined()) {
      for (std::int64_t i = 0; i < steps; ++i) copy(added_.rows(i), result_.rows(i), batch_);
    }
    bool empty = !added_.defined();
    const float* bias = bias_.defined() ? bias_.data_ptr<float>() : nullptr;
    for (std::size_t b = 0; !empty && bias != nullptr && b < rows; ++b) {
      kernels::add({bias, width()}, {result_.rows(0).row(b), width()});
    }
    for (const Part& part : parts_) {
      for (std::int64_t i = 0; i < steps; ++i) part.x.factor(matrices_, i);
      matrices_.forward(part.block, RowsPerProduct::kBatch)
          .multiply(part.x.factors(0, steps), empty ? bias : nullptr, result_.rows(0),
                    empty ? Write::kReplace : Write::kAdd);
      empty = false;
    }
  }

  void begin_backward() override {
    d_weight_.emplace(weight_);
    if (bias_.defined()) d_bias_.emplace(bias_);
    d_results_.emplace(matrices_, result_.sequence().gradient);
    for (Part& part : parts_) {
      if (part.x.asks()) part.backward = &matrices_.backward(part.block, RowsPerProduct::kStep);
    }
  }

  void backward(std::int64_t i) override {
    const Rows d_y = result_.gradient(i);
    d_results_->pack(result_.time(i));
    if (added_.defined() && added_.asks()) add_to_rows(added_.gradient(i), d_y, batch_, width());
    for (const Part& part : parts_) {
      if (part.backward == nullptr) continue;
      part.backward->multiply(d_results_->step(result_.time(i)), nullptr, part.x.gradient(i),
                              Write::kAdd);
    }
  }

  void backward_all(std::int64_t steps) override {
    for (const Part& part : parts_) {
      if (part.x.constant()) return StepOperation::backward_all(steps);
    }
    for (std::int64_t i = 0; i < steps; ++i) {
      d_results_->pack(result_.time(i));
      if (!added_.defined() || !added_.asks()) continue;
      add_to_rows(added_.gradient(i), result_.gradient(i), batch_, width());
    }
    for (const Part& part : parts_) {
      if (part.backward == nullptr) continue;
      matrices_.backward(part.block, RowsPerProduct::kBatch)
          .multiply(d_results_->steps(result_.time(0), steps), nullptr, part.x.gradient(0),
                    Write::kAdd);
    }
  }

  void finish(std::int64_t first, std::int64_t steps) override {
    if (steps == first) return;
    const std::int64_t count = steps - first;
    const PackedRows d_all = d_results_->steps(result_.time(first), count);
    for (const Part& part : parts_) {
      const auto units = static_cast<std::int64_t>(part.x.width());
      const Tensor gradient = d_weight_->sum().narrow(1, part.column, units);
      if (part.x.constant()) {
        add_product(matrices_, d_all, matrices_.pack(part.x.values(first, count).flatten(0, 1)),
                    gradient);
      } else {
        add_product(matrices_, d_all, part.x.factors(first, count), gradient);
      }
    }
    if (d_bias_) add_column_sums(result_.gradients(first, count).flatten(0, 1), d_bias_->sum());
  }

  std::vector<WeightArgument> weights() override {
    std::vector<WeightArgument> result{{weight_, [this] { return d_weight_->result(); }}};
    if (bias_.defined()) result.push_back({bias_, [this] { return d_bias_->result(); }});
    return result;
  }

 private:
  struct Part {
    SlotView x;
    std::int64_t column = 0;
    Tensor block;
    const kernels::TrainingMatrix* forward = nullptr;
    const kernels::TrainingMatrix* backward = nullptr;  // null if x asks for no gradient
  };

  std::size_t width() const { return result_.width(); }
  void copy(kernels::ConstRows from, Rows to, std::size_t rows) const {
    for (std::size_t b = 0; b < rows; ++b) std::copy_n(from.row(b), width(), to.row(b));
  }

  ShardMatrices& matrices_;
  std::size_t batch_;
  SlotView result_, added_;
  Tensor weight_, bias_;
  std::vector<Part> parts_;
  std::optional<WeightGradient> d_weight_, d_bias_;
  std::optional<PackedSteps> d_results_;  // the gradients of y as factors
};

// A product of rows that is added to vectors of a row and a position: y_ij = W x_i + b + z_ij.
class SpreadLinear final : public StepOperation {
 public:
  SpreadLinear(StepContext& context, const step::Operation& operation)
      : batch_(context.values.batch()),
        row_(context.values.make(operation.node->results[0].units)),
        result_(context.values.slot(operation.results[0])),
        added_(context.values.slot(operation.added)),
        product_(context, operation, row_, {}) {
    ATTEND_CHECK_EQ(added_.width(), result_.width());
  }

  void forward(std::int64_t i) override {
    product_.forward(i);
    const std::size_t units = row_.width(), width = result_.width();
    for (std::size_t b = 0; b < batch_; ++b) {
      const float* z = added_.rows(i).row(b);
      const float* x = row_.rows(i).row(b);
      float* y = result_.rows(i).row(b);
      for (std::size_t k = 0; k < width; ++k) y[k] = z[k] + x[k % units];
    }
  }
  void begin_backward() override { product_.begin_backward(); }
  void backward(std::int64_t i) override {
    const std::size_t units = row_.width(), width = result_.width();
    for (std::size_t b = 0; b < batch_; ++b) {
      const float* d_y = result_.gradient(i).row(b);
      float* d_x = row_.gradient(i).row(b);
      for (std::size_t k = 0; k < width; ++k) d_x[k % units] += d_y[k];
    }
    if (added_.asks()) {
      add_to_rows(added_.gradient(i), result_.gradient(i), batch_, width);
    }
    product_.backward(i);
  }
  void finish(std::int64_t first, std::int64_t steps) override { product_.finish(first, steps); }
  std::vector<WeightArgument> weights() override { return product_.weights(); }

 private:
  std::size_t batch_;
  SlotView row_, result_, added_;
  Linear product_;
};

}  // namespace

std::unique_ptr<StepOperation> make_linear(StepContext& context, const step::Operation& operation) {
  const StepValues& values = context.values;
  const int result = operation.results[0];
  const auto is_position = [&](int slot) {
    return values.shape(slot).per == step::Per::kRowPosition;
  };
  const bool spreads = is_position(result) && !is_position(operation.inputs[0]);
  ATTEND_CHECK(is_position(result) == spreads);
  if (spreads) return std::make_unique<SpreadLinear>(context, operation);
  return std::make_unique<Linear>(context, operation, values.slot(result),
                                  operation.added < 0 ? SlotView() : values.slot(operation.added));
}

}  // namespace attend::fused
