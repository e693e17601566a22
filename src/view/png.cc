// Turns SVG into PNG with librsvg and cairo. The libraries are opened when they are first needed:
// linking them would slow down every start of the program by milliseconds.
#include <cairo.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <librsvg/rsvg.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/base.h"
#include "view/png_library.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr double kLongestSide = 32'000;  // the limit of cairo is 32,767 pixels

class Library {
 public:
  explicit Library(const std::string& name) : handle_(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) fail(dlerror());
  }

  /// Finds a function of the library, which stays open: librsvg keeps data for every thread and
  /// cannot be unloaded.
  template <typename Function>
  void find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(dlsym(handle_, name));
    if (function == nullptr) fail(dlerror());
  }

 private:
  [[noreturn]] static void fail(const char* reason) {
    throw Error(fmt::format("a PNG picture needs librsvg 2.52 or later (package librsvg2-2): {}",
                            reason == nullptr ? "it cannot be opened" : reason));
  }
  void* handle_;
};

}  // namespace

#define ATTEND_FUNCTION(name) decltype(::name)* name = nullptr

struct PngLibrary::Functions {
  ATTEND_FUNCTION(g_object_unref);
  ATTEND_FUNCTION(g_error_free);
  ATTEND_FUNCTION(rsvg_handle_new_from_data);
  ATTEND_FUNCTION(rsvg_handle_set_dpi);
  ATTEND_FUNCTION(rsvg_handle_get_intrinsic_size_in_pixels);
  ATTEND_FUNCTION(rsvg_handle_render_document);
  ATTEND_FUNCTION(cairo_image_surface_create);
  ATTEND_FUNCTION(cairo_surface_status);
  ATTEND_FUNCTION(cairo_surface_destroy);
  ATTEND_FUNCTION(cairo_surface_write_to_png_stream);
  ATTEND_FUNCTION(cairo_create);
  ATTEND_FUNCTION(cairo_destroy);
  ATTEND_FUNCTION(cairo_set_source_rgb);
  ATTEND_FUNCTION(cairo_paint);
  ATTEND_FUNCTION(cairo_status_to_string);
};

#undef ATTEND_FUNCTION
#define ATTEND_FIND(library, name) library.find(#name, functions->name)

PngLibrary::PngLibrary(const PngLibraryNames& names) {
  const Library rsvg(names.rsvg);
  const Library cairo(names.cairo);
  const Library gobject(names.gobject);
  const Library glib(names.glib);
  auto functions = std::make_shared<Functions>();
  ATTEND_FIND(gobject, g_object_unref);
  ATTEND_FIND(glib, g_error_free);
  ATTEND_FIND(rsvg, rsvg_handle_new_from_data);
  ATTEND_FIND(rsvg, rsvg_handle_set_dpi);
  ATTEND_FIND(rsvg, rsvg_handle_get_intrinsic_size_in_pixels);
  ATTEND_FIND(rsvg, rsvg_handle_render_document);
  ATTEND_FIND(cairo, cairo_image_surface_create);
  ATTEND_FIND(cairo, cairo_surface_status);
  ATTEND_FIND(cairo, cairo_surface_destroy);
  ATTEND_FIND(cairo, cairo_surface_write_to_png_stream);
  ATTEND_FIND(cairo, cairo_create);
  ATTEND_FIND(cairo, cairo_destroy);
  ATTEND_FIND(cairo, cairo_set_source_rgb);
  ATTEND_FIND(cairo, cairo_paint);
  ATTEND_FIND(cairo, cairo_status_to_string);
  functions_ = std::move(functions);
}

#undef ATTEND_FIND

namespace {

template <typename T, typename Release>
std::unique_ptr<T, Release> owned(T* object, Release release) {
  return std::unique_ptr<T, Release>(object, release);
}

cairo_status_t append_bytes(void* closure, const unsigned char* data, unsigned int size) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), size);
  return CAIRO_STATUS_SUCCESS;
}

/// Returns the scale that keeps every limit.
double respectful_scale(double width, double height, const PngOptions& options) {
  const double by_pixels = std::sqrt(static_cast<double>(options.max_pixels) / (width * height));
  return std::min({options.scale, by_pixels, kLongestSide / std::max(width, height)});
}

}  // namespace

std::string PngLibrary::render(std::string_view svg, const PngOptions& options) const {
  const Functions& call = *functions_;
  GError* error = nullptr;
  const auto fail = [&call, &error](const char* otherwise) {
    const std::string reason = error == nullptr ? otherwise : error->message;
    if (error != nullptr) call.g_error_free(error);
    throw Error("the SVG document cannot be drawn: " + reason);
  };
  const auto handle = owned(call.rsvg_handle_new_from_data(
                                reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error),
                            [&call](RsvgHandle* object) { call.g_object_unref(object); });
  if (!handle) fail("it cannot be read");
  call.rsvg_handle_set_dpi(handle.get(), 96);
  double width = 0, height = 0;
  if (!call.rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height) ||
      !(width >= 1 && height >= 1)) {
    fail("it has no size in pixels");
  }
  const double scale = respectful_scale(width, height, options);
  const int columns = std::max(1, static_cast<int>(width * scale));
  const int rows = std::max(1, static_cast<int>(height * scale));
  const auto surface =
      owned(call.cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows),
            [&call](cairo_surface_t* object) { call.cairo_surface_destroy(object); });
  cairo_status_t status = call.cairo_surface_status(surface.get());
  if (status != CAIRO_STATUS_SUCCESS) fail(call.cairo_status_to_string(status));
  const auto context = owned(call.cairo_create(surface.get()),
                             [&call](cairo_t* object) { call.cairo_destroy(object); });
  call.cairo_set_source_rgb(context.get(), 1, 1, 1);
  call.cairo_paint(context.get());
  const RsvgRectangle viewport{0, 0, static_cast<double>(columns), static_cast<double>(rows)};
  if (!call.rsvg_handle_render_document(handle.get(), context.get(), &viewport, &error)) {
    fail("it cannot be rendered");
  }
  std::string png;
  status = call.cairo_surface_write_to_png_stream(surface.get(), append_bytes, &png);
  if (status != CAIRO_STATUS_SUCCESS) fail(call.cairo_status_to_string(status));
  return png;
}

std::string svg_to_png(std::string_view svg, const PngOptions& options) {
  if (!(options.scale >= 0.1 && options.scale <= 10)) {
    throw UsageError(fmt::format("a PNG scale of {} is not between 0.1 and 10", options.scale));
  }
  if (options.max_pixels == 0) throw UsageError("a PNG picture needs at least one pixel");
  static const PngLibrary library{PngLibraryNames{}};
  return library.render(svg, options);
}

}  // namespace attend::view
