// Equation: Y = X Wᵀ + 1 bᵀ, by oneDNN's matmul primitive (oneDNN calls Wᵀ the weights).
// Layout: X [rows, inputs], Y [rows, outputs] plain; W packed once in the order that the primitive
// of the largest block chooses, which the others then have to take. Must equal: the triple loop
// over rows, outputs and inputs in double.
//
// A primitive is compiled for one number of rows. So that ragged batches do not compile hundreds,
// rows are cut into blocks of the sizes below and the last block is filled up with zero rows.
#include "kernels/onednn_product.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/base.h"
#include "kernels/buffer.h"
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
#include <omp.h>
#endif

namespace attend::kernels {
namespace {

constexpr std::array<std::size_t, 6> kBlocks = {1, 4, 8, 16, 32, 64};

// The smallest block for `rows` rows, or the largest one.
std::size_t block_index(std::size_t rows) {
  std::size_t index = 0;
  while (index + 1 < kBlocks.size() && kBlocks[index] < rows) ++index;
  return index;
}

// Keeps oneDNN in the calling thread while it lives (the number is one of this thread alone).
class SingleThread {
 public:
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
  SingleThread() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThread() { omp_set_num_threads(threads_); }
#else
  SingleThread() = default;
#endif
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
  int threads_;
#endif
};

using Dims = dnnl::memory::dims;
using Description = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
constexpr auto kFloat = dnnl::memory::data_type::f32;

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const Description& x,
                                      const Description& weights, const Description* bias,
                                      const Description& y) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // shared by no two threads
#if DNNL_VERSION_MAJOR >= 3
  return bias != nullptr
             ? dnnl::matmul::primitive_desc(engine, x, weights, *bias, y, attributes, true)
             : dnnl::matmul::primitive_desc(engine, x, weights, y, attributes, true);
#else
  const dnnl::matmul::desc operation = bias != nullptr ? dnnl::matmul::desc(x, weights, *bias, y)
                                                       : dnnl::matmul::desc(x, weights, y);
  return {operation, attributes, engine, true};
#endif
}

struct Compiled {
  dnnl::matmul primitive;
  dnnl::matmul::primitive_desc description;
  dnnl::memory weights;
};

// Memory of the calling thread for all products; lives as long as the thread.
struct ThreadMemory {
  Buffer scratchpad;  // what the primitive asks for
  Buffer x, y;        // the last block, filled up
};

ThreadMemory& thread_memory() {
  thread_local ThreadMemory memory;
  return memory;
}

}  // namespace

class OneDnnProduct::Implementation {
 public:
  Implementation(std::span<const float> values, std::size_t outputs, std::size_t inputs)
      : values_(values), outputs_(outputs), inputs_(inputs) {}

  void multiply(const float* x, std::size_t rows, const float* bias, float* y) {
    const SingleThread guard;
    for (std::size_t done = 0; done < rows;) {
      const std::size_t index = block_index(rows - done);
      const std::size_t count = std::min(kBlocks[index], rows - done);
      multiply_block(index, x + done * inputs_, count, bias, y + done * outputs_);
      done += count;
    }
  }

 private:
  void multiply_block(std::size_t index, const float* x, std::size_t rows, const float* bias,
                      float* y) {
    const Compiled& compiled = compile(index, bias != nullptr);
    if (rows == kBlocks[index]) return run(compiled, x, bias, y);
    const std::span<float> filled_x = thread_memory().x.get(kBlocks[index] * inputs_);
    const std::span<float> filled_y = thread_memory().y.get(kBlocks[index] * outputs_);
    std::copy_n(x, rows * inputs_, filled_x.begin());
    std::fill(filled_x.begin() + static_cast<std::ptrdiff_t>(rows * inputs_), filled_x.end(), 0.0F);
    run(compiled, filled_x.data(), bias, filled_y.data());
    std::copy_n(filled_y.begin(), rows * outputs_, y);
  }

  void run(const Compiled& compiled, const float* x, const float* bias, float* y) {
    const dnnl::matmul::primitive_desc& description = compiled.description;
    const auto memory = [&](const Description& shape, const float* values) {
      return dnnl::memory(shape, engine_,
                          const_cast<float*>(values));  // oneDNN has no const memory
    };
    const Description scratchpad = description.scratchpad_desc();
    const std::size_t scratch = (scratchpad.get_size() + sizeof(float) - 1) / sizeof(float);
    std::unordered_map<int, dnnl::memory> arguments = {
        {DNNL_ARG_SRC, memory(description.src_desc(), x)},
        {DNNL_ARG_WEIGHTS, compiled.weights},
        {DNNL_ARG_DST, memory(description.dst_desc(), y)},
        {DNNL_ARG_SCRATCHPAD, memory(scratchpad, thread_memory().scratchpad.get(scratch).data())}};
    if (bias != nullptr) arguments[DNNL_ARG_BIAS] = memory(bias_shape(), bias);
    dnnl::stream stream(engine_);
    compiled.primitive.execute(stream, arguments);
    stream.wait();
  }

  const Compiled& compile(std::size_t index, bool with_bias) {
    const std::lock_guard lock(mutex_);
    std::optional<Compiled>& slot = compiled_[with_bias ? 1 : 0][index];
    if (!slot) {
      if (!packed_) pack();
      dnnl::memory weights = *packed_;
      auto description = describe_block(index, packed_->get_desc(), with_bias);
      if (!description) {  // no code for this block and that order of the weights
        weights = plain_weights();
        description = describe_block(index, plain_shape(), with_bias);
      }
      slot = Compiled{dnnl::matmul(description), description, weights};
    }
    return *slot;
  }

  void pack() {
    const Description any({dimension(inputs_), dimension(outputs_)}, kFloat, Tag::any);
    const auto chosen = describe_block(kBlocks.size() - 1, any, false);
    dnnl::memory plain = plain_weights();
    packed_ = plain;
    if (!chosen || chosen.weights_desc() == plain_shape()) return;
    dnnl::memory packed(chosen.weights_desc(), engine_);
    dnnl::stream stream(engine_);
    dnnl::reorder(plain, packed).execute(stream, plain, packed);
    stream.wait();
    packed_ = packed;
  }

  dnnl::matmul::primitive_desc describe_block(std::size_t index, const Description& weights,
                                              bool with_bias) const {
    const auto rows = dimension(kBlocks[index]);
    const Description x({rows, dimension(inputs_)}, kFloat, Tag::ab);
    const Description y({rows, dimension(outputs_)}, kFloat, Tag::ab);
    const Description bias = bias_shape();
    return describe(engine_, x, weights, with_bias ? &bias : nullptr, y);
  }

  static Dims::value_type dimension(std::size_t size) {
    return static_cast<Dims::value_type>(size);
  }
  Description bias_shape() const { return {{1, dimension(outputs_)}, kFloat, Tag::ab}; }
  Description plain_shape() const {
    return {{dimension(inputs_), dimension(outputs_)}, kFloat, Tag::ba};
  }
  dnnl::memory plain_weights() const {
    return {plain_shape(), engine_, const_cast<float*>(values_.data())};
  }

  std::span<const float> values_;  // [outputs, inputs]
  std::size_t outputs_, inputs_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  std::mutex mutex_;  // of what follows; a slot that is filled does not change
  std::optional<dnnl::memory> packed_;
  std::array<std::array<std::optional<Compiled>, kBlocks.size()>, 2> compiled_;  // [bias?, block]
};

OneDnnProduct::OneDnnProduct(std::span<const float> values, std::size_t outputs, std::size_t inputs)
    : implementation_(std::make_unique<Implementation>(values, outputs, inputs)) {}
OneDnnProduct::~OneDnnProduct() = default;

void OneDnnProduct::multiply(std::span<const float> x, std::size_t rows,
                             std::span<const float> bias, std::span<float> y) const {
  try {
    implementation_->multiply(x.data(), rows, bias.empty() ? nullptr : bias.data(), y.data());
  } catch (const dnnl::error& error) {
    throw Error(std::string("oneDNN: ") + error.what());
  }
}

}  // namespace attend::kernels
