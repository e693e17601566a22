// Equations (§1.5), where i counts the steps and j the annotations:
//   e_ij = s_{i-1} · h_j, (s_{i-1} W) · h_j or v · tanh(W s_{i-1} + U h_j)
//   α_ij = exp(e_ij) / Σ_k exp(e_ik);  c_i = Σ_j α_ij h_j
#include "commands/worked_example.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/base.h"

namespace attend::commands {
namespace {

// Returns a number from 1 to kLargestExample, or 0 for any other text.
std::size_t parse_count(std::string_view text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && count <= kLargestExample ? count : 0;
}

// The rule of example_rule(). All values have two decimals and lie between -0.52 and 0.52.
double value_of_rule(std::size_t row, std::size_t column, std::size_t factor) {
  const std::size_t remainder = (factor * row * column + 3 * row + 5 * column) % 53;
  return (static_cast<double>(remainder) - 26) / 50;
}

Rows rows_of_rule(std::size_t rows, std::size_t columns, std::size_t factor) {
  Rows values(rows, Numbers(columns));
  for (std::size_t j = 0; j < rows; ++j) {
    for (std::size_t k = 0; k < columns; ++k) values[j][k] = value_of_rule(j + 1, k + 1, factor);
  }
  return values;
}

// The values that a person set, or those of the rule: annotations, states and weights.
struct Given {
  Rows annotations, states, w, u;
  Numbers v;
};

Given given_values(const ExampleSize& size) {
  if (is_set_by_hand(size)) {
    return {.annotations = {{1, 0}, {0, 1}, {0.5, -0.5}},
            .states = {{0.3, -0.7}, {-0.6, 0.8}},
            .w = {{0.5, -0.3}, {0.1, 0.2}},
            .u = {{0.2, 0.1}, {-0.4, 0.3}},
            .v = {1, -0.5}};
  }
  const std::size_t n = size.units;
  return {.annotations = rows_of_rule(size.positions, n, 7),
          .states = rows_of_rule(2, n, 11),
          .w = rows_of_rule(n, n, 13),
          .u = rows_of_rule(n, n, 17),
          .v = rows_of_rule(1, n, 19).front()};
}

// Returns M x, the product of a matrix and a column.
Numbers product(const Rows& matrix, const Numbers& x) {
  Numbers result;
  for (const Numbers& row : matrix) {
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += row[k] * x[k];
    result.push_back(sum);
  }
  return result;
}

// Returns x M, the product of a row and a matrix.
Numbers product(const Numbers& x, const Rows& matrix) {
  Numbers result(matrix.front().size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    for (std::size_t l = 0; l < result.size(); ++l) result[l] += x[k] * matrix[k][l];
  }
  return result;
}

// Query, keys and the terms of the energies.
void compare(const WorkedExample& example, ExampleStep& step) {
  const bool additive = example.score == ExampleScore::kAdditive;
  step.query = additive                                  ? product(example.query_matrix, step.state)
               : example.score == ExampleScore::kGeneral ? product(step.state, example.query_matrix)
                                                         : step.state;
  for (const Numbers& annotation : example.annotations) {
    step.keys.push_back(additive ? product(example.key_matrix, annotation) : annotation);
    Numbers hidden, terms;
    for (std::size_t k = 0; k < step.query.size(); ++k) {
      if (additive) {
        hidden.push_back(std::tanh(step.query[k] + step.keys.back()[k]));
        terms.push_back(example.energy_vector[k] * hidden.back());
      } else {
        terms.push_back(step.query[k] * step.keys.back()[k]);
      }
    }
    if (additive) step.hidden.push_back(std::move(hidden));
    step.terms.push_back(std::move(terms));
  }
}

// Energies, the softmax and the context. An energy is small, so that no maximum is subtracted.
void look(const WorkedExample& example, ExampleStep& step) {
  for (const Numbers& terms : step.terms) {
    double energy = 0;
    for (const double term : terms) energy += term;
    step.energies.push_back(energy);
    step.exponentials.push_back(std::exp(energy));
    step.sum += step.exponentials.back();
  }
  step.context.assign(example.size.units, 0);
  for (std::size_t j = 0; j < example.size.positions; ++j) {
    step.alignment.push_back(step.exponentials[j] / step.sum);
    step.weighted.push_back(example.annotations[j]);
    for (std::size_t k = 0; k < example.size.units; ++k) {
      step.weighted[j][k] *= step.alignment[j];
      step.context[k] += step.weighted[j][k];
    }
  }
}

}  // namespace

ExampleSize parse_example_size(std::string_view text) {
  ExampleSize size;
  const std::size_t x = text.find('x');
  if (x != std::string_view::npos) size.positions = parse_count(text.substr(0, x));
  size.units = parse_count(x == std::string_view::npos ? text : text.substr(x + 1));
  if (size.positions == 0 || size.units == 0) {
    throw UsageError(fmt::format(
        "--size: found '{}', expected POSITIONSxUNITS such as 10x5, or UNITS such as 30, with "
        "numbers from 1 to {}",
        text, kLargestExample));
  }
  return size;
}

bool is_set_by_hand(const ExampleSize& size) { return size == ExampleSize{}; }

std::string example_rule(ExampleScore score) {
  const auto line = [](std::string_view name, int factor) {
    return fmt::format("  {} = (({} r k + 3 r + 5 k) mod 53 - 26) / 50\n", name, factor);
  };
  std::string text = line("component k of h_r      ", 7) + line("component k of s_{r-1}  ", 11);
  if (score != ExampleScore::kDot) text += line("column k in row r of W  ", 13);
  if (score != ExampleScore::kAdditive) return text;
  return text + line("column k in row r of U  ", 17) + line("component k of v, r = 1 ", 19);
}

WorkedExample work_out(ExampleScore score, const ExampleSize& size, std::size_t steps) {
  Given given = given_values(size);
  WorkedExample example;
  example.score = score;
  example.size = size;
  example.annotations = std::move(given.annotations);
  if (score != ExampleScore::kDot) example.query_matrix = std::move(given.w);
  if (score == ExampleScore::kAdditive) {
    example.key_matrix = std::move(given.u);
    example.energy_vector = std::move(given.v);
  }
  for (std::size_t i = 0; i < steps; ++i) {
    ExampleStep step;
    step.state = given.states.at(i);
    compare(example, step);
    look(example, step);
    example.steps.push_back(std::move(step));
  }
  return example;
}

}  // namespace attend::commands
