// Tests the forward and backward kernels of training against plain versions in double and their
// central differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <tuple>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;
using Doubles = std::vector<double>;

constexpr GateFunction kGates[] = {GateFunction::kLogistic, GateFunction::kHard};
constexpr UpdateGate kUpdates[] = {UpdateGate::kNew, UpdateGate::kOld};
constexpr double kTolerance = 2e-6;

double gate(GateFunction function, double x) {
  return function == GateFunction::kHard ? reference::hard_logistic(x) : reference::logistic(x);
}

// d f / d x_k by central differences; f takes the changed copy of x.
Doubles differences(const Values& x, const std::function<double(const Doubles&)>& f) {
  Doubles point(x.begin(), x.end()), result;
  for (double& value : point) {
    const double saved = value, step = 1e-5;
    value = saved + step;
    const double above = f(point);
    value = saved - step;
    result.push_back((above - f(point)) / (2 * step));
    value = saved;
  }
  return result;
}

void expect_near(const Values& found, const Doubles& expected, const char* what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t k = 0; k < found.size(); ++k) {
    ASSERT_NEAR(found[k], expected[k], kTolerance * std::max(1.0, std::abs(expected[k])))
        << what << ' ' << k;
  }
}

// Moves sums away from ±2.5, where hard gates have no derivative and differences are wrong.
void keep_off_kinks(Values& sums) {
  for (float& sum : sums) {
    if (std::abs(std::abs(sum) - 2.5F) < 0.01F) sum += 0.05F;
  }
}

// `count` rows of `units` values, `gap` unused ones between them.
struct Padded {
  static constexpr std::size_t kGap = 3;
  std::size_t units;
  Values values;

  Padded(const Values& rows, std::size_t row_units) : units(row_units) {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      values.push_back(rows[k]);
      if ((k + 1) % units == 0) values.insert(values.end(), kGap, -77.0F);
    }
  }
  Rows rows() { return {values.data(), units + kGap}; }
  Values dense() const {
    Values result;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (k % (units + kGap) < units) {
        result.push_back(values[k]);
      } else {
        EXPECT_EQ(values[k], -77.0F) << "written between the rows";
      }
    }
    return result;
  }
};

template <class Body>
void for_all(Body body) {
  for (const std::size_t units : {1, 3, 8, 16, 19, 37}) {
    for (const GateFunction gates : kGates) {
      for (const UpdateGate update : kUpdates) body(CellSizes{2, units}, GruOptions{gates, update});
    }
  }
}

// Returns Σ (weight · values), which turns states into a number to differentiate.
double dot(const Values& weight, const Doubles& values) {
  double sum = 0;
  for (std::size_t k = 0; k < weight.size(); ++k) sum += weight[k] * values[k];
  return sum;
}

struct Lstm {
  CellSizes sizes;
  GateFunction function;
  // Computes [state; cell] from the sums of the gates and previous cells.
  std::pair<Doubles, Doubles> operator()(const Doubles& a, const Doubles& c) const {
    const std::size_t n = sizes.units;
    Doubles state(sizes.rows * n), cell(sizes.rows * n);
    for (std::size_t at = 0; at < state.size(); ++at) {
      const double* sums = a.data() + at / n * 4 * n + at % n;
      cell[at] = gate(function, sums[n]) * c[at] + gate(function, sums[0]) * std::tanh(sums[3 * n]);
      state[at] = gate(function, sums[2 * n]) * std::tanh(cell[at]);
    }
    return {state, cell};
  }
};

TEST(TrainingLstm, EqualsDoublesAndTheirDifferences) {
  Random random(31);
  for_all([&](CellSizes sizes, GruOptions options) {
    const std::size_t n = sizes.units, count = sizes.rows * n;
    const Lstm exact{sizes, options.gates};
    Values a = reference::random_values(random, 4 * count, 1.5);
    keep_off_kinks(a);
    const Values c = reference::random_values(random, count);
    Padded gates(a, 4 * n), previous(c, n), cell(Values(count), n), state(Values(count), n);
    lstm_forward(sizes, options.gates, gates.rows(), previous.rows(), cell.rows(), state.rows());
    const Doubles a_exact(a.begin(), a.end()), c_exact(c.begin(), c.end());
    const auto [exact_state, exact_cell] = exact(a_exact, c_exact);
    expect_near(state.dense(), exact_state, "state");
    expect_near(cell.dense(), exact_cell, "cell");

    const Values above = reference::random_values(random, count);
    const Values later = reference::random_values(random, count);
    const Values later_cell = reference::random_values(random, count);
    const auto cost = [&](const Doubles& sums, const Doubles& cells) {
      const auto [h, next] = exact(sums, cells);
      return dot(above, h) + dot(later, h) + dot(later_cell, next);
    };
    Padded d_state(above, n), carry(later, n), cell_carry(later_cell, n);
    lstm_backward(sizes, options.gates, gates.rows(), previous.rows(), cell.rows(), d_state.rows(),
                  carry.rows(), cell_carry.rows());
    expect_near(gates.dense(), differences(a, [&](const Doubles& x) { return cost(x, c_exact); }),
                "gates");
    expect_near(cell_carry.dense(),
                differences(c, [&](const Doubles& x) { return cost(a_exact, x); }), "cell carry");
  });
}

// A GRU whose recurrent products are elementwise, so that the kernels between them are tested.
// Before: a_c + w (r h); after: a_c + r u with u given.
struct Gru {
  CellSizes sizes;
  GruOptions options;
  Doubles operator()(const Doubles& a, const Doubles& h, const Doubles& u, bool before,
                     double weight) const {
    const std::size_t n = sizes.units;
    Doubles state(sizes.rows * n);
    for (std::size_t at = 0; at < state.size(); ++at) {
      const double* sums = a.data() + at / n * 3 * n + at % n;
      const double z = gate(options.gates, sums[0]), r = gate(options.gates, sums[n]);
      const double candidate = std::tanh(sums[2 * n] + (before ? weight * r * h[at] : r * u[at]));
      state[at] = options.update == UpdateGate::kNew ? (1 - z) * h[at] + z * candidate
                                                     : z * h[at] + (1 - z) * candidate;
    }
    return state;
  }
};

TEST(TrainingGru, EqualsDoublesAndTheirDifferences) {
  Random random(32);
  for (const bool before : {true, false}) {
    for_all([&](CellSizes sizes, GruOptions options) {
      constexpr float kWeight = 0.7F;
      const std::size_t n = sizes.units, count = sizes.rows * n;
      const Gru exact{sizes, options};
      Values a = reference::random_values(random, 3 * count, 1.5);
      keep_off_kinks(a);
      const Values h = reference::random_values(random, count);
      const Values u = reference::random_values(random, count);
      const Doubles a_exact(a.begin(), a.end()), h_exact(h.begin(), h.end());
      const Doubles u_exact(u.begin(), u.end());
      Padded gates(a, 3 * n), previous(h, n), reset(u, n), state(Values(count), n);
      if (before) {
        gru_gates_forward(sizes, options.gates, gates.rows(), previous.rows(), reset.rows());
        for (std::size_t at = 0; at < count; ++at) {
          gates.rows().row(at / n)[2 * n + at % n] += kWeight * reset.rows().row(at / n)[at % n];
        }
        gru_state_forward(sizes, options.update, gates.rows(), previous.rows(), state.rows());
      } else {
        gru_after_forward(sizes, options, gates.rows(), reset.rows(), previous.rows(),
                          state.rows());
      }
      expect_near(state.dense(), exact(a_exact, h_exact, u_exact, before, kWeight), "state");

      const Values above = reference::random_values(random, count);
      const Values later = reference::random_values(random, count);
      const auto cost = [&](const Doubles& sums, const Doubles& states, const Doubles& recurrent) {
        const Doubles next = exact(sums, states, recurrent, before, kWeight);
        return dot(above, next) + dot(later, next);
      };
      Padded d_state(above, n), carry(later, n);
      gru_state_backward(sizes, options, gates.rows(), previous.rows(), d_state.rows(),
                         carry.rows());
      if (before) {
        Padded d_reset(Values(count), n);
        for (std::size_t at = 0; at < count; ++at) {
          d_reset.rows().row(at / n)[at % n] = kWeight * gates.rows().row(at / n)[2 * n + at % n];
        }
        gru_before_backward(sizes, options.gates, gates.rows(), previous.rows(), d_reset.rows(),
                            carry.rows());
      } else {
        gru_after_backward(sizes, options.gates, gates.rows(), reset.rows());
        expect_near(reset.dense(),
                    differences(u, [&](const Doubles& x) { return cost(a_exact, h_exact, x); }),
                    "reset");
      }
      expect_near(gates.dense(),
                  differences(a, [&](const Doubles& x) { return cost(x, h_exact, u_exact); }),
                  "gates");
      expect_near(carry.dense(),
                  differences(h, [&](const Doubles& x) { return cost(a_exact, x, u_exact); }),
                  "carry");
    });
  }
}

// Adds to sums that start at 1, and also uses one mask row for all rows.
TEST(MaskedStates, EqualDoubles) {
  Random random(37);
  for (const std::size_t units : reference::kSizes) {
    if (units == 0) continue;
    const Values states = reference::random_values(random, 3 * units);
    const Values mask = reference::random_values(random, 3 * units);
    Padded h(states, units), m(mask, units), masked(Values(3 * units), units);
    Padded sums(Values(3 * units, 1.0F), units), repeated(Values(3 * units), units);
    mask_states({3, units}, h.rows(), m.rows(), masked.rows());
    mask_states({3, units}, {states.data(), 0}, m.rows(), repeated.rows());
    add_masked({3, units}, h.rows(), m.rows(), sums.rows());
    const auto expected = [&](bool first_row, double before) {
      Doubles result;
      for (std::size_t k = 0; k < mask.size(); ++k) {
        result.push_back(before + static_cast<double>(states[first_row ? k % units : k]) * mask[k]);
      }
      return result;
    };
    expect_near(masked.dense(), expected(false, 0), "masked");
    expect_near(repeated.dense(), expected(true, 0), "one row for all");
    expect_near(sums.dense(), expected(false, 1), "sums");
  }
}

// Computes gain ⊙ x̂ of every block.
Doubles normalise(const NormSizes& sizes, const Doubles& x, const Doubles& gain) {
  Doubles result(x.size());
  const auto n = static_cast<double>(sizes.units);
  for (std::size_t first = 0; first < x.size(); first += sizes.units) {
    double mean = 0, variance = 0;
    for (std::size_t k = 0; k < sizes.units; ++k) mean += x[first + k] / n;
    for (std::size_t k = 0; k < sizes.units; ++k) {
      variance += (x[first + k] - mean) * (x[first + k] - mean) / n;
    }
    for (std::size_t k = 0; k < sizes.units; ++k) {
      result[first + k] = gain[(first + k) % gain.size()] * (x[first + k] - mean) /
                          std::sqrt(variance + kLayerNormEpsilon);
    }
  }
  return result;
}

TEST(TrainingNorm, EqualsDoublesAndTheirDifferences) {
  Random random(38);
  for (const std::size_t units : {1, 3, 8, 16, 19, 37, 64}) {
    for (const std::size_t blocks : {1, 3}) {
      const NormSizes sizes{2, blocks, units};
      const std::size_t width = blocks * units, count = sizes.rows * width;
      const Values x = reference::random_values(random, count, 2.0);
      const Values gain = reference::random_values(random, width);
      const Values d = reference::random_values(random, count);
      const Doubles x_exact(x.begin(), x.end()), gain_exact(gain.begin(), gain.end());
      Padded values(x, width), scales(Values(sizes.rows * blocks), blocks);
      Padded sums(Values(count, 1.0F), width), gradient(d, width);
      layer_norm_forward(sizes, values.rows(), gain, scales.rows(), sums.rows());
      Doubles expected = normalise(sizes, x_exact, gain_exact);
      for (double& value : expected) value += 1;
      expect_near(sums.dense(), expected, "sums");

      Values gain_gradient(width, 1.0F);
      layer_norm_backward(sizes, gradient.rows(), gain, scales.rows(), values.rows(),
                          gain_gradient);
      const auto cost = [&](const Doubles& at, const Doubles& by) {
        return dot(d, normalise(sizes, at, by));
      };
      expect_near(values.dense(),
                  differences(x, [&](const Doubles& v) { return cost(v, gain_exact); }), "values");
      Doubles d_gain = differences(gain, [&](const Doubles& v) { return cost(x_exact, v); });
      for (double& value : d_gain) value += 1;
      expect_near(gain_gradient, d_gain, "gain");
    }
  }
}

// The scale of constant blocks is 1 / sqrt(epsilon), which multiplies rounding errors too. Blocks
// of one unit are always constant.
TEST(TrainingNorm, TakesConstantBlocks) {
  for (const std::size_t units : {1, 5}) {
    Values x(units, 7.0F), scale(1), sums(units), d(units), d_gain(units);
    const Values gain(units, 2.0F);
    for (std::size_t k = 0; k < units; ++k) d[k] = static_cast<float>(k);
    const NormSizes sizes{1, 1, units};
    layer_norm_forward(sizes, {x.data(), units}, gain, {scale.data(), 1}, {sums.data(), units});
    EXPECT_EQ(sums, Values(units));
    layer_norm_backward(sizes, {d.data(), units}, gain, {scale.data(), 1}, {x.data(), units},
                        d_gain);
    EXPECT_EQ(d_gain, Values(units));
    const double mean = static_cast<double>(units - 1) / 2;
    for (std::size_t k = 0; k < units; ++k) {
      EXPECT_NEAR(x[k], 2 * (d[k] - mean) / std::sqrt(kLayerNormEpsilon), 1e-3) << k;
    }
  }
}

struct AttentionCase {
  AttentionSizes sizes;
  std::vector<std::int32_t> lengths;
  EnergyActivation activation;

  // Computes the alignments of all sentences.
  Doubles alignments(const Doubles& projected, const Doubles& query, const Doubles& weight,
                     double bias) const {
    const std::size_t units = sizes.attention_units;
    Doubles result(sizes.batch * sizes.source_length);
    for (std::size_t b = 0; b < sizes.batch; ++b) {
      const std::size_t first = b * sizes.source_length;
      const std::span shares(result.data() + first, static_cast<std::size_t>(lengths[b]));
      double sum = 0;
      for (std::size_t j = 0; j < shares.size(); ++j) {
        double energy = bias;
        for (std::size_t k = 0; k < units; ++k) {
          energy +=
              weight[k] * std::tanh(query[b * units + k] + projected[(first + j) * units + k]);
        }
        if (activation == EnergyActivation::kRelu) energy = std::max(energy, 0.0);
        sum += shares[j] = std::exp(energy);
      }
      for (double& share : shares) share /= sum;
    }
    return result;
  }

  // Computes the contexts of all sentences.
  Doubles contexts(const Doubles& annotations, const Doubles& shares) const {
    const std::size_t h_units = sizes.annotation_units;
    Doubles result(sizes.batch * h_units);
    for (std::size_t at = 0; at < annotations.size(); ++at) {
      const std::size_t position = at / h_units, b = position / sizes.source_length;
      result[b * h_units + at % h_units] += shares[position] * annotations[at];
    }
    return result;
  }
};

// `kBoth`: a cost reads the context and the alignment; `kContext`: the context alone.
enum class Results { kContext, kBoth };

using AttentionKind = std::tuple<EnergyActivation, KeyForm, Results>;

class TrainingAttention : public ::testing::TestWithParam<AttentionKind> {};

INSTANTIATE_TEST_SUITE_P(
    Kinds, TrainingAttention,
    ::testing::Combine(::testing::Values(EnergyActivation::kLinear, EnergyActivation::kRelu),
                       ::testing::Values(KeyForm::kPlain, KeyForm::kExponential),
                       ::testing::Values(Results::kContext, Results::kBoth)));

TEST_P(TrainingAttention, EqualsDoublesAndTheirDifferences) {
  Random random(33), deltas(39);
  const auto [activation, form, results] = GetParam();
  for (const double scale : {1.0, 4.0}) {
    for (const std::size_t units : {1, 5, 16, 21}) {
      const AttentionCase exact{{3, 6, units, units + 2}, {6, 1, 3}, activation};
      const AttentionSizes& sizes = exact.sizes;
      const std::size_t positions = sizes.batch * sizes.source_length;
      const Values h = reference::random_values(random, positions * sizes.annotation_units);
      const Values p = reference::random_values(random, positions * units, scale);
      const Values q = reference::random_values(random, sizes.batch * units, scale);
      const Values v = reference::random_values(random, units);
      const Values bias{0.3F};
      const Values gamma = reference::random_values(random, sizes.batch * sizes.annotation_units);
      Values delta(positions);
      if (results == Results::kBoth) delta = reference::random_values(deltas, positions);
      const Values d_alignment =
          reference::poison_padding(delta, exact.lengths, sizes.source_length);
      const auto doubles = [](const Values& x) { return Doubles(x.begin(), x.end()); };

      Values keys = p, query = q;
      if (form == KeyForm::kExponential) {
        ASSERT_TRUE(exponential_keys(keys));
        exponential_query(query);
      }
      Values energies(positions), alignment(positions, 9.0F), context(gamma.size());
      const AttentionSource source{sizes,    exact.lengths, h.data(),   keys.data(),
                                   v.data(), bias[0],       activation, form};
      const AttentionStep step{query.data(), energies.data(), alignment.data(), context.data()};
      additive_attention_forward(source, step);
      const Doubles exact_alignment = exact.alignments(doubles(p), doubles(q), doubles(v), bias[0]);
      expect_near(alignment, exact_alignment, "alignment");
      expect_near(context, exact.contexts(doubles(h), exact_alignment), "context");
      EXPECT_EQ(alignment[6 + 1], 0.0F);
      EXPECT_EQ(alignment[12 + 3], 0.0F);

      // These gradients are added to 1; the query's gradient is written.
      Values d_h(h.size(), 1.0F), d_p(p.size(), 1.0F), d_v(units, 1.0F), d_bias{1.0F};
      Values d_q(q.size(), 55.0F), scratch(sizes.source_length);
      additive_attention_backward(
          source, step, {gamma.data(), results == Results::kBoth ? d_alignment.data() : nullptr},
          {d_p.data(), d_v.data(), d_bias.data(), d_q.data()}, scratch);
      add_weighted_rows(sizes, exact.lengths,
                        {1, sizes.annotation_units, alignment.data(), gamma.data()}, d_h.data());
      const auto cost = [&](const Doubles& ah, const Doubles& ap, const Doubles& aq,
                            const Doubles& av, double ab) {
        const Doubles shares = exact.alignments(ap, aq, av, ab);
        return dot(gamma, exact.contexts(ah, shares)) + dot(delta, shares);
      };
      const auto plus_one = [](Doubles x) {
        for (double& value : x) value += 1;
        return x;
      };
      const Doubles eh = doubles(h), ep = doubles(p), eq = doubles(q), ev = doubles(v);
      const double eb = bias[0];
      expect_near(d_h,
                  plus_one(differences(h, [&](const auto& x) { return cost(x, ep, eq, ev, eb); })),
                  "annotations");
      expect_near(d_p,
                  plus_one(differences(p, [&](const auto& x) { return cost(eh, x, eq, ev, eb); })),
                  "projected");
      expect_near(d_q, differences(q, [&](const auto& x) { return cost(eh, ep, x, ev, eb); }),
                  "query");
      expect_near(d_v,
                  plus_one(differences(v, [&](const auto& x) { return cost(eh, ep, eq, x, eb); })),
                  "weight");
      expect_near(
          d_bias,
          plus_one(differences(bias, [&](const auto& x) { return cost(eh, ep, eq, ev, x[0]); })),
          "bias");
    }
  }
}

TEST(Float32Product, AddsAndTakesRowsThatStandApart) {
  Random random(35);
  for (const std::size_t outputs : {1, 7, 16, 31, 32, 33, 70}) {
    for (const std::size_t rows : {1, 2, 6, 13, 100}) {
      const std::size_t inputs = 9;
      const Values x = reference::random_values(random, rows * inputs);
      const Values y = reference::random_values(random, rows * outputs);
      const Values weights = reference::random_values(random, outputs * inputs);
      Values transposed(weights.size());
      for (std::size_t k = 0; k < weights.size(); ++k) {
        transposed[k % inputs * outputs + k / inputs] = weights[k];
      }
      Doubles expected = reference::multiply(x, rows, weights, outputs, inputs, {});
      Padded apart_x(x, inputs), apart_y(y, outputs);
      const Float32Product plain(weights, outputs, inputs);
      const Float32Product stored_transposed(transposed.data(), outputs, inputs, {1, outputs});
      stored_transposed.multiply(apart_x.rows(), rows, nullptr, apart_y.rows());
      expect_near(apart_y.dense(), expected, "product");
      plain.multiply_add(apart_x.rows(), rows, apart_y.rows());
      for (double& value : expected) value *= 2;
      expect_near(apart_y.dense(), expected, "sum");
    }
  }
}

}  // namespace
}  // namespace attend::kernels
