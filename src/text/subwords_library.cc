#include "text/subwords_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace attend::text {
namespace {

constexpr const char* kName = "libattend_subwords.so";

// AddressSanitizer does not support RTLD_DEEPBIND. Programs built with it do not link libtorch.
#if defined(__SANITIZE_ADDRESS__)
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

// Returns where to look for the library: next to this program or library, in its installed place,
// and where the system looks.
std::vector<std::string> places() {
  std::vector<std::string> result;
  Dl_info self{};
  if (dladdr(reinterpret_cast<const void*>(&subwords_library), &self) != 0) {
    std::error_code error;
    std::filesystem::path object;
    // A program that PATH found has a name without a folder here, which the working folder must not
    // complete: a library of a stranger may lie there.
    const bool found = std::string_view(self.dli_fname).find('/') != std::string_view::npos;
    if (found) object = std::filesystem::canonical(self.dli_fname, error);
    if (error || object.empty()) object = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path folder = object.parent_path();
    result.push_back((folder / kName).string());
    result.push_back((folder / "attend" / kName).string());
    // bin/attend, lib/x86_64-linux-gnu/libattend.so, the module of Python; and in a build tree
    for (const char* up : {"..", "../..", "../../..", "../../../.."}) {
      for (const char* place : {ATTEND_LIBRARY_FOLDER, "bin"}) {
        result.push_back((folder / up / place / kName).lexically_normal().string());
      }
    }
  }
  result.emplace_back(kName);
  return result;
}

const AttendSubwords& open_library() {
  std::string reason;
  for (const std::string& place : places()) {
    void* const library = dlopen(place.c_str(), kFlags);
    if (library == nullptr) {
      const char* const message = dlerror();
      if (reason.empty() || std::filesystem::exists(place)) reason = message;
      continue;
    }
    using Entry = const AttendSubwords* (*)();
    const auto entry = reinterpret_cast<Entry>(dlsym(library, "attend_subwords"));
    if (entry != nullptr) return *entry();
    reason = fmt::format("{}: not this program's library", place);
  }
  throw Error(fmt::format("subwords need {}: {}", kName, reason));
}

}  // namespace

const AttendSubwords& subwords_library() {
  static const AttendSubwords& library = open_library();
  return library;
}

}  // namespace attend::text
