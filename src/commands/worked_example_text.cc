// Writes a worked example of attention as text: tables of numbers with equations and shapes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "commands/worked_example.h"
#include "view/view.h"

namespace attend::commands {
namespace {

// So many components of a vector, and rows of a matrix of weights, are shown; "…" stands for the
// others.
constexpr std::size_t kShownUnits = 5;

enum class Decimals { kGiven = 2, kComputed = 6 };

// Some columns of a table that have one heading: the components of one vector in each row.
struct ColumnGroup {
  std::string heading;
  Rows values;         // [rows, components]
  Numbers total = {};  // [components] of the last line; empty: none
  Decimals decimals = Decimals::kComputed;
};

Rows one_column(const Numbers& values) {
  Rows rows;
  for (const double value : values) rows.push_back({value});
  return rows;
}

std::string shape(std::size_t rows, std::size_t columns) {
  return fmt::format("{}×{}", rows, columns);
}

// Returns "(1×3)·(3×2) = (1×2)" for the product of a matrix [a, b] and a matrix [b, c].
std::string product_of_shapes(std::size_t a, std::size_t b, std::size_t c) {
  return fmt::format("({}×{})·({}×{}) = ({}×{})", a, b, b, c, a, c);
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t own = view::display_width(text);
  return std::string(width > own ? width - own : 0, ' ') + std::string(text);
}

// Returns a number without the sign of a zero.
std::string number(double value, Decimals decimals) {
  const int digits = static_cast<int>(decimals);
  const std::string text = fmt::format("{:.{}f}", value, digits);
  return text == fmt::format("{:.{}f}", -0.0, digits) ? text.substr(1) : text;
}

// Returns the components of a vector, each with a width that is that of its column.
std::string numbers(const Numbers& values, Decimals decimals) {
  std::string text;
  for (std::size_t k = 0; k < std::min(values.size(), kShownUnits); ++k) {
    text += fmt::format(" {:>{}}", number(values[k], decimals), static_cast<int>(decimals) + 4);
  }
  return values.size() > kShownUnits ? text + " …" : text;
}

// Returns a line of the example: its name, its shape and a text.
std::string line(std::string_view name, std::string_view shape, std::string_view text) {
  const std::string begin = fmt::format("  {:<12} {:<6}", name, shape);
  return text.empty() ? begin.substr(0, begin.find_last_not_of(' ') + 1) + "\n"
                      : fmt::format("{}  {}\n", begin, text);
}

// Returns rows of numbers with headings. The first column numbers the rows from 1; `total` is the
// name of the last line, which is left out where no group has a total.
std::string table(std::string_view index, const std::vector<ColumnGroup>& groups,
                  std::string_view total) {
  constexpr std::size_t kFirst = 9;
  std::string head = padded(index, kFirst), last = padded(total, kFirst);
  std::vector<std::string> rows;
  for (std::size_t j = 0; j < groups.front().values.size(); ++j) {
    rows.push_back(padded(fmt::format("{}", j + 1), kFirst));
  }
  for (const ColumnGroup& group : groups) {
    std::size_t width = view::display_width(group.heading);
    for (const Numbers& values : group.values) {
      width = std::max(width, view::display_width(numbers(values, group.decimals)));
    }
    width += 3;
    head += padded(group.heading, width);
    for (std::size_t j = 0; j < rows.size(); ++j) {
      rows[j] += padded(numbers(group.values[j], group.decimals), width);
    }
    last += padded(group.total.empty() ? "" : numbers(group.total, Decimals::kComputed), width);
  }
  std::string text = head + "\n";
  for (const std::string& row : rows) text += row + "\n";
  return total.empty() ? text : text + last.substr(0, last.find_last_not_of(' ') + 1) + "\n";
}

// Returns a line of given numbers with the symbol of the vector before them.
std::string vector_line(std::string_view name, std::string_view shape, std::string_view symbol,
                        const Numbers& values) {
  return line(name, shape, fmt::format("{:<4}{}", symbol, numbers(values, Decimals::kGiven)));
}

// Returns the first rows of a matrix of weights, the first one behind its name.
std::string matrix(std::string_view name, const Rows& rows) {
  std::string text = vector_line(name, shape(rows.size(), rows.size()), "", rows.front());
  for (std::size_t k = 1; k < std::min(rows.size(), kShownUnits); ++k) {
    text += vector_line("", "", "", rows[k]);
  }
  return rows.size() > kShownUnits ? text + line("", "", "     …") : text;
}

std::string given(const WorkedExample& example) {
  const std::size_t n = example.size.units;
  std::string text = "\ngiven\n";
  for (std::size_t j = 0; j < example.annotations.size(); ++j) {
    const std::string symbol = fmt::format("h_{}", j + 1);
    text += j == 0 ? vector_line("annotations", shape(example.annotations.size(), n), symbol,
                                 example.annotations[j])
                   : vector_line("", "", symbol, example.annotations[j]);
  }
  for (std::size_t i = 0; i < example.steps.size(); ++i) {
    text += vector_line("state", shape(1, n), fmt::format("s_{}", i), example.steps[i].state);
  }
  if (!example.query_matrix.empty()) text += matrix("W", example.query_matrix);
  if (!example.key_matrix.empty()) text += matrix("U", example.key_matrix);
  if (!example.energy_vector.empty()) {
    text += vector_line("v", shape(1, n), "", example.energy_vector);
  }
  return text;
}

// Returns the lines of the query of step i, from 1.
std::string query(std::size_t i, const ExampleStep& step, ExampleScore score) {
  const std::size_t n = step.query.size();
  std::string own_shape = shape(1, n), equation = fmt::format("q_{} = s_{}", i, i - 1);
  if (score == ExampleScore::kGeneral) {
    equation += fmt::format(" W: {}", product_of_shapes(1, n, n));
  } else if (score == ExampleScore::kAdditive) {
    own_shape = shape(n, 1);
    equation = fmt::format("q_{} = W s_{}: {}", i, i - 1, product_of_shapes(n, n, 1));
  }
  return line("query", own_shape, equation) +
         line("", "",
              fmt::format("{:<4}{}", fmt::format("q_{}", i),
                          numbers(step.query, Decimals::kComputed)));
}

// Returns the hidden layer of the additive score, and nothing for the other scores.
std::string hidden(std::size_t i, const ExampleStep& step) {
  if (step.hidden.empty()) return "";
  const std::size_t n = step.query.size();
  return line("hidden", shape(step.hidden.size(), n),
              fmt::format("t_{0}j = tanh(q_{0} + U h_j), for each annotation U h_j: {1}", i,
                          product_of_shapes(n, n, 1))) +
         table("j", {{"U h_j", step.keys}, {fmt::format("tanh(q_{} + U h_j)", i), step.hidden}},
               "");
}

std::string energies(std::size_t i, const ExampleStep& step, ExampleScore score) {
  const bool additive = score == ExampleScore::kAdditive;
  const std::string vector = additive ? "v" : fmt::format("q_{}", i);
  const std::string other = additive ? fmt::format("t_{}j", i) : "h_j";
  std::vector<ColumnGroup> groups;
  if (!additive) groups.push_back({other, step.keys, {}, Decimals::kGiven});
  groups.push_back({fmt::format("{} ⊙ {}", vector, other), step.terms});
  groups.push_back({fmt::format("sum e_{}j", i), one_column(step.energies)});
  return line("energies", shape(1, step.keys.size()),
              fmt::format("e_{}j = {} · {}, for each annotation {}", i, vector, other,
                          product_of_shapes(1, step.query.size(), 1))) +
         table("j", groups, "");
}

std::string alignment(std::size_t i, const ExampleStep& step) {
  double all = 0;
  for (const double weight : step.alignment) all += weight;
  return line("alignment", shape(1, step.alignment.size()),
              fmt::format("α_{0}j = exp(e_{0}j) / Σ_k exp(e_{0}k), the softmax of the energies",
                          i)) +
         table("j",
               {{fmt::format("e_{}j", i), one_column(step.energies)},
                {fmt::format("exp(e_{}j)", i), one_column(step.exponentials), {step.sum}},
                {fmt::format("divided by {:.6f}: α_{}j", step.sum, i),
                 one_column(step.alignment),
                 {all}}},
               "sum");
}

std::string context(std::size_t i, const ExampleStep& step, const WorkedExample& example) {
  const auto [positions, units] = example.size;
  return line("context", shape(1, units),
              fmt::format("c_{0} = α_{0} H = Σ_j α_{0}j h_j: {1}", i,
                          product_of_shapes(1, positions, units))) +
         table("j",
               {{fmt::format("α_{}j", i), one_column(step.alignment)},
                {"h_j", example.annotations, {}, Decimals::kGiven},
                {fmt::format("α_{}j h_j", i), step.weighted, step.context}},
               fmt::format("sum c_{}", i));
}

std::string explain_step(std::size_t i, const WorkedExample& example) {
  const ExampleStep& step = example.steps[i - 1];
  return fmt::format("\nstep {}: previous token {}\n", i, i == 1 ? "none" : "y_1") +
         vector_line("state", shape(1, step.state.size()), fmt::format("s_{}", i - 1), step.state) +
         query(i, step, example.score) + hidden(i, step) + energies(i, step, example.score) +
         alignment(i, step) + context(i, step, example);
}

std::size_t place_of_largest(const Numbers& values) {
  const auto largest = std::max_element(values.begin(), values.end());
  return static_cast<std::size_t>(largest - values.begin()) + 1;
}

// Compares the two steps.
std::string both_steps(const WorkedExample& example) {
  const ExampleStep &first = example.steps[0], &second = example.steps[1];
  Numbers moved;
  for (std::size_t j = 0; j < first.alignment.size(); ++j) {
    moved.push_back(second.alignment[j] - first.alignment[j]);
  }
  const auto [positions, units] = example.size;
  const std::size_t from = place_of_largest(first.alignment),
                    to = place_of_largest(second.alignment);
  return "\nboth steps\n" +
         line("alignment", shape(2, positions),
              "Both steps look at the same annotations: another query, other weights.") +
         table("j",
               {{"α_1j", one_column(first.alignment)},
                {"α_2j", one_column(second.alignment)},
                {"α_2j - α_1j", one_column(moved)}},
               "") +
         line("", "",
              from == to ? fmt::format("The largest weight stays at h_{}.", from)
                         : fmt::format("The largest weight moves from h_{} to h_{}.", from, to)) +
         line("contexts", shape(2, units),
              fmt::format("C = A H, a row for each step: {}",
                          product_of_shapes(2, positions, units))) +
         table("i", {{"c_i", {first.context, second.context}}}, "");
}

std::string introduction(const WorkedExample& example) {
  const auto [positions, units] = example.size;
  std::string text = fmt::format(
      "Attention with the score `{}`, worked out. The annotations h_j of a source are the rows of "
      "H,\n"
      "which is {}: source positions × units.\n\n"
      "A step: previous token, state → query → energies → alignment → context → state → readout →\n"
      "log-probabilities. The shape of a value, rows×columns, stands behind its name. Numbers "
      "with\n"
      "two decimals are given, those with six are computed from them. x ⊙ y multiplies the "
      "vectors\n"
      "x and y component by component.\n",
      kExampleScores[static_cast<std::size_t>(example.score)], shape(positions, units));
  if (units > kShownUnits) {
    text += fmt::format(
        "Vectors and matrices of weights are shown up to number {}; … stands for the others, which "
        "count too.\n",
        kShownUnits);
  }
  if (is_set_by_hand(example.size)) return text;
  return text + "The given values follow a rule, which starts from r = 1 and k = 1:\n" +
         example_rule(example.score);
}

std::string how_a_model_goes_on() {
  std::string text = "\nhow a model goes on from the context of step i\n";
  for (const auto& [name, what] : std::vector<std::pair<std::string, std::string>>{
           {"state",
            "A cell, such as a GRU, computes s_i from s_{i-1}, the previous token and c_i."},
           {"readout", "A layer computes it from s_i and c_i."},
           {"log-probabilities", "They are the logarithm of a softmax over the vocabulary."}}) {
    text += fmt::format("  {:<18} {}\n", name, what);
  }
  return text + "  In this example the states are given, because a cell has weights of its own.\n";
}

}  // namespace

std::string draw_example(const WorkedExample& example) {
  std::string text = introduction(example) + given(example);
  for (std::size_t i = 1; i <= example.steps.size(); ++i) text += explain_step(i, example);
  if (example.steps.size() == 2) text += both_steps(example);
  return text + how_a_model_goes_on();
}

}  // namespace attend::commands
