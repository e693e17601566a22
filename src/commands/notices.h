// The notices that a command gives about the lines that it answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attend/attend.hpp"

namespace attend::commands {

/// When notices are given.
enum class NoticeTime {
  kAtEnd,  ///< counts at the end; lines without an answer are named at once
  /// Also while lines are answered, for a service that may never end: the first ten lines of each
  /// kind at once, then counts at most once a minute.
  kAsTheyArise
};

/// The kind of problem of a line that has no answer.
enum class ProblemKind {
  kOfLine,   ///< something that belongs to this line
  kOfFields  ///< it has other fields than expected, as all lines do where an option is missing
};

/// Counts what a command notices and writes each notice to stderr as one line. Its memory is
/// bounded, however long it counts. Not thread-safe.
class Notices {
 public:
  /// Messages use the names `command` and `file`: "attend predict", "standard input".
  Notices(std::string command, std::string file, NoticeTime time = NoticeTime::kAtEnd);

  /// Counts the answer to line number `line`. The answer may have a problem, of which `kind` says
  /// what it is. The first ten lines with a problem of their fields are named, the first 1,000 with
  /// another one, and the first ten sources that are too long.
  void add(const Answer& answer, std::size_t line, ProblemKind kind = ProblemKind::kOfLine);
  /// Counts line number `line`, which is left out because of a problem. `what` names such a line in
  /// the message: "pair", "text". The first ten are named.
  void add_left_out(std::string_view what, std::string_view problem, std::size_t line);
  /// Counts the unknown units of a reference that a prediction is compared with.
  void add_reference(const std::vector<std::string>& unknown_units);
  void add_blank_pair() { ++blank_pairs_; }
  void add_empty_reference() { ++empty_references_; }
  /// Report it if every answer is empty. Call it for a model that did not learn to answer nothing.
  void expect_answers() { expects_answers_ = true; }
  /// Speak of labels where references have unknown units. Call it for a model of labels.
  void expect_labels() { references_.are_labels = true; }
  /// Writes everything that has not been written yet.
  void report();

 private:
  /// Unknown units of one side, with the number of times that each was found. Only the first 1,000
  /// distinct units have counts of their own; later ones are only part of the totals.
  struct Unknown {
    std::map<std::string, std::size_t> counts;
    std::size_t units = 0, lines = 0;
    bool are_labels = false;  ///< whole texts, which may hold blanks
    void add(const std::vector<std::string>& found);
  };

  void name_problem(const Answer& answer, std::size_t line, ProblemKind kind);
  void name_long_source(const Source& source, std::size_t line);
  bool is_named(std::size_t count, std::size_t most, std::string_view what);
  void tell_once(std::size_t& told, std::size_t line, std::string_view message);
  void tell_at_once(const Answer& answer, std::size_t line);
  void report_counts();
  void report_unknown(const Unknown& unknown, std::size_t all, std::string_view what) const;
  /// How many pairs were not left out.
  std::size_t compared() const { return lines_ - left_out_ - blank_pairs_; }
  void say(std::string_view message) const;

  std::string command_, file_;
  NoticeTime time_;
  Unknown sources_, targets_, references_;
  std::size_t lines_ = 0, problems_ = 0, wrong_fields_ = 0, long_sources_ = 0, cut_lines_ = 0,
              cut_predictions_ = 0, dead_ends_ = 0;
  std::size_t withheld_ = 0, blank_pairs_ = 0, empty_references_ = 0, left_out_ = 0;
  std::size_t predictions_ = 0, empty_predictions_ = 0;
  bool expects_answers_ = false;
  std::string left_out_kind_;  ///< what was left out: "pair"
  /// Numbers of lines that were named at once, by kind.
  std::size_t told_unknown_ = 0, told_withheld_ = 0, told_unfinished_ = 0, told_dead_ends_ = 0,
              told_cut_ = 0;
  bool pending_ = false;  ///< something was counted since the last report
  std::chrono::steady_clock::time_point reported_;
};

}  // namespace attend::commands
