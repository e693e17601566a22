// Measures the convolutional encoder of pictures on one thread, beside a product of about as many
// rows and inputs as its convolutions have. The two take turns, so that both see the same machine.
// Prints one JSON line; rates count the multiplications and additions of the convolutions alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "runtime/picture_encoder.h"
#include "workloads.h"

namespace attend::bench {
namespace {

struct Options {
  int side = 128;  // pixels
  int stages = 4, layers = 1, units = 256, groups = 8;
  Precision precision = Precision::kFloat32;
  std::size_t pictures = 1;  // annotated in one call
  double seconds = 2.0;
};

model::Configuration configuration_of(const Options& options) {
  model::Configuration configuration;
  configuration.encoder.kind = model::EncoderKind::kConvolutional;
  configuration.encoder.stages = options.stages;
  configuration.encoder.layers = options.layers;
  configuration.encoder.units = options.units;
  configuration.encoder.groups = options.groups;
  configuration.image.height = configuration.image.width = options.side;
  configuration.source.unit = model::UnitChoice::kWhole;
  configuration.source.end_token = false;
  configuration.decoder.initial_state = model::InitialState::kMean;
  return configuration;
}

model::Weights random_weights(const model::Configuration& configuration) {
  Random random(1);
  auto values = std::make_shared<std::map<std::string, std::vector<float>>>();
  std::map<std::string, model::TensorView> views;
  for (const model::TensorSpec& spec : model::parameter_table(configuration, {1, 2})) {
    std::vector<float>& tensor = (*values)[spec.name];
    tensor.resize(static_cast<std::size_t>(spec.count()));
    for (float& value : tensor) value = static_cast<float>(random.normal() / 10);
    views[spec.name] = {spec.shape, tensor};
  }
  return {std::move(views), values};
}

std::vector<model::Source> random_pictures(const Options& options, std::size_t regions) {
  Random random(2);
  const vision::Size size{options.side, options.side};
  std::vector<model::Source> sources(options.pictures);
  for (model::Source& source : sources) {
    model::Picture picture;
    picture.image = {size, std::vector<std::uint8_t>(vision::value_count(size))};
    for (auto& value : picture.image.pixels) value = static_cast<std::uint8_t>(random.below(256));
    source.tokens.resize(regions);
    source.picture = std::make_shared<model::Picture>(std::move(picture));
  }
  return sources;
}

// Returns the multiplications and additions of the convolutions of one picture.
double count_operations(const Options& options) {
  double operations = 0;
  int inputs = model::kPixelValues, side = options.side;
  const model::EncoderConfig encoder = configuration_of(options).encoder;
  for (int stage = 0; stage < encoder.stages; ++stage) {
    const int outputs = encoder.channels(stage);
    side /= 2;
    operations += 18.0 * side * side * outputs * (inputs + 2.0 * encoder.blocks(stage) * outputs);
    inputs = outputs;
  }
  return operations;
}

template <class Work>
double seconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

nlohmann::json run(const Options& options) {
  constexpr std::size_t kRows = 4096, kInputs = 288, kOutputs = 32;
  const model::Configuration configuration = configuration_of(options);
  model::check(configuration);
  const model::Weights weights = random_weights(configuration);
  const runtime::PictureEncoder encoder(configuration,
                                        runtime::Tensors(weights, "", options.precision));
  const std::vector<model::Source> sources =
      random_pictures(options, static_cast<std::size_t>(configuration.regions()));
  const std::vector<float> x(kRows * kInputs, 0.5F), values(kOutputs * kInputs, 0.25F);
  std::vector<float> y(kRows * kOutputs);
  const kernels::Matrix matrix({values.data(), kOutputs, kInputs, kInputs}, options.precision);
  std::vector<double> pictures, products;
  for (double spent = 0; spent < options.seconds || pictures.size() < 3;) {
    pictures.push_back(seconds_of([&] { encoder.annotate(sources); }));
    products.push_back(seconds_of([&] { matrix.multiply(x, kRows, {}, y); }));
    spent += pictures.back() + products.back();
  }
  const double seconds = median(pictures) / static_cast<double>(options.pictures);
  const double rate = count_operations(options) / seconds / 1e9;
  const double product_rate = 2.0 * kRows * kInputs * kOutputs / median(products) / 1e9;
  return {{"program", "pictures"},          {"precision", precision_name(options.precision)},
          {"pictures", options.pictures},   {"operations", count_operations(options)},
          {"milliseconds", 1e3 * seconds},  {"gflops", rate},
          {"product_gflops", product_rate}, {"share", rate / product_rate},
          {"runs", pictures.size()}};
}

int run_program(int argc, char** argv) {
  Options options;
  std::string precision = "float32";
  CLI::App program("Measures the convolutional encoder on one thread and prints one JSON line.");
  program.add_option("--side", options.side, "pixels in each direction, a multiple of 2^stages")
      ->check(CLI::Range(2, 4096));
  program.add_option("--stages", options.stages, "stages")->check(CLI::Range(1, 8));
  program.add_option("--layers", options.layers, "blocks of a stage")->check(CLI::Range(0, 100));
  program.add_option("--units", options.units, "channels of the last stage")
      ->check(CLI::Range(1, 4096));
  program.add_option("--groups", options.groups, "groups of channels that are normalised together")
      ->check(CLI::Range(1, 4096));
  program.add_option("--precision", precision, "of the products")
      ->check(CLI::IsMember({"float32", "bfloat16", "int8"}));
  program.add_option("--pictures", options.pictures, "annotated in one call")
      ->check(CLI::Range(1, 4096));
  program.add_option("--seconds", options.seconds, "time to measure")->check(CLI::Range(0, 3600));
  CLI11_PARSE(program, argc, argv);
  try {
    options.precision = parse_precision(precision);
    fmt::print("{}\n", run(options).dump());
  } catch (const Error& error) {
    fmt::print(stderr, "pictures: {}\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}

}  // namespace
}  // namespace attend::bench

int main(int argc, char** argv) { return attend::bench::run_program(argc, argv); }
