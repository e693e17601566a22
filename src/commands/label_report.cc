#include "commands/label_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/api.h"
#include "base/base.h"
#include "commands/command_line.h"
#include "predictor/predictor.h"
#include "view/view.h"

namespace attend::commands {

using api::internals;
namespace {

using Json = nlohmann::ordered_json;
using metrics::LabelScore;

constexpr std::size_t kMostRows = 50;
constexpr std::size_t kMostPicturedLabels = 60;
constexpr std::size_t kWidestLabel = 40;    // terminal columns
constexpr std::size_t kLongestLabel = 400;  // bytes, because combining marks have no columns

bool has_more_examples(const LabelScore& a, const LabelScore& b) {
  return a.expected != b.expected ? a.expected > b.expected : a.label < b.label;
}

// ------------------------------------------------------------------------------------- text ---

// Returns a label for a table, in at most kWidestLabel columns. An answer may be empty.
std::string row_name(const std::string& label) {
  if (label.empty()) return "(empty)";
  const std::string name = one_line(label);
  if (name.size() <= kLongestLabel && view::display_width(name) <= kWidestLabel) return name;
  std::size_t columns = 0, end = 0;
  while (end < name.size()) {
    std::size_t next = end + 1;
    while (next < name.size() && (static_cast<unsigned char>(name[next]) & 0xC0U) == 0x80U) ++next;
    columns += view::display_width(std::string_view(name).substr(end, next - end));
    if (columns >= kWidestLabel || next > kLongestLabel) break;
    end = next;
  }
  return name.substr(0, end) + "…";
}

std::string padded(const std::string& name, std::size_t width) {
  const std::size_t columns = view::display_width(name);
  return name + std::string(columns < width ? width - columns : 0, ' ');
}

std::string rates(double precision, double recall, double f1, std::size_t support) {
  return fmt::format("{:>12.2f}{:>10.2f}{:>10.2f}{:>10}\n", precision, recall, f1, support);
}

std::string average_row(const std::string& name, std::size_t width,
                        const metrics::LabelAverage& average, std::size_t support) {
  return padded(name, width) + rates(average.precision, average.recall, average.f1, support);
}

std::string format_classes(const LabelReport& report) {
  const std::vector<LabelScore>& labels = report.scores.labels;
  const std::size_t rows = std::min(labels.size(), kMostRows);
  std::size_t width = view::display_width("macro average"), rest = 0, averaged = 0;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < rows; ++k) {
    names.push_back(row_name(labels[k].label));
    width = std::max(width, view::display_width(names.back()));
  }
  std::string text = padded("label", width) + fmt::format("{:>12}{:>10}{:>10}{:>10}\n", "precision",
                                                          "recall", "F1", "support");
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const LabelScore& one = labels[k];
    const bool ignored =
        std::find(report.ignored.begin(), report.ignored.end(), one.label) != report.ignored.end();
    averaged += ignored ? 0 : one.expected;
    if (k < rows) {
      text += padded(names[k], width) + rates(one.precision, one.recall, one.f1, one.expected);
    } else {
      rest += one.expected;
    }
  }
  if (rows < labels.size()) {
    text += fmt::format("… and {} more labels with {} examples\n", labels.size() - rows, rest);
  }
  text += average_row("macro average", width, report.scores.macro, averaged);
  text += average_row("micro average", width, report.scores.micro, averaged);
  for (const std::string& label : report.ignored) {
    text += fmt::format("left out of the averages: {}\n", one_line(label));
  }
  return text;
}

std::string format_calibration(const LabelReport& report) {
  const metrics::Calibration& now = *report.calibration;
  std::string text;
  if (report.fitted) {
    const auto row = [](const char* name, const std::string& before, const std::string& after) {
      return fmt::format("{:<28}{:>12}{:>12}\n", name, before, after);
    };
    const metrics::FittedTemperature& fitted = *report.fitted;
    text = row("", "before", "after");
    text += row("temperature", fmt::format("{}", fitted.applied),
                fmt::format("{}", fitted.temperature));
    text += row("expected calibration error", fmt::format("{:.2f}", fitted.before.expected_error),
                fmt::format("{:.2f}", fitted.after.expected_error));
    text += row("negative log-likelihood", metrics::likelihood_text(fitted.before),
                metrics::likelihood_text(fitted.after));
  } else {
    if (report.temperature) {
      text = fmt::format("{:<28}{:>12}\n", "temperature", fmt::format("{}", *report.temperature));
    }
    text +=
        fmt::format("{:<28}{:>12.2f}\n{:<28}{:>12}\n", "expected calibration error",
                    now.expected_error, "negative log-likelihood", metrics::likelihood_text(now));
  }
  if (now.unknown > 0) {
    text += fmt::format("{:<28}{:>12}\n", "labels it does not know", now.unknown);
  }
  return text;
}

// ------------------------------------------------------------------------------------- JSON ---

Json average_json(const metrics::LabelAverage& average) {
  return {{"precision", average.precision}, {"recall", average.recall}, {"f1", average.f1}};
}

Json confusion_json(const metrics::ConfusionMatrix& matrix) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < matrix.labels.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < matrix.labels.size(); ++j) row.push_back(matrix.count(i, j));
    rows.push_back(std::move(row));
  }
  return {{"labels", matrix.labels}, {"counts", std::move(rows)}};
}

// Returns null for a figure that does not exist.
Json figure(std::optional<double> value) { return value ? Json(*value) : Json(); }

Json calibration_json(const metrics::Calibration& calibration, std::optional<double> temperature) {
  Json bins = Json::array();
  for (const metrics::CalibrationBin& bin : calibration.bins) {
    const auto mean = [&bin](double value) {
      return figure(bin.examples > 0 ? std::optional(value) : std::nullopt);
    };
    bins.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"examples", bin.examples},
                    {"confidence", mean(bin.confidence)},
                    {"accuracy", mean(bin.accuracy)}});
  }
  return {{"examples", calibration.examples},
          {"unknown", calibration.unknown},
          {"temperature", figure(temperature)},
          {"accuracy", calibration.accuracy},
          {"expected_calibration_error", calibration.expected_error},
          {"negative_log_likelihood", figure(calibration.negative_log_likelihood)},
          {"bins", std::move(bins)}};
}

// -------------------------------------------------------------------------------- confusions ---

std::string matrix_table(const metrics::ConfusionMatrix& matrix) {
  std::string text = "expected";
  for (const std::string& label : matrix.labels) text += "\t" + label;
  text += "\n";
  for (std::size_t i = 0; i < matrix.labels.size(); ++i) {
    text += matrix.labels[i];
    for (std::size_t j = 0; j < matrix.labels.size(); ++j) {
      text += fmt::format("\t{}", matrix.count(i, j));
    }
    text += "\n";
  }
  return text;
}

// Returns the picture of a matrix. `ranked` are the scores of its labels, those with the most
// examples first.
view::ConfusionPicture matrix_picture(const metrics::ConfusionMatrix& matrix,
                                      const std::vector<LabelScore>& ranked) {
  const std::size_t all = matrix.labels.size();
  const bool pooled = all > kMostPicturedLabels;
  const std::size_t shown = pooled ? kMostPicturedLabels - 1 : all;
  std::vector<std::string> kept;
  for (std::size_t k = 0; k < shown; ++k) kept.push_back(ranked[k].label);
  std::sort(kept.begin(), kept.end());
  std::map<std::string, std::size_t> places;
  for (const std::string& label : kept) places.emplace(label, places.size());
  view::ConfusionPicture picture;
  picture.labels = std::move(kept);
  if (pooled) picture.labels.push_back(fmt::format("{} other labels", all - shown));
  const auto place_of = [&](std::size_t label) {
    const auto found = places.find(matrix.labels[label]);
    return found == places.end() ? shown : found->second;
  };
  const std::size_t size = picture.labels.size();
  picture.counts.assign(size * size, 0);
  for (std::size_t i = 0; i < all; ++i) {
    for (std::size_t j = 0; j < all; ++j) {
      picture.counts[place_of(i) * size + place_of(j)] += matrix.count(i, j);
    }
  }
  picture.title = "Confusion matrix";
  return picture;
}

}  // namespace

LabelReport report_labels(const EvaluatedPairs& evaluated, const Predictor& predictor,
                          const metrics::LabelScoreOptions& options) {
  const std::vector<std::string> hypotheses = metrics::comparable_texts(evaluated.hypotheses);
  std::vector<metrics::Segment> first;
  for (const auto& list : evaluated.references) first.push_back(list.front());
  const std::vector<std::string> references = metrics::comparable_texts(first);
  LabelReport report;
  report.scores = metrics::score_labels(hypotheses, references, options);
  report.ignored = options.ignored;
  if (report.scores.labels.size() <= metrics::kMostConfusedLabels) {
    report.confusion = metrics::confusion_matrix(hypotheses, references);
  }
  std::sort(report.scores.labels.begin(), report.scores.labels.end(), has_more_examples);
  if (predictor.info().models == 1) {
    report.temperature = internals(predictor).text().configuration.decoder.temperature;
  }
  if (!evaluated.judged.empty()) report.calibration = metrics::calibrate(evaluated.judged);
  return report;
}

std::string format_labels(const LabelReport& report) {
  std::string text = "\n" + format_classes(report);
  if (report.calibration) text += "\n" + format_calibration(report);
  return text;
}

void add_labels(Json& json, const LabelReport& report) {
  Json labels = Json::array();
  for (const LabelScore& one : report.scores.labels) {
    labels.push_back({{"label", one.label},
                      {"precision", one.precision},
                      {"recall", one.recall},
                      {"f1", one.f1},
                      {"support", one.expected},
                      {"predicted", one.predicted},
                      {"correct", one.correct}});
  }
  json["labels"] = std::move(labels);
  json["macro"] = average_json(report.scores.macro);
  json["micro"] = average_json(report.scores.micro);
  if (!report.ignored.empty()) json["ignored"] = report.ignored;
  if (report.confusion) json["confusion"] = confusion_json(*report.confusion);
  if (report.calibration) {
    json["calibration"] = calibration_json(*report.calibration, report.temperature);
  }
  if (report.fitted) {
    json["fitted"] = calibration_json(report.fitted->after, report.fitted->temperature);
  }
}

MatrixForm matrix_form(std::string_view flag, const std::string& file) {
  if (file.ends_with(".svg")) return MatrixForm::kSvg;
  if (file.ends_with(".png")) return MatrixForm::kPng;
  if (file.ends_with(".tsv") || is_written_directly(file)) return MatrixForm::kTable;
  throw UsageError(
      fmt::format("{}: found '{}', expected a name that ends in .tsv, .svg or .png", flag, file));
}

std::string confusion_bytes(const LabelReport& report, MatrixForm form) {
  if (!report.confusion) {
    throw UsageError(fmt::format("--confusion: found {} labels, expected at most {}",
                                 report.scores.labels.size(), metrics::kMostConfusedLabels));
  }
  if (form == MatrixForm::kTable) return matrix_table(*report.confusion);
  const std::string svg =
      view::draw_confusion(matrix_picture(*report.confusion, report.scores.labels));
  return form == MatrixForm::kSvg ? svg : view::svg_to_png(svg);
}

std::string reliability_svg(const LabelReport& report) {
  if (!report.calibration) throw UsageError("--reliability: no source has an answer");
  std::vector<view::ReliabilityBin> bins;
  for (const metrics::CalibrationBin& bin : report.calibration->bins) {
    bins.push_back({bin.low, bin.high, bin.examples, std::min(bin.confidence, 1.0), bin.accuracy});
  }
  view::ReliabilityOptions options;
  options.title = "Reliability";
  options.subtitle =
      fmt::format("expected calibration error {:.2f} %", report.calibration->expected_error);
  if (report.temperature) options.subtitle += fmt::format(", temperature {}", *report.temperature);
  return view::draw_reliability(bins, options);
}

}  // namespace attend::commands
