// Links between the words of answers.
#include <algorithm>

#include "alignment/alignment.h"
#include "attend/attend.hpp"
#include "predictor/predictor.h"

namespace attend {
namespace {

bool has_links(const Source& source, const Prediction& prediction) {
  return !prediction.alignment.empty() &&
         std::any_of(source.column_units.begin(), source.column_units.end(),
                     [](std::size_t unit) { return unit != kNoUnit; });
}

}  // namespace

WordAnswer link_words(const Answer& answer) {
  WordAnswer result{text::find_words(answer.source.text), {}};
  const alignment::Grouping source = alignment::group(answer.source.units, result.words);
  for (const Prediction& prediction : answer.predictions) {
    LinkedWords& linked =
        result.predictions.emplace_back(LinkedWords{text::find_words(prediction.text), {}});
    if (!has_links(answer.source, prediction)) continue;
    const alignment::WordWeights weights =
        alignment::word_weights(predictor::unit_weights(answer.source, prediction), source,
                                alignment::group(prediction.spans, linked.words));
    for (const Link& link : alignment::best_links(weights)) {
      linked.links.push_back({link, weights.at(link.source, link.target), std::nullopt});
    }
  }
  return result;
}

std::string pharaoh(const Prediction& prediction) {
  std::vector<Link> links;
  for (const auto& [source, target] : prediction.links) links.push_back({source, target});
  return alignment::write_pharaoh(links);
}

std::string pharaoh(const LinkedWords& words) {
  std::vector<Link> links;
  for (const WordLink& one : words.links) links.push_back(one.link);
  return alignment::write_pharaoh(links);
}

}  // namespace attend
