// Measures each kernel by itself at the shapes of the reference workloads. Counters: FLOP/s of
// products, bytes/s read and written by the other kernels.
#include "kernels/kernels.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/base.h"

namespace attend::bench {
namespace {

using benchmark::Counter;
using benchmark::State;
using kernels::CellSizes;
using kernels::ConstRows;
using kernels::GateFunction;
using kernels::Rows;

std::vector<float> random_values(std::size_t size) {
  Random random(1);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
  return values;
}

std::size_t argument(const State& state, int index) {
  return static_cast<std::size_t>(state.range(index));
}

void count_operations(State& state, double operations) {
  state.counters["FLOP/s"] = Counter(operations, Counter::kIsIterationInvariantRate);
}

void count_values(State& state, std::size_t values) {
  state.counters["bytes/s"] = Counter(static_cast<double>(values * sizeof(float)),
                                      Counter::kIsIterationInvariantRate, Counter::kIs1024);
}

// rows, outputs, inputs: recurrences and projections of mid-8k, then those of small.
void product_shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"rows", "outputs", "inputs"});
  for (const std::int64_t rows : {1, 2, 3, 4, 5, 8, 32, 64, 320}) {
    benchmark->Args({rows, 1536, 512})->Args({rows, 1536, 1024});
  }
  for (const std::int64_t rows : {1, 2, 3, 4, 5, 8, 64, 320, 1600})
    benchmark->Args({rows, 8000, 512});
  benchmark->Args({4096, 32, 288});  // as many operations as a convolution of pictures
  benchmark->Args({1, 256, 64})->Args({100, 256, 64})->Args({100, 128, 32})->Args({100, 11, 64});
}

template <Precision precision>
void multiply(State& state) {
  const std::size_t rows = argument(state, 0), outputs = argument(state, 1),
                    inputs = argument(state, 2);
  const std::vector<float> weights = random_values(outputs * inputs),
                           x = random_values(rows * inputs);
  std::vector<float> y(rows * outputs);
  const kernels::Matrix product({weights.data(), outputs, inputs, inputs}, precision);
  for (auto _ : state) {
    product.multiply(x, rows, {}, y);
    benchmark::ClobberMemory();
  }
  count_operations(state, 2.0 * static_cast<double>(rows * outputs * inputs));
}
BENCHMARK(multiply<Precision::kFloat32>)->Name("product/float32")->Apply(product_shapes);
BENCHMARK(multiply<Precision::kBfloat16>)->Name("product/bfloat16")->Apply(product_shapes);
BENCHMARK(multiply<Precision::kInt8>)->Name("product/int8")->Apply(product_shapes);

// Packs weights, as training does after every update.
void pack_panels(State& state) {
  const std::size_t outputs = argument(state, 0), inputs = argument(state, 1);
  const std::vector<float> weights = random_values(outputs * inputs);
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::Float32Product(weights, outputs, inputs));
  }
  count_values(state, 2 * weights.size());
}
BENCHMARK(pack_panels)->Args({1536, 512})->Args({256, 64});

template <void (*function)(std::span<float>)>
void elementwise(State& state) {
  std::vector<float> values = random_values(argument(state, 0));
  for (auto _ : state) {
    function(values);
    benchmark::ClobberMemory();
  }
  count_values(state, 2 * values.size());
}
BENCHMARK(elementwise<kernels::tanh>)->Name("tanh")->Arg(64)->Arg(512 * 64);
BENCHMARK(elementwise<kernels::logistic>)->Name("logistic")->Arg(64)->Arg(512 * 64);
BENCHMARK(elementwise<kernels::softmax>)->Name("softmax")->Arg(11)->Arg(25)->Arg(8000)->Arg(32000);
BENCHMARK(elementwise<kernels::log_softmax>)->Name("log_softmax")->Arg(11)->Arg(8000)->Arg(32000);

// rows, units: a step of a batch and a step of one sentence.
void cell_shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"rows", "units"})->Args({64, 512})->Args({1, 512})->Args({100, 64});
}

// The arrays of one step of a cell, enough for every function measured.
struct CellMemory {
  explicit CellMemory(const State& state)
      : sizes{argument(state, 0), argument(state, 1)},
        gates(random_values(sizes.rows * 4 * sizes.units)),
        others(8, random_values(sizes.rows * sizes.units)) {}

  Rows gate_rows(std::size_t count) { return {gates.data(), count * sizes.units}; }
  Rows rows(std::size_t index) { return {others[index].data(), sizes.units}; }

  CellSizes sizes;
  std::vector<float> gates;                // [rows, 4 units]
  std::vector<std::vector<float>> others;  // [rows, units] each
};

// Runs `step` and counts the bytes of `blocks` arrays [rows, units] that it reads or writes.
template <class Step>
void run_cell(State& state, std::size_t blocks, Step&& step) {
  CellMemory memory(state);
  for (auto _ : state) {
    step(memory);
    benchmark::ClobberMemory();
  }
  count_values(state, blocks * memory.sizes.rows * memory.sizes.units);
}

void lstm_forward(State& state) {
  run_cell(state, 11, [](CellMemory& m) {
    kernels::lstm_forward(m.sizes, GateFunction::kLogistic, m.gate_rows(4), m.rows(0), m.rows(1),
                          m.rows(2));
  });
}
BENCHMARK(lstm_forward)->Apply(cell_shapes);

void lstm_backward(State& state) {
  run_cell(state, 14, [](CellMemory& m) {
    kernels::lstm_backward(m.sizes, GateFunction::kLogistic, m.gate_rows(4), m.rows(0), m.rows(1),
                           m.rows(2), m.rows(3), m.rows(4));
  });
}
BENCHMARK(lstm_backward)->Apply(cell_shapes);

void gru_before_forward(State& state) {
  run_cell(state, 12, [](CellMemory& m) {
    kernels::gru_gates_forward(m.sizes, GateFunction::kLogistic, m.gate_rows(3), m.rows(0),
                               m.rows(1));
    kernels::gru_state_forward(m.sizes, kernels::UpdateGate::kNew, m.gate_rows(3), m.rows(0),
                               m.rows(2));
  });
}
BENCHMARK(gru_before_forward)->Apply(cell_shapes);

void gru_before_backward(State& state) {
  run_cell(state, 15, [](CellMemory& m) {
    kernels::gru_state_backward(m.sizes, {}, m.gate_rows(3), m.rows(0), m.rows(1), m.rows(2));
    kernels::gru_before_backward(m.sizes, GateFunction::kLogistic, m.gate_rows(3), m.rows(0),
                                 m.rows(3), m.rows(2));
  });
}
BENCHMARK(gru_before_backward)->Apply(cell_shapes);

void gru_after_forward(State& state) {
  run_cell(state, 9, [](CellMemory& m) {
    kernels::gru_after_forward(m.sizes, {}, m.gate_rows(3), m.rows(0), m.rows(1), m.rows(2));
  });
}
BENCHMARK(gru_after_forward)->Apply(cell_shapes);

void gru_after_backward(State& state) {
  run_cell(state, 14, [](CellMemory& m) {
    kernels::gru_state_backward(m.sizes, {}, m.gate_rows(3), m.rows(0), m.rows(1), m.rows(2));
    kernels::gru_after_backward(m.sizes, GateFunction::kLogistic, m.gate_rows(3), m.rows(3));
  });
}
BENCHMARK(gru_after_backward)->Apply(cell_shapes);

// batch, source length, n', n_h.
void attention_shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "length", "units", "annotation"});
  benchmark->Args({64, 25, 512, 1024})->Args({1, 25, 512, 1024})->Args({100, 30, 10, 64});
}

struct AttentionMemory {
  explicit AttentionMemory(const State& state)
      : sizes{argument(state, 0), argument(state, 1), argument(state, 2), argument(state, 3)},
        lengths(sizes.batch, static_cast<std::int32_t>(sizes.source_length)),
        annotations(random_values(positions() * sizes.annotation_units)),
        projected(random_values(positions() * sizes.attention_units)),
        weight(random_values(sizes.attention_units)),
        query(random_values(sizes.batch * sizes.attention_units)),
        alignment(positions()),
        context(sizes.batch * sizes.annotation_units),
        d_projected(projected.size()),
        d_weight(weight.size()),
        d_query(query.size()),
        scratch(sizes.source_length) {}

  std::size_t positions() const { return sizes.batch * sizes.source_length; }
  kernels::AttentionSource source() const {
    kernels::AttentionSource source;
    source.sizes = sizes;
    source.lengths = lengths;
    source.annotations = annotations.data();
    source.projected = projected.data();
    source.weight = weight.data();
    return source;
  }
  kernels::AttentionStep step() {
    return {query.data(), nullptr, alignment.data(), context.data()};
  }

  kernels::AttentionSizes sizes;
  std::vector<std::int32_t> lengths;
  std::vector<float> annotations, projected, weight, query, alignment, context;
  std::vector<float> d_projected, d_weight, d_query, scratch;
  float d_bias = 0.0F;
};

void additive_attention_forward(State& state) {
  AttentionMemory memory(state);
  for (auto _ : state) {
    kernels::additive_attention_forward(memory.source(), memory.step());
    benchmark::ClobberMemory();
  }
  count_values(state, memory.annotations.size() + memory.projected.size());
}
BENCHMARK(additive_attention_forward)->Apply(attention_shapes);

void additive_attention_backward(State& state) {
  AttentionMemory memory(state);
  kernels::additive_attention_forward(memory.source(), memory.step());
  const std::vector<float> d_context = random_values(memory.context.size());
  for (auto _ : state) {
    kernels::additive_attention_backward(
        memory.source(), memory.step(), {d_context.data()},
        {memory.d_projected.data(), memory.d_weight.data(), &memory.d_bias, memory.d_query.data()},
        memory.scratch);
    benchmark::ClobberMemory();
  }
  count_values(state, memory.annotations.size() + 3 * memory.projected.size());
}
BENCHMARK(additive_attention_backward)->Apply(attention_shapes);

// side, inputs, outputs (channels), stride: an encoder of pictures of 128 × 128 pixels.
void convolve(State& state) {
  const std::size_t side = argument(state, 0), inputs = argument(state, 1),
                    outputs = argument(state, 2), stride = argument(state, 3);
  const kernels::Grid grid{side, side}, to = kernels::convolved_grid(grid, stride);
  const std::vector<float> weights = random_values(outputs * 9 * inputs),
                           x = random_values(grid.positions() * inputs);
  std::vector<float> y(to.positions() * outputs);
  const kernels::Matrix matrix(weights, outputs, 9 * inputs);
  for (auto _ : state) {
    kernels::convolve(matrix, grid, {stride, 1}, x, y);
    benchmark::ClobberMemory();
  }
  count_operations(state, 2.0 * static_cast<double>(y.size() * 9 * inputs));
}
BENCHMARK(convolve)
    ->ArgNames({"side", "inputs", "outputs", "stride"})
    ->Args({128, 5, 32, 2})
    ->Args({64, 32, 64, 2})
    ->Args({32, 64, 64, 1})
    ->Args({32, 64, 128, 2})
    ->Args({16, 128, 128, 1})
    ->Args({16, 128, 256, 2})
    ->Args({8, 256, 256, 1});

void group_norm_relu(State& state) {
  const std::size_t positions = argument(state, 0), channels = argument(state, 1);
  std::vector<float> values = random_values(positions * channels);
  const std::vector<float> residual = values, parameters = random_values(channels);
  for (auto _ : state) {
    kernels::group_norm_relu(values, positions, 8, parameters, parameters, residual);
    benchmark::ClobberMemory();
  }
  count_values(state, 5 * values.size());
}
BENCHMARK(group_norm_relu)
    ->ArgNames({"positions", "channels"})
    ->Args({4096, 32})
    ->Args({1024, 64})
    ->Args({64, 256});

// rows, units, table: gradients of embeddings and of one-hot columns.
void scatter_add(State& state) {
  const std::size_t rows = argument(state, 0), units = argument(state, 1),
                    size = argument(state, 2);
  const std::vector<float> values = random_values(rows * units);
  std::vector<float> table(size * units);
  Random random(1);
  std::vector<std::int64_t> ids(rows);
  for (std::int64_t& id : ids) id = static_cast<std::int64_t>(random.below(size));
  for (auto _ : state) {
    kernels::scatter_add(ids, ConstRows{values.data(), units}, units, Rows{table.data(), units});
    benchmark::ClobberMemory();
  }
  count_values(state, 3 * values.size());
}
BENCHMARK(scatter_add)->Args({1600, 256, 8000})->Args({3000, 128, 37});

}  // namespace
}  // namespace attend::bench

BENCHMARK_MAIN();
