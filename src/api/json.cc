// The JSON of answers (docs/formats.md).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "attend/attend.hpp"

namespace attend {
namespace {

using Json = nlohmann::ordered_json;

// Returns the shortest digits that give this float again, as a JSON number; null if it is not
// finite.
std::string shortest(float value) {
  if (!std::isfinite(value)) return "null";
  std::string digits = fmt::format("{}", value + 0.0F);  // 0 for −0
  return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
}

// U+0085, U+2028 and U+2029 are legal in JSON, but many readers of JSON lines take them for line
// ends.
std::string escape_line_ends(const std::string& json) {
  struct LineEnd {
    std::string_view raw, escaped;
  };
  constexpr std::array<LineEnd, 3> kEnds{
      {{"\xc2\x85", "\\u0085"}, {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}}};
  std::string result;
  result.reserve(json.size());
  for (std::size_t i = 0; i < json.size();) {
    const std::string_view rest = std::string_view(json).substr(i);
    const auto* end = std::find_if(kEnds.begin(), kEnds.end(),
                                   [&](const LineEnd& one) { return rest.starts_with(one.raw); });
    if (end == kEnds.end()) {
      result += json[i++];
    } else {
      result += end->escaped;
      i += end->raw.size();
    }
  }
  return result;
}

// Names of files, which a problem may quote, need not be UTF-8: U+FFFD stands for what is not.
std::string to_text(const Json& json) {
  return escape_line_ends(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json bytes(const ByteSpan& span) { return {span.begin, span.end}; }

Json source_json(const Answer& answer) {
  const Source& source = answer.source;
  Json units = Json::array();
  for (const Unit& unit : source.units) {
    units.push_back({{"text", unit.text}, {"bytes", bytes(unit.span)}});
  }
  Json json{{"source", source.text},
            {"source_units", std::move(units)},
            {"columns", source.columns},
            {"unknown", source.unknown}};
  if (source.grid_rows > 0) json["grid"] = {source.grid_rows, source.grid_columns};
  if (!answer.problem.empty()) json["problem"] = answer.problem;
  if (answer.withheld) json["withheld_probability"] = *answer.withheld;
  return json;
}

// The digits are parsed again, so that the double is printed with the digits of the float.
Json float_json(float value) { return Json::parse(shortest(value)); }

Json units_json(const Prediction& prediction) {
  Json units = Json::array();
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    units.push_back({{"text", prediction.units[i]}, {"bytes", bytes(prediction.spans[i])}});
    units.back()["log_probability"] = float_json(prediction.unit_scores[i]);
  }
  return units;
}

// Returns the prediction without its alignment.
Json prediction_json(const Prediction& prediction, const Source& source) {
  Json json{{"text", prediction.text},
            {"score", prediction.score + 0.0},  // 0 for −0
            {"log_probability", prediction.log_probability + 0.0},
            {"confidence", prediction.confidence ? Json(*prediction.confidence) : Json()},
            {"finished", prediction.finished}};
  if (!prediction.finished) {
    json["unfinished"] = prediction.dead_end ? "no unit may follow" : "longest length";
  }
  json["units"] = units_json(prediction);
  if (prediction.unit_scores.size() > prediction.units.size()) {
    json["end_log_probability"] = Json::parse(shortest(prediction.unit_scores.back()));
  }
  if (!prediction.unknown.empty()) json["unknown"] = prediction.unknown;
  Json links = Json::array();
  for (const auto& [j, i] : prediction.links) {
    links.push_back({{"source", j},
                     {"target", i},
                     {"source_bytes", bytes(source.units[j].span)},
                     {"target_bytes", bytes(prediction.spans[i])}});
  }
  json["links"] = std::move(links);
  return json;
}

Json words_json(const std::string& text, const std::vector<ByteSpan>& words) {
  Json json = Json::array();
  for (const ByteSpan& span : words) {
    json.push_back(
        {{"text", text.substr(span.begin, span.end - span.begin)}, {"bytes", bytes(span)}});
  }
  return json;
}

Json word_links_json(const std::vector<ByteSpan>& source, const LinkedWords& target) {
  Json links = Json::array();
  for (const WordLink& one : target.links) {
    links.push_back({{"source", one.link.source},
                     {"target", one.link.target},
                     {"source_bytes", bytes(source[one.link.source])},
                     {"target_bytes", bytes(target.words[one.link.target])},
                     {"weight", float_json(one.weight)}});
    if (one.reverse_weight) links.back()["reverse_weight"] = float_json(*one.reverse_weight);
  }
  return links;
}

// Writes row by row: for a long source the whole text would be many times as large as the numbers.
void write_alignment(const Prediction& prediction, std::size_t columns, const WriteText& write) {
  write("[");
  const std::size_t rows = prediction.alignment.empty() ? 0 : prediction.units.size();
  for (std::size_t i = 0; i < rows; ++i) {
    std::string row = i == 0 ? "[" : ",[";
    for (std::size_t j = 0; j < columns; ++j) {
      if (j > 0) row += ',';
      row += shortest(prediction.alignment[i * columns + j]);
    }
    write(row + "]");
  }
  write("]");
}

// Returns an object without its closing brace, which is written later.
std::string open_object(const Json& json) {
  std::string text = to_text(json);
  text.pop_back();
  return text;
}

std::string span_fields(const ByteSpan& span) {
  return fmt::format("\"begin\":{},\"end\":{}", span.begin, span.end);
}

std::string weight_field(std::optional<float> weight) {
  return weight ? ",\"weight\":" + shortest(*weight) : "";
}

// Returns the words [first, end) of a source.
std::string words_json(const Source& source, const Document& document, std::size_t first,
                       std::size_t end) {
  std::string json = "[";
  for (std::size_t j = first; j < end; ++j) {
    const Unit& unit = source.units[j];
    json += fmt::format("{}{{\"text\":{},{}", j == first ? "" : ",", to_text(unit.text),
                        span_fields(unit.span));
    if (!document.word_weights.empty()) json += weight_field(document.word_weights[j]);
    json += "}";
  }
  return json + "]";
}

void write_sections(const Document& document, const Source& source, const WriteText& write) {
  if (!document.paragraphs.empty()) {
    std::string paragraphs;
    for (const Section& section : document.paragraphs) {
      paragraphs += fmt::format("{}{{{}{}}}", paragraphs.empty() ? "" : ",",
                                span_fields(section.span), weight_field(section.weight));
    }
    write(",\"paragraphs\":[" + paragraphs + "]");
  }
  write(",\"sentences\":[");
  bool first = true;
  for (const Section& section : document.sentences) {
    write(fmt::format("{}{{{}{},\"words\":{}}}", first ? "" : ",", span_fields(section.span),
                      weight_field(section.weight),
                      words_json(source, document, section.first, section.end)));
    first = false;
  }
  write("]");
}

// Writes the labels, then the sentences of the document with their words, or with one level the
// words alone.
void write_document(const Answer& answer, const WriteText& write) {
  std::string labels;
  for (const Prediction& prediction : answer.predictions) {
    labels += (labels.empty() ? "" : ",") +
              to_text({{"label", prediction.text},
                       {"probability", std::exp(prediction.log_probability)}});
  }
  write("\"labels\":[" + labels + "]");
  if (answer.predictions.empty()) return;
  const Source& source = answer.source;
  const Document document = describe_document(source, answer.predictions.front().alignment);
  if (document.sentences.empty()) {
    write(",\"words\":" + words_json(source, document, 0, source.units.size()));
  } else {
    write_sections(document, source, write);
  }
}

}  // namespace

void write_json(const Answer& answer, AnswerKind kind, const WriteText& write,
                const WordAnswer* words) {
  Json source = source_json(answer);
  if (words != nullptr) source["source_words"] = words_json(answer.source.text, words->words);
  write(open_object(source));
  if (kind == AnswerKind::kLabel) {
    write(",");
    write_document(answer, write);
  }
  write(",\"predictions\":[");
  for (std::size_t k = 0; k < answer.predictions.size(); ++k) {
    if (k > 0) write(",");
    const Prediction& prediction = answer.predictions[k];
    Json json = prediction_json(prediction, answer.source);
    if (words != nullptr) {
      const LinkedWords& target = words->predictions[k];
      json["words"] = words_json(prediction.text, target.words);
      json["word_links"] = word_links_json(words->words, target);
    }
    write(open_object(json));
    write(",\"alignment\":");
    write_alignment(prediction, answer.source.columns.size(), write);
    write("}");
  }
  write("]}\n");
}

namespace {

Json floats_json(std::span<const float> values) {
  Json json = Json::array();
  for (const float value : values) json.push_back(float_json(value));
  return json;
}

const char* name_of(Over over) {
  switch (over) {
    case Over::kSource:
      return "source";
    case Over::kHeads:
      return "heads";
    case Over::kPast:
      return "past";
    case Over::kUnits:
      return "units";
    case Over::kScalar:
      break;
  }
  return "scalar";
}

Json choice_json(const Choice& choice) {
  return {{"unit", choice.unit}, {"log_probability", float_json(choice.log_probability)}};
}

Json step_json(const ExplainedStep& step) {
  Json json{{"previous", step.previous},
            {"chosen", choice_json(step.chosen)},
            {"alignment", floats_json(step.alignment)}};
  Json observations = Json::array(), choices = Json::array();
  for (const Observed& one : step.observations) {
    observations.push_back(
        {{"name", one.name}, {"over", name_of(one.over)}, {"values", floats_json(one.values)}});
  }
  for (const Choice& one : step.choices) choices.push_back(choice_json(one));
  json["observations"] = std::move(observations);
  json["choices"] = std::move(choices);
  return json;
}

}  // namespace

std::string to_json(const Explanation& explanation, const ModelInfo& info) {
  Json json = source_json({explanation.source, {}, {}, {}});
  json["equations"] = Json::array();
  for (const Equation& one : info.equations) {
    json["equations"].push_back({{"name", one.name}, {"text", one.text}});
  }
  json["prediction"] = prediction_json(explanation.prediction, explanation.source);
  json["steps"] = Json::array();
  for (const ExplainedStep& one : explanation.steps) json["steps"].push_back(step_json(one));
  return to_text(json);
}

}  // namespace attend
