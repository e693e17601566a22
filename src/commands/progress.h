// Shows training on stderr: a bar on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "train/train.h"

namespace attend::commands {

enum class ProgressStyle { kBar, kLines };

class ProgressDisplay {
 public:
  explicit ProgressDisplay(ProgressStyle style) : style_(style) {}
  void show(const train::Progress& progress);
  /// Ends a bar that is on the current line.
  void finish();

 private:
  void line(const std::string& text);
  void update(const train::Progress& progress);

  ProgressStyle style_;
  bool bar_on_line_ = false;
  std::chrono::steady_clock::time_point shown_{};
};

/// Returns a duration as "1 h 05 min", "3 min 20 s" or "12 s".
std::string format_duration(double seconds);

}  // namespace attend::commands
