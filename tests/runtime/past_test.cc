// Attention to the past in the interpreter, against plain loops in double. Hypotheses share their
// beginnings, are extended twice, dropped and started again.
#include <cmath>

#include "program_trial.h"
#include "runtime/past_steps.h"

namespace attend::runtime {
namespace {

using namespace testing;
using step::Builder;
using step::Over;
using step::Value;

struct PastCase {
  std::int64_t recent = 0;
  bool additive = false;
  bool fed = false;  // whether the next state reads the context of the past
};

// s_i = tanh(W [E y_{i-1}; s_{i-1}; z_{i-1}]); q, k, v are parts or products of s_i; z_i = Σ_t α_t
// v_t over the steps before i.
step::Program past_program(const PastCase& one) {
  Builder b = trial_builder();
  const Value before = b.carry("state", b.zeros(4), "s");
  const Value fed = one.fed ? b.carry("context", b.zeros(2), "z") : Value();
  const Value word = previous_word(b);
  std::vector<Value> parts{word, before};
  if (one.fed) parts.push_back(fed);
  const Value state = b.tanh(b.linear({"state.weight", 4}, parts));
  const Value query = b.linear({"query.weight", 3}, {state});
  const Value keys = b.linear({"key.weight", 3}, {state});
  const Value energies = one.additive
                             ? b.past_additive_energies("energy.weight", query, keys, one.recent)
                             : b.past_dot_energies(query, keys, one.recent);
  const Value alignment = b.past_softmax(energies);
  const Value context = b.past_sum(alignment, b.slice(state, 1, 2));
  b.next(before, state);
  if (one.fed) b.next(fed, context);
  b.observe("past", alignment, Over::kPast);
  b.observe("context", context, Over::kUnits);
  finish_with(b, b.linear({"readout.weight", 3}, {state, context}));
  return b.finish();
}

void expect_past(const PastCase& one, std::size_t best = 0) {
  Trial t(past_program(one), {});
  t.run(
      [&](const Path& path, const TrialRow& row) {
        std::vector<Numbers> states;
        Numbers state(4), context(2), alignment;
        for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
          state = sum(t.product("state.weight", 0, t.word(path, i)),
                      t.product("state.weight", 3, state));
          if (one.fed) state = sum(state, t.product("state.weight", 7, context));
          for (double& x : state) x = std::tanh(x);
          const Numbers query = t.product("query.weight", 0, state);
          Numbers energies(states.size());
          for (std::size_t s = 0; s < states.size(); ++s) {
            const Numbers key = t.product("key.weight", 0, states[s]), hidden = sum(query, key);
            if (!one.additive) energies[s] = dot(query, key);
            for (std::size_t k = 0; k < hidden.size() && one.additive; ++k) {
              energies[s] += t.bias("energy.weight", k) * std::tanh(hidden[k]);
            }
          }
          alignment = softmax(energies, [&](std::size_t s) {
            return one.recent == 0 || s + static_cast<std::size_t>(one.recent) >= i;
          });
          context = Numbers(2);
          for (std::size_t s = 0; s < states.size(); ++s) {
            for (std::size_t k = 0; k < 2; ++k) context[k] += alignment[s] * states[s][1 + k];
          }
          states.push_back(state);
        }
        expect_numbers(row.observed("past"), alignment, "past");
        expect_numbers(row.observed("context"), context, "context");
        if (best > 0) return;
        Numbers logits = t.product(
            "output.weight", 0,
            sum(t.product("readout.weight", 0, state), t.product("readout.weight", 4, context)));
        for (std::size_t k = 0; k < logits.size(); ++k) logits[k] += t.bias("output.bias", k);
        expect_numbers(row.log_probabilities(), log_softmax(logits), "log p");
      },
      7, best);
}

TEST(Past, FollowsEachHypothesis) {
  for (const std::int64_t recent : {0, 1, 2, 5, 20}) {
    for (const bool additive : {false, true}) {
      for (const bool fed : {false, true}) {
        SCOPED_TRACE(::testing::Message() << recent << " " << additive << " " << fed);
        expect_past({recent, additive, fed});
      }
    }
  }
}

TEST(Past, IsComputedWhereOnlyTheBestTokensAreKept) { expect_past({}, 2); }

// Keys that depend on the token alone are kept too, and so are those of a query that no step
// changes.
TEST(Past, ReadsWhatDependsOnTokensAlone) {
  Builder b = trial_builder();
  const Value word = previous_word(b);
  const Value alignment = b.past_softmax(b.past_dot_energies(word, word));
  b.observe("past", alignment, Over::kPast);
  finish_with(b, b.past_sum(alignment, word));
  Trial t(b.finish(), {});
  t.run([&](const Path& path, const TrialRow& row) {
    const Numbers word_now = t.word(path, path.tokens.size());
    Numbers energies;
    for (std::size_t i = 0; i < path.tokens.size(); ++i) {
      energies.push_back(dot(word_now, t.word(path, i)));
    }
    expect_numbers(row.observed("past"), softmax(energies, [](std::size_t) { return true; }),
                   "past");
  });
}

// Two hypotheses that share two steps share their rows, and each row is kept once.
TEST(PastSteps, KeepsEachRowOnce) {
  PastSteps past({2});
  const auto step = [&](const std::vector<model::StepRow>& rows, const std::vector<float>& values) {
    past.begin(rows);
    past.keep_rows();
    past.keep(0, values);
  };
  step({{0, -1}}, {1, 2});
  step({{0, 0}}, {3, 4});
  step({{0, 0}, {0, 0}}, {5, 6, 7, 8});
  const std::vector<model::StepRow> rows{{0, 1}, {0, 0}, {0, -1}};
  past.begin(rows);
  const auto numbers = [&](std::size_t row) {
    const std::span<const std::size_t> found = past.of(row);
    return std::vector<std::size_t>(found.begin(), found.end());
  };
  EXPECT_EQ(past.longest(), 3U);
  EXPECT_EQ(numbers(0), (std::vector<std::size_t>{0, 1, 3}));
  EXPECT_EQ(numbers(1), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(numbers(2).empty());
  const std::span<const float> kept = past.vectors(0, 1, 2);
  EXPECT_EQ(std::vector<float>(kept.begin(), kept.end()), (std::vector<float>{3, 4, 5, 6}));
}

}  // namespace
}  // namespace attend::runtime
