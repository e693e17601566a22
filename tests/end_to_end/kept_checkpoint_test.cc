// A checkpoint that an earlier program wrote, kept in tests/pins, can be continued.
#include <gtest/gtest.h>

#include <filesystem>

#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

TEST(KeptCheckpoint, GoesOn) {
  const std::filesystem::path pins = testing::source_folder() / "tests" / "pins" / "models";
  const testing::TemporaryFolder folder;
  const std::filesystem::path model = copy_model(pins / "gru", folder / "model");
  const RunResult result =
      attend({"train", (pins / "pairs.tsv").string(), "-m", model.string(), "-c",
              (pins / "gru" / "config.yml").string(), "--updates", "410", "--threads", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.error.find("going on after update 400"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("finished after 410 updates"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace attend::end_to_end
