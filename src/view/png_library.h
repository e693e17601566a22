// Opens librsvg and cairo by name at run time. Internal to the folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "view/view.h"

namespace attend::view {

struct PngLibraryNames {
  std::string rsvg = "librsvg-2.so.2";
  std::string cairo = "libcairo.so.2";
  std::string gobject = "libgobject-2.0.so.0";
  std::string glib = "libglib-2.0.so.0";
};

/// The functions of the two libraries. Immutable; safe to use from several threads.
class PngLibrary {
 public:
  /// Opens the libraries. Throws Error when one of them, or one of its functions, is missing.
  explicit PngLibrary(const PngLibraryNames& names);
  std::string render(std::string_view svg, const PngOptions& options) const;

 private:
  struct Functions;
  std::shared_ptr<const Functions> functions_;
};

}  // namespace attend::view
