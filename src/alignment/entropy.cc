#include "alignment/entropy.h"

#include <algorithm>
#include <cmath>

#include "base/base.h"

namespace attend::alignment {

// With S = Σ w and p = w / S:  −Σ p ln p = ln S − (Σ w ln w) / S.
void MeanEntropy::add(std::span<const float> rows, std::size_t columns) {
  if (rows.empty()) return;
  ATTEND_CHECK(columns > 0);
  ATTEND_CHECK_EQ(rows.size() % columns, 0U);
  for (std::size_t begin = 0; begin < rows.size(); begin += columns) {
    double sum = 0, product = 0;
    for (const float weight : rows.subspan(begin, columns)) {
      if (!(weight > 0)) continue;
      sum += static_cast<double>(weight);
      product += static_cast<double>(weight) * std::log(static_cast<double>(weight));
    }
    if (sum <= 0) continue;
    sum_ += std::max(0.0, std::log(sum) - product / sum);  // rounding may go below 0
    ++rows_;
  }
}

void MeanEntropy::add(const MeanEntropy& other) {
  sum_ += other.sum_;
  rows_ += other.rows_;
}

double MeanEntropy::value() const { return rows_ == 0 ? 0 : sum_ / static_cast<double>(rows_); }

}  // namespace attend::alignment
