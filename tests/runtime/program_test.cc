// Tests the interpreter of step programs against plain loops in double.
#include <limits>

#include "program_trial.h"

namespace attend::runtime {
namespace {

using namespace testing;
using step::Builder;
using step::Over;
using step::Value;

// A query W E y_{i-1} of `units`.
Value word_query(Builder& b, std::int64_t units) {
  return b.linear({"attention.query_weight", units}, {previous_word(b)});
}
Value keys(Builder& b, std::int64_t units) {
  return b.linear({"attention.annotation_weight", units}, {b.annotations("h")}, {"attention.bias"});
}
Numbers key(const Trial& t, const Path& path, std::size_t j) {
  Numbers k = t.product("attention.annotation_weight", 0, t.annotation(path, j));
  for (std::size_t r = 0; r < k.size(); ++r) k[r] += t.bias("attention.bias", r);
  return k;
}
Numbers output(const Trial& t, const Numbers& readout) {
  Numbers logits = t.product("output.weight", 0, readout);
  for (std::size_t r = 0; r < logits.size(); ++r) logits[r] += t.bias("output.bias", r);
  return log_softmax(logits);
}

// Energies see the sum of earlier alignments, which is carried for each position.
step::Program coverage_program() {
  Builder b = trial_builder();
  const Value coverage = b.carry("coverage", b.zero_positions(), "c");
  const Value energies = b.additive_energies("attention.energy_weight", word_query(b, 6),
                                             keys(b, 6), coverage, "attention.coverage_weight");
  const Value alignment = b.softmax(energies);
  b.next(coverage, b.add(coverage, alignment));
  b.cost("coverage", b.sum_positions(b.minimum(alignment, coverage)), 1);
  b.observe("energies", energies, Over::kSource);
  b.observe("alignment", alignment, Over::kSource);
  b.observe("look", alignment, Over::kSource);
  b.observe("coverage", coverage, Over::kSource);
  b.observe("common", b.sum_positions(b.minimum(alignment, coverage)), Over::kScalar);
  finish_with(b, b.weighted_sum(alignment, b.annotations("h")));
  return b.finish();
}

void expect_coverage(const TrialOptions& options) {
  Trial t(coverage_program(), options);
  t.run([&](const Path& path, const TrialRow& row) {
    const std::size_t length = t.length(path);
    const auto open = [&](std::size_t j) { return t.open(path, j); };
    Numbers coverage(length), energies(length), alignment(length);
    double common = 0;
    for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
      coverage = sum(coverage, alignment);
      const Numbers query = t.product("attention.query_weight", 0, t.word(path, i));
      for (std::size_t j = 0; j < length; ++j) {
        const Numbers hidden = sum(query, key(t, path, j));
        energies[j] = 0;
        for (std::size_t k = 0; k < hidden.size(); ++k) {
          const double seen = t.weight("attention.coverage_weight", k, 0) * coverage[j];
          energies[j] += t.bias("attention.energy_weight", k) * std::tanh(hidden[k] + seen);
        }
      }
      alignment = softmax(energies, open);
      common = 0;
      for (std::size_t j = 0; j < length; ++j) common += std::min(alignment[j], coverage[j]);
    }
    Numbers context(kAnnotation);
    for (std::size_t j = 0; j < length; ++j) {
      for (std::size_t k = 0; k < kAnnotation; ++k) {
        context[k] += alignment[j] * t.annotation(path, j)[k];
      }
    }
    expect_numbers(row.alignment(), alignment, "alignment");
    expect_numbers(row.observed("look"), alignment, "look");
    expect_numbers(row.observed("coverage"), coverage, "coverage");
    expect_numbers(row.observed("common"), {common}, "common");
    expect_energies(row.observed("energies"), energies, open);
    EXPECT_TRUE(row.result->observed("alignment").empty());  // it is not among the observations
    expect_numbers(row.log_probabilities(), output(t, context), "log p");
  });
}

TEST(ProgramDecoder, CarriesTheCoverageOfPositions) { expect_coverage({}); }
TEST(ProgramDecoder, CoversNothingAtClosedPositions) { expect_coverage(closed_trial()); }

// e_i = e_{i-1} / 2 + q · k_j: the next step reads the energies that a softmax has read.
TEST(ProgramDecoder, CarriesEnergiesThatStayFiniteAtClosedPositions) {
  Builder b = trial_builder();
  const Value before = b.carry("energies", b.zero_positions(), "e");
  const Value energies = b.add(b.scale(before, 0.5), b.dot_energies(word_query(b, 4), keys(b, 4)));
  b.next(before, energies);
  const Value alignment = b.softmax(energies);
  b.observe("energies", energies, Over::kSource);
  b.observe("alignment", alignment, Over::kSource);
  b.observe("all", b.sum_positions(energies), Over::kScalar);
  finish_with(b, b.weighted_sum(alignment, b.annotations("h")));
  Trial t(b.finish(), closed_trial());
  t.run([&](const Path& path, const TrialRow& row) {
    const auto open = [&](std::size_t j) { return t.open(path, j); };
    Numbers own(t.length(path));
    for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
      const Numbers query = t.product("attention.query_weight", 0, t.word(path, i));
      for (std::size_t j = 0; j < own.size(); ++j) {
        own[j] = own[j] / 2 + dot(query, key(t, path, j));
      }
    }
    double all = 0;
    for (const double energy : own) all += energy;
    expect_numbers(row.alignment(), softmax(own, open), "alignment");
    expect_energies(row.observed("energies"), own, open);
    expect_numbers(row.observed("all"), {all}, "sum");
  });
}

// Vectors of a row and a position, as sums of products in all orders in which their parts are
// known: r_j = tanh(W [E y_{i-1}; h_j; s_{i-1}] + b), and W' [s_{i-1}; r_j; E y_{i-1}; h_1; h_j].
struct VectorProgram {
  static constexpr std::int64_t kFirst = 6, kSecond = 2;
  static step::Program make() {
    Builder b = trial_builder();
    const Value word = previous_word(b), h = b.annotations("h");
    const Value state = b.carry("state", b.first_backward(), "s");
    b.next(state, b.tanh(b.linear({"state.weight", 2}, {state, word})));
    const Value first =
        b.tanh(b.linear({"first.weight", kFirst}, {word, h, state}, {"first.bias"}));
    const Value second = b.linear({"second.weight", kSecond},
                                  {state, first, word, b.first_backward(), h}, {"second.bias"});
    const Value third = b.linear({"third.weight", 1}, {first});
    b.observe("first", first, Over::kSource);
    b.observe("second", second, Over::kSource);
    b.observe("maxima", b.maxout(b.add(first, b.scale(b.relu(first), 2))), Over::kSource);
    b.observe("gates", b.multiply(b.sigmoid(second), second), Over::kSource);
    b.observe("third", third, Over::kSource);
    const Value keys = b.linear({"keys.weight", kSecond}, {h});
    b.observe("repeated", b.multiply(b.add(b.add(state, second), keys), third), Over::kSource);
    finish_with(b, state);
    return b.finish();
  }
};

TEST(ProgramDecoder, ComputesVectorsOfRowsAndPositions) {
  Trial t(VectorProgram::make(), {});
  t.run([&](const Path& path, const TrialRow& row) {
    const Numbers backward{t.annotation(path, 0)[2], t.annotation(path, 0)[3]};
    Numbers state = backward, word = t.word(path, 0);
    for (std::size_t i = 0; i < path.tokens.size(); ++i) {
      state = sum(t.product("state.weight", 0, state), t.product("state.weight", 2, word));
      for (double& x : state) x = std::tanh(x);
      word = t.word(path, i + 1);
    }
    Numbers firsts, seconds, maxima, gates, thirds, repeated;
    for (std::size_t j = 0; j < t.length(path); ++j) {
      const Numbers h = t.annotation(path, j);
      Numbers first = sum(t.product("first.weight", 0, word), t.product("first.weight", 3, h));
      first = sum(first, t.product("first.weight", 7, state));
      for (std::size_t k = 0; k < first.size(); ++k) {
        first[k] = std::tanh(first[k] + t.bias("first.bias", k));
      }
      Numbers second =
          sum(t.product("second.weight", 0, state), t.product("second.weight", 2, first));
      second = sum(second, t.product("second.weight", 8, word));
      second = sum(second, t.product("second.weight", 11, backward));
      second = sum(second, t.product("second.weight", 13, h));
      for (std::size_t k = 0; k < second.size(); ++k) {
        second[k] += t.bias("second.bias", k);
        gates.push_back(second[k] / (1 + std::exp(-second[k])));
      }
      for (std::size_t k = 0; k < first.size(); k += 2) {
        const auto tripled = [&](double x) { return x > 0 ? 3 * x : x; };
        maxima.push_back(std::max(tripled(first[k]), tripled(first[k + 1])));
      }
      firsts.insert(firsts.end(), first.begin(), first.end());
      seconds.insert(seconds.end(), second.begin(), second.end());
      thirds.push_back(t.product("third.weight", 0, first)[0]);
      const Numbers sums = sum(sum(state, second), t.product("keys.weight", 0, h));
      for (const double one : sums) repeated.push_back(one * thirds.back());
    }
    expect_numbers(row.observed("first"), firsts, "first");
    expect_numbers(row.observed("second"), seconds, "second");
    expect_numbers(row.observed("maxima"), maxima, "maxima");
    expect_numbers(row.observed("gates"), gates, "gates");
    expect_numbers(row.observed("third"), thirds, "third");
    expect_numbers(row.observed("repeated"), repeated, "repeated");
    expect_numbers(row.log_probabilities(), output(t, state), "log p");
  });
}

// Slices of vectors of every kind.
step::Program slicing_program() {
  Builder b = trial_builder();
  const Value word = previous_word(b), h = b.annotations("h");
  const Value both = b.tanh(b.linear({"first.weight", 5}, {word, h}));
  const Value energies = b.dot_energies(b.slice(b.first_backward(), 1, 1), b.slice(h, 2, 1));
  b.observe("energies", energies, Over::kSource);
  b.observe("two", b.slice(both, 1, 2), Over::kSource);
  b.observe("one", b.slice(both, 3, 1), Over::kSource);
  b.observe("alignment", b.softmax(energies), Over::kSource);
  finish_with(b, b.slice(word, 1, 2));
  return b.finish();
}

TEST(ProgramDecoder, SlicesVectors) {
  Trial t(slicing_program(), {});
  t.run([&](const Path& path, const TrialRow& row) {
    const Numbers word = t.word(path, path.tokens.size());
    Numbers energies, twos, ones;
    for (std::size_t j = 0; j < t.length(path); ++j) {
      const Numbers h = t.annotation(path, j);
      energies.push_back(t.annotation(path, 0)[3] * h[2]);
      const Numbers both = sum(t.product("first.weight", 0, word), t.product("first.weight", 3, h));
      twos.push_back(std::tanh(both[1]));
      twos.push_back(std::tanh(both[2]));
      ones.push_back(std::tanh(both[3]));
    }
    expect_energies(row.observed("energies"), energies, [](std::size_t) { return true; });
    expect_numbers(row.observed("two"), twos, "two units");
    expect_numbers(row.observed("one"), ones, "one unit");
    expect_numbers(row.log_probabilities(), output(t, {word[1], word[2]}), "log p");
  });
}

// A memory of each position, m_ij = GRU(m_{i-1,j}; [α_ij; h_j; E y_{i-1}]), and filters over the
// last alignment; the energies see both. The quotient α_ij / Φ_j, Φ_j = σ(u · h_j), is shown.
struct MemoryProgram {
  static constexpr std::int64_t kUnits = 2, kFilters = 3, kWidth = 5;
  static step::Program make() {
    Builder b = trial_builder();
    const Value h = b.annotations("h"), word = previous_word(b);
    const Value memory = b.carry("memory", b.zero_positions(kUnits), "m");
    const Value last = b.carry("last", b.zero_positions(), "l");
    const Value found = b.convolution({"last.filters", kFilters, "F"}, kWidth, last);
    const Value energies =
        b.additive_energies("attention.energy_weight", word_query(b, 6), keys(b, 6),
                            {{found, "features.filters"}, {memory, "features.memory"}});
    const Value alignment = b.softmax(energies);
    b.next(last, alignment);
    const step::CellConfig cell{step::Cell::kGru, step::GruReset::kAfter};
    b.parameters().cell("memory", cell, 1 + kAnnotation + kEmbedding, kUnits);
    const Value gates =
        b.linear({"memory.input_weight", 3 * kUnits}, {alignment, h, word}, {"memory.bias"});
    b.next(memory, b.cell(cell, "memory", gates, {memory, {}}, 0).hidden);
    const Value share = b.sigmoid(b.linear({"share.weight", 1}, {h}));
    b.observe("alignment", alignment, Over::kSource);
    b.observe("memory", memory, Over::kHeads);
    b.observe("share", share, Over::kSource);
    b.observe("quotient", b.divide(alignment, share), Over::kSource);
    finish_with(b, b.weighted_sum(alignment, h));
    return b.finish();
  }
};

// The state that a path has left at position j of its source.
struct Memory {
  Numbers state = Numbers(MemoryProgram::kUnits);
  double alignment = 0;
};

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// The energy of position j.
double memory_energy(const Trial& t, const Path& path, std::size_t i, std::size_t j,
                     const std::vector<Memory>& memories) {
  constexpr auto kWidth = static_cast<std::size_t>(MemoryProgram::kWidth);
  Numbers found(MemoryProgram::kFilters);
  for (std::size_t m = 0; m < kWidth; ++m) {
    const std::size_t p = j + m;  // kWidth / 2 positions too far to the right
    if (p < kWidth / 2 || p - kWidth / 2 >= memories.size()) continue;
    for (std::size_t k = 0; k < found.size(); ++k) {
      found[k] += t.weight("last.filters", k, m) * memories[p - kWidth / 2].alignment;
    }
  }
  Numbers hidden = sum(t.product("attention.query_weight", 0, t.word(path, i)), key(t, path, j));
  hidden = sum(hidden, t.product("features.filters", 0, found));
  hidden = sum(hidden, t.product("features.memory", 0, memories[j].state));
  double energy = 0;
  for (std::size_t k = 0; k < hidden.size(); ++k) {
    energy += t.bias("attention.energy_weight", k) * std::tanh(hidden[k]);
  }
  return energy;
}

// One step of the GRU of position j, whose alignment is already that of the step.
void update_memory(const Trial& t, const Path& path, std::size_t i, std::size_t j, Memory& memory) {
  constexpr auto n = static_cast<std::size_t>(MemoryProgram::kUnits);
  Numbers a = t.product("memory.input_weight", 0, {memory.alignment});
  a = sum(a, t.product("memory.input_weight", 1, t.annotation(path, j)));
  a = sum(a, t.product("memory.input_weight", 1 + kAnnotation, t.word(path, i)));
  for (std::size_t k = 0; k < a.size(); ++k) a[k] += t.bias("memory.bias", k);
  const Numbers u = t.product("memory.recurrent_weight", 0, memory.state);
  for (std::size_t k = 0; k < n; ++k) {
    const double z = logistic(a[k] + u[k]), r = logistic(a[n + k] + u[n + k]);
    const double inside = u[2 * n + k] + t.bias("memory.recurrent_bias", k);
    memory.state[k] = z * std::tanh(a[2 * n + k] + r * inside) + (1 - z) * memory.state[k];
  }
}

void expect_memories(const TrialOptions& options) {
  Trial t(MemoryProgram::make(), options);
  t.run([&](const Path& path, const TrialRow& row) {
    const auto open = [&](std::size_t j) { return t.open(path, j); };
    std::vector<Memory> memories(t.length(path)), shown;
    Numbers alignment;
    for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
      shown = memories;
      Numbers energies;
      for (std::size_t j = 0; j < memories.size(); ++j) {
        energies.push_back(memory_energy(t, path, i, j, memories));
      }
      alignment = softmax(energies, open);
      for (std::size_t j = 0; j < memories.size(); ++j) {
        memories[j].alignment = alignment[j];
        update_memory(t, path, i, j, memories[j]);
      }
    }
    const std::vector<float> found = row.observed("memory");  // unit by unit
    const std::size_t longest = found.size() / MemoryProgram::kUnits;
    Numbers expected(found.size()), shares, quotients, context(kAnnotation);
    for (std::size_t j = 0; j < shown.size(); ++j) {
      const Numbers h = t.annotation(path, j);
      for (std::size_t k = 0; k < MemoryProgram::kUnits; ++k) {
        expected[k * longest + j] = shown[j].state[k];
      }
      shares.push_back(logistic(t.product("share.weight", 0, h)[0]));
      quotients.push_back(alignment[j] / shares[j]);
      for (std::size_t k = 0; k < kAnnotation; ++k) context[k] += alignment[j] * h[k];
    }
    expect_numbers(row.alignment(), alignment, "alignment");
    expect_numbers(found, expected, "memory");
    expect_numbers(row.observed("share"), shares, "share");
    expect_numbers(row.observed("quotient"), quotients, "quotient");
    expect_numbers(row.log_probabilities(), output(t, context), "log p");
  });
}

TEST(ProgramDecoder, CarriesAMemoryOfEachPosition) { expect_memories({}); }
TEST(ProgramDecoder, CarriesAMemoryOfClosedPositionsToo) { expect_memories(closed_trial()); }

// The value that a step leaves is E y_i, which it does not know yet; nothing else reads it.
TEST(ProgramDecoder, CarriesTheNextEmbeddingItself) {
  Builder b = trial_builder();
  const Value before = b.carry("word", b.zeros(kEmbedding), "w");
  previous_word(b);
  b.next(before, b.next_embedding("target_embedding.weight", kEmbedding));
  finish_with(b, before);
  Trial t(b.finish(), {});
  t.run([&](const Path& path, const TrialRow& row) {
    expect_numbers(row.log_probabilities(), output(t, t.word(path, path.tokens.size())), "log p");
    EXPECT_TRUE(row.result->alignment.empty());
  });
}

// s_i = GRU(s_{i-1}, E y_{i-1}), which resets after the product, with C x inside the reset gate; x
// belongs to the source or to the row.
step::Program inside_program(bool of_source) {
  Builder b = trial_builder();
  const step::CellConfig cell{step::Cell::kGru, step::GruReset::kAfter, step::GruUpdate::kOld};
  const Value word = previous_word(b), before = b.carry("state", b.zeros(2), "s");
  b.parameters().cell("decoder.0", cell, kEmbedding, 2);
  const Value gates = b.linear({"decoder.0.input_weight", 6}, {word}, {"decoder.0.bias"});
  const Value inside =
      b.linear({"decoder.0.context_weight", 6}, {of_source ? b.first_backward() : word});
  const Value state = b.cell(cell, "decoder.0", gates, {before, {}}, 0, inside).hidden;
  b.next(before, state);
  finish_with(b, state);
  return b.finish();
}

TEST(ProgramDecoder, AddsInsideTheResetGate) {
  for (const bool of_source : {true, false}) {
    Trial t(inside_program(of_source), {});
    t.run([&](const Path& path, const TrialRow& row) {
      const Numbers backward{t.annotation(path, 0)[2], t.annotation(path, 0)[3]};
      Numbers state(2);
      for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
        const Numbers word = t.word(path, i);
        Numbers a = t.product("decoder.0.input_weight", 0, word);
        for (std::size_t k = 0; k < a.size(); ++k) a[k] += t.bias("decoder.0.bias", k);
        const Numbers u =
            sum(t.product("decoder.0.recurrent_weight", 0, state),
                t.product("decoder.0.context_weight", 0, of_source ? backward : word));
        for (std::size_t k = 0; k < 2; ++k) {
          const double z = 1 / (1 + std::exp(-a[k] - u[k]));
          const double r = 1 / (1 + std::exp(-a[2 + k] - u[2 + k]));
          const double inside = u[4 + k] + t.bias("decoder.0.recurrent_bias", k);
          state[k] = z * state[k] + (1 - z) * std::tanh(a[4 + k] + r * inside);
        }
      }
      expect_numbers(row.log_probabilities(), output(t, state), "log p");
    });
  }
}

TEST(ProgramDecoder, KeepsWhatOnlyObservationsNeedForThoseWhoLook) {
  const auto expect_shown = [](std::size_t best, bool shown) {
    Trial t(coverage_program(), {});
    t.run(
        [&](const Path&, const TrialRow& row) {
          EXPECT_NE(row.result->observed("common").empty(), shown);
          EXPECT_FALSE(row.result->observed("coverage").empty());
          EXPECT_FALSE(row.result->alignment.empty());
        },
        2, best);
  };
  expect_shown(0, true);
  expect_shown(2, false);
}

// A window around S σ(…), or around an unbounded number that may lie far outside the source.
struct WindowCase {
  std::int64_t reach = 1;
  std::int64_t units = 4;  // of the additive score
  bool additive = true;
  bool bounded = true;
  double factor = 1;
};

step::Program window_program(const WindowCase& one) {
  Builder b = trial_builder();
  const Value h = b.annotations("h");
  const Value drawn = b.linear({"centre.weight", 1}, {previous_word(b)}, {"centre.bias"});
  const Value centre =
      b.scale(one.bounded ? b.multiply(b.source_words(), b.sigmoid(drawn)) : drawn, one.factor);
  b.look_in_window(centre, one.reach);
  const Value query = word_query(b, one.units), k = keys(b, one.units);
  const Value energies = one.additive ? b.additive_energies("attention.energy_weight", query, k)
                                      : b.dot_energies(query, k);
  const Value alignment = b.multiply(b.softmax(energies), b.gaussian());
  b.observe("energies", b.spread(energies, -std::numeric_limits<double>::infinity()),
            Over::kSource);
  b.observe("alignment", b.spread(alignment), Over::kSource);
  b.observe("centre", centre, Over::kScalar);
  const Value context = b.weighted_sum(alignment, h);
  b.observe("context", context, Over::kUnits);
  finish_with(b, b.linear({"readout.weight", 3}, {context}));
  return b.finish();
}

void expect_window(const WindowCase& one, const TrialOptions& options) {
  Trial t(window_program(one), options);
  t.run([&](const Path& path, const TrialRow& row) {
    const std::size_t length = t.length(path);
    const Numbers word = t.word(path, path.tokens.size());
    const double drawn = t.product("centre.weight", 0, word)[0] + t.bias("centre.bias", 0);
    const double words = static_cast<double>(length - (options.source_ends ? 1 : 0));
    const double centre = one.factor * (one.bounded ? words / (1 + std::exp(-drawn)) : drawn);
    const auto inside = [&](std::size_t j) {
      const double distance = static_cast<double>(j) - std::floor(centre);
      return std::abs(distance) <= static_cast<double>(one.reach);
    };
    const auto open = [&](std::size_t j) { return inside(j) && t.open(path, j); };
    const Numbers query = t.product("attention.query_weight", 0, word);
    Numbers energies(length), context(kAnnotation);
    for (std::size_t j = 0; j < length; ++j) {
      const Numbers k = key(t, path, j), hidden = sum(query, k);
      if (!one.additive) energies[j] = dot(query, k);
      for (std::size_t u = 0; u < hidden.size() && one.additive; ++u) {
        energies[j] += t.bias("attention.energy_weight", u) * std::tanh(hidden[u]);
      }
    }
    Numbers alignment = softmax(energies, open);
    for (std::size_t j = 0; j < length; ++j) {
      const double distance = static_cast<double>(j) - centre;
      const double deviation = static_cast<double>(one.reach) / 2;
      alignment[j] *= std::exp(-distance * distance / (2 * deviation * deviation));
      for (std::size_t u = 0; u < kAnnotation; ++u) {
        context[u] += alignment[j] * t.annotation(path, j)[u];
      }
    }
    expect_numbers(row.observed("centre"), {centre}, "centre");
    expect_numbers(row.alignment(), alignment, "alignment");
    expect_energies(row.observed("energies"), energies, open);
    expect_numbers(row.observed("context"), context, "context");
    expect_numbers(row.log_probabilities(), output(t, t.product("readout.weight", 0, context)),
                   "log p");
  });
}

TEST(ProgramDecoder, LooksInWindowsAtBothEdgesOfASource) {
  for (const std::int64_t reach : {1, 2, 10}) {
    for (const std::int64_t units : {3, 40}) {  // few units have another kernel
      for (const bool additive : {true, false}) {
        for (const bool closed : {false, true}) {
          SCOPED_TRACE(::testing::Message() << reach << " " << units << " " << additive);
          TrialOptions options = closed ? closed_trial() : TrialOptions{};
          options.source_ends = reach > 1;
          expect_window({reach, units, additive}, options);
          expect_window({reach, units, additive, false, 8}, options);
        }
      }
    }
  }
}

TEST(ProgramDecoder, SeesNothingInWindowsFarOutside) {
  for (const double factor : {1e3, -1e3, 1e30, -1e30}) {
    expect_window({2, 4, true, false, factor}, {});
  }
}

// A wide product of a weighted sum is a sum of products of all positions, but not in a window.
TEST(ProgramDecoder, MultipliesTheSumOfAWindowByLargeWeights) {
  Builder b = trial_builder();
  const Value centre = b.multiply(b.source_words(), b.sigmoid(word_query(b, 1)));
  b.look_in_window(centre, 1);
  const Value query = b.linear({"query.weight", kAnnotation}, {previous_word(b)});
  const Value alignment = b.softmax(b.dot_energies(query, b.annotations("h")));
  b.observe("alignment", b.spread(alignment), Over::kSource);
  const Value context = b.weighted_sum(alignment, b.annotations("h"));
  const Value readout = b.linear({"readout.weight", std::int64_t{1} << 16}, {context});
  b.observe("readout", readout, Over::kUnits);
  finish_with(b, b.linear({"last.weight", 2}, {readout}));
  Trial t(b.finish(), {.scale = 0.1});
  t.run(
      [&](const Path& path, const TrialRow& row) {
        Numbers sum(kAnnotation);
        const std::vector<float> shares = row.alignment();
        for (std::size_t j = 0; j < t.length(path); ++j) {
          for (std::size_t u = 0; u < kAnnotation; ++u) {
            sum[u] += shares[j] * t.annotation(path, j)[u];
          }
        }
        expect_numbers(row.observed("readout"), t.product("readout.weight", 0, sum), "readout");
      },
      2);
}

}  // namespace
}  // namespace attend::runtime
