#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "commands/command.h"

namespace attend::commands {
namespace {

using Json = nlohmann::ordered_json;

// The shortest digits that give the same float again.
double shortest(float value) { return std::strtod(fmt::format("{}", value).c_str(), nullptr); }

Json bytes(const text::ByteSpan& span) { return {span.begin, span.end}; }

Json prediction_json(const predictor::Prediction& prediction, const predictor::Source& source) {
  Json json{{"text", prediction.text},
            {"score", prediction.score},
            {"log_probability", prediction.log_probability},
            {"finished", prediction.finished}};
  Json units = Json::array();
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    units.push_back({{"text", prediction.units[i]},
                     {"bytes", bytes(prediction.spans[i])},
                     {"log_probability", shortest(prediction.unit_scores[i])}});
  }
  json["units"] = std::move(units);
  Json links = Json::array();
  for (const auto& [j, i] : prediction.links) {
    links.push_back({{"source", j},
                     {"target", i},
                     {"source_bytes", bytes(source.units[j].span)},
                     {"target_bytes", bytes(prediction.spans[i])}});
  }
  json["links"] = std::move(links);
  Json rows = Json::array();
  const std::size_t columns = source.columns.size();
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < columns; ++j)
      row.push_back(shortest(prediction.alignment[i * columns + j]));
    rows.push_back(std::move(row));
  }
  json["alignment"] = std::move(rows);
  return json;
}

}  // namespace

std::string to_json(const predictor::Answer& answer) {
  Json units = Json::array();
  for (const text::Unit& unit : answer.source.units) {
    units.push_back({{"text", unit.text}, {"bytes", bytes(unit.span)}});
  }
  Json json{{"source", answer.source.text},
            {"source_units", std::move(units)},
            {"columns", answer.source.columns},
            {"unknown", answer.source.unknown}};
  Json predictions = Json::array();
  for (const predictor::Prediction& prediction : answer.predictions) {
    predictions.push_back(prediction_json(prediction, answer.source));
  }
  json["predictions"] = std::move(predictions);
  return json.dump();
}

}  // namespace attend::commands
