// Models are found by their names.
#include "api/models.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "testing.h"

namespace attend::api {
namespace {

namespace fs = std::filesystem;

// Works in a folder of its own, where models are installed below "installed".
class ModelNames : public ::testing::Test {
 protected:
  ModelNames() {
    fs::current_path(folder_.path());
    setenv("ATTEND_MODELS", installed_.c_str(), 1);
    fs::create_directories(installed_ / "dates");
    testing::write_file(installed_ / "dates/model.safetensors", "");
    fs::create_directories(installed_ / "notes");  // a folder without a model
  }
  ~ModelNames() override {
    fs::current_path(before_);
    unsetenv("ATTEND_MODELS");
  }
  std::string installed(const char* name) const { return (installed_ / name).string(); }

 private:
  fs::path before_ = fs::current_path();
  testing::TemporaryFolder folder_;
  fs::path installed_ = folder_ / "installed";
};

TEST_F(ModelNames, LeadToInstalledModels) {
  ASSERT_EQ(installed_models().size(), 1U);
  EXPECT_EQ(installed_models()[0].name, "dates");
  EXPECT_EQ(model_folder("dates"), installed("dates"));
  EXPECT_EQ(model_folder("./dates"), "./dates");
  EXPECT_EQ(model_folder("notes"), "notes");
  EXPECT_EQ(model_folder(""), "");
}

TEST_F(ModelNames, LeadToTheModelFolderOfThatNameFirst) {
  for (const char* file : {"config.yml", "model.safetensors"}) {
    fs::create_directory("dates");
    EXPECT_EQ(model_folder("dates"), installed("dates")) << "a folder without a model";
    testing::write_file(fs::path("dates") / file, "");
    EXPECT_EQ(model_folder("dates"), "dates") << file;
    fs::remove_all("dates");
  }
  testing::write_file("dates", "no folder");
  EXPECT_EQ(model_folder("dates"), "dates");
}

}  // namespace
}  // namespace attend::api
