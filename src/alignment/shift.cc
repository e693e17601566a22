#include "alignment/shift.h"

#include <algorithm>
#include <cmath>

#include "base/base.h"

namespace attend::alignment {

void LexicalGain::add(std::string_view source, std::string_view target) {
  ++sources_[std::string(source)];
  ++targets_[std::string(target)];
  ++links_[{std::string(source), std::string(target)}];
  ++count_;
}

double LexicalGain::value() const {
  double sum = 0;
  for (const auto& [words, together] : links_) {
    const auto count = static_cast<double>(together);
    const double prior =
        static_cast<double>(targets_.find(words.second)->second) / static_cast<double>(count_);
    const auto source = static_cast<double>(sources_.find(words.first)->second);
    sum += count * std::log((count - 1 + prior) / (source * prior));
  }
  return sum;
}

std::size_t best_index(std::span<const double> values) {
  ATTEND_CHECK(!values.empty());
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace attend::alignment
