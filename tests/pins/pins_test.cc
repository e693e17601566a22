// Results that must stay as they are: parameter tables and equations of all presets, numbers and
// orders that are computed in integers, and the predictions of kept model folders. A change here
// breaks models that people have trained, or runs that they want to repeat.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"
#include "predictor/predictor.h"
#include "testing.h"
#include "text/text.h"

namespace attend {
namespace {

std::filesystem::path pins() { return testing::source_folder() / "tests" / "pins"; }

// Compares with the kept file. With ATTEND_WRITE_PINS in the environment it writes the file.
void expect_pinned(const std::string& name, const std::string& found) {
  const std::filesystem::path file = pins() / name;
  if (std::getenv("ATTEND_WRITE_PINS") != nullptr) testing::write_file(file, found);
  EXPECT_EQ(found, testing::read_file(file)) << file;
}

std::string initial_name(model::Initial initial) {
  switch (initial) {
    case model::Initial::kZero:
      return "zero";
    case model::Initial::kOne:
      return "one";
    case model::Initial::kConstant:
      return "constant";
    case model::Initial::kNormal:
      return "normal";
    case model::Initial::kUniform:
      return "uniform";
    case model::Initial::kOrthogonal:
      return "orthogonal";
    case model::Initial::kForgetGate:
      return "forget gate";
  }
  return "";
}

// Names, order, shapes and initial values: a checkpoint and a seed depend on all of them.
TEST(Pins, ParameterTables) {
  std::string found;
  for (const model::Preset& preset : model::presets()) {
    found += fmt::format("{}\n", preset.name);
    const auto table = model::parameter_table(model::preset(preset.name), {50, 60});
    for (const model::TensorSpec& spec : table) {
      found += fmt::format("  {} [{}] {} {}\n", spec.name, fmt::join(spec.shape, ", "),
                           initial_name(spec.initial), spec.scale);
    }
  }
  expect_pinned("parameters.txt", found);
}

// A configuration whose table depends on every rule of the parameter table. The draws do not depend
// on the list of options, so that a new option or a new choice changes none of them.
model::Configuration drawn_for_tables(Random& random) {
  using namespace model;
  const auto below = [&](int bound) {
    return static_cast<int>(random.below(static_cast<std::uint64_t>(bound)));
  };
  Configuration c;
  for (CellConfig* cell : {&c.encoder.cell, &c.decoder.cell}) {
    cell->type = below(2) == 0 ? Cell::kGru : Cell::kLstm;
    cell->reset = below(2) == 0 ? GruReset::kBefore : GruReset::kAfter;
  }
  c.encoder.embedding = below(9);
  c.encoder.direction = static_cast<Direction>(below(3));
  c.encoder.units = 1 + below(9);
  c.encoder.layers = 1 + below(3);
  c.encoder.layer_norm = below(4) == 0;
  set_option(c, std::string("attention.score=") +
                    std::array{"additive", "dot", "general"}[static_cast<std::size_t>(below(3))]);
  c.attention.units = 1 + below(9);
  c.attention.energy_bias = below(2) == 0;
  c.decoder.embedding = 1 + below(9);
  c.decoder.units = 1 + below(9);
  c.decoder.layers = 1 + below(3);
  c.decoder.feedback = below(4) == 0 ? Feedback::kNone : Feedback::kPrevious;
  c.decoder.input_feeding = below(2) == 0 ? InputFeeding::kNone : InputFeeding::kReadout;
  c.decoder.initial_state = static_cast<InitialState>(below(5));
  c.decoder.order = static_cast<Order>(below(3));
  c.decoder.readout = static_cast<Readout>(below(4));
  c.decoder.readout_units = 1 + below(9);
  c.decoder.readout_feedback = below(2) == 0 ? Feedback::kNone : Feedback::kPrevious;
  c.decoder.tied_embeddings = static_cast<TiedEmbeddings>(below(3));
  c.training.initialization = below(2) == 0 ? Initialization::kGlorot : Initialization::kNormal;
  return c;
}

// Sets sizes that the choices of `c` force, so that fewer draws are refused.
void fit_table_sizes(model::Configuration& c) {
  using namespace model;
  const bool copies = c.decoder.initial_state == InitialState::kCopy;
  if (copies) {
    c.decoder.layers = c.encoder.layers;
    c.decoder.cell.type = c.encoder.cell.type;
  }
  // Equal sizes for every configuration that a dot score or a copy may need them in.
  if (copies || c.encoder.units % 3 == 0) c.decoder.units = c.encoder.annotation_units();
  if (c.decoder.tied_embeddings == TiedEmbeddings::kNone) return;
  c.decoder.embedding =
      c.decoder.readout == Readout::kNone ? c.decoder.units : c.decoder.readout_units;
  if (c.decoder.tied_embeddings == TiedEmbeddings::kTarget) return;
  c.shared_vocabulary = true;
  c.encoder.embedding = c.decoder.embedding;
}

// FNV-1a, 64 bits.
class Digest {
 public:
  void add(const std::string& text) {
    for (const char byte : text) sum_ = (sum_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  std::string text() const { return fmt::format("{:016x}", sum_); }

 private:
  std::uint64_t sum_ = 0xcbf29ce484222325U;
};

void add_table(Digest& digest, const model::Configuration& c) {
  for (const model::TensorSpec& spec :
       model::parameter_table(c, {50, c.shared_vocabulary ? 50 : 60})) {
    digest.add(fmt::format("{} [{}] {} {};", spec.name, fmt::join(spec.shape, ", "),
                           initial_name(spec.initial), spec.scale));
  }
}

void add_equations(Digest& digest, const model::Configuration& c) {
  for (const step::Equation& equation : model::equations(c)) {
    digest.add(fmt::format("{}: {};", equation.name, equation.text));
  }
}

// The parameter tables and the equations of 10,000 random configurations. Each line holds the
// digests of a hundred.
TEST(Pins, RandomConfigurations) {
  Random random = Random::stream(13, 1);
  std::string found;
  for (int block = 0; block < 100; ++block) {
    Digest tables, equations;
    for (int taken = 0; taken < 100;) {
      model::Configuration c = drawn_for_tables(random);
      fit_table_sizes(c);
      try {
        model::check(c);
      } catch (const UsageError&) {
        continue;
      }
      add_table(tables, c);
      add_equations(equations, c);
      ++taken;
    }
    found += fmt::format("{} {}\n", tables.text(), equations.text());
  }
  expect_pinned("random_configurations.txt", found);
}

TEST(Pins, Equations) {
  std::string found;
  for (const model::Preset& preset : model::presets()) {
    found += fmt::format("{}\n", preset.name);
    for (const step::Equation& equation : model::equations(model::preset(preset.name))) {
      found += fmt::format("  {}: {}\n", equation.name, equation.text);
    }
  }
  expect_pinned("equations.txt", found);
}

TEST(Pins, Options) {
  std::string found;
  for (const model::Preset& preset : model::presets()) {
    found += fmt::format("# {}\n{}", preset.name, model::write_yaml(model::preset(preset.name)));
  }
  expect_pinned("options.txt", found);
}

// Seeds give the numbers, and the order of batches, that they always gave.
TEST(Pins, RandomNumbersAndBatches) {
  std::string found = "random";
  Random random = Random::stream(7, 3);
  for (int i = 0; i < 5; ++i) found += fmt::format(" {}", random.next());
  for (int i = 0; i < 5; ++i) found += fmt::format(" {}", random.below(1000));
  std::vector<text::ExampleLength> lengths;
  for (int i = 0; i < 100; ++i) {
    lengths.push_back({static_cast<std::uint32_t>(1 + random.below(30)),
                       static_cast<std::uint32_t>(1 + random.below(30))});
  }
  for (const auto unit : {text::BatchUnit::kSentences, text::BatchUnit::kTokens}) {
    const text::BatchOptions options{unit, unit == text::BatchUnit::kTokens ? 200u : 16u, 3, 5};
    for (const std::uint64_t epoch : {0, 1}) {
      found += "\nbatches";
      for (const auto& batch : text::make_batches(lengths, options, epoch)) {
        found += fmt::format(" {}", fmt::join(batch, ","));
      }
    }
  }
  expect_pinned("integers.txt", found + "\n");
}

class KeptModels : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::istringstream text(testing::read_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// Texts, and log-probabilities within 1e-5: floats differ between processors. Those of int8 models
// are not compared, because a last bit may move an activation to the next of 255 levels.
TEST_P(KeptModels, PredictAsTheyDid) {
  const std::filesystem::path folder = pins() / "models" / GetParam();
  const predictor::Predictor predictor(folder);
  predictor::PredictOptions options;
  options.search.beam = 3;
  const auto answers = predictor.predict(lines_of(pins() / "models" / "sources.txt"), options);
  const auto expected = lines_of(folder / "predictions.tsv");
  ASSERT_EQ(answers.size(), expected.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_FALSE(answers[i].predictions.empty()) << i;
    const predictor::Prediction& best = answers[i].predictions[0];
    const std::size_t tab = expected[i].find('\t');
    ASSERT_NE(tab, std::string::npos);
    EXPECT_EQ(best.text, expected[i].substr(0, tab)) << "line " << i + 1;
    if (predictor.precision() == Precision::kInt8) continue;
    EXPECT_NEAR(best.log_probability, std::stod(expected[i].substr(tab + 1)), 1e-5)
        << "line " << i + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(All, KeptModels,
                         ::testing::Values("gru", "gru-bfloat16", "gru-int8", "lstm", "maxout",
                                           "one-hot"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace attend
