#include "view/picture.h"

#include <algorithm>
#include <cmath>

#include "base/base.h"

namespace attend::view {
namespace {

void check_joined(const std::vector<char>& joined, std::size_t units) {
  if (!joined.empty()) ATTEND_CHECK_EQ(joined.size(), units);
}

void check_numbers(const std::vector<float>& numbers, const char* message) {
  if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(message);
  }
}

std::vector<std::string> visible_labels(const std::vector<std::string>& units) {
  std::vector<std::string> labels(units.size());
  std::transform(units.begin(), units.end(), labels.begin(),
                 [](const std::string& unit) { return visible_label(unit); });
  return labels;
}

}  // namespace

CheckedPicture::CheckedPicture(const AlignmentPicture& picture) : original(picture) {
  const std::size_t rows = picture.target_units.size();
  const std::size_t columns = picture.source_units.size();
  ATTEND_CHECK_EQ(picture.alignment.size(), rows * columns);
  if (!picture.target_probabilities.empty()) {
    ATTEND_CHECK_EQ(picture.target_probabilities.size(), rows);
  }
  check_joined(picture.source_joined, columns);
  check_joined(picture.target_joined, rows);
  check_numbers(picture.alignment, "the alignment holds a value that is not a number");
  check_numbers(picture.target_probabilities, "a target probability is not a number");
  source = visible_labels(picture.source_units);
  target = visible_labels(picture.target_units);
}

double CheckedPicture::weight(std::size_t target_index, std::size_t source_index) const {
  const float value = original.alignment[target_index * source.size() + source_index];
  return std::clamp<double>(value, 0, 1);
}

double CheckedPicture::probability(std::size_t target_index) const {
  return std::clamp<double>(original.target_probabilities[target_index], 0, 1);
}

}  // namespace attend::view
