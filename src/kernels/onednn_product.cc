// Equations: Y = X Wᵀ + 1 bᵀ or Y += X Wᵀ; G = Aᵀ B or G += Aᵀ B. oneDNN's matmul computes them, or
// its sgemm where the values are float32 and need no packing. Layout: W packed in the order that
// the primitive for kTypicalRows rows chooses; primitives for other numbers of rows must take that
// order. oneDNN is fast only on rows without gaps, so other rows are copied. Must equal: the triple
// loop in double, to the rounding of the inputs.
#include "kernels/onednn_product.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "base/base.h"
#include "kernels/bfloat16.h"

namespace attend::kernels {
namespace {

using Dims = dnnl::memory::dims;
using Description = dnnl::memory::desc;

constexpr std::size_t kTypicalRows = 64;
// Number of compiled products kept, each of which may take half a megabyte. Every batch has shapes
// of its own; oneDNN keeps those that are used again.
constexpr std::size_t kShapesKept = 512;

std::int64_t dimension(std::size_t size) { return static_cast<std::int64_t>(size); }

dnnl::memory::data_type type_of(Precision precision) {
  return multiplies_as_float32(precision) ? dnnl::memory::data_type::f32
                                          : dnnl::memory::data_type::bf16;
}

// Describes a matrix [rows, columns] with these distances between values.
Description matrix(std::size_t rows, std::size_t columns, dnnl::memory::data_type type,
                   std::size_t row_stride, std::size_t column_stride) {
  return {Dims{dimension(rows), dimension(columns)}, type,
          Dims{dimension(row_stride), dimension(column_stride)}};
}

struct Compiled {
  dnnl::matmul primitive;
  dnnl::matmul::primitive_desc description;
};

// The key of a compiled product. Rows have no gaps in any of them.
struct Shape {
  enum class Kind { kForward, kGradient } kind;
  Precision precision;
  bool bias;
  Write write;
  std::array<std::size_t, 3> sizes;  // m, n, k
  auto operator<=>(const Shape&) const = default;
};

struct Factors {
  const void* x;
  const void* weights;
  const float* bias;  // or null
  float* y;
};

// Scratch memory of the calling thread for all products; it lives as long as the thread.
struct ThreadMemory {
  Buffer scratchpad;  // for the primitive itself
  Buffer x, other;    // copies of rows with gaps
  Buffer y;           // a product to be copied to rows with gaps
};

ThreadMemory& thread_memory() {
  thread_local ThreadMemory memory;
  return memory;
}

// Number of terms of a sum, with padding. oneDNN 2.6 computes bfloat16 products with tiles that
// some odd numbers, such as 63, make illegal, so the terms are filled up with zeros.
std::size_t filled_up(Precision precision, std::size_t factors) {
  constexpr std::size_t kTile = 32;
  return multiplies_as_float32(precision) ? factors : (factors + kTile - 1) / kTile * kTile;
}

// Returns the rows of `operand` without gaps, filled up with zeros to `count` rows of `units`
// values; they are copied to `memory` unless they have this layout already.
const void* dense_rows(const PackedRows& operand, std::size_t count, std::size_t units,
                       Buffer& memory) {
  const bool dense = operand.stride() == operand.units() || operand.count() == 1;
  if (dense && count == operand.count() && units == operand.units()) return operand.values();
  const std::size_t value = value_size(operand.precision());
  const std::size_t bytes = operand.units() * value, row_bytes = units * value;
  auto* to = reinterpret_cast<std::byte*>(
      memory.get((count * row_bytes + sizeof(float) - 1) / sizeof(float)).data());
  const auto* from = static_cast<const std::byte*>(operand.values());
  for (std::size_t row = 0; row < operand.count(); ++row) {
    std::memcpy(to + row * row_bytes, from + row * operand.stride() * value, bytes);
    std::memset(to + row * row_bytes + bytes, 0, row_bytes - bytes);
  }
  std::memset(to + operand.count() * row_bytes, 0, (count - operand.count()) * row_bytes);
  return to;
}

// The destination of a product. It is computed without gaps between rows; take_over() then copies
// or adds it to rows that have gaps.
class Destination {
 public:
  Destination(Rows y, std::size_t rows, std::size_t units, Write write)
      : y_(y), rows_(rows), units_(units), write_(write), dense_(y.stride == units || rows == 1) {}

  Write write() const { return dense_ ? write_ : Write::kReplace; }
  float* values() const {
    return dense_ ? y_.values : thread_memory().y.get(rows_ * units_).data();
  }
  void take_over() const {
    if (dense_) return;
    const float* from = thread_memory().y.data();
    for (std::size_t row = 0; row < rows_; ++row, from += units_) {
      float* to = y_.row(row);
      if (write_ == Write::kReplace) {
        std::copy_n(from, units_, to);
      } else {
        for (std::size_t i = 0; i < units_; ++i) to[i] += from[i];
      }
    }
  }

 private:
  Rows y_;
  std::size_t rows_, units_;
  Write write_;
  bool dense_;
};

// C [m, n] ← or += op(A) op(B) in float32, with any strides between rows.
struct Sgemm {
  bool transpose_a, transpose_b;
  std::size_t m, n, k;
  const float* a;
  std::size_t a_stride;
  const float* b;
  std::size_t b_stride;

  void run(Rows c, Write write) const {
    const onednn::SingleThread guard;
    const auto status =
        dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', dimension(m), dimension(n),
                   dimension(k), 1.0F, a, dimension(a_stride), b, dimension(b_stride),
                   write == Write::kAdd ? 1.0F : 0.0F, c.values, dimension(c.stride));
    if (status != dnnl_success) throw Error("oneDNN: a matrix product failed");
  }
};

// Runs `body` and rethrows oneDNN's errors as Error.
template <class Body>
void guarded(Body body) {
  try {
    body();
  } catch (const dnnl::error& error) {
    throw Error(std::string("oneDNN: ") + error.what());
  }
}

}  // namespace

bool multiplies_as_float32(Precision precision) {
  if (precision == Precision::kFloat32) return true;
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
  return (isa & needed) != needed;
}

std::size_t value_size(Precision precision) {
  return multiplies_as_float32(precision) ? sizeof(float) : sizeof(Bfloat16);
}

class PrimitiveCache::Implementation {
 public:
  const dnnl::engine& engine() const { return engine_; }

  // Describes the order in which weights [inputs, outputs] are best packed.
  Description packed(Precision precision, std::size_t outputs, std::size_t inputs) {
    const auto type = type_of(precision);
    const Description weights({dimension(inputs), dimension(outputs)}, type,
                              dnnl::memory::format_tag::any);
    const auto chosen = onednn::describe_matmul(
        engine_, matrix(kTypicalRows, inputs, type, inputs, 1), weights, nullptr,
        matrix(kTypicalRows, outputs, dnnl::memory::data_type::f32, outputs, 1), {});
    return chosen ? Description(chosen.weights_desc()) : matrix(inputs, outputs, type, outputs, 1);
  }

  std::shared_ptr<const Compiled> compile(const Shape& shape, const Description& x,
                                          const Description& weights, const Description& y) {
    {
      const std::shared_lock lock(mutex_);
      const auto found = compiled_.find(shape);
      if (found != compiled_.end()) return found->second;
    }
    const Description bias = bias_shape(shape.sizes[1]);
    dnnl::primitive_attr attributes;
    if (shape.write == Write::kAdd) {
      dnnl::post_ops sum;
      sum.append_sum(1.0F);
      attributes.set_post_ops(sum);
    }
    const auto description =
        onednn::describe_matmul(engine_, x, weights, shape.bias ? &bias : nullptr, y, attributes);
    if (!description) throw Error("oneDNN has no code for a matrix product of training");
    auto compiled =
        std::make_shared<const Compiled>(Compiled{dnnl::matmul(description), description});
    const std::lock_guard lock(mutex_);
    if (compiled_.size() >= kShapesKept) compiled_.clear();
    compiled_.emplace(shape, compiled);
    return compiled;
  }

  void run(const Compiled& compiled, const Description& weights, const Factors& factors) const {
    const onednn::SingleThread guard;
    const dnnl::matmul::primitive_desc& description = compiled.description;
    const auto memory = [&](const Description& shape, const void* values) {
      return dnnl::memory(shape, engine_, const_cast<void*>(values));  // oneDNN has no const memory
    };
    const Description scratchpad = description.scratchpad_desc();
    const std::size_t scratch = (scratchpad.get_size() + sizeof(float) - 1) / sizeof(float);
    std::unordered_map<int, dnnl::memory> arguments = {
        {DNNL_ARG_SRC, memory(description.src_desc(), factors.x)},
        {DNNL_ARG_WEIGHTS, memory(weights, factors.weights)},
        {DNNL_ARG_DST, memory(description.dst_desc(), factors.y)},
        {DNNL_ARG_SCRATCHPAD, memory(scratchpad, thread_memory().scratchpad.get(scratch).data())}};
    if (factors.bias != nullptr) {
      arguments.emplace(DNNL_ARG_BIAS, memory(description.bias_desc(), factors.bias));
    }
    dnnl::stream stream(engine_);
    compiled.primitive.execute(stream, arguments);
    stream.wait();
  }

 private:
  static Description bias_shape(std::size_t outputs) {
    return matrix(1, outputs, dnnl::memory::data_type::f32, outputs, 1);
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  std::shared_mutex mutex_;
  std::map<Shape, std::shared_ptr<const Compiled>> compiled_;
};

PrimitiveCache::PrimitiveCache() : implementation_(std::make_unique<Implementation>()) {
  dnnl::set_primitive_cache_capacity(static_cast<int>(kShapesKept));
}
PrimitiveCache::~PrimitiveCache() = default;

OnednnProduct::OnednnProduct(const PrimitiveCache& primitives, Precision precision,
                             RowsPerProduct rows, const float* values, std::size_t outputs,
                             std::size_t inputs, WeightStrides strides)
    : primitives_(primitives.implementation()),
      precision_(precision),
      outputs_(outputs),
      inputs_(inputs),
      given_strides_(strides),
      strides_(strides),
      factors_(filled_up(precision, inputs)),
      given_(values),
      values_(values) {
  const bool plain = precision == Precision::kFloat32 && rows == RowsPerProduct::kBatch;
  if (plain || (precision != Precision::kFloat32 && multiplies_as_float32(precision))) return;
  guarded([&] {
    packed_.emplace(primitives_.packed(precision, outputs, factors_), primitives_.engine());
  });
}

void OnednnProduct::pack() {
  if (packed_) return guarded([&] { reorder(); });
  if (precision_ != Precision::kFloat32) round();
}

void OnednnProduct::multiply(const PackedRows& x, const float* bias, Rows y, Write write) const {
  if (!packed_) return multiply_plain(x, bias, y, write);
  guarded([&] { multiply_packed(x, bias, y, write); });
}

void OnednnProduct::reorder() {
  const onednn::SingleThread guard;
  auto strides = strides_;
  const float* values = values_;
  if (factors_ != inputs_) {
    values = fill_up();
    strides = {1, outputs_};
  }
  dnnl::memory plain(
      matrix(factors_, outputs_, dnnl::memory::data_type::f32, strides.input, strides.output),
      primitives_.engine(), const_cast<float*>(values));
  dnnl::stream stream(primitives_.engine());
  dnnl::reorder(plain, *packed_).execute(stream, plain, *packed_);
  stream.wait();
}

void OnednnProduct::multiply_packed(const PackedRows& x, const float* bias, Rows y,
                                    Write write) const {
  const Destination to(y, x.count(), outputs_, write);
  const Description weights = packed_->get_desc();
  const auto compiled =
      primitives_.compile({Shape::Kind::kForward,
                           precision_,
                           bias != nullptr,
                           to.write(),
                           {x.count(), outputs_, factors_}},
                          matrix(x.count(), factors_, type_of(precision_), factors_, 1), weights,
                          matrix(x.count(), outputs_, dnnl::memory::data_type::f32, outputs_, 1));
  primitives_.run(*compiled, weights,
                  {dense_rows(x, x.count(), factors_, thread_memory().x),
                   packed_->get_data_handle(), bias, to.values()});
  to.take_over();
}

void OnednnProduct::multiply_plain(const PackedRows& x, const float* bias, Rows y,
                                   Write write) const {
  for (std::size_t row = 0; bias != nullptr && row < x.count(); ++row) {
    std::copy_n(bias, outputs_, y.row(row));
  }
  // values_ holds W, sgemm wants Wᵀ.
  const bool transposed = strides_.input == 1 && strides_.output >= inputs_;
  Sgemm{false,      transposed, x.count(),
        outputs_,   inputs_,    static_cast<const float*>(x.values()),
        x.stride(), values_,    transposed ? strides_.output : strides_.input}
      .run(y, bias != nullptr ? Write::kAdd : write);
}

// values_ ← the given W rounded to bfloat16, with rows without gaps.
void OnednnProduct::round() {
  const std::span<float> all = rounded_.get(outputs_ * inputs_);
  for (std::size_t o = 0; o < outputs_; ++o) {
    float* row = all.data() + o * inputs_;
    for (std::size_t k = 0; k < inputs_; ++k) {
      row[k] = given_[o * given_strides_.output + k * given_strides_.input];
    }
    round_to_bfloat16({row, inputs_}, 1, inputs_, row);
  }
  values_ = all.data();
  strides_ = {inputs_, 1};
}

// Returns W transposed and filled up with rows of zeros: [factors, outputs].
const float* OnednnProduct::fill_up() const {
  const std::span<float> filled = thread_memory().other.zeros(factors_ * outputs_);
  for (std::size_t k = 0; k < inputs_; ++k) {
    for (std::size_t o = 0; o < outputs_; ++o) {
      filled[k * outputs_ + o] = values_[o * strides_.output + k * strides_.input];
    }
  }
  return filled.data();
}

void onednn_gradient(const PrimitiveCache& primitives, const PackedRows& a, const PackedRows& b,
                     Rows gradient, Write write) {
  if (multiplies_as_float32(a.precision())) {
    Sgemm{true,       false,
          a.units(),  b.units(),
          a.count(),  static_cast<const float*>(a.values()),
          a.stride(), static_cast<const float*>(b.values()),
          b.stride()}
        .run(gradient, write);
    return;
  }
  const auto type = type_of(a.precision());
  const std::size_t factors = filled_up(a.precision(), a.count());
  const Destination to(gradient, a.units(), b.units(), write);
  guarded([&] {
    const Description weights = matrix(factors, b.units(), type, b.units(), 1);
    const auto compiled = primitives.implementation().compile(
        {Shape::Kind::kGradient, a.precision(), false, to.write(), {a.units(), b.units(), factors}},
        matrix(a.units(), factors, type, 1, a.units()), weights,
        matrix(a.units(), b.units(), dnnl::memory::data_type::f32, b.units(), 1));
    primitives.implementation().run(
        *compiled, weights,
        {dense_rows(a, factors, a.units(), thread_memory().x),
         dense_rows(b, factors, b.units(), thread_memory().other), nullptr, to.values()});
    to.take_over();
  });
}

}  // namespace attend::kernels
