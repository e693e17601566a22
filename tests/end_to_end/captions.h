// A small world of scenes and a captioner of them, for the tests of captions.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {

inline std::vector<std::string> operator+(std::vector<std::string> a,
                                          const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline RunResult expect_success(const std::vector<std::string>& arguments,
                                const RunOptions& options = {}) {
  const RunResult result = attend(arguments, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return result;
}

inline const std::vector<std::string> kSmall{"--set",     "image.height=32",
                                             "--set",     "image.width=32",
                                             "--set",     "encoder.stages=3",
                                             "--set",     "encoder.units=16",
                                             "--set",     "encoder.groups=2",
                                             "--set",     "decoder.units=12",
                                             "--set",     "decoder.embedding=8",
                                             "--set",     "decoder.readout_units=8",
                                             "--set",     "attention.units=8",
                                             "--set",     "target.minimum_count=1",
                                             "--threads", "1"};

// Scenes in a packed file and some of their pictures as files, and a soft model of them.
struct World {
  World() {
    expect_success({"scenes", "-o", scenes().string(), "--count", "60", "--size", "48"});
    for (const auto& line : lines_of(testing::read_file(scenes() / "index.tsv"))) {
      const auto fields = fields_of(line);
      names.push_back(fields[0]);
      if (names.size() <= 3) {
        const std::string all = testing::read_file(scenes() / "images.bin");
        testing::write_file(folder / fields[0],
                            all.substr(std::stoul(fields[2]), std::stoul(fields[3])));
      }
    }
    train("soft", {"--preset", "captioner"});
  }

  std::filesystem::path scenes() const { return folder / "scenes"; }
  std::vector<std::string> images() const {
    return {"--images", (scenes() / "images.bin").string()};
  }
  RunResult train(const std::string& name, const std::vector<std::string>& more,
                  const std::string& updates = "6") const {
    return expect_success(
        std::vector<std::string>{"train", (scenes() / "captions.tsv").string(), "--source-column",
                                 "1", "--target-column", "4", "--updates", updates, "-m",
                                 (folder / name).string()} +
        kSmall +
        (more.front() == "--features" || more.back() == "features" ? std::vector<std::string>{}
                                                                   : images()) +
        more);
  }
  std::string model(const std::string& name = "soft") const { return (folder / name).string(); }

  static std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields{""};
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    return fields;
  }

  testing::TemporaryFolder folder;
  std::vector<std::string> names;
};

inline const World& world() {
  static const World one;
  return one;
}

inline RunResult predict(const std::string& names, const std::vector<std::string>& options,
                         const std::filesystem::path& working_folder = {}) {
  RunOptions run_options;
  run_options.standard_input = names;
  run_options.working_folder = working_folder;
  return attend(std::vector<std::string>{"predict", "-m", world().model()} + options, run_options);
}

}  // namespace attend::end_to_end
