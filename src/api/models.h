// Models that are installed with the program, which are called by their names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attend::api {

struct InstalledModel {
  std::string name;
  std::filesystem::path folder;
};

/// Returns the installed models, sorted by name. They lie in share/attend/models beside this
/// program or library, or in the folder that the environment variable ATTEND_MODELS names.
std::vector<InstalledModel> installed_models();

/// Returns the folder of a model: `name` itself if it is a path, or if a file or a model folder of
/// this name exists in the working folder; else the installed model of this name, else `name`. A
/// folder is a model folder if config.yml or model.safetensors lies in it.
std::string model_folder(const std::string& name);

}  // namespace attend::api
