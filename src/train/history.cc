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

// Describes a value in few characters: a number by itself, any other value by its kind.
std::string describe(const Json& value) {
  return value.is_number() ? value.dump() : fmt::format("of the kind '{}'", value.type_name());
}

// Reads the fields of one line. A wrong field is a ModelError whose message begins with `place`.
class RecordReader {
 public:
  RecordReader(const std::string& line, std::string place)
      : place_(std::move(place)), json_(Json::parse(line, nullptr, /*allow_exceptions=*/false)) {
    if (!json_.is_object()) fail("not a JSON object");
  }

  ValidationRecord read() const {
    ValidationRecord record;
    record.update = whole("update");
    record.epoch = whole("epoch");
    record.train_loss = number("train_loss");
    record.valid_loss = number("valid_loss");
    record.metric_name = text("metric_name");
    record.metric = number("metric");
    record.best = flag("best");
    record.learning_rate = number("learning_rate");
    record.pairs_per_second = number("pairs_per_second");
    record.seconds = number("seconds");
    return record;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw ModelError(
        fmt::format("{}: {}; mend the line, or remove the file to go on without what it holds",
                    place_, problem));
  }

 private:
  const Json& field(const char* name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) fail(fmt::format("no '{}'", name));
    return *found;
  }

  [[noreturn]] void fail_field(const char* name, const char* expected) const {
    fail(fmt::format("'{}' is {}, expected {}", name, describe(field(name)), expected));
  }

  std::int64_t whole(const char* name) const {
    constexpr std::uint64_t kLargest = std::uint64_t{1} << 53;  // charts use doubles
    const Json& value = field(name);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kLargest) {
      fail_field(name, "a whole number of at most 2^53");
    }
    return value.get<std::int64_t>();
  }

  double number(const char* name) const {
    if (!field(name).is_number()) fail_field(name, "a number");
    return field(name).get<double>();
  }

  std::string text(const char* name) const {
    if (!field(name).is_string()) fail_field(name, "a text");
    return field(name).get<std::string>();
  }

  bool flag(const char* name) const {
    if (!field(name).is_boolean()) fail_field(name, "true or false");
    return field(name).get<bool>();
  }

  std::string place_;
  Json json_;
};

std::string read_history(const std::filesystem::path& file) {
  try {
    return read_file(file);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
}

}  // namespace

History::History(std::filesystem::path folder, std::int64_t last_update)
    : file_(std::move(folder) / "metrics.jsonl") {
  std::error_code none;
  if (last_update < 0 || !std::filesystem::exists(file_, none)) return;
  std::istringstream lines(read_history(file_));
  std::string line;
  std::int64_t before = -1;
  for (int number = 1; std::getline(lines, line); ++number) {
    const RecordReader reader(line, fmt::format("{}:{}", file_.string(), number));
    ValidationRecord record = reader.read();
    if (record.update <= before) {
      reader.fail(fmt::format("update {} stands behind update {}, expected a later one",
                              record.update, before));
    }
    before = record.update;
    if (record.update <= last_update) records_.push_back(std::move(record));
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
