// Answers as pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "api/api.h"
#include "text/text.h"

namespace attend {
namespace api {

std::size_t drawn_columns(const Source& source, const Prediction& prediction) {
  constexpr float kInvisible = 0.001F;
  const std::size_t columns = source.columns.size();
  std::size_t drawn = columns;
  while (drawn > source.units.size() && source.columns[drawn - 1] == text::kPadding) {
    for (std::size_t i = 0; i < prediction.units.size(); ++i) {
      if (prediction.alignment[i * columns + drawn - 1] >= kInvisible) return drawn;
    }
    --drawn;
  }
  return drawn;
}

std::vector<char> joined_units(std::span<const ByteSpan> spans) {
  std::vector<char> joined;
  std::size_t end = 0;  // of the unit before
  for (const ByteSpan& span : spans) {
    joined.push_back(!joined.empty() && span.begin <= end ? 1 : 0);
    end = span.end;
  }
  return joined;
}

std::vector<ByteSpan> spans_of(const Source& source) {
  std::vector<ByteSpan> spans;
  for (const Unit& unit : source.units) spans.push_back(unit.span);
  return spans;
}

view::AlignmentPicture picture_of(const Source& source, const Prediction& prediction) {
  view::AlignmentPicture picture;
  const std::size_t drawn = drawn_columns(source, prediction);
  picture.source_units.assign(source.columns.begin(),
                              source.columns.begin() + static_cast<std::ptrdiff_t>(drawn));
  const std::size_t units = std::min(source.units.size(), drawn);
  std::replace(picture.source_units.begin() + static_cast<std::ptrdiff_t>(units),
               picture.source_units.end(), std::string(text::kPadding), std::string("∅"));
  if (source.sentences.empty()) picture.source_joined = joined_units(spans_of(source));
  picture.source_joined.resize(drawn, 0);  // </s> and padding stand apart, and so do sentences
  picture.target_units = prediction.units;
  picture.target_joined = joined_units(prediction.spans);
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    const auto row =
        prediction.alignment.begin() + static_cast<std::ptrdiff_t>(i * source.columns.size());
    picture.alignment.insert(picture.alignment.end(), row,
                             row + static_cast<std::ptrdiff_t>(drawn));
  }
  picture.title = fmt::format("{} → {}", source.text, prediction.text);
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    picture.target_probabilities.push_back(std::exp(prediction.unit_scores[i]));
  }
  return picture;
}

}  // namespace api

std::string draw_html(std::span<const Answer> answers) {
  std::vector<view::AlignmentPicture> pictures;
  for (const Answer& answer : answers) {
    if (answer.predictions.empty() || answer.predictions.front().alignment.empty()) continue;
    pictures.push_back(api::picture_of(answer.source, answer.predictions.front()));
  }
  return view::draw_html(pictures);
}

}  // namespace attend
