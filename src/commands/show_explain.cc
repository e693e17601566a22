// attend show --explain: the numbers of every step of a prediction.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "base/base.h"
#include "commands/show.h"

namespace attend::commands {
namespace {

// The widths of a step of an explanation, in characters.
struct Columns {
  std::size_t name = 9;             // of the names of its lines
  std::size_t all = 0;              // how many columns the source has
  std::vector<std::size_t> widths;  // [drawn columns]
};

// How many lines an observation has. With several lines, each has a number.
std::size_t line_count(const Observed& observed, std::size_t columns) {
  return observed.over == Over::kHeads && columns > 0 ? observed.values.size() / columns : 1;
}

// Returns the beginning of a line of an explanation, "  energies  ".
std::string line_name(std::string_view name, const Columns& columns) {
  return fmt::format("  {:<{}} ", name, columns.name);
}

// Returns a line of numbers below the labels of a source.
std::string below_labels(std::string_view name, std::span<const float> values,
                         const Columns& columns) {
  std::string line = line_name(name, columns);
  for (std::size_t j = 0; j < columns.widths.size(); ++j) {
    line += fmt::format("{:>{}.3f}", values[j], columns.widths[j]);
  }
  return line + "\n";
}

// Returns a line of the first numbers of a vector.
std::string first_numbers(std::string_view name, std::span<const float> values,
                          const Columns& columns) {
  constexpr std::size_t kShown = 8;
  std::string line = line_name(name, columns);
  for (const float value : values.first(std::min(kShown, values.size()))) {
    line += fmt::format("{:>8.3f}", value);
  }
  if (values.size() > kShown) line += fmt::format(" … ({} components)", values.size());
  return line + "\n";
}

// Returns a line of the earlier steps, as the units that they chose, and a number of each.
std::string earlier_steps(std::string_view name, std::span<const float> values,
                          std::span<const ExplainedStep> earlier, const Columns& columns) {
  std::string line = line_name(name, columns);
  for (std::size_t t = 0; t < std::min(values.size(), earlier.size()); ++t) {
    line += fmt::format(" '{}' {:.3f}", view::visible_label(earlier[t].chosen.unit), values[t]);
  }
  return line + "\n";
}

// Returns the name of line number `line`, from 0.
std::string name_of_line(const Observed& observed, std::size_t line) {
  return observed.over == Over::kHeads ? fmt::format("{} {}", observed.name, line + 1)
                                       : observed.name;
}

std::string describe(const Observed& observed, const Columns& columns,
                     std::span<const ExplainedStep> earlier) {
  const std::span<const float> values = observed.values;
  switch (observed.over) {
    case Over::kSource:
      return below_labels(observed.name, values, columns);
    case Over::kHeads: {
      std::string lines;
      for (std::size_t head = 0; head < line_count(observed, columns.all); ++head) {
        lines += below_labels(name_of_line(observed, head),
                              values.subspan(head * columns.all, columns.all), columns);
      }
      return lines;
    }
    case Over::kPast:
      return earlier_steps(observed.name, values, earlier, columns);
    case Over::kUnits:
    case Over::kScalar:
      break;
  }
  return first_numbers(observed.name, values, columns);
}

// Returns the lines of what the engine shows of a step: energies, alignment, context, then others.
// A model without alignment has no line of it. `earlier` are the steps before.
std::string describe_observations(const ExplainedStep& step, const Columns& columns,
                                  std::span<const ExplainedStep> earlier) {
  std::string energies, context, others;
  for (const Observed& one : step.observations) {
    std::string& place = one.name == "energies"  ? energies
                         : one.name == "context" ? context
                                                 : others;
    place += describe(one, columns, earlier);
  }
  const std::string alignment =
      step.alignment.empty() ? "" : below_labels("alignment", step.alignment, columns);
  return energies + alignment + context + others;
}

// Returns how an explanation names the previous token. `token` is empty in the first step, which
// reads E y_0 (§1.3).
std::string previous_token(const std::string& token, const ModelInfo& info) {
  if (!info.feeds_back) return "not fed back";
  if (!token.empty()) return fmt::format("'{}'", view::visible_label(token));
  return fmt::format("none ({})", info.start);
}

// Returns how an explanation names a target unit. A label may have several words.
std::string name_of_answer(const std::string& unit, const ModelInfo& info) {
  return info.has_labels() ? view::visible_title(unit) : view::visible_label(unit);
}

std::string explain_step(std::size_t i, const ExplainedStep& step, const Explanation& explanation,
                         const ModelInfo& info) {
  const Source& source = explanation.source;
  std::string text =
      fmt::format("step {}: previous token {}\n", i + 1, previous_token(step.previous, info));
  const std::size_t drawn = drawn_columns(source, explanation.prediction);
  Columns columns;
  columns.all = source.columns.size();
  for (const Observed& one : step.observations) {
    const std::size_t lines = std::max<std::size_t>(1, line_count(one, columns.all));
    columns.name = std::max(columns.name, name_of_line(one, lines - 1).size());
  }
  std::string labels;
  for (std::size_t j = 0; j < drawn; ++j) {
    const std::string label = view::visible_label(source.columns[j]);
    const std::size_t width = std::max<std::size_t>(8, view::display_width(label) + 1);
    labels += std::string(width - view::display_width(label), ' ') + label;
    columns.widths.push_back(width);
  }
  if (drawn > 0) text += line_name("source", columns) + labels + "\n";
  text += describe_observations(step, columns, std::span(explanation.steps).first(i));
  text +=
      fmt::format("{}'{}' p = {:.4f};", line_name("choice", columns),
                  name_of_answer(step.chosen.unit, info), std::exp(step.chosen.log_probability));
  for (const Choice& choice : step.choices) {
    text += fmt::format(" '{}' {:.4f}", name_of_answer(choice.unit, info),
                        std::exp(choice.log_probability));
  }
  return text + "\n";
}

}  // namespace

std::string explain_texts(const Predictor& predictor, const ShowOptions& options,
                          Notices& notices) {
  constexpr std::size_t kChoices = 4;
  std::string text;
  for (const Equation& equation : predictor.info().equations) {
    text += fmt::format("{:<11} {}\n", equation.name, equation.text);
  }
  if (predictor.info().models > 1) {
    text += fmt::format(
        "The equations are those of the first of {} models; the steps show what all of them give "
        "together.\n",
        predictor.info().models);
  }
  if (const std::string lack = lack_of_alignment(predictor); !lack.empty()) text += lack + "\n";
  Undrawn undrawn(options.errors, notices);
  bool drawn = false;
  const Chunk given = read_texts(options);
  for (std::size_t i = 0; i < given.sources.size(); ++i) {
    Explanation explanation;
    try {
      if (!given.problems[i].empty()) throw DataError(given.problems[i]);
      PredictOptions predict = options.predict;
      predict.request.stream += i;
      explanation = predictor.explain(given.sources[i], predict, kChoices, given.allowed[i]);
    } catch (const DataError& error) {
      undrawn.add(i, error.what());
      continue;
    }
    drawn = true;
    notices.add({explanation.source, {explanation.prediction}, {}, {}}, i + 1);
    text +=
        fmt::format("\n{} → {}  (log-probability {})\n", given.sources[i],
                    explanation.prediction.text, fixed(explanation.prediction.log_probability, 4));
    for (std::size_t k = 0; k < explanation.steps.size(); ++k) {
      text += explain_step(k, explanation.steps[k], explanation, predictor.info());
    }
  }
  undrawn.finish(drawn);
  return text;
}

}  // namespace attend::commands
