#include "train/history.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/base.h"

namespace attend::train {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ValidationRecord& record) {
  return {{"update", record.update},
          {"epoch", record.epoch},
          {"train_loss", record.train_loss},
          {"valid_loss", record.valid_loss},
          {"metric_name", record.metric_name},
          {"metric", record.metric},
          {"best", record.best},
          {"learning_rate", record.learning_rate},
          {"pairs_per_second", record.pairs_per_second},
          {"seconds", record.seconds}};
}

ValidationRecord from_json(const Json& json) {
  return {json.at("update"),     json.at("epoch"),         json.at("train_loss"),
          json.at("valid_loss"), json.at("metric_name"),   json.at("metric"),
          json.at("best"),       json.at("learning_rate"), json.at("pairs_per_second"),
          json.at("seconds")};
}

}  // namespace

History::History(std::filesystem::path folder, std::int64_t last_update)
    : file_(std::move(folder) / "metrics.jsonl") {
  if (last_update < 0 || !std::filesystem::exists(file_)) return;
  std::istringstream lines(read_file(file_));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    try {
      ValidationRecord record = from_json(Json::parse(line));
      if (record.update <= last_update) records_.push_back(std::move(record));
    } catch (const Json::exception& error) {
      throw ModelError(fmt::format("{}:{}: {}", file_.string(), number, error.what()));
    }
  }
  write();
}

void History::append(ValidationRecord record) {
  records_.push_back(std::move(record));
  write();
}

void History::write() const {
  std::string text;
  for (const ValidationRecord& record : records_) text += to_json(record).dump() + "\n";
  write_file(file_, text, Keep::kContents);
}

}  // namespace attend::train
