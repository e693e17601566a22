// Tests the runtime against the plain model in double, over all choices of a configuration.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "random_model.h"
#include "reference_model.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using model::Configuration;
using namespace testing;

// The values that one field can have.
using Choice = std::vector<std::function<void(Configuration&)>>;

const std::vector<Choice>& choices() {
  using C = Configuration;
  const auto cell = [](model::CellConfig chosen) {
    return [chosen](C& c) {
      const model::Gates gates = c.encoder.cell.gates;
      c.encoder.cell = c.decoder.cell = chosen;
      c.encoder.cell.gates = c.decoder.cell.gates = gates;
    };
  };
  const auto initial = [](model::InitialState state) {
    return [state](C& c) { c.decoder.initial_state = state; };
  };
  const auto readout = [](model::Readout value) {
    return [value](C& c) { c.decoder.readout = value; };
  };
  using model::Cell, model::GruReset, model::GruUpdate;
  static const std::vector<Choice> list = {
      {[](C& c) { c.encoder.cell.gates = model::Gates::kLogistic; },
       [](C& c) { c.encoder.cell.gates = model::Gates::kHard; }},
      {cell({Cell::kGru, GruReset::kBefore, GruUpdate::kNew}),
       cell({Cell::kGru, GruReset::kBefore, GruUpdate::kOld}),
       cell({Cell::kGru, GruReset::kAfter, GruUpdate::kNew}),
       cell({Cell::kGru, GruReset::kAfter, GruUpdate::kOld}), cell({Cell::kLstm})},
      {[](C& c) { c.encoder.embedding = 0; }, [](C& c) { c.encoder.embedding = 5; }},
      {[](C& c) { c.encoder.layer_norm = false; }, [](C& c) { c.encoder.layer_norm = true; }},
      {[](C& c) { c.attention.energies = model::Energies::kLinear; },
       [](C& c) { c.attention.energies = model::Energies::kRelu; }},
      {initial(model::InitialState::kZero), initial(model::InitialState::kBackward),
       initial(model::InitialState::kMean), initial(model::InitialState::kLast),
       initial(model::InitialState::kCopy)},
      {[](C& c) { c.decoder.feedback = model::Feedback::kPrevious; },
       [](C& c) { c.decoder.feedback = model::Feedback::kNone; }},
      {[](C& c) { c.decoder.order = model::Order::kLookUpdateGenerate; },
       [](C& c) { c.decoder.order = model::Order::kLookGenerateUpdate; },
       [](C& c) { c.decoder.order = model::Order::kUpdateLookGenerate; }},
      {readout(model::Readout::kNone), readout(model::Readout::kTanh),
       readout(model::Readout::kMaxout), readout(model::Readout::kLinear)},
      {[](C& c) { c.decoder.tied_embeddings = model::TiedEmbeddings::kNone; },
       [](C& c) { c.decoder.tied_embeddings = model::TiedEmbeddings::kTarget; },
       [](C& c) { c.decoder.tied_embeddings = model::TiedEmbeddings::kAll; }},
  };
  return list;
}

std::size_t combinations() {
  std::size_t count = 1;
  for (const Choice& choice : choices()) count *= choice.size();
  return count;
}

void choose(std::size_t combination, Configuration& configuration) {
  for (const Choice& choice : choices()) {
    choice[combination % choice.size()](configuration);
    combination /= choice.size();
  }
}

// Draws the choices that would make too many combinations; some values of each are tested.
void choose_randomly(Random& random, Configuration& c) {
  using namespace model;
  c.encoder.direction = std::array{Direction::kBidirectional, Direction::kForward,
                                   Direction::kBackward}[random.below(3)];
  c.attention.score = std::array{Score::kAdditive, Score::kDot, Score::kGeneral}[random.below(3)];
  c.decoder.readout_feedback = random.chance(0.5) ? Feedback::kPrevious : Feedback::kNone;
  if (c.decoder.order == Order::kUpdateLookGenerate && random.chance(0.7)) {
    c.decoder.input_feeding = InputFeeding::kReadout;
  }
}

// Makes sizes agree where states meet annotations without a matrix between them.
void fit_decoder_to_encoder(Configuration& c) {
  const bool copies = c.decoder.initial_state == model::InitialState::kCopy;
  if (copies) c.decoder.layers = c.encoder.layers;
  if (copies || c.attention.score == model::Score::kDot) {
    c.decoder.units = c.encoder.annotation_units();
  }
}

void random_sizes(Random& random, int largest, Configuration& c) {
  const auto size = [&] {
    return static_cast<int>(1 + random.below(static_cast<std::uint64_t>(largest)));
  };
  // Two or three values may be nearly equal, and dividing by their deviation costs digits of
  // float32.
  c.encoder.units = size() + (c.encoder.layer_norm ? 4 : 0);
  c.encoder.layers = static_cast<int>(1 + random.below(2));
  c.attention.units = size();
  c.attention.energy_bias = random.chance(0.5);
  c.decoder.units = size();
  c.decoder.layers = static_cast<int>(1 + random.below(2));
  c.decoder.embedding = size();
  c.decoder.readout_units = size();
  fit_decoder_to_encoder(c);
  if (c.encoder.embedding > 0) c.encoder.embedding = size();
  c.encoder.padding = random.chance(0.3) ? model::Padding::kVisible : model::Padding::kMasked;
  if (c.encoder.padding == model::Padding::kVisible) c.source.fixed_length = 5;
  if (c.decoder.tied_embeddings == model::TiedEmbeddings::kNone) return;
  if (c.decoder.tied_embeddings == model::TiedEmbeddings::kAll) {
    c.shared_vocabulary = true;
    c.decoder.embedding = c.encoder.embedding;
  }
  if (c.decoder.readout != model::Readout::kNone) {
    c.decoder.readout_units = c.decoder.embedding;
  } else if (c.decoder.tied_embeddings == model::TiedEmbeddings::kTarget) {
    c.decoder.embedding = c.decoder.units;
  } else {
    c.encoder.embedding = c.decoder.embedding = c.decoder.units;
  }
}

bool valid(const Configuration& configuration) {
  try {
    model::check(configuration);
  } catch (const UsageError&) {
    return false;
  }
  return true;
}

double difference(std::span<const float> found, const Row& expected) {
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double scale = std::max(1.0, std::abs(expected[i]));
    const double error = std::abs(found[i] - expected[i]) / scale;
    if (std::isnan(error)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error);
  }
  return worst;
}

// Returns the largest difference of one row from the reference; infinity when padding is wrong.
double row_difference(const model::StepResult& result, std::size_t row, std::size_t length,
                      const ReferenceStep& expected) {
  const auto part = [&](std::span<const float> all, std::size_t width) {
    return all.subspan(row * width, width);
  };
  const auto alignment = part(result.alignment, result.source_length);
  const auto energies = part(result.energies, result.source_length);
  for (std::size_t j = length; j < result.source_length; ++j) {
    if (alignment[j] != 0.0F || energies[j] != -std::numeric_limits<float>::infinity()) {
      return std::numeric_limits<double>::infinity();
    }
  }
  return std::max({difference(alignment, expected.alignment),
                   difference(energies, expected.energies),
                   difference(part(result.context, result.annotation_units), expected.context),
                   difference(part(result.log_probabilities, result.target_vocabulary),
                              expected.log_probabilities)});
}

struct Shape {
  model::VocabularySizes sizes;
  std::size_t sources = 3;
  std::size_t longest = 5;
  std::size_t steps = 3;
  double scale = 0.5;  // of the weights
};

double worst_difference(const Configuration& configuration, const Shape& shape, Random& random) {
  const model::Weights weights = random_weights(configuration, shape.sizes, random, shape.scale);
  const auto sources =
      random_sources(configuration, shape.sizes, shape.sources, shape.longest, random);
  const ReferenceModel reference(configuration, shape.sizes, weights);
  std::vector<ReferenceModel::Encoded> encoded;
  for (const auto& source : sources) encoded.push_back(reference.encode(source));
  const auto engine = make_engine(configuration, shape.sizes, 0, weights);
  const auto decoding = engine->annotate(sources);
  const auto vocabulary = static_cast<std::size_t>(shape.sizes.target);
  std::vector<Path> paths;
  double worst = 0.0;
  for (std::size_t step = 0; step < shape.steps; ++step) {
    const auto rows =
        step == 0 ? first_rows(sources.size(), paths)
                  : next_rows(1 + random.below(shape.sources + 1), vocabulary, random, paths);
    const model::StepResult result = decoding->step(rows);
    EXPECT_EQ(result.rows, rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto& own = encoded[static_cast<std::size_t>(paths[row].source)];
      const ReferenceStep expected = reference.last_step(own, paths[row].tokens);
      worst = std::max(worst, row_difference(result, row, own.annotations.size(), expected));
    }
  }
  return worst;
}

std::string describe(Configuration configuration) { return model::write_yaml(configuration); }

TEST(Parity, EveryCombinationOfChoicesEqualsThePlainModel) {
  Random random(1);
  std::size_t tried = 0;
  for (std::size_t combination = 0; combination < combinations(); ++combination) {
    Configuration configuration;
    choose(combination, configuration);
    choose_randomly(random, configuration);
    random_sizes(random, 4, configuration);
    if (!valid(configuration)) continue;
    ++tried;
    const std::int64_t source = 2 + static_cast<std::int64_t>(random.below(4));
    const model::VocabularySizes sizes{source, configuration.shared_vocabulary ? source : 4};
    ASSERT_LT(worst_difference(configuration, {sizes, 2, 4}, random), 1e-5)
        << describe(configuration);
  }
  EXPECT_GT(tried, combinations() / 3);
}

TEST(Parity, LargerRandomModelsEqualThePlainModel) {
  Random random(2);
  for (int i = 0; i < 60; ++i) {
    Configuration configuration;
    do {
      configuration = Configuration();
      choose(random.below(combinations()), configuration);
      choose_randomly(random, configuration);
      random_sizes(random, 40, configuration);
    } while (!valid(configuration));
    const Shape shape{{40, configuration.shared_vocabulary ? 40 : 37}, 6, 5, 4, 0.25};
    ASSERT_LT(worst_difference(configuration, shape, random), 1e-5) << describe(configuration);
  }
}

TEST(Parity, LargeMatrices) {
  Random random(3);
  Configuration configuration;
  configuration.encoder.units = configuration.decoder.units = 300;  // 900 × 300 recurrent weights
  configuration.encoder.embedding = configuration.decoder.embedding = 300;
  const Shape shape{{20, 20}, 2, 3, 2, 0.05};
  EXPECT_LT(worst_difference(configuration, shape, random), 1e-5);
}

TEST(Parity, LuongPreset) {
  Random random(5);
  Configuration configuration = model::preset("luong");
  configuration.encoder.layers = configuration.decoder.layers = 2;
  EXPECT_LT(worst_difference(configuration, {{30, 40}, 5, 9, 6, 0.1}, random), 1e-5);
}

TEST(Parity, DatesPreset) {
  Random random(4);
  const Configuration configuration = model::preset("dates");
  const Shape shape{{37, 11}, 3, 30, 3, 0.2};
  EXPECT_EQ(model::parameter_count(model::parameter_table(configuration, shape.sizes)), 52960);
  EXPECT_LT(worst_difference(configuration, shape, random), 1e-5);
}

}  // namespace
}  // namespace attend::runtime
