#include "api/models.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace attend::api {
namespace {

namespace fs = std::filesystem;

// Returns where this program or library lies.
fs::path own_folder() {
  Dl_info self{};
  std::error_code error;
  fs::path object;
  // A program that PATH found has a name without a folder here.
  const bool found = dladdr(reinterpret_cast<const void*>(&own_folder), &self) != 0 &&
                     std::string_view(self.dli_fname).find('/') != std::string_view::npos;
  if (found) object = fs::canonical(self.dli_fname, error);
  if (error || object.empty()) object = fs::read_symlink("/proc/self/exe", error);
  return object.parent_path();
}

std::vector<fs::path> places() {
  if (const char* folder = std::getenv("ATTEND_MODELS"); folder != nullptr) return {folder};
  const fs::path own = own_folder();
  // The wheel of Python, bin/attend, lib/libattend.so, lib/x86_64-linux-gnu/libattend.so, the
  // module of Python in dist-packages
  std::vector<fs::path> result;
  for (const char* up : {".", "..", "../..", "../../..", "../../../.."}) {
    result.push_back((own / up / "share/attend/models").lexically_normal());
  }
  return result;
}

bool is_model(const fs::path& folder) {
  std::error_code none;
  return fs::is_regular_file(folder / "model.safetensors", none);
}

// Whether a folder was meant as a model, also where a file of it is missing.
bool may_be_model(const fs::path& folder) {
  std::error_code none;
  return is_model(folder) || fs::exists(folder / "config.yml", none);
}

}  // namespace

std::vector<InstalledModel> installed_models() {
  std::vector<InstalledModel> models;
  for (const fs::path& place : places()) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(place, error)) {
      if (is_model(entry.path())) {
        models.push_back({entry.path().filename().string(), entry.path()});
      }
    }
    if (!models.empty()) break;
  }
  std::sort(models.begin(), models.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

std::string model_folder(const std::string& name) {
  std::error_code none;
  const bool is_path = name.empty() || name.find('/') != std::string::npos;
  const bool is_folder = fs::is_directory(name, none);
  if (is_path || (is_folder ? may_be_model(name) : fs::exists(name, none))) return name;
  for (const InstalledModel& model : installed_models()) {
    if (model.name == name) return model.folder.string();
  }
  return name;
}

}  // namespace attend::api
