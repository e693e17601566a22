// metrics.jsonl: one JSON object for every validation. Needs no libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attend::train {

struct ValidationRecord {
  std::int64_t update = 0;
  std::int64_t epoch = 0;  ///< from 1
  double train_loss = 0;   ///< per target token since the validation before
  double valid_loss = 0;   ///< per target token
  std::string metric_name;
  double metric = 0;
  bool best = false;
  double learning_rate = 0;
  double pairs_per_second = 0;
  double seconds = 0;
};

/// The records of a folder in memory; every change rewrites the file atomically.
class History {
 public:
  /// Keeps the records of `folder` up to `last_update` (those behind it will be made again). Starts
  /// empty when there is no file. ModelError (file:line) for a file that cannot be read, for a line
  /// that is no record, and for updates that do not rise from line to line.
  History(std::filesystem::path folder, std::int64_t last_update);
  void append(ValidationRecord record);
  const std::vector<ValidationRecord>& records() const { return records_; }

 private:
  void write() const;
  std::filesystem::path file_;
  std::vector<ValidationRecord> records_;
};

}  // namespace attend::train
