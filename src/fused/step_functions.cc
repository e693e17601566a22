// Functions of single vectors, one row after the other, and dropout. Functions of two vectors are
// in step_joined.cc.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "base/base.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using step::Op;

// y = f(x) for vectors x of any width.
class Function : public StepOperation {
 public:
  Function(StepContext& context, const step::Operation& operation)
      : batch_(context.values.batch()),
        x_(context.values.slot(operation.inputs[0])),
        y_(context.values.slot(operation.results[0])) {}

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < batch_; ++b) {
      compute({x_.rows(i).row(b), x_.width()}, {y_.rows(i).row(b), y_.width()});
    }
  }
  void backward(std::int64_t i) override {
    if (!x_.asks()) return;
    for (std::size_t b = 0; b < batch_; ++b) {
      add_gradient({x_.rows(i).row(b), x_.width()}, y_.rows(i).row(b), y_.gradient(i).row(b),
                   x_.gradient(i).row(b));
    }
  }

 protected:
  virtual void compute(std::span<const float> x, std::span<float> y) const = 0;
  virtual void add_gradient(std::span<const float> x, const float* y, const float* d_y,
                            float* d_x) const = 0;

 private:
  std::size_t batch_;
  SlotView x_, y_;
};

// y_k = f(x_k), whose slope is a function of x_k and y_k.
template <class Value, class Slope>
class Elementwise final : public Function {
 public:
  Elementwise(StepContext& context, const step::Operation& operation, Value value, Slope slope)
      : Function(context, operation), value_(value), slope_(slope) {}

 private:
  void compute(std::span<const float> x, std::span<float> y) const override {
    std::copy(x.begin(), x.end(), y.begin());
    value_(y);
  }
  void add_gradient(std::span<const float> x, const float* y, const float* d_y,
                    float* d_x) const override {
    for (std::size_t k = 0; k < x.size(); ++k) d_x[k] += d_y[k] * slope_(x[k], y[k]);
  }
  Value value_;
  Slope slope_;
};

class Maxout final : public Function {
 public:
  using Function::Function;

 private:
  void compute(std::span<const float> x, std::span<float> y) const override {
    kernels::maxout(x, y);
  }
  void add_gradient(std::span<const float> x, const float* y, const float* d_y,
                    float* d_x) const override {
    std::vector<float> gradient(x.size());
    kernels::maxout_backward(x, {d_y, x.size() / 2}, gradient);
    static_cast<void>(y);
    kernels::add(gradient, {d_x, x.size()});
  }
};

// y = x / sqrt(|x|² + ε).
class UnitLength final : public Function {
 public:
  using Function::Function;

 private:
  static float factor(std::span<const float> x) {
    double squares = step::kLengthEpsilon;
    for (const float value : x) squares += static_cast<double>(value) * value;
    return static_cast<float>(1.0 / std::sqrt(squares));
  }
  void compute(std::span<const float> x, std::span<float> y) const override {
    const float scale = factor(x);
    for (std::size_t k = 0; k < x.size(); ++k) y[k] = scale * x[k];
  }
  void add_gradient(std::span<const float> x, const float* y, const float* d_y,
                    float* d_x) const override {
    const float scale = factor(x);
    float along = 0.0F;
    for (std::size_t k = 0; k < x.size(); ++k) along += y[k] * d_y[k];
    for (std::size_t k = 0; k < x.size(); ++k) d_x[k] += scale * (d_y[k] - along * y[k]);
  }
};

// y = Σ_j x_j over the positions of the source.
class SumPositions final : public StepOperation {
 public:
  SumPositions(StepContext& context, const step::Operation& operation)
      : values_(context.values),
        x_(context.values.slot(operation.inputs[0])),
        y_(context.values.slot(operation.results[0])) {}

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < values_.batch(); ++b) {
      float sum = 0.0F;
      for (std::size_t j = 0; j < values_.length(b); ++j) {
        if (values_.allows(b, j)) sum += x_.rows(i).row(b)[j];
      }
      *y_.rows(i).row(b) = sum;
    }
  }
  void backward(std::int64_t i) override {
    if (!x_.asks()) return;
    for (std::size_t b = 0; b < values_.batch(); ++b) {
      for (std::size_t j = 0; j < values_.length(b); ++j) {
        if (values_.allows(b, j)) x_.gradient(i).row(b)[j] += *y_.gradient(i).row(b);
      }
    }
  }

 private:
  const StepValues& values_;
  SlotView x_, y_;
};

// exp(−(j − p)² / (2 σ²)) at the positions j of the window around p (§6.3).
class Gaussian final : public StepOperation {
 public:
  Gaussian(StepContext& context, const step::Operation& operation)
      : batch_(context.values.batch()),
        reach_(static_cast<float>(operation.node->reach)),
        centre_(context.values.slot(operation.inputs[0])),
        result_(context.values.slot(operation.results[0])) {}

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < batch_; ++b) {
      for (std::size_t k = 0; k < result_.width(); ++k) {
        const float distance = this->distance(i, b, k);
        result_.rows(i).row(b)[k] = std::exp(-distance * distance * precision() / 2);
      }
    }
  }
  void backward(std::int64_t i) override {
    if (!centre_.asks()) return;
    for (std::size_t b = 0; b < batch_; ++b) {
      for (std::size_t k = 0; k < result_.width(); ++k) {
        *centre_.gradient(i).row(b) += result_.gradient(i).row(b)[k] * result_.rows(i).row(b)[k] *
                                       distance(i, b, k) * precision();
      }
    }
  }

 private:
  float precision() const { return 4 / (reach_ * reach_); }  // 1 / σ²
  // j − p of position k of the window.
  float distance(std::int64_t i, std::size_t b, std::size_t k) const {
    const float centre = *centre_.rows(i).row(b);
    return std::floor(centre) - reach_ + static_cast<float>(k) - centre;
  }

  std::size_t batch_;
  float reach_;
  SlotView centre_, result_;
};

// x multiplied by a dropout mask. The masks are drawn in the order of the steps, as the definition
// draws them. All positions of a row share a mask.
class DropoutOperation final : public StepOperation {
 public:
  DropoutOperation(StepContext& context, const step::Operation& operation)
      : in_(context.in),
        node_(*operation.node),
        lag_(operation.postponed ? 1 : 0),
        batch_(context.values.batch()),
        units_(to_size(node_.results[0].units)),
        x_(context.values.slot(operation.inputs[0])),
        y_(context.values.slot(operation.results[0])),
        masks_(to_size(context.values.steps())) {}

  void forward(std::int64_t i) override {
    const Tensor mask = masks_[to_size(i)] = draw(i);
    for (std::size_t b = 0; b < batch_; ++b) {
      const float* x = x_.rows(i).row(b);
      float* y = y_.rows(i).row(b);
      for (std::size_t k = 0; k < y_.width(); ++k) y[k] = x[k] * factor(mask, b, k);
    }
  }
  void backward(std::int64_t i) override {
    if (!x_.asks()) return;
    for (std::size_t b = 0; b < batch_; ++b) {
      const float* d_y = y_.gradient(i).row(b);
      float* d_x = x_.gradient(i).row(b);
      for (std::size_t k = 0; k < y_.width(); ++k) {
        d_x[k] += d_y[k] * factor(masks_[to_size(i)], b, k);
      }
    }
  }

 private:
  float factor(const Tensor& mask, std::size_t b, std::size_t k) const {
    return mask.defined() ? mask.data_ptr<float>()[b * units_ + k % units_] : 1.0F;
  }

  // The mask [batch, units] of step i; undefined without dropout.
  Tensor draw(std::int64_t i) {
    if (in_.dropout == nullptr) return {};
    network::Dropout& dropout = *in_.dropout;
    if (node_.place == step::DropoutPlace::kBetween) {
      const Tensor mask = in_.masks->between_at(i - lag_, to_size(node_.layer));
      return mask.defined() ? mask.contiguous() : mask;
    }
    const double rate = dropout.config().readout;
    if (rate <= 0) return {};
    if (in_.masks->readout.defined()) return in_.masks->readout[i - lag_].contiguous();
    if (dropout.config().variational && shared_.defined()) return shared_;
    const auto rows = static_cast<std::int64_t>(batch_), units = static_cast<std::int64_t>(units_);
    shared_ = dropout.sequence(at::ones({1, rows, units}), rate)[0].contiguous();
    return shared_;
  }

  const network::StepsInputs& in_;
  const step::Node& node_;
  std::int64_t lag_;
  std::size_t batch_, units_;
  SlotView x_, y_;
  std::vector<Tensor> masks_;  // of each step
  Tensor shared_;              // the mask that was drawn last
};

template <class Value, class Slope>
std::unique_ptr<StepOperation> elementwise(StepContext& context, const step::Operation& operation,
                                           Value value, Slope slope) {
  return std::make_unique<Elementwise<Value, Slope>>(context, operation, value, slope);
}

}  // namespace

std::unique_ptr<StepOperation> make_function(StepContext& context,
                                             const step::Operation& operation) {
  switch (operation.node->op) {
    case Op::kScale: {
      const auto factor = static_cast<float>(operation.node->factor);
      return elementwise(
          context, operation,
          [factor](std::span<float> y) {
            for (float& value : y) value *= factor;
          },
          [factor](float, float) { return factor; });
    }
    case Op::kTanh:
      return elementwise(context, operation, kernels::tanh,
                         [](float, float y) { return 1.0F - y * y; });
    case Op::kSigmoid:
      return elementwise(context, operation, kernels::logistic,
                         [](float, float y) { return y * (1.0F - y); });
    case Op::kRelu:
      return elementwise(
          context, operation,
          [](std::span<float> y) {
            for (float& value : y) value = std::max(value, 0.0F);
          },
          [](float x, float) { return x > 0.0F ? 1.0F : 0.0F; });
    case Op::kMaxout:
      return std::make_unique<Maxout>(context, operation);
    case Op::kUnitLength:
      return std::make_unique<UnitLength>(context, operation);
    case Op::kSumPositions:
      return std::make_unique<SumPositions>(context, operation);
    case Op::kGaussian:
      return std::make_unique<Gaussian>(context, operation);
    case Op::kDropout:
      return std::make_unique<DropoutOperation>(context, operation);
    default:
      break;
  }
  throw CheckFailure("no function of one vector: " + std::string(name_of(operation.node->op)));
}

}  // namespace attend::fused
