#include "vision/feature_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "vision/feature_values.h"
#include "vision/npy.h"

namespace attend::vision {
namespace {

void check_name(const std::string& name) {
  const bool has_control = std::any_of(
      name.begin(), name.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7F; });
  if (name.empty() || has_control || name == "__metadata__") {
    throw DataError(
        fmt::format("found the name '{}' of an image, expected a name that is not empty, "
                    "has no control characters and is not __metadata__",
                    shown_name(name)));
  }
}

// Returns the path if a file there can be written at any place.
const std::filesystem::path& regular(const std::filesystem::path& path) {
  if (!is_written_directly(path)) return path;
  throw UsageError(
      fmt::format("{}: found no regular file, expected one, because the header of "
                  "features is written last",
                  path == "-" ? "standard output" : path.string()));
}

// Returns the size of the header when all images are in it, with the largest numbers.
std::size_t largest_header(const std::vector<std::string>& names) {
  constexpr std::uint64_t kOffset = std::numeric_limits<std::uint64_t>::max();
  SafetensorsHeader header;
  header.tensors.reserve(names.size());
  for (const std::string& name : names) {
    const std::vector<std::uint64_t> shape(3, kMaximumFeatureValues);
    header.tensors.push_back({name, "F32", shape, kOffset, kOffset});
  }
  return format_safetensors_header(header).size();
}

}  // namespace

FeatureWriter::FeatureWriter(const std::filesystem::path& path,
                             const std::vector<std::string>& names, std::size_t units)
    : name_(path.string()), file_(regular(path)), units_(units) {
  ATTEND_CHECK(units > 0);
  for (const std::string& name : names) {
    check_name(name);
    if (!left_.insert(name).second) {
      throw DataError(fmt::format("found image '{}' again, expected each once", name));
    }
  }
  if (path.extension() == ".npy") {
    names_file_.emplace(regular(name_ + ".names"));
    header_size_ = kNpyHeaderSize;
  } else {
    header_size_ = largest_header(names);
  }
  file_.write(std::string(header_size_, ' '));
}

void FeatureWriter::add(const std::string& name, Grid grid, std::span<const float> values) {
  ATTEND_CHECK(grid.rows > 0 && grid.columns > 0);
  ATTEND_CHECK_EQ(values.size(), grid.regions() * units_);
  ATTEND_CHECK(left_.contains(name));
  if (values.size() > kMaximumFeatureValues) {
    throw DataError(name_, 0,
                    fmt::format("image '{}': found {} values, expected at most {}", name,
                                values.size(), kMaximumFeatureValues));
  }
  require_finite(values, units_, name_, name);
  const std::vector<std::uint64_t> shape{grid.rows, grid.columns, units_};
  if (names_file_ && !tensors_.empty() && tensors_.front().shape != shape) {
    const std::vector<std::uint64_t>& first = tensors_.front().shape;
    throw DataError(name_, 0,
                    fmt::format("image '{}': found a grid of {} × {} regions (rows × columns), "
                                "expected {} × {} as those of the images before it, because .npy "
                                "is one array",
                                name, grid.rows, grid.columns, first[0], first[1]));
  }
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  file_.write(bytes);
  if (names_file_) names_file_->write(name + '\n');
  tensors_.push_back({name, "F32", shape, size_, size_ + bytes.size()});
  size_ += bytes.size();
  left_.erase(name);
}

void FeatureWriter::commit() {
  if (tensors_.empty()) throw DataError(name_, 0, "found no image to write, expected at least one");
  if (names_file_) {
    const std::vector<std::uint64_t>& shape = tensors_.front().shape;
    file_.overwrite(0, format_npy_header({tensors_.size(), shape[0], shape[1], shape[2]}));
    file_.commit();
    names_file_->commit();
  } else {
    file_.overwrite(0, format_safetensors_header({{}, std::move(tensors_)}, header_size_));
    file_.commit();
  }
}

}  // namespace attend::vision
