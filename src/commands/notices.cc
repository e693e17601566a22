#include "commands/notices.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "commands/command_line.h"
#include "view/view.h"

namespace attend::commands {
namespace {

constexpr std::size_t kShownUnits = 10;
constexpr std::size_t kKeptUnits = 1000;   // kinds of unknown units that are counted separately
constexpr std::size_t kNamedLines = 1000;  // lines without an answer that are named
constexpr std::size_t kNamedAlike = 10;    // lines that other notices name
// Options that may leave no unit to go on with.
constexpr std::string_view kForbidding =
    "--forbid, --forbid-unknown, --no-repeat-ngrams, --minimum-length, --minimum-ratio";
constexpr auto kPause = std::chrono::minutes(1);

const char* were(std::size_t count) { return count == 1 ? "was" : "were"; }

std::string quoted(const std::vector<std::string>& units) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownUnits, units.size()); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", view::visible_label(units[i]));
  }
  return units.size() > kShownUnits ? text + ", …" : text;
}

}  // namespace

Notices::Notices(std::string command, std::string file, NoticeTime time)
    : command_(std::move(command)),
      file_(std::move(file)),
      time_(time),
      reported_(std::chrono::steady_clock::now()) {}

void Notices::say(std::string_view message) const {
  print_message(fmt::format("{}: {}\n", command_, one_line(message)));
}

void Notices::Unknown::add(const std::vector<std::string>& found) {
  if (found.empty()) return;
  ++lines;
  units += found.size();
  for (const std::string& unit : found) {
    const auto place = counts.find(unit);
    if (place != counts.end()) {
      ++place->second;
    } else if (counts.size() < kKeptUnits) {
      counts.emplace(unit, 1);
    }
  }
}

void Notices::add(const Answer& answer, std::size_t line, ProblemKind kind) {
  const Source& source = answer.source;
  ++lines_;
  if (!answer.problem.empty()) name_problem(answer, line, kind);
  if (source.left_out > 0 || source.parts > 1) name_long_source(source, line);
  sources_.add(source.unknown);
  if (source.cut > 0) ++cut_lines_;
  if (answer.withheld) ++withheld_;
  if (!answer.predictions.empty()) {
    const Prediction& best = answer.predictions.front();
    targets_.add(best.unknown);
    if (best.dead_end) ++dead_ends_;
    if (!best.finished && !best.dead_end) ++cut_predictions_;
    ++predictions_;
    if (best.finished && best.text.empty()) ++empty_predictions_;
  }
  if (time_ == NoticeTime::kAsTheyArise) tell_at_once(answer, line);
}

void Notices::add_left_out(std::string_view what, std::string_view problem, std::size_t line) {
  ++lines_;
  left_out_kind_ = what;
  if (!is_named(++left_out_, kNamedAlike, fmt::format("{}s that are left out", what))) return;
  say(fmt::format("{}:{}: {}; the {} is left out", file_, line, problem, what));
}

void Notices::add_reference(const std::vector<std::string>& unknown_units) {
  references_.add(unknown_units);
}

// Whether the count-th line of a kind is named, of which the first `most` are. The line after them
// is not, and this is said once.
bool Notices::is_named(std::size_t count, std::size_t most, std::string_view what) {
  pending_ = true;
  if (count == most + 1) say(fmt::format("further {} are only counted", what));
  return count <= most;
}

void Notices::name_problem(const Answer& answer, std::size_t line, ProblemKind kind) {
  ++problems_;
  if (kind == ProblemKind::kOfFields) {
    if (!is_named(++wrong_fields_, kNamedAlike, "lines with wrong fields")) return;
  } else if (!is_named(problems_ - wrong_fields_, kNamedLines, "lines without an answer")) {
    return;
  }
  say(fmt::format("{}:{}: {}; the line gets an empty answer", file_, line, answer.problem));
}

void Notices::name_long_source(const Source& source, std::size_t line) {
  if (!is_named(++long_sources_, kNamedAlike, "sources that are too long")) return;
  if (source.parts > 1) {
    say(
        fmt::format("{}:{}: a source of {} units was answered in {} parts "
                    "(--maximum-source-length)",
                    file_, line, source.units.size(), source.parts));
  } else {
    say(
        fmt::format("{}:{}: a source of {} units was cut to its first {} "
                    "(--maximum-source-length)",
                    file_, line, source.units.size() + source.left_out, source.units.size()));
  }
}

// The first lines of one kind.
void Notices::tell_once(std::size_t& told, std::size_t line, std::string_view message) {
  pending_ = true;
  if (told == kNamedAlike) return;
  ++told;
  say(fmt::format("{}:{}: {}", file_, line, message));
}

void Notices::tell_at_once(const Answer& answer, std::size_t line) {
  const Source& source = answer.source;
  const auto& unknown = source.unknown;
  if (!unknown.empty()) {
    tell_once(told_unknown_, line,
              fmt::format("{} unknown unit{}: {}", unknown.size(), unknown.size() == 1 ? "" : "s",
                          quoted(unknown)));
  }
  if (source.cut > 0) {
    tell_once(told_cut_, line,
              fmt::format("the line was cut to the model's fixed length, {} unit{} left out",
                          source.cut, source.cut == 1 ? "" : "s"));
  }
  if (answer.withheld) {
    tell_once(told_withheld_, line,
              fmt::format("the answer was left empty: its probability {:.3g} is less than "
                          "--minimum-probability",
                          *answer.withheld));
  }
  if (!answer.predictions.empty() && answer.predictions.front().dead_end) {
    tell_once(told_dead_ends_, line,
              fmt::format("the prediction is not complete: no unit may follow ({})", kForbidding));
  } else if (!answer.predictions.empty() && !answer.predictions.front().finished) {
    tell_once(told_unfinished_, line,
              "the prediction was cut at the longest length: --maximum-ratio, --maximum-length");
  }
  if (pending_ && std::chrono::steady_clock::now() - reported_ >= kPause) report_counts();
}

void Notices::report() {
  if (time_ == NoticeTime::kAtEnd || pending_) report_counts();
}

void Notices::report_counts() {
  pending_ = false;
  reported_ = std::chrono::steady_clock::now();
  if (wrong_fields_ > kNamedAlike || problems_ - wrong_fields_ > kNamedLines) {
    say(fmt::format("{} lines got an empty answer in all", problems_));
  }
  if (long_sources_ > kNamedAlike) {
    say(fmt::format("{} sources were longer than --maximum-source-length in all", long_sources_));
  }
  if (left_out_ > 0) {
    say(fmt::format("{} {}{} {} left out", left_out_, left_out_kind_, left_out_ == 1 ? "" : "s",
                    were(left_out_)));
  }
  if (blank_pairs_ > 0) {
    say(fmt::format("{} blank line{} {} left out", blank_pairs_, blank_pairs_ == 1 ? "" : "s",
                    were(blank_pairs_)));
  }
  if (empty_references_ > 0) {
    say(fmt::format("{} of {} references {} empty", empty_references_, compared(),
                    empty_references_ == 1 ? "is" : "are"));
  }
  if (withheld_ > 0) {
    say(fmt::format("{} of {} answers {} left empty: less probable than --minimum-probability",
                    withheld_, lines_, were(withheld_)));
  }
  if (expects_answers_ && predictions_ > 0 && empty_predictions_ == predictions_) {
    say(fmt::format(
        "{} empty: the model writes nothing, as one does that has learned too little",
        predictions_ == 1 ? "the answer is" : fmt::format("all {} answers are", predictions_)));
  }
  if (cut_predictions_ > 0) {
    say(
        fmt::format("{} of {} predictions {} cut at the longest length: --maximum-ratio, "
                    "--maximum-length",
                    cut_predictions_, lines_, were(cut_predictions_)));
  }
  if (dead_ends_ > 0) {
    say(fmt::format("{} of {} predictions {} not complete: no unit may follow ({})", dead_ends_,
                    lines_, dead_ends_ == 1 ? "is" : "are", kForbidding));
  }
  if (cut_lines_ > 0) {
    say(fmt::format("{} of {} lines {} cut to the model's fixed length", cut_lines_, lines_,
                    were(cut_lines_)));
  }
  report_unknown(sources_, lines_, "lines");
  report_unknown(targets_, lines_, "targets");
  report_unknown(references_, compared(), "references");
}

void Notices::report_unknown(const Unknown& unknown, std::size_t all, std::string_view what) const {
  if (unknown.units == 0) return;
  std::vector<std::pair<std::size_t, std::string>> list;
  for (const auto& [unit, count] : unknown.counts) list.emplace_back(count, unit);
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string shown;
  for (std::size_t i = 0; i < std::min(kShownUnits, list.size()); ++i) {
    const std::string& unit = list[i].second;
    shown += fmt::format("{}'{}' ({})", i == 0 ? "" : ", ",
                         unknown.are_labels ? view::visible_title(unit) : view::visible_label(unit),
                         list[i].first);
  }
  const char* const s = unknown.units == 1 ? "" : "s";
  const std::string found =
      unknown.are_labels ? fmt::format("{} label{} that the model does not know", unknown.units, s)
                         : fmt::format("{} unknown unit{}", unknown.units, s);
  say(fmt::format("{} in {} of {} {}: {}{}", found, unknown.lines, all, what, shown,
                  list.size() > kShownUnits ? ", …" : ""));
}

}  // namespace attend::commands
