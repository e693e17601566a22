#include "commands/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"

namespace attend::commands {
namespace {

using Clock = std::chrono::steady_clock;

std::string time_left(double seconds) {
  return std::isfinite(seconds) ? fmt::format(", {} left", format_duration(seconds)) : "";
}

std::string numbers(const train::Progress& p) {
  return fmt::format("epoch {} update {} loss {:.4f} rate {:.2g} {:.0f} pairs/s{}", p.epoch,
                     p.update, p.loss, p.learning_rate, p.pairs_per_second,
                     time_left(p.seconds_left));
}

}  // namespace

std::string format_duration(double seconds) {
  const auto whole = static_cast<long>(std::lround(std::max(0.0, seconds)));
  if (whole >= 3600) return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

void ProgressDisplay::line(const std::string& text) {
  finish();
  print_message(fmt::format("{}\n", text));
}

void ProgressDisplay::finish() {
  if (bar_on_line_) print_message("\r\x1b[K");
  bar_on_line_ = false;
}

void ProgressDisplay::update(const train::Progress& progress) {
  const auto pause = style_ == ProgressStyle::kBar ? std::chrono::milliseconds(100)
                                                   : std::chrono::milliseconds(10000);
  const auto now = Clock::now();
  if (now - shown_ < pause) return;
  shown_ = now;
  if (style_ == ProgressStyle::kLines) {
    line(numbers(progress));
    return;
  }
  constexpr int kWidth = 24;
  const double share = progress.updates_in_epoch > 0
                           ? static_cast<double>(progress.update_in_epoch) /
                                 static_cast<double>(progress.updates_in_epoch)
                           : 0.0;
  const int filled = static_cast<int>(std::lround(kWidth * std::clamp(share, 0.0, 1.0)));
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "░";
  print_message(fmt::format("\r\x1b[K{} {}", bar, numbers(progress)));
  bar_on_line_ = true;
}

void ProgressDisplay::show(const train::Progress& progress) {
  using Kind = train::Progress::Kind;
  switch (progress.kind) {
    case Kind::kUpdate:
      update(progress);
      break;
    case Kind::kValidation:
      line(fmt::format(
          "epoch {} update {}: training loss {:.4f}, validation loss {:.4f}{}{} ({})",
          progress.epoch, progress.update, progress.loss, progress.validation_loss,
          progress.metric_name == "loss"
              ? ""
              : fmt::format(", {} {:.4g}", progress.metric_name, progress.validation_metric),
          progress.best ? ", best so far" : "", format_duration(progress.seconds)));
      break;
    case Kind::kMessage:
      line(progress.message);
      break;
    case Kind::kCheckpoint:
      break;
  }
}

}  // namespace attend::commands
