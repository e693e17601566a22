// Tests the ways in which the runtime's interpreter turns energies into an alignment against plain
// loops in double.
#include <algorithm>

#include "program_trial.h"

namespace attend::runtime {
namespace {

using namespace testing;
using step::Builder;
using step::Normaliser;
using step::Over;
using step::Value;

using Open = std::function<bool(std::size_t)>;

// e_ij = (W E y_{i-1}) · h_j.
Value word_energies(Builder& b) {
  return b.dot_energies(b.linear({"attention.query_weight", kAnnotation}, {previous_word(b)}),
                        b.annotations("h"));
}

// The energies of step i, counted from 0.
Numbers energies_of(const Trial& t, const Path& path, std::size_t i) {
  const Numbers query = t.product("attention.query_weight", 0, t.word(path, i));
  Numbers energies(t.length(path));
  for (std::size_t j = 0; j < energies.size(); ++j) energies[j] = dot(query, t.annotation(path, j));
  return energies;
}

void finish_looking(Builder& b, Value energies, Value alignment) {
  b.observe("energies", energies, Over::kSource);
  b.observe("alignment", alignment, Over::kSource);
  finish_with(b, b.weighted_sum(alignment, b.annotations("h")));
}

Numbers context_of(const Trial& t, const Path& path, const Numbers& alignment) {
  Numbers context(kAnnotation);
  for (std::size_t j = 0; j < alignment.size(); ++j) {
    for (std::size_t k = 0; k < kAnnotation; ++k) {
      context[k] += alignment[j] * t.annotation(path, j)[k];
    }
  }
  return context;
}

// Compares energies, alignment and output of a row.
void expect_look(const Trial& t, const Path& path, const TrialRow& row, const Numbers& energies,
                 const Numbers& alignment) {
  expect_energies(row.observed("energies"), energies,
                  [&](std::size_t j) { return t.open(path, j); });
  expect_numbers(row.alignment(), alignment, "alignment");
  Numbers logits = t.product("output.weight", 0, context_of(t, path, alignment));
  for (std::size_t k = 0; k < logits.size(); ++k) logits[k] += t.bias("output.bias", k);
  expect_numbers(row.log_probabilities(), log_softmax(logits), "log p");
}

// The weights max(0, e − τ), or max(0, e / 2 − τ)², with the τ at which those of open positions sum
// to 1.
Numbers sparse_weights(Normaliser normaliser, const Numbers& energies, const Open& open) {
  double low = -1000, high = 1000;
  Numbers weights(energies.size());
  for (int i = 0; i < 200; ++i) {
    const double threshold = (low + high) / 2;
    double sum = 0;
    for (std::size_t j = 0; j < energies.size(); ++j) {
      if (!open(j)) continue;
      const bool sparsemax = normaliser == Normaliser::kSparsemax;
      const double above = std::max((sparsemax ? 1.0 : 0.5) * energies[j] - threshold, 0.0);
      sum += weights[j] = sparsemax ? above : above * above;
    }
    (sum > 1 ? low : high) = threshold;
  }
  return weights;
}

void expect_normalised(Normaliser normaliser, const TrialOptions& options) {
  Builder b = trial_builder();
  const Value energies = word_energies(b);
  finish_looking(b, energies, b.softmax(energies, normaliser));
  Trial t(b.finish(), options);
  t.run([&](const Path& path, const TrialRow& row) {
    const auto open = [&](std::size_t j) { return t.open(path, j); };
    const Numbers own = energies_of(t, path, path.tokens.size());
    const Numbers alignment = sparse_weights(normaliser, own, open);
    expect_look(t, path, row, own, alignment);
    for (std::size_t j = 0; j < alignment.size(); ++j) {
      if (open(j)) continue;
      EXPECT_EQ(row.alignment()[j], 0.0F) << j;
    }
  });
}

TEST(Alignments, OfSparsemaxAndEntmax) {
  for (const Normaliser normaliser : {Normaliser::kSparsemax, Normaliser::kEntmax}) {
    expect_normalised(normaliser, {});
    expect_normalised(normaliser, closed_trial());
    expect_normalised(normaliser, {.scale = 0.1});
  }
}

// In a window around S σ(…) the sum runs over the positions of the window.
TEST(Alignments, OfSparsemaxAndEntmaxInWindows) {
  for (const Normaliser normaliser : {Normaliser::kSparsemax, Normaliser::kEntmax}) {
    Builder b = trial_builder();
    const Value drawn = b.sigmoid(b.linear({"centre.weight", 1}, {previous_word(b)}));
    const Value centre = b.multiply(b.source_words(), drawn);
    b.look_in_window(centre, 1);
    const Value energies = word_energies(b), alignment = b.softmax(energies, normaliser);
    b.observe("centre", centre, Over::kScalar);
    b.observe("alignment", b.spread(alignment), Over::kSource);
    finish_with(b, b.weighted_sum(alignment, b.annotations("h")));
    Trial t(b.finish(), closed_trial());
    t.run([&](const Path& path, const TrialRow& row) {
      const double middle = std::floor(row.observed("centre")[0]);
      const auto open = [&](std::size_t j) {
        return t.open(path, j) && std::abs(static_cast<double>(j) - middle) <= 1;
      };
      const Numbers own = energies_of(t, path, path.tokens.size());
      expect_numbers(row.alignment(), sparse_weights(normaliser, own, open), "alignment");
    });
  }
}

// A window around the number of the step, at most the last word: min(i, S) − 1 for i = 1, 2, …
TEST(Alignments, OfAWindowThatMovesOnWithTheSteps) {
  for (const bool ends : {true, false}) {
    Builder b = trial_builder();
    const Value steps = b.carry("steps", b.zeros(1), "i − 1");
    b.next(steps, b.add(steps, b.ones(1)));
    const Value centre = b.minimum(steps, b.add(b.source_words(), b.scale(b.ones(1), -1)));
    b.look_in_window(centre, 1);
    const Value alignment = b.softmax(word_energies(b));
    b.observe("centre", centre, Over::kScalar);
    b.observe("alignment", b.spread(alignment), Over::kSource);
    finish_with(b, b.weighted_sum(alignment, b.annotations("h")));
    Trial t(b.finish(), {.source_ends = ends});
    t.run([&](const Path& path, const TrialRow& row) {
      const double words = static_cast<double>(t.length(path)) - (ends ? 1 : 0);
      const double middle = std::min(static_cast<double>(path.tokens.size()), words - 1);
      expect_numbers(row.observed("centre"), {middle}, "centre");
      const auto open = [&](std::size_t j) {
        return std::abs(static_cast<double>(j) - middle) <= 1;
      };
      const Numbers own = energies_of(t, path, path.tokens.size());
      expect_numbers(row.alignment(), softmax(own, open), "alignment");
    });
  }
}

// Energies minus the logarithm of the sum of the exponentials of earlier ones, from the second step
// on.
void expect_temporal(const TrialOptions& options) {
  Builder b = trial_builder();
  const Value energies = word_energies(b);
  const Value past = b.carry("past", b.minus_infinity(), "l");
  b.next(past, b.log_add_exp(past, energies));
  finish_looking(b, energies, b.softmax(b.temporal_energies(energies, past)));
  Trial t(b.finish(), options);
  t.run([&](const Path& path, const TrialRow& row) {
    Numbers sums(t.length(path)), own, divided;
    for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
      own = divided = energies_of(t, path, i);
      for (std::size_t j = 0; j < own.size(); ++j) {
        if (i > 0) divided[j] -= std::log(sums[j]);
        sums[j] += std::exp(own[j]);
      }
    }
    const auto open = [&](std::size_t j) { return t.open(path, j); };
    expect_look(t, path, row, own, softmax(divided, open));
  });
}

TEST(Alignments, OfEnergiesDividedByThePast) {
  expect_temporal({});
  expect_temporal(closed_trial());
}

// Attention that never moves back: each position is asked, from that of the last step on, whether
// attention stops there.
void expect_monotonic(step::MonotonicPrediction prediction, const TrialOptions& options) {
  Builder b = trial_builder();
  const Value energies = word_energies(b);
  const Value last = b.carry("alignment", b.first_position(), "α");
  const Value alignment = b.monotonic_alignment(energies, last, prediction);
  b.next(last, alignment);
  finish_looking(b, energies, alignment);
  Trial t(b.finish(), options);
  t.run([&](const Path& path, const TrialRow& row) {
    Numbers own, aligned(t.length(path));
    aligned[0] = 1;
    for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
      own = energies_of(t, path, i);
      Numbers next(own.size());
      for (std::size_t k = 0; k < own.size(); ++k) {
        double passes = aligned[k];
        for (std::size_t j = k; j < own.size(); ++j) {
          if (!t.open(path, j)) continue;
          double stops = 1 / (1 + std::exp(-own[j]));
          if (prediction == step::MonotonicPrediction::kScan) stops = own[j] > 0 ? 1 : 0;
          next[j] += passes * stops;
          passes *= 1 - stops;
        }
      }
      aligned = next;
    }
    expect_look(t, path, row, own, aligned);
  });
}

TEST(Alignments, OfMonotonicExpectations) {
  expect_monotonic(step::MonotonicPrediction::kExpectation, {});
  expect_monotonic(step::MonotonicPrediction::kExpectation, closed_trial());
}

TEST(Alignments, OfMonotonicScans) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    expect_monotonic(step::MonotonicPrediction::kScan, {.seed = seed});
    TrialOptions closed = closed_trial();
    closed.seed = seed;
    expect_monotonic(step::MonotonicPrediction::kScan, closed);
  }
}

}  // namespace
}  // namespace attend::runtime
