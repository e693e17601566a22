// What a command has to say about the lines that it answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "predictor/predictor.h"

namespace attend::commands {

/// When notices are given.
enum class NoticeTime {
  kAtEnd,       ///< counts at the end; lines without an answer are named at once
  kAsTheyArise  ///< also while lines are answered, for a service that may never end: the first ten
                ///< lines of each kind at once, then counts at most once a minute
};

/// Counts what was noticed and writes it to stderr, in one line each. The memory it takes is
/// bounded, however long it counts. Not thread-safe.
class Notices {
 public:
  /// `command` and `file` are for the messages: "attend predict", "standard input".
  Notices(std::string command, std::string file, NoticeTime time = NoticeTime::kAtEnd);

  /// What became of the line of that number. `answer` may have a problem.
  void add(const predictor::Answer& answer, std::size_t line);
  /// The line of that number is left out because of a problem; `what` it is: "pair", "text".
  void add_left_out(std::string_view what, std::string_view problem, std::size_t line);
  /// Unknown units of a reference, which is compared with a prediction.
  void add_reference(const std::vector<std::string>& unknown_units);
  void add_blank_pair() { ++blank_pairs_; }
  void add_empty_reference() { ++empty_references_; }
  /// Writes what has not been written yet.
  void report();

 private:
  /// Unknown units of one side: the first kinds that were found, by how often they came.
  struct Unknown {
    std::map<std::string, std::size_t> counts;
    std::size_t units = 0, lines = 0;
    void add(const std::vector<std::string>& found);
  };

  void name_problem(const predictor::Answer& answer, std::size_t line);
  void name_long_source(const predictor::Source& source, std::size_t line);
  bool is_named(std::size_t count, std::string_view what);
  void tell_once(std::size_t& told, std::size_t line, std::string_view message);
  void tell_at_once(const predictor::Answer& answer, std::size_t line);
  void report_counts();
  void report_unknown(const Unknown& unknown, std::string_view what) const;
  void say(std::string_view message) const;

  std::string command_, file_;
  NoticeTime time_;
  Unknown sources_, targets_, references_;
  std::size_t lines_ = 0, problems_ = 0, long_sources_ = 0, cut_lines_ = 0, cut_predictions_ = 0;
  std::size_t withheld_ = 0, blank_pairs_ = 0, empty_references_ = 0, left_out_ = 0;
  std::string left_out_kind_;  ///< what was left out: "pair"
  /// Lines that were told of at once.
  std::size_t told_unknown_ = 0, told_withheld_ = 0, told_unfinished_ = 0, told_cut_ = 0;
  bool pending_ = false;  ///< something was counted since the last report
  std::chrono::steady_clock::time_point reported_;
};

}  // namespace attend::commands
