// Tests energies that are the numbers of a row (the location score, §6.2) against plain loops.
#include <algorithm>
#include <limits>

#include "program_trial.h"

namespace attend::runtime {
namespace {

using namespace testing;
using step::Builder;
using step::Over;
using step::Value;

constexpr std::size_t kKnown = 3;  // positions that have energies; two of the sources are longer

// e_j = max(0, (W E y_{i-1})_j), everywhere or in a window of three positions around S σ(w · E
// y_{i-1}).
step::Program location_program(bool windowed) {
  Builder b = trial_builder();
  const Value h = b.annotations("h"), word = previous_word(b);
  if (windowed) {
    b.look_in_window(
        b.multiply(b.source_words(), b.sigmoid(b.linear({"centre.weight", 1}, {word}))), 1);
  }
  const auto shown = [&](Value numbers, double elsewhere) {
    return windowed ? b.spread(numbers, elsewhere) : numbers;
  };
  const Value numbers = b.linear({"location.weight", kKnown}, {word});
  const Value energies = b.relu(b.location_energies(numbers));
  const Value alignment = b.softmax(energies);
  b.observe("energies", shown(energies, -std::numeric_limits<double>::infinity()), Over::kSource);
  b.observe("alignment", shown(alignment, 0), Over::kSource);
  finish_with(b, b.weighted_sum(alignment, h));
  return b.finish();
}

void expect_location(bool windowed, const TrialOptions& options) {
  Trial t(location_program(windowed), options);
  t.run([&](const Path& path, const TrialRow& row) {
    const Numbers word = t.word(path, path.tokens.size());
    const Numbers numbers = t.product("location.weight", 0, word);
    double centre = 0;
    if (windowed) {
      const double words = static_cast<double>(t.length(path)) - 1;  // without </s>
      centre = words / (1 + std::exp(-t.product("centre.weight", 0, word)[0]));
    }
    const auto inside = [&](std::size_t j) {
      return !windowed || std::abs(static_cast<double>(j) - std::floor(centre)) <= 1;
    };
    const auto seen = [&](std::size_t j) { return j < kKnown && inside(j) && t.open(path, j); };
    Numbers energies(t.length(path));
    for (std::size_t j = 0; j < std::min(kKnown, energies.size()); ++j) {
      energies[j] = std::max(0.0, numbers[j]);
    }
    const Numbers alignment = softmax(energies, seen);
    Numbers context(kAnnotation);
    for (std::size_t j = 0; j < energies.size(); ++j) {
      const Numbers h = t.annotation(path, j);
      for (std::size_t k = 0; k < context.size(); ++k) context[k] += alignment[j] * h[k];
    }
    Numbers logits = t.product("output.weight", 0, context);
    for (std::size_t k = 0; k < logits.size(); ++k) logits[k] += t.bias("output.bias", k);
    expect_numbers(row.alignment(), alignment, "alignment");
    expect_energies(row.observed("energies"), energies, seen);
    expect_numbers(row.log_probabilities(), log_softmax(logits), "log p");
  });
}

TEST(LocationEnergies, BelongToTheFirstPositions) { expect_location(false, {}); }
TEST(LocationEnergies, LeaveClosedPositionsOut) { expect_location(false, closed_trial()); }
TEST(LocationEnergies, BelongToTheFirstPositionsOfAWindow) { expect_location(true, {}); }
TEST(LocationEnergies, LeaveClosedPositionsOfAWindowOut) { expect_location(true, closed_trial()); }

}  // namespace
}  // namespace attend::runtime
