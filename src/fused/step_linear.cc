// y_i = W_1 x_i1 + W_2 x_i2 + … + b + z_i, where z is the part of the product that was known
// before. The gradients of W and b are one product and one sum over all steps. The vectors of rows
// and positions are multiplied as the sentences of a batch are: all of a step in one product.
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
        positions_(vectors_of_row(context, operation.inputs[0])),
        batch_(context.values.batch() * positions_),
        result_(result.by_positions(positions_)),
        weight_(find_tensor(*context.in.tensors, operation.node->weights[0])) {
    if (operation.adds_bias) bias_ = find_tensor(*context.in.tensors, operation.node->weights[1]);
    if (added.defined()) take_added(added);
    for (std::size_t k = 0; k < operation.inputs.size(); ++k) {
      const SlotView x = context.values.slot(operation.inputs[k]).by_positions(positions_);
      const Tensor block =
          weight_.narrow(1, operation.first_columns[k], static_cast<std::int64_t>(x.width()));
      parts_.push_back({x, operation.first_columns[k], block,
                        &matrices_.forward(block, RowsPerProduct::kStep), nullptr});
    }
  }

  void forward(std::int64_t i) override {
    const Rows y = result_.rows(i);
    if (added_.defined()) copy_added(i);
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
      for (std::int64_t i = 0; i < steps; ++i) copy_added(i);
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
    d_results_.emplace(matrices_, result_.all_gradients());
    for (Part& part : parts_) {
      if (part.x.asks()) part.backward = &matrices_.backward(part.block, RowsPerProduct::kStep);
    }
  }

  void backward(std::int64_t i) override {
    d_results_->pack(result_.time(i));
    add_gradient_of_added(i);
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
      add_gradient_of_added(i);
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

  // A vector of a row is added at all positions of the row.
  void take_added(const SlotView& added) {
    const bool of_row = added.width() == width();
    added_ = of_row ? added : added.by_positions(positions_);
    if (of_row) repeats_ = positions_;
    ATTEND_CHECK_EQ(added_.width(), width());
  }
  void copy_added(std::int64_t i) const {
    const Rows from = added_.rows(i), to = result_.rows(i);
    for (std::size_t b = 0; b < batch_; ++b) {
      std::copy_n(from.row(b / repeats_), width(), to.row(b));
    }
  }
  void add_gradient_of_added(std::int64_t i) const {
    if (!added_.defined() || !added_.asks()) return;
    const Rows from = result_.gradient(i), to = added_.gradient(i);
    for (std::size_t b = 0; b < batch_; ++b) {
      kernels::add({from.row(b), width()}, {to.row(b / repeats_), width()});
    }
  }

  ShardMatrices& matrices_;
  std::size_t positions_;    // vectors of a row: its positions, or 1
  std::size_t batch_;        // vectors of a step
  std::size_t repeats_ = 1;  // how many vectors one vector of the known part is added to
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
      : positions_(context.values.positions()),
        count_(context.values.batch() * positions_),
        row_(context.values.make(operation.node->results[0].units)),
        result_(context.values.slot(operation.results[0]).by_positions(positions_)),
        added_(context.values.slot(operation.added).by_positions(positions_)),
        product_(context, operation, row_, {}) {
    ATTEND_CHECK(added_.width() == result_.width() && row_.width() == result_.width());
  }

  void forward(std::int64_t i) override {
    product_.forward(i);
    const std::size_t units = row_.width();
    for (std::size_t n = 0; n < count_; ++n) {
      const float* z = added_.rows(i).row(n);
      const float* x = row_.rows(i).row(n / positions_);
      float* y = result_.rows(i).row(n);
      for (std::size_t k = 0; k < units; ++k) y[k] = z[k] + x[k];
    }
  }
  void begin_backward() override { product_.begin_backward(); }
  void backward(std::int64_t i) override {
    const std::size_t units = row_.width();
    for (std::size_t n = 0; n < count_; ++n) {
      const float* d_y = result_.gradient(i).row(n);
      float* d_x = row_.gradient(i).row(n / positions_);
      for (std::size_t k = 0; k < units; ++k) d_x[k] += d_y[k];
    }
    if (added_.asks()) add_to_rows(added_.gradient(i), result_.gradient(i), count_, units);
    product_.backward(i);
  }
  void finish(std::int64_t first, std::int64_t steps) override { product_.finish(first, steps); }
  std::vector<WeightArgument> weights() override { return product_.weights(); }

 private:
  std::size_t positions_;
  std::size_t count_;  // vectors of a step
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
  if (spreads) return std::make_unique<SpreadLinear>(context, operation);
  return std::make_unique<Linear>(context, operation, values.slot(result),
                                  operation.added < 0 ? SlotView() : values.slot(operation.added));
}

}  // namespace attend::fused
