// Tests metrics.jsonl files that a person may have edited.
#include "train/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base.h"
#include "testing.h"
#include "train/validation.h"

namespace attend::train {
namespace {

using attend::testing::read_file;
using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string record(const std::string& update, const std::string& loss = "1.5") {
  return fmt::format(
      R"({{"update":{},"epoch":1,"train_loss":{},"valid_loss":2,"metric_name":"loss","metric":2,)"
      R"("best":true,"learning_rate":0.002,"pairs_per_second":10.5,"seconds":3}})",
      update, loss);
}

class HistoryFile : public ::testing::Test {
 protected:
  std::string error_of(const std::string& contents) const {
    write_file(folder_ / "metrics.jsonl", contents);
    try {
      const History history(folder_.path(), 100);
      draw_history(history.records(), folder_ / "curves.svg");
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder folder_;
};

TEST_F(HistoryFile, IsKeptUpToTheUpdateOfTheCheckpoint) {
  write_file(folder_ / "metrics.jsonl", record("10") + "\n" + record("20") + "\n" + record("30"));
  History history(folder_.path(), 20);
  ASSERT_EQ(history.records().size(), 2U);
  EXPECT_EQ(history.records()[1].update, 20);
  EXPECT_EQ(history.records()[1].learning_rate, 0.002);
  EXPECT_EQ(error_of(""), "no error");
  EXPECT_EQ(error_of(record("0")), "no error");
}

TEST_F(HistoryFile, UpdatesThatFallOrComeTwiceAreRefused) {
  for (const char* last : {"20", "40", "0"}) {
    EXPECT_THAT(error_of(record("10") + "\n" + record("40") + "\n" + record(last) + "\n"),
                AllOf(HasSubstr("metrics.jsonl:3: "), HasSubstr("behind update 40"),
                      Not(HasSubstr("check failed"))));
  }
}

TEST_F(HistoryFile, NumbersThatNoUpdateHasAreRefused) {
  for (const char* update : {"1e300", "-1", "-9223372036854775808", "18446744073709551615",
                             "9007199254740993", "1.5", "\"7\"", "null", "true", "[[[1]]]", "{}"}) {
    EXPECT_THAT(error_of(record(update)),
                AllOf(HasSubstr("metrics.jsonl:1: 'update' is "), HasSubstr("a whole number"),
                      Not(HasSubstr("json.exception"))))
        << update;
  }
}

TEST_F(HistoryFile, OtherFieldsHaveTheirKinds) {
  for (const char* loss : {"null", "\"x\"", "[]", "false"}) {
    EXPECT_THAT(error_of(record("1") + "\n" + record("2", loss)),
                AllOf(HasSubstr("metrics.jsonl:2: 'train_loss' is "),
                      HasSubstr("expected a number"), Not(HasSubstr("json.exception"))))
        << loss;
  }
  std::string flag = record("1");
  flag.replace(flag.find("true"), 4, "1");
  EXPECT_THAT(error_of(flag), HasSubstr("'best' is 1, expected true or false"));
  std::string name = record("1");
  name.replace(name.find("\"loss\""), 6, "7");
  EXPECT_THAT(error_of(name), HasSubstr("'metric_name' is 7, expected a text"));
  std::string missing = record("1");
  missing.replace(missing.find("\"seconds\""), 9, "\"minutes\"");
  EXPECT_THAT(error_of(missing), HasSubstr("metrics.jsonl:1: no 'seconds'"));
}

TEST_F(HistoryFile, WhatIsNoObjectIsRefused) {
  for (const std::string& line :
       {std::string("[1,2]"), std::string("7"), std::string(""), std::string("{\"update\":"),
        std::string("{\"update\":NaN}"), std::string("{\"update\":1e999}"), std::string("\xff"),
        std::string(100'000, '[')}) {
    EXPECT_THAT(
        error_of(record("1") + "\n" + line + "\n" + record("2")),
        AllOf(HasSubstr("metrics.jsonl:2: not a JSON object"), Not(HasSubstr("json.exception"))))
        << line.substr(0, 40);
  }
}

TEST_F(HistoryFile, HugeNumbersAreDrawn) {
  EXPECT_EQ(error_of(record("1", "1.7e308") + "\n" + record("2", "-1.7e308") + "\n" +
                     record("9007199254740992", "0") + "\n"),
            "no error");
}

TEST_F(HistoryFile, AFolderInItsPlaceIsAModelError) {
  std::filesystem::create_directory(folder_ / "metrics.jsonl");
  EXPECT_THROW(History(folder_.path(), 1), ModelError);
}

}  // namespace
}  // namespace attend::train
