// Tests mixtures of output distributions (hard attention, §13.2) against the forward algorithm.
#include <limits>

#include "program_trial.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using namespace testing;
using step::Builder;
using step::Over;
using step::Value;

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

enum class Kind { kHard, kMonotonic, kBand };
constexpr Kind kKinds[] = {Kind::kHard, Kind::kMonotonic, Kind::kBand};
constexpr std::int64_t kOffsets = 3;  // of Kind::kBand
enum class Normalizers { kHidden, kShown };

struct MixtureCase {
  Kind kind = Kind::kHard;
  Normalizers normalizers = Normalizers::kHidden;
  std::int64_t words = kWords;
};

// s_i = tanh(W [s_{i-1}; E y_{i-1}]), energies s_i · h_j, energies of offsets W [s_i; h_j] + b,
// readouts tanh(W [s_i; h_j] + b).
step::Program mixture_program(const MixtureCase& one) {
  Builder b = trial_builder(one.words);
  const Value h = b.annotations("h"), word = previous_word(b, one.words);
  const Value before = b.carry("state", b.zeros(kAnnotation), "s");
  const Value state = b.tanh(b.linear({"state.weight", kAnnotation}, {before, word}));
  b.next(before, state);
  const Value energies = b.dot_energies(state, h), alignment = b.softmax(energies);
  const Value readouts = b.tanh(b.linear({"readout.weight", 3}, {state, h}, {"readout.bias"}));
  step::Output output{{}, "output.weight", "output.bias"};
  output.input = b.dropout(readouts, step::DropoutPlace::kReadout);
  output.normalizer = b.log_normalizer(output.input, output);
  output.prior = alignment;
  if (one.kind != Kind::kHard) {
    const Value position = b.carry("position", b.first_position(), "f");
    output.prior = one.kind == Kind::kMonotonic
                       ? b.monotonic_prior(position, energies)
                       : b.band_prior(position, b.linear({"offset.weight", kOffsets}, {state, h},
                                                         {"offset.bias"}));
    const Value token = b.token_log_probability(output.input, output.normalizer, output);
    b.next(position, b.posterior(output.prior, token));
    b.observe("position", position, Over::kSource);
  }
  b.observe("alignment", output.prior, Over::kSource);
  b.observe("look", alignment, Over::kSource);
  if (one.normalizers == Normalizers::kShown) {
    b.observe("normalizers", output.normalizer, Over::kSource);
  }
  b.output(output);
  return b.finish();
}

// The alignments, the transitions and the distributions of all positions in each step of a path.
struct Steps {
  std::vector<Numbers> alignments;                // [steps], [positions]
  std::vector<std::vector<Numbers>> transitions;  // [steps], [positions], [positions]: A(k, j)
  std::vector<std::vector<Numbers>> of_position;  // [steps], [positions]: log p(y | j)
  std::vector<Numbers> normalizers;               // [steps], [positions]
};

// A(k, j) = α_j / Σ_{l ≥ k} α_l for j ≥ k; zeros where nothing from k on is open.
std::vector<Numbers> transitions_of(const Numbers& alignment) {
  const std::size_t length = alignment.size();
  std::vector<Numbers> transitions(length, Numbers(length));
  for (std::size_t k = 0; k < length; ++k) {
    double mass = 0;
    for (std::size_t l = k; l < length; ++l) mass += alignment[l];
    for (std::size_t j = k; j < length && mass > 0; ++j) transitions[k][j] = alignment[j] / mass;
  }
  return transitions;
}

// A(k, j) = softmax(W [s; h_k] + b)_d, where d open positions from k on stand before j.
std::vector<Numbers> transitions_of(const Trial& t, const Path& path, const Numbers& state) {
  const std::size_t length = t.length(path);
  std::vector<Numbers> transitions(length, Numbers(length));
  for (std::size_t k = 0; k < length; ++k) {
    const Numbers energies = sum(t.product("offset.weight", 0, state),
                                 t.product("offset.weight", kAnnotation, t.annotation(path, k)));
    std::size_t offset = 0;
    double mass = 0;
    for (std::size_t j = k; j < length && offset < energies.size(); ++j) {
      if (!t.open(path, j)) continue;
      transitions[k][j] = std::exp(energies[offset] + t.bias("offset.bias", offset));
      mass += transitions[k][j];
      ++offset;
    }
    for (double& share : transitions[k]) share = mass == 0 ? 0 : share / mass;
  }
  return transitions;
}

Steps steps_of(const Trial& t, const Path& path, Kind kind) {
  Steps steps;
  Numbers state(kAnnotation);
  for (std::size_t i = 0; i <= path.tokens.size(); ++i) {
    state = sum(t.product("state.weight", 0, state),
                t.product("state.weight", kAnnotation, t.word(path, i)));
    for (double& x : state) x = std::tanh(x);
    Numbers energies, normalizers;
    std::vector<Numbers> of_position;
    for (std::size_t j = 0; j < t.length(path); ++j) {
      const Numbers h = t.annotation(path, j);
      energies.push_back(dot(state, h));
      Numbers readout =
          sum(t.product("readout.weight", 0, state), t.product("readout.weight", kAnnotation, h));
      for (std::size_t k = 0; k < readout.size(); ++k) {
        readout[k] = std::tanh(readout[k] + t.bias("readout.bias", k));
      }
      Numbers logits = t.product("output.weight", 0, readout);
      for (std::size_t y = 0; y < logits.size(); ++y) logits[y] += t.bias("output.bias", y);
      of_position.push_back(log_softmax(logits));
      normalizers.push_back(logits[0] - of_position.back()[0]);
    }
    steps.alignments.push_back(softmax(energies, [&](std::size_t j) { return t.open(path, j); }));
    steps.transitions.push_back(kind == Kind::kBand ? transitions_of(t, path, state)
                                                    : transitions_of(steps.alignments.back()));
    steps.of_position.push_back(of_position);
    steps.normalizers.push_back(normalizers);
  }
  return steps;
}

// The forward algorithm: γ_j = p(y_1 … y_i, position j) after each step. Returns Σ_k γ_k A(k, j) of
// the last step, which has not chosen its token.
Numbers forward(const Steps& steps, const Path& path) {
  const std::size_t length = steps.alignments[0].size();
  Numbers gamma(length);
  gamma[0] = 1;
  for (std::size_t i = 0; i < steps.alignments.size(); ++i) {
    Numbers moved(length);
    for (std::size_t k = 0; k < length; ++k) {
      for (std::size_t j = k; j < length; ++j) moved[j] += gamma[k] * steps.transitions[i][k][j];
    }
    if (i + 1 == steps.alignments.size()) return moved;
    const auto token = static_cast<std::size_t>(path.tokens[i]);
    for (std::size_t j = 0; j < length; ++j) {
      gamma[j] = moved[j] * std::exp(steps.of_position[i][j][token]);
    }
  }
  return gamma;
}

// p(j | y_<i) of the last step.
Numbers prior_of(const Steps& steps, const Path& path, Kind kind) {
  if (kind == Kind::kHard) return steps.alignments.back();
  Numbers prior = forward(steps, path);
  double total = 0;
  for (const double x : prior) total += x;
  for (double& x : prior) x = total == 0 ? 0 : x / total;
  return prior;
}

Numbers mix(const Steps& steps, const Numbers& prior) {
  Numbers result(steps.of_position.back()[0].size(), kImpossible);
  for (std::size_t y = 0; y < result.size(); ++y) {
    double highest = kImpossible, total = 0;
    const auto score = [&](std::size_t j) {
      return std::log(prior[j]) + steps.of_position.back()[j][y];
    };
    for (std::size_t j = 0; j < prior.size(); ++j) highest = std::max(highest, score(j));
    if (highest == kImpossible) continue;
    for (std::size_t j = 0; j < prior.size(); ++j) total += std::exp(score(j) - highest);
    result[y] = highest + std::log(total);
  }
  return result;
}

void expect_log_probabilities(const std::vector<float>& found, const Numbers& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t y = 0; y < found.size(); ++y) {
    if (expected[y] == kImpossible) {
      ASSERT_EQ(found[y], static_cast<float>(kImpossible)) << y;
    } else {
      ASSERT_NEAR(found[y], expected[y], 3e-5 * std::max(1.0, std::abs(expected[y]))) << y;
    }
  }
}

void expect_mixture(const MixtureCase& one, Trial& t, int steps = 5) {
  t.run(
      [&](const Path& path, const TrialRow& row) {
        const Steps all = steps_of(t, path, one.kind);
        const Numbers prior = prior_of(all, path, one.kind);
        expect_numbers(row.alignment(), prior, "prior", 1e-4);
        expect_numbers(row.observed("look"), all.alignments.back(), "alignment");
        if (one.normalizers == Normalizers::kShown) {
          expect_numbers(row.observed("normalizers"), all.normalizers.back(), "normalizers");
        }
        expect_log_probabilities(row.log_probabilities(), mix(all, prior));
      },
      steps);
}

TEST(MixtureRun, EqualsTheForwardAlgorithm) {
  for (const Kind kind : kKinds) {
    for (const Normalizers normalizers : {Normalizers::kHidden, Normalizers::kShown}) {
      for (const bool closed : {false, true}) {
        SCOPED_TRACE(::testing::Message() << static_cast<int>(kind) << " " << closed);
        const MixtureCase one{kind, normalizers};
        Trial t(mixture_program(one), closed ? closed_trial() : TrialOptions{});
        expect_mixture(one, t);
      }
    }
  }
}

// Σ_i f_i A(i, j), where row i of A is the softmax of the energies at the open positions from i on.
Numbers moved(const Trial& t, const Path& path, const Numbers& f, const std::string& energies) {
  Numbers prior(f.size());
  for (std::size_t i = 0; i < f.size(); ++i) {
    const auto open = [&](std::size_t j) { return j >= i && t.open(path, j); };
    double highest = kImpossible;
    for (std::size_t j = 0; j < f.size(); ++j) {
      if (open(j)) highest = std::max(highest, t.bias(energies, j));
    }
    Numbers below(f.size());
    for (std::size_t j = 0; j < f.size(); ++j) below[j] = t.bias(energies, j) - highest;
    const Numbers shares = softmax(below, open);
    for (std::size_t j = 0; j < f.size(); ++j) prior[j] += f[i] * shares[j];
  }
  return prior;
}

// A step moves to the second position, and then has far higher energies at the first one.
TEST(MixtureRun, StaysBehindAPositionWhateverItsEnergy) {
  Builder b = trial_builder();
  const Value position = b.carry("position", b.first_position(), "f");
  b.next(position, position);
  const auto given = [&](const std::string& name) {
    return b.location_energies(b.parameter(name, 7, "e"));
  };
  const Value there = b.monotonic_prior(position, given("given.there"));
  const Value stays = b.monotonic_prior(there, given("given.stays"));
  b.observe("there", there, Over::kSource);
  b.observe("alignment", stays, Over::kSource);
  previous_word(b);
  finish_with(b, b.weighted_sum(stays, b.annotations("h")));
  const step::Program program = b.finish();
  for (const float high : {28.0F, 110.0F}) {
    for (const TrialOptions& options : {TrialOptions{}, closed_trial()}) {
      Trial t(program, options);
      t.weight("given.there") = {0, 200, 0, 1, 2, 3, 4};
      t.weight("given.stays") = {high, 0, -28, -1, 0, 1, 2};
      t.run([&](const Path& path, const TrialRow& row) {
        Numbers first(t.length(path));
        first[0] = 1;
        const Numbers second = moved(t, path, first, "given.there");
        expect_numbers(row.observed("there"), second, "there");
        expect_numbers(row.alignment(), moved(t, path, second, "given.stays"), "alignment");
      });
    }
  }
}

// log π and log p are added before anything is rounded to 0.
TEST(MixtureRun, FindsAPositionThatWasImprobable) {
  Builder b = trial_builder();
  const auto given = [&](const std::string& name) {
    return b.location_energies(b.parameter(name, 7, "e"));
  };
  const Value prior = b.softmax(given("given.prior")),
              found = b.posterior(prior, given("given.logarithms"));
  b.observe("alignment", prior, Over::kSource);
  b.observe("posterior", found, Over::kSource);
  previous_word(b);
  finish_with(b, b.weighted_sum(found, b.annotations("h")));
  const step::Program program = b.finish();
  for (const TrialOptions& options : {TrialOptions{}, closed_trial()}) {
    Trial t(program, options);
    t.weight("given.prior") = {0, -80, -80, -1, -2, -3, -4};
    t.weight("given.logarithms") = {-1000, -900, -901, -999, -1000, -1000, -1000};
    t.run([&](const Path& path, const TrialRow& row) {
      Numbers scores(t.length(path));
      for (std::size_t j = 0; j < scores.size(); ++j) {
        scores[j] = t.bias("given.prior", j) + t.bias("given.logarithms", j) + 980;
      }
      expect_numbers(row.observed("posterior"),
                     softmax(scores, [&](std::size_t j) { return t.open(path, j); }), "posterior");
    });
  }
}

// p(y) far below the smallest float32 still has a logarithm.
TEST(MixtureRun, KeepsTheDigitsOfImprobableTokens) {
  for (const Kind kind : kKinds) {
    const MixtureCase one{kind};
    Trial t(mixture_program(one), {});
    t.weight("output.bias")[1] = -150;
    t.weight("output.bias")[3] = -75;
    expect_mixture(one, t, 2);
  }
}

// Only some of the positions of a source fit into the memory for logits at once.
TEST(MixtureRun, AddsUpThePartsOfALongSource) {
  const MixtureCase one{Kind::kMonotonic, Normalizers::kHidden, 400000};
  Trial t(mixture_program(one), {.lengths = {5, 1, 1, 2}, .scale = 0.3, .words = one.words});
  expect_mixture(one, t, 2);
}

TEST(MixtureRun, KeepsTheBestOfTheWholeDistribution) {
  constexpr std::size_t kBest = 3;
  for (const Kind kind : kKinds) {
    const MixtureCase one{kind};
    Trial t(mixture_program(one), closed_trial());
    t.run(
        [&](const Path& path, const TrialRow& row) {
          const Steps steps = steps_of(t, path, kind);
          const Numbers all = mix(steps, prior_of(steps, path, kind));
          EXPECT_TRUE(row.result->log_probabilities.empty());
          ASSERT_EQ(row.result->best_count, kBest);
          Numbers sorted = all;
          std::sort(sorted.begin(), sorted.end(), std::greater<>());
          for (std::size_t k = 0; k < kBest; ++k) {
            const model::RankedToken& token = row.result->best[row.row * kBest + k];
            if (sorted[k] == kImpossible) {
              ASSERT_EQ(token.token, text::kNoToken);
              continue;
            }
            ASSERT_NEAR(token.log_probability, sorted[k], 1e-4);
            ASSERT_NEAR(all[static_cast<std::size_t>(token.token)], sorted[k], 1e-4);
          }
        },
        5, kBest);
  }
}

TEST(MixtureRun, GoesWithoutAShortlist) {
  model::Configuration c;
  c.decoder.order = model::Order::kUpdateLookGenerate;
  c.attention.kind = model::AttentionKind::kHardMonotonic;
  model::check(c);
  const model::VocabularySizes sizes{6, 5};
  Random random(1);
  const model::Weights weights = random_weights(c, sizes, random);
  const std::vector<std::vector<TokenId>> sources{{1, 2}}, targets{{3, 4}};
  const auto shortlist = std::make_shared<const model::Shortlist>(
      model::Shortlist::learn(sources, targets, sizes, {}));
  EXPECT_NO_THROW(make_engine(c, sizes, 2, weights));
  try {
    make_engine(c, sizes, 2, weights, {.shortlist = shortlist});
    FAIL() << "a shortlist was accepted";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("attention.kind: hard-monotonic"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("shortlist"), std::string::npos);
  }
}

TEST(ProgramDecoder, HasNoAlignmentWithoutALook) {
  const std::vector<std::vector<TokenId>> sources{{1, 2}, {3}};
  const model::VocabularySizes sizes{6, 5};
  Random random(1);
  for (const auto kind : {model::AttentionKind::kFixed, model::AttentionKind::kNone}) {
    for (const DecoderPath path : {DecoderPath::kFastest, DecoderPath::kProgram}) {
      model::Configuration c;
      c.attention.kind = kind;
      model::check(c);
      const auto engine =
          make_engine(c, sizes, 2, random_weights(c, sizes, random), {.path = path});
      EXPECT_FALSE(engine->has_alignment());
      const auto decoding = engine->annotate(model::make_sources(sources));
      std::vector<Path> paths;
      const model::StepResult result = decoding->step(first_rows(2, paths));
      EXPECT_TRUE(result.alignment.empty());
      EXPECT_EQ(result.source_length, 2U);
      EXPECT_EQ(result.log_probabilities.size(), 10U);
    }
  }
}

}  // namespace
}  // namespace attend::runtime
