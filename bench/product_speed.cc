// Measures the matrix products of one training batch of a workload, each by itself with oneDNN.
// From them follows the rate that no training with oneDNN's products can exceed on this machine.
// With --sentences it measures the products of a prediction instead.
//
// Equation: limit = target tokens of a batch / Σ over products (times · seconds of one). A product
// Y [rows, outputs] = X Wᵀ has a backward pass of equal size, X' [rows, inputs] = Y' W, and a
// weight gradient W' [outputs, inputs] = Y'ᵀ X over all rows of the batch at once. Weights are
// packed beforehand; everything else (attention, gates, softmax, optimiser) counts as free.
// `in_order` is the rate when all products of an update run in its order, each with memory of its
// own. Prediction has no other passes; its products of fewer than kStreamedRows rows take at least
// as long as reading the weights: bytes / bandwidth.
#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <barrier>
#include <chrono>
#include <nlohmann/json.hpp>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/base.h"
#include "workloads.h"

namespace attend::bench {
namespace {

enum class Kind { kForward, kBackward, kGradient };
constexpr Kind kKinds[] = {Kind::kForward, Kind::kBackward, Kind::kGradient};

struct Product {
  std::string name;
  std::int64_t rows = 0;  ///< of one call
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  std::int64_t steps = 1;   ///< calls that one weight gradient covers
  std::int64_t copies = 1;  ///< weight matrices of this shape (directions)
};

struct BatchShape {
  std::int64_t sentences = 0;
  std::int64_t source_length = 0;  ///< mean, </s> included
  std::int64_t target_length = 0;
};

BatchShape batch_shape(const Workload& work, const model::Configuration& configuration,
                       int threads) {
  constexpr std::size_t kPairs = 1280;
  double source = 0, target = 0;
  for (const Pair& pair : make_pairs(work, configuration, kPairs)) {
    source += static_cast<double>(pair.source.size()) / kPairs;
    target += static_cast<double>(pair.target.size()) / kPairs;
  }
  return {std::max(1, configuration.training.batch_size / threads),
          static_cast<std::int64_t>(source + 0.5), static_cast<std::int64_t>(target + 0.5)};
}

// Returns the products of a one-layer encoder. A one-hot embedding has none.
std::vector<Product> encoder_products(const model::EncoderConfig& encoder, BatchShape batch) {
  const std::int64_t b = batch.sentences, s = batch.source_length;
  const std::int64_t n = encoder.units, gates = encoder.cell.gate_count() * n;
  std::vector<Product> list;
  if (encoder.embedding > 0) {
    list.push_back({"encoder embeddings to gates", b * s, gates, encoder.embedding, 1, 2});
  }
  list.push_back({"encoder recurrence", b, gates, n, s, 2});
  return list;
}

// Returns the products of attention and a one-layer decoder. With input feeding every step makes
// its own readout.
std::vector<Product> decoder_products(const model::Configuration& configuration,
                                      std::int64_t target_vocabulary, BatchShape batch) {
  const model::DecoderConfig& decoder = configuration.decoder;
  const std::int64_t b = batch.sentences, s = batch.source_length, t = batch.target_length;
  const std::int64_t h = configuration.encoder.annotation_units(), d = decoder.units;
  const std::int64_t gates = decoder.cell.gate_count() * d, fed = decoder.previous_units();
  const bool additive = configuration.attention.score == "additive";
  const bool feeds = decoder.input_feeding == model::InputFeeding::kReadout;
  const std::int64_t energies = additive ? configuration.attention.units : d;
  std::vector<Product> list{{"projected annotations", b * s, energies, h, 1, 1}};
  if (fed > 0) list.push_back({"decoder embeddings to gates", b * t, gates, fed, 1, 1});
  if (additive) list.push_back({"query", b, energies, d, t, 1});
  const std::int64_t beside = feeds ? decoder.readout_units : h;
  list.push_back({feeds ? "readout to gates" : "context to gates", b, gates, beside, t, 1});
  list.push_back({"decoder recurrence", b, gates, d, t, 1});
  if (decoder.cells() > decoder.layers) list.push_back({"second recurrence", b, gates, d, t, 1});
  std::int64_t last = d;
  if (decoder.readout != model::Readout::kNone) {
    last = decoder.readout_units;
    const std::int64_t steps = feeds ? t : 1;
    list.push_back(
        {"readout", b * t / steps, last, d + decoder.readout_previous_units() + h, steps, 1});
  }
  list.push_back({"output", b * t, target_vocabulary, last, 1, 1});
  return list;
}

std::vector<Product> products_of(const model::Configuration& configuration,
                                 std::int64_t target_vocabulary, BatchShape batch) {
  ATTEND_CHECK(configuration.encoder.layers == 1 && configuration.decoder.layers == 1);
  ATTEND_CHECK(configuration.attention.score != "dot");
  std::vector<Product> list = encoder_products(configuration.encoder, batch);
  for (Product& product : decoder_products(configuration, target_vocabulary, batch)) {
    list.push_back(std::move(product));
  }
  return list;
}

struct Prediction {
  std::int64_t sentences = 0;  ///< 0: training is measured
  std::int64_t beam = 1;
  std::int64_t words = 25;  ///< in each source, and in each target without a fixed length
};

BatchShape batch_shape(const model::Configuration& configuration, const Prediction& prediction) {
  const model::SideConfig& source = configuration.source;
  const model::SideConfig& target = configuration.target;
  return {prediction.sentences,
          source.fixed_length > 0 ? std::int64_t{source.fixed_length}
                                  : prediction.words + (source.end_token ? 1 : 0),
          target.end_token ? prediction.words + 1 : std::int64_t{target.fixed_length}};
}

// Returns the products of predicting with a one-layer model. The parts of the previous token in the
// decoder's gates and readout are looked up. The parts of the context are computed for every
// position or for every hypothesis and step, whichever are fewer; if equally many, for every
// position.
std::vector<Product> products_of(const model::Configuration& configuration,
                                 std::int64_t target_vocabulary, const Prediction& prediction) {
  const model::DecoderConfig& decoder = configuration.decoder;
  ATTEND_CHECK(configuration.encoder.layers == 1 && decoder.layers == 1);
  ATTEND_CHECK(configuration.attention.score != "dot");
  const BatchShape batch = batch_shape(configuration, prediction);
  const std::int64_t b = batch.sentences, s = batch.source_length, t = batch.target_length;
  const std::int64_t rows = b * prediction.beam;
  const std::int64_t h = configuration.encoder.annotation_units(), d = decoder.units;
  const std::int64_t gates = decoder.cell.gate_count() * d;
  const bool additive = configuration.attention.score == "additive";
  const std::int64_t energies = additive ? configuration.attention.units : d;
  const bool by_position = s <= t * prediction.beam;
  const auto context = [&](const char* name, std::int64_t outputs) -> Product {
    return {name, by_position ? b * s : rows, outputs, h, by_position ? 1 : t, 1};
  };
  std::vector<Product> list = encoder_products(configuration.encoder, batch);
  list.push_back({"projected annotations", b * s, energies, h, 1, 1});
  if (additive) list.push_back({"query", rows, energies, d, t, 1});
  if (decoder.input_feeding == model::InputFeeding::kReadout) {
    list.push_back({"readout to gates", rows, gates, decoder.readout_units, t, 1});
  } else {
    list.push_back(context("context to gates", gates));
  }
  list.push_back({"decoder recurrence", rows, gates, d, t, 1});
  if (decoder.cells() > decoder.layers) {
    list.push_back({"second recurrence", rows, gates, d, t, 1});
  }
  std::int64_t last = d;
  if (decoder.readout != model::Readout::kNone) {
    last = decoder.readout_units;
    list.push_back(context("context to readout", last));
    list.push_back({"state to readout", rows, last, d, t, 1});
  }
  list.push_back({"output", rows, target_vocabulary, last, t, 1});
  return list;
}

// Returns the bytes a second that one thread reads from as much memory as these products have
// weights: the best of some passes over it.
double read_bandwidth(const std::vector<Product>& products, std::int64_t bytes_of_weight) {
  using Clock = std::chrono::steady_clock;
  std::int64_t bytes = 0;
  for (const Product& one : products) bytes += one.outputs * one.inputs * one.copies;
  bytes *= bytes_of_weight;
  const std::vector<std::uint64_t> words(static_cast<std::size_t>(bytes) / sizeof(std::uint64_t),
                                         1);
  constexpr std::size_t kSums = 16;
  std::uint64_t sums[kSums] = {};
  double best = 1e30;
  for (int pass = 0; pass < 20; ++pass) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i + kSums <= words.size(); i += kSums) {
      for (std::size_t k = 0; k < kSums; ++k) sums[k] += words[i + k];
    }
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  // The check keeps the compiler from dropping the sums.
  for (const std::uint64_t sum : sums) ATTEND_CHECK(sum > 0);
  return static_cast<double>(bytes) / best;
}

using Dims = dnnl::memory::dims;
using Description = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

// One oneDNN product [rows, inner] × [inner, columns] → float32.
class Call {
 public:
  Call(std::int64_t rows, std::int64_t inner, std::int64_t columns, Type type, Kind kind) {
    const bool gradient = kind == Kind::kGradient;
    const Description x({rows, inner}, type, gradient ? Tag::ba : Tag::ab);
    const Description weights({inner, columns}, type, gradient ? Tag::ab : Tag::any);
    const Description y({rows, columns}, Type::f32, Tag::ab);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc description(engine_, x, weights, y);
#else
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(x, weights, y), engine_);
#endif
    primitive_ = dnnl::matmul(description);
    arguments_ = {{DNNL_ARG_SRC, make(description.src_desc())},
                  {DNNL_ARG_WEIGHTS, make(description.weights_desc())},
                  {DNNL_ARG_DST, make(description.dst_desc())}};
  }

  void run() {
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }
  /// Returns the seconds of one run: the best of a few means over some milliseconds.
  double measure() {
    using Clock = std::chrono::steady_clock;
    constexpr double kSeconds = 0.02;
    run();
    double best = 1e30;
    for (int repetition = 0; repetition < 3; ++repetition) {
      const auto start = Clock::now();
      int runs = 0;
      double seconds = 0;
      for (; seconds < kSeconds; ++runs) {
        run();
        seconds = std::chrono::duration<double>(Clock::now() - start).count();
      }
      best = std::min(best, seconds / runs);
    }
    return best;
  }

 private:
  dnnl::memory make(const Description& description) {
    dnnl::memory memory(description, engine_);
    auto* bytes = static_cast<char*>(memory.get_data_handle());
    std::fill_n(bytes, description.get_size(), char{0x3f});  // 0.75 in both types
    return memory;
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::matmul primitive_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

Call call_of(const Product& product, Kind kind, Type type) {
  const auto [name, rows, outputs, inputs, steps, copies] = product;
  switch (kind) {
    case Kind::kForward:
      return {rows, inputs, outputs, type, kind};
    case Kind::kBackward:
      return {rows, outputs, inputs, type, kind};
    case Kind::kGradient:
      break;
  }
  return {outputs, rows * steps, inputs, type, kind};
}

struct Timed {
  double seconds = 0;     ///< of one call
  double batch = 0;       ///< of all calls of a batch
  double operations = 0;  ///< of all calls of a batch; a multiply-add counts as 2
};

Timed time_one(const Product& product, Kind kind, Type type) {
  const auto [name, rows, outputs, inputs, steps, copies] = product;
  const double all = 2.0 * static_cast<double>(rows * outputs * inputs * steps * copies);
  const auto timed = [&](Call call, std::int64_t calls) {
    const double seconds = call.measure();
    return Timed{seconds, seconds * static_cast<double>(calls), all};
  };
  return timed(call_of(product, kind, type), kind == Kind::kGradient ? copies : steps * copies);
}

// Runs the product on every thread at once. The slowest thread counts.
Timed time_product(const Product& product, Kind kind, Type type, int threads) {
  std::vector<Timed> results(static_cast<std::size_t>(threads));
  std::vector<std::thread> workers;
  for (Timed& result : results) {
    workers.emplace_back([&] {
      omp_set_num_threads(1);  // affects this thread alone
      result = time_one(product, kind, type);
    });
  }
  for (std::thread& worker : workers) worker.join();
  return *std::max_element(results.begin(), results.end(),
                           [](const Timed& a, const Timed& b) { return a.batch < b.batch; });
}

// The products of one shard in the order of an update. Every product has its own weights, inputs
// and outputs, so they come from wherever they are after others have passed through the caches.
class Update {
 public:
  Update(const std::vector<Product>& products, Type type) {
    for (std::size_t i = 0; i < products.size();) {
      std::size_t end = i + 1;  // after the products that take turns in every step
      while (end < products.size() && products[i].copies == 1 && products[i].steps > 1 &&
             products[end].steps == products[i].steps) {
        ++end;
      }
      for (std::int64_t copy = 0; copy < products[i].copies; ++copy) {
        Group& group = groups_.emplace_back();
        group.steps = products[i].steps;
        for (std::size_t k = i; k < end; ++k) {
          for (const Kind kind : kKinds) {
            group.calls[static_cast<std::size_t>(kind)].push_back(call_of(products[k], kind, type));
          }
        }
      }
      i = end;
    }
  }

  void run() {
    for (Group& group : groups_) group.run(Kind::kForward);
    for (std::size_t i = groups_.size(); i-- > 0;) {
      groups_[i].run(Kind::kBackward);
      for (Call& call : groups_[i].calls[static_cast<std::size_t>(Kind::kGradient)]) call.run();
    }
  }

 private:
  struct Group {
    std::int64_t steps = 1;
    std::vector<Call> calls[std::size(kKinds)];

    void run(Kind kind) {
      for (std::int64_t step = 0; step < steps; ++step) {
        for (Call& call : calls[static_cast<std::size_t>(kind)]) call.run();
      }
    }
  };
  std::vector<Group> groups_;
};

// Returns the seconds of all products of an update in their order, on every thread at once: the
// best of some updates on the slowest thread.
double time_in_order(const std::vector<Product>& products, Type type, int threads) {
  using Clock = std::chrono::steady_clock;
  constexpr int kUpdates = 7;
  std::vector<std::thread> workers;
  std::vector<double> best(static_cast<std::size_t>(threads), 1e30);
  std::barrier<> together(threads);
  for (double& seconds : best) {
    workers.emplace_back([&] {
      omp_set_num_threads(1);
      Update update(products, type);
      for (int i = 0; i <= kUpdates; ++i) {
        together.arrive_and_wait();
        const auto start = Clock::now();
        update.run();
        const double taken = std::chrono::duration<double>(Clock::now() - start).count();
        if (i > 0) seconds = std::min(seconds, taken);  // the first one warms up
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  return *std::ranges::max_element(best);
}

// The lists of products know nothing of encoders of several levels.
const Workload& find_flat_workload(const std::string& name) {
  const Workload& work = find_workload(name);
  if (work.has_documents()) {
    throw UsageError(fmt::format("--work {} has documents, whose products are not listed", name));
  }
  return work;
}

nlohmann::json run(const std::string& name, const std::string& precision, int threads) {
  const Workload& work = find_flat_workload(name);
  const model::Configuration configuration = configuration_of(work, {});
  const Type type = precision == "bfloat16" ? Type::bf16 : Type::f32;
  const BatchShape batch = batch_shape(work, configuration, threads);
  nlohmann::json list = nlohmann::json::array();
  double seconds = 0, operations = 0, peak = 0;
  const std::vector<Product> products = products_of(configuration, work.vocabularies.target, batch);
  for (const Product& product : products) {
    for (const Kind kind : kKinds) {
      const Timed timed = time_product(product, kind, type, threads);
      const double rate = timed.operations * threads / timed.batch / 1e9;
      seconds += timed.batch;
      operations += timed.operations;
      peak = std::max(peak, rate);
      list.push_back({{"name", product.name},
                      {"kind", kind == Kind::kForward    ? "forward"
                               : kind == Kind::kBackward ? "backward"
                                                         : "weight gradient"},
                      {"rows", product.rows},
                      {"outputs", product.outputs},
                      {"inputs", product.inputs},
                      {"steps", product.steps},
                      {"copies", product.copies},
                      {"gflops", rate},
                      {"share", timed.batch}});
    }
  }
  for (auto& entry : list) entry["share"] = entry["share"].get<double>() / seconds;
  const auto tokens = static_cast<double>(batch.sentences * batch.target_length);
  return {{"program", "products"},
          {"work", name},
          {"precision", precision},
          {"threads", threads},
          {"operations_per_token", operations / tokens},
          {"peak_gflops", peak},
          {"mean_gflops", operations * threads / seconds / 1e9},
          {"tokens_per_second", tokens * threads / seconds},
          {"in_order", tokens * threads / time_in_order(products, type, threads)},
          {"products", list}};
}

// Computes the sentences a second that no prediction of such a batch exceeds.
nlohmann::json run_prediction(const std::string& name, const std::string& precision,
                              const Prediction& prediction) {
  constexpr std::int64_t kStreamedRows = 16;
  const Workload& work = find_flat_workload(name);
  const Type type = precision == "bfloat16" ? Type::bf16 : Type::f32;
  const std::int64_t bytes_of_weight = type == Type::bf16 ? 2 : 4;
  const std::vector<Product> products =
      products_of(configuration_of(work, {}), work.vocabularies.target, prediction);
  const double bandwidth = read_bandwidth(products, bytes_of_weight);
  nlohmann::json list = nlohmann::json::array();
  double seconds = 0;
  for (const Product& one : products) {
    const auto calls = static_cast<double>(one.steps * one.copies);
    const auto size = static_cast<double>(one.outputs * one.inputs);
    const double each = one.rows < kStreamedRows
                            ? size * static_cast<double>(bytes_of_weight) / bandwidth
                            : time_product(one, Kind::kForward, type, 1).seconds;
    seconds += calls * each;
    list.push_back({{"name", one.name},
                    {"rows", one.rows},
                    {"outputs", one.outputs},
                    {"inputs", one.inputs},
                    {"calls", one.steps * one.copies},
                    {"gflops", 2.0 * static_cast<double>(one.rows) * size / each / 1e9},
                    {"share", calls * each}});
  }
  for (auto& entry : list) entry["share"] = entry["share"].get<double>() / seconds;
  return {{"program", "products"},
          {"work", name},
          {"precision", precision},
          {"sentences", prediction.sentences},
          {"beam", prediction.beam},
          {"read_bandwidth", bandwidth},
          {"sentences_per_second", static_cast<double>(prediction.sentences) / seconds},
          {"products", list}};
}

int run_program(int argc, char** argv) {
  std::string work = "mid-8k", precision = "float32";
  Prediction prediction;
  int threads = 1;
  CLI::App program(
      "Measures the matrix products of a training batch or of a prediction and prints one JSON "
      "line.");
  program.add_option("--work", work, "which work");
  program.add_option("--precision", precision, "of what is multiplied")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
  program.add_option("--threads", threads, "threads, each with a shard of the batch")
      ->check(CLI::Range(1, 1024));
  program.add_option("--sentences", prediction.sentences, "of a prediction; 0: of training")
      ->check(CLI::Range(0, 1 << 20));
  program.add_option("--beam", prediction.beam, "beam of a prediction")->check(CLI::Range(1, 1000));
  program.add_option("--words", prediction.words, "words of a source and of a target")
      ->check(CLI::Range(1, 1 << 20));
  CLI11_PARSE(program, argc, argv);
  try {
    const nlohmann::json result = prediction.sentences > 0
                                      ? run_prediction(work, precision, prediction)
                                      : run(work, precision, threads);
    fmt::print("{}\n", result.dump());
  } catch (const Error& error) {
    fmt::print(stderr, "products: {}\n", error.what());
    return static_cast<int>(error.code());
  } catch (const dnnl::error& error) {
    fmt::print(stderr, "products: oneDNN: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace attend::bench

int main(int argc, char** argv) { return attend::bench::run_program(argc, argv); }
