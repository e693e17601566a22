// Decoders of two cells and decoders without a look, whose plans must give the cost and the
// gradients of the plain tensor operations.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "comparison.h"

namespace attend::fused {
namespace {

using network::initial_values;
using network::testing::small_configuration;
using namespace testing;

// Compares a model that must have a plan, on random examples and initial parameters.
void expect_plan_equals_plain(const Configuration& c, const model::VocabularySizes& sizes) {
  SCOPED_TRACE(model::write_yaml(c));
  model::check(c);
  ASSERT_TRUE(model::has_plan(c));
  const auto examples = network::testing::random_examples(9, sizes, 20, 15, 8);
  const Layout layout(model::parameter_table(c, sizes));
  // Biases begin at 0; noise makes them count.
  Tensor values = initial_values(layout, 3, at::kFloat);
  for (std::int64_t i = 0; i < layout.size(); ++i) {
    values.data_ptr<float>()[i] += 0.1F * std::sin(static_cast<float>(i));
  }
  expect_fused_equals_plain(c, sizes, examples, values);
}

// Returns cells that differ in their recurrence or in the places of their biases.
std::vector<model::CellConfig> cells_with_biases() {
  using namespace model;
  std::vector<CellConfig> cells{{Cell::kLstm}, {Cell::kGru, GruReset::kBefore, GruUpdate::kNew}};
  GruUpdate update = GruUpdate::kNew;
  for (const GruBias bias : {GruBias::kBoth, GruBias::kOutside, GruBias::kInside}) {
    cells.push_back({Cell::kGru, GruReset::kAfter, update, Gates::kLogistic, bias});
    update = GruUpdate::kOld;
  }
  return cells;
}

// Vocabularies in which words share rows and in which they do not.
constexpr model::VocabularySizes kFewWords{6, 7}, kManyWords{400, 500};

TEST(FusedPlans, EqualsTensorOperationsWithTwoCells) {
  using namespace model;
  for (const CellConfig& cell : cells_with_biases()) {
    for (const GruBias second : {GruBias::kBoth, GruBias::kOutside, GruBias::kInside}) {
      if (!cell.resets_after() && second != GruBias::kInside) continue;
      Configuration c = small_configuration();
      c.decoder.order = Order::kUpdateLookUpdate;
      c.decoder.cell = cell;
      c.decoder.second_bias = second;
      expect_plan_equals_plain(c, kFewWords);
      c.training.dropout = {0.2, 0.2, 0.2, 0.3, 0.4, second == GruBias::kBoth};
      expect_plan_equals_plain(c, kManyWords);
    }
  }
}

TEST(FusedPlans, EqualsTensorOperationsWithTwoCellsInEveryReadoutAndScore) {
  using namespace model;
  for (const Readout readout :
       {Readout::kNone, Readout::kTanh, Readout::kMaxout, Readout::kLinear}) {
    for (const char* score : {"additive", "dot", "general"}) {
      for (const Cell cell : {Cell::kGru, Cell::kLstm}) {
        Configuration c = small_configuration();
        c.decoder.order = Order::kUpdateLookUpdate;
        c.decoder.cell.type = c.encoder.cell.type = cell;
        c.decoder.readout = readout;
        c.attention.score = score;
        c.encoder.units = 37;
        c.decoder.units = c.encoder.annotation_units();
        c.decoder.initial_state = cell == Cell::kGru ? InitialState::kMean : InitialState::kCopy;
        expect_plan_equals_plain(c, kManyWords);
      }
    }
  }
}

TEST(FusedPlans, EqualsTensorOperationsWithAFixedContext) {
  using namespace model;
  for (const CellConfig& cell : cells_with_biases()) {
    for (const Feedback feedback : {Feedback::kPrevious, Feedback::kNone}) {
      for (const int layers : {1, 2}) {
        Configuration c = small_configuration();
        c.attention.kind = AttentionKind::kFixed;
        const bool updates = layers == 1 || feedback == Feedback::kNone;
        c.decoder.order = updates ? Order::kLookUpdateGenerate : Order::kLookGenerateUpdate;
        c.decoder.cell = cell;
        c.decoder.feedback = feedback;
        c.decoder.layers = layers;
        c.decoder.readout = layers == 1 ? Readout::kTanh : Readout::kMaxout;
        expect_plan_equals_plain(c, kFewWords);
        c.training.dropout = {0.2, 0.2, 0.2, 0.3, 0.4, layers == 1};
        expect_plan_equals_plain(c, kManyWords);
      }
    }
  }
}

TEST(FusedPlans, EqualsTensorOperationsWithoutAContext) {
  using namespace model;
  for (const CellConfig& cell : cells_with_biases()) {
    for (const Readout readout : {Readout::kNone, Readout::kTanh, Readout::kLinear}) {
      Configuration c = small_configuration();
      c.attention.kind = AttentionKind::kNone;
      c.decoder.cell = cell;
      c.decoder.layers = readout == Readout::kTanh ? 2 : 1;
      c.decoder.readout = readout;
      expect_plan_equals_plain(c, kFewWords);
      c.training.dropout = {0.2, 0.2, 0.2, 0.3, 0.4, readout == Readout::kNone};
      expect_plan_equals_plain(c, kManyWords);
    }
  }
}

// A fixed context is the last state of each direction, in whatever direction the encoder reads and
// however the first state is computed. Positions where attention may not look do not matter.
TEST(FusedPlans, EqualsTensorOperationsWithAFixedContextOfEveryEncoder) {
  using namespace model;
  const VocabularySizes sizes{8, 9};
  for (const Direction direction :
       {Direction::kBidirectional, Direction::kForward, Direction::kBackward}) {
    for (const InitialState state :
         {InitialState::kZero, InitialState::kBackward, InitialState::kMean, InitialState::kLast,
          InitialState::kCopy}) {
      for (const Reverse reverse : {Reverse::kAll, Reverse::kWords}) {
        Configuration c = small_configuration();
        c.attention.kind = AttentionKind::kFixed;
        c.encoder.direction = direction;
        c.encoder.reverse = reverse;
        c.decoder.initial_state = state;
        if (state == InitialState::kCopy) c.decoder.units = c.encoder.annotation_units();
        const bool ends_at_first = direction != Direction::kForward && !c.encoder.reverses_words();
        if (state == InitialState::kBackward && !ends_at_first) continue;
        if (reverse == Reverse::kWords && direction != Direction::kBackward) continue;
        expect_plan_equals_plain(c, sizes);
        std::vector<Example> examples = network::testing::random_examples(3, sizes, 5, 4, 8);
        for (Example& example : examples) {
          example.source.allowed.assign(example.source.tokens.size(), 1);
          example.source.allowed.front() = 0;
        }
        const Layout layout(parameter_table(c, sizes));
        expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
      }
    }
  }
}

// With targets of one token, every cell makes one update.
TEST(FusedPlans, TakesTargetsOfOneTokenWithTwoCellsAndWithoutALook) {
  using namespace model;
  const VocabularySizes sizes{8, 9};
  const auto examples = network::testing::random_examples(3, sizes, 5, 1, 8);
  for (const AttentionKind kind :
       {AttentionKind::kSoft, AttentionKind::kFixed, AttentionKind::kNone}) {
    Configuration c = small_configuration();
    c.attention.kind = kind;
    if (kind == AttentionKind::kSoft) c.decoder.order = Order::kUpdateLookUpdate;
    const Layout layout(parameter_table(c, sizes));
    expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
  }
}

}  // namespace
}  // namespace attend::fused
