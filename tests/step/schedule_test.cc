// Stages, the parts of products, and operations that wait for the token that is chosen.
#include <gtest/gtest.h>

#include <algorithm>

#include "small_program.h"

namespace attend::step {
namespace {

std::vector<const Operation*> operations_of(const Schedule& schedule, Op op) {
  std::vector<const Operation*> found;
  for (const Operation& one : schedule.operations) {
    if (one.node->op == op) found.push_back(&one);
  }
  return found;
}

const Operation& only(const Schedule& schedule, Op op) {
  const auto found = operations_of(schedule, op);
  EXPECT_EQ(found.size(), 1U);
  return *found.at(0);
}

TEST(Schedule, FindsTheStageOfEveryOperation) {
  const Program program = small_program();
  const Schedule schedule = make_schedule(program, {});
  EXPECT_EQ(only(schedule, Op::kAnnotations).stage, Stage::kOnce);
  EXPECT_EQ(only(schedule, Op::kPreviousEmbedding).stage, Stage::kToken);
  EXPECT_EQ(only(schedule, Op::kSoftmax).stage, Stage::kStep);  // the state depends on it
  EXPECT_EQ(only(schedule, Op::kGru).stage, Stage::kStep);
  EXPECT_EQ(only(schedule, Op::kDropout).stage, Stage::kAfter);  // no step reads the readout
}

// W [E y; c] + b: the part of the token is multiplied for all steps at once, and takes the bias.
TEST(Schedule, SplitsAProductByTheStagesOfItsParts) {
  const Program program = small_program();
  const Schedule schedule = make_schedule(program, {});
  const auto products = operations_of(schedule, Op::kLinear);
  ASSERT_EQ(products.size(), 3U);
  EXPECT_EQ(products[0]->stage, Stage::kToken);
  EXPECT_TRUE(products[0]->adds_bias);
  EXPECT_EQ(products[0]->first_columns, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(products[1]->stage, Stage::kStep);
  EXPECT_FALSE(products[1]->adds_bias);
  EXPECT_EQ(products[1]->first_columns, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(products[1]->added, products[0]->results[0]);
  // The readout comes after all steps, in one product of [s; c].
  EXPECT_EQ(products[2]->stage, Stage::kAfter);
  EXPECT_EQ(products[2]->first_columns, (std::vector<std::int64_t>{0, 4}));
}

TEST(Schedule, LeavesDropoutOutWhereNothingIsDropped) {
  const Program program = small_program();
  const Schedule schedule = make_schedule(program, {.drops = false});
  EXPECT_TRUE(operations_of(schedule, Op::kDropout).empty());
  EXPECT_EQ(schedule.output, operations_of(schedule, Op::kLinear).back()->results[0]);
}

// In the order that generates before it updates (§1.4), the update of step i − 1 is made at the
// beginning of step i, when the token is known.
TEST(Schedule, PostponesWhatReadsTheNextToken) {
  const Program program = small_program(true);
  const Schedule schedule = make_schedule(program, {});
  const Operation& update = only(schedule, Op::kGru);
  EXPECT_TRUE(update.postponed);
  ASSERT_EQ(schedule.resumed.size(), 1U);
  EXPECT_EQ(schedule.resumed[0].postponed, update.results[0]);
  EXPECT_EQ(only(schedule, Op::kDotEnergies).inputs[0], schedule.resumed[0].result);
  // The state and the context of the step before follow the hypothesis.
  ASSERT_EQ(schedule.carried.size(), 2U);
  EXPECT_EQ(schedule.carried[0].after, schedule.resumed[0].result);
  EXPECT_EQ(update.inputs[1], schedule.carried[0].before);
  EXPECT_EQ(schedule.carried[1].after, only(schedule, Op::kWeightedSum).results[0]);
  EXPECT_EQ(schedule.carried[1].initial, -1);
}

TEST(Schedule, FindsTheStagesOfAWindow) {
  const Program program = window_program(2);
  const Schedule schedule = make_schedule(program, {});
  EXPECT_EQ(only(schedule, Op::kSourceWords).stage, Stage::kOnce);
  EXPECT_EQ(only(schedule, Op::kGaussian).stage, Stage::kStep);  // the state depends on it
  EXPECT_EQ(only(schedule, Op::kSpread).stage, Stage::kAfter);   // people alone see it
  // The centre is the last operand of all that looks in the window.
  const int centre = operations_of(schedule, Op::kMultiply).at(0)->results[0];
  for (const Op op :
       {Op::kDotEnergies, Op::kSoftmax, Op::kGaussian, Op::kWeightedSum, Op::kSpread}) {
    EXPECT_EQ(only(schedule, op).inputs.back(), centre) << name_of(op);
    EXPECT_EQ(only(schedule, op).node->reach, 2) << name_of(op);
  }
}

TEST(Schedule, KnowsWhichOperationsReadTheNextToken) {
  for (const Op op : {Op::kNextEmbedding, Op::kTokenLogProbability})
    EXPECT_TRUE(reads_next_token(op));
  for (const Op op : {Op::kPreviousEmbedding, Op::kPosterior, Op::kLogNormalizer}) {
    EXPECT_FALSE(reads_next_token(op));
  }
}

// The filter of hard monotonic attention: the position after y_{i-1} is computed at the beginning
// of step i from the readouts, the normalisers and the prior of step i − 1.
TEST(Schedule, PostponesThePosteriorOfAMixture) {
  const Program program = hard_program(true);
  const Schedule schedule = make_schedule(program, {});
  const Operation& token = only(schedule, Op::kTokenLogProbability);
  const Operation& posterior = only(schedule, Op::kPosterior);
  const Operation& prior = only(schedule, Op::kMonotonicPrior);
  EXPECT_TRUE(token.postponed);
  EXPECT_TRUE(posterior.postponed);
  EXPECT_FALSE(prior.postponed);
  ASSERT_EQ(schedule.resumed.size(), 1U);
  EXPECT_EQ(schedule.resumed[0].postponed, posterior.results[0]);
  EXPECT_EQ(schedule.resumed[0].initial, only(schedule, Op::kFirstPosition).results[0]);
  EXPECT_EQ(prior.inputs[0], schedule.resumed[0].result);
  EXPECT_EQ(schedule.output, only(schedule, Op::kTanh).results[0]);
  EXPECT_EQ(schedule.prior, prior.results[0]);
  EXPECT_EQ(schedule.normalizer, only(schedule, Op::kLogNormalizer).results[0]);
  // The state and the position, and then what the posterior reads.
  ASSERT_EQ(schedule.carried.size(), 5U);
  EXPECT_EQ(schedule.carried[1].after, schedule.resumed[0].result);
  EXPECT_EQ(schedule.carried[2].after, schedule.output);
  EXPECT_EQ(schedule.carried[3].after, schedule.normalizer);
  EXPECT_EQ(schedule.carried[4].after, schedule.prior);
  EXPECT_EQ(token.inputs,
            (std::vector<int>{schedule.carried[2].before, schedule.carried[3].before}));
  EXPECT_EQ(posterior.inputs, (std::vector<int>{schedule.carried[4].before, token.results[0]}));
}

// Without a filter nothing of a later step depends on the mixture.
TEST(Schedule, MixesAfterAllStepsWhereEachStepStandsAlone) {
  const Program program = hard_program(false);
  const Schedule schedule = make_schedule(program, {});
  EXPECT_TRUE(schedule.resumed.empty());
  EXPECT_EQ(schedule.carried.size(), 1U);
  for (const Op op : {Op::kDotEnergies, Op::kSoftmax, Op::kTanh, Op::kLogNormalizer}) {
    EXPECT_EQ(only(schedule, op).stage, Stage::kAfter) << name_of(op);
  }
  EXPECT_EQ(schedule.prior, only(schedule, Op::kSoftmax).results[0]);
}

// W_r [s_i; h_j]: the part of the annotations is multiplied once for a source.
TEST(Schedule, SplitsAProductOfARowAndAPosition) {
  const Program program = hard_program(false);
  const Schedule schedule = make_schedule(program, {});
  const auto products = operations_of(schedule, Op::kLinear);
  ASSERT_EQ(products.size(), 3U);  // gates, and the two parts of the readouts
  EXPECT_EQ(products[1]->stage, Stage::kOnce);
  EXPECT_EQ(products[1]->first_columns, (std::vector<std::int64_t>{4}));
  const Slot& keys = schedule.slots[static_cast<std::size_t>(products[1]->results[0])];
  EXPECT_EQ(keys.shape, (Shape{Per::kPosition, 3}));
  const Slot& sum = schedule.slots[static_cast<std::size_t>(products[2]->results[0])];
  EXPECT_EQ(sum.shape, (Shape{Per::kRowPosition, 3}));
  EXPECT_EQ(products[2]->added, products[1]->results[0]);
}

TEST(Schedule, PutsOperandsBeforeTheirOperations) {
  for (const Program& program : {small_program(), small_program(true), window_program(1),
                                 hard_program(false), hard_program(true)}) {
    const Schedule schedule = make_schedule(program, {.splits_after = true});
    std::vector<int> known;
    for (const CarriedSlot& one : schedule.carried) known.push_back(one.before);
    bool resumed = false;
    for (const Operation& one : schedule.operations) {
      if (!one.postponed && one.stage == Stage::kStep && !resumed) {
        for (const Resumed& value : schedule.resumed) known.push_back(value.result);
        resumed = true;
      }
      for (const int input : one.inputs) {
        EXPECT_NE(std::find(known.begin(), known.end(), input), known.end());
      }
      if (one.added >= 0) {
        EXPECT_NE(std::find(known.begin(), known.end(), one.added), known.end());
      }
      known.insert(known.end(), one.results.begin(), one.results.end());
    }
  }
}

}  // namespace
}  // namespace attend::step
