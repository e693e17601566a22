// Functions of the numbers of two vectors, where an operand of one number is repeated. Vectors that
// are repeated for all positions run their definition.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/base.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using step::Op;
using step::Per;

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// z = f(x, y), where an operand of one value is repeated. `slopes` gives ∂f/∂x and ∂f/∂y.
template <class Value, class Slopes>
class Joined final : public StepOperation {
 public:
  Joined(StepContext& context, const step::Operation& operation, Value value, Slopes slopes)
      : batch_(context.values.batch()),
        x_(context.values.slot(operation.inputs[0])),
        y_(context.values.slot(operation.inputs[1])),
        z_(context.values.slot(operation.results[0])),
        value_(value),
        slopes_(slopes) {
    ATTEND_CHECK((x_.width() == z_.width() || x_.width() == 1) &&
                 (y_.width() == z_.width() || y_.width() == 1));
  }

  void forward(std::int64_t i) override {
    const std::size_t step_x = x_.width() == 1 ? 0 : 1, step_y = y_.width() == 1 ? 0 : 1;
    for (std::size_t b = 0; b < batch_; ++b) {
      const float *x = x_.rows(i).row(b), *y = y_.rows(i).row(b);
      float* z = z_.rows(i).row(b);
      for (std::size_t k = 0; k < z_.width(); ++k) z[k] = value_(x[k * step_x], y[k * step_y]);
    }
  }

  void backward(std::int64_t i) override {
    const std::size_t step_x = x_.width() == 1 ? 0 : 1, step_y = y_.width() == 1 ? 0 : 1;
    for (std::size_t b = 0; b < batch_; ++b) {
      const float *x = x_.rows(i).row(b), *y = y_.rows(i).row(b);
      const float* d_z = z_.gradient(i).row(b);
      float* d_x = x_.asks() ? x_.gradient(i).row(b) : nullptr;
      float* d_y = y_.asks() ? y_.gradient(i).row(b) : nullptr;
      for (std::size_t k = 0; k < z_.width(); ++k) {
        const auto [of_x, of_y] = slopes_(x[k * step_x], y[k * step_y]);
        if (d_x != nullptr) d_x[k * step_x] += of_x * d_z[k];
        if (d_y != nullptr) d_y[k * step_y] += of_y * d_z[k];
      }
    }
  }

 private:
  std::size_t batch_;
  SlotView x_, y_, z_;
  Value value_;
  Slopes slopes_;
};

template <class Value, class Slopes>
std::unique_ptr<StepOperation> joined(StepContext& context, const step::Operation& operation,
                                      Value value, Slopes slopes) {
  return std::make_unique<Joined<Value, Slopes>>(context, operation, value, slopes);
}

using Pair = std::pair<float, float>;

// Whether Joined repeats an operand: as many numbers of a row as the result has, or one number.
bool fits(const step::Shape& own, const step::Shape& result) {
  if (result.per != Per::kRowPosition) return true;
  const bool of_positions = own.per == Per::kPosition || own.per == Per::kRowPosition;
  return own.units == (of_positions ? result.units : 1);
}

}  // namespace

std::unique_ptr<StepOperation> make_joined(StepContext& context, const step::Operation& operation) {
  for (const int input : operation.inputs) {
    if (!fits(context.values.shape(input), operation.node->results[0])) {
      return make_by_tensors(context, operation);
    }
  }
  switch (operation.node->op) {
    case Op::kAdd:
      return joined(
          context, operation, [](float x, float y) { return x + y; },
          [](float, float) {
            return Pair{1.0F, 1.0F};
          });
    case Op::kMultiply:
      return joined(
          context, operation, [](float x, float y) { return x * y; },
          [](float x, float y) {
            return Pair{y, x};
          });
    case Op::kDivide:
      return joined(
          context, operation, [](float x, float y) { return x / y; },
          [](float x, float y) {
            return Pair{1.0F / y, -x / (y * y)};
          });
    case Op::kMinimum:  // equal values share the gradient, as in the definition
      return joined(
          context, operation, [](float x, float y) { return std::min(x, y); },
          [](float x, float y) {
            return x == y ? Pair{0.5F, 0.5F} : x < y ? Pair{1.0F, 0.0F} : Pair{0.0F, 1.0F};
          });
    case Op::kLogAddExp:  // where x is −∞, y has the slope 1
      return joined(context, operation, kernels::log_add_exp, [](float x, float y) {
        return Pair{1.0F / (1.0F + std::exp(y - x)), 1.0F / (1.0F + std::exp(x - y))};
      });
    case Op::kTemporalEnergies:
      return joined(
          context, operation, [](float e, float l) { return l == kNothing ? e : e - l; },
          [](float, float l) {
            return Pair{1.0F, l == kNothing ? 0.0F : -1.0F};
          });
    default:
      break;
  }
  throw CheckFailure("no function of two vectors: " + std::string(name_of(operation.node->op)));
}

}  // namespace attend::fused
