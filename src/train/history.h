// The file metrics.jsonl, which holds one JSON object for every validation. Needs no libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attend::train {

/// The results of one validation. The fields of the JSON object have these names.
struct ValidationRecord {
  std::int64_t update = 0;
  std::int64_t epoch = 0;  ///< counted from 1
  double train_loss = 0;   ///< per target token, since the previous validation
  double valid_loss = 0;   ///< per target token
  std::string metric_name;
  double metric = 0;
  bool best = false;  ///< whether it was the best validation so far
  double learning_rate = 0;
  double pairs_per_second = 0;
  double seconds = 0;  ///< seconds of training so far, earlier runs included
};

/// The records of a folder. They are kept in memory, and every change rewrites the file atomically.
class History {
 public:
  /// Reads the records of `folder` up to `last_update` and removes later ones, because the training
  /// will produce those again. Starts empty when there is no file or `last_update` is negative.
  /// ModelError for a file that cannot be read. ModelError with file and line for a line that is no
  /// record, and for an update that is not later than that of the line before.
  History(std::filesystem::path folder, std::int64_t last_update);
  /// Adds a record and rewrites the file.
  void append(ValidationRecord record);
  const std::vector<ValidationRecord>& records() const { return records_; }

 private:
  void write() const;
  std::filesystem::path file_;
  std::vector<ValidationRecord> records_;
};

}  // namespace attend::train
