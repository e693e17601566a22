#include "view/line_breaks.h"

namespace attend::view {

std::vector<std::size_t> break_lines(std::span<const WordBox> words, double space, double room) {
  std::vector<std::size_t> lines;
  double used = 0;
  for (std::size_t begin = 0; begin < words.size();) {
    std::size_t end = begin + 1;
    double together = words[begin].width;
    for (; end < words.size() && words[end].joined; ++end) together += words[end].width;
    for (std::size_t i = begin; i < end; ++i) {
      const double gap = i == begin ? space : 0;
      const bool keeps_together = i == begin && together <= room;
      const double needed = gap + (keeps_together ? together : words[i].width);
      if (lines.empty() || used + needed > room) {
        lines.push_back(i);
        used = words[i].width;
      } else {
        used += gap + words[i].width;
      }
    }
    begin = end;
  }
  return lines;
}

}  // namespace attend::view
