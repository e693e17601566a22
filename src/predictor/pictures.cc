#include "predictor/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "text/text.h"
#include "vision/vision.h"

namespace attend::predictor {

using model::Configuration;
using model::Picture;

/// One kind of files.
class Pictures::Files {
 public:
  virtual ~Files() = default;
  virtual Picture read(const std::string& name) const = 0;
  /// Reads the picture in another size than the model's.
  virtual vision::Image shown(const std::string& name, vision::Size size) const = 0;
  virtual vision::Size size_of(const std::string& name) const = 0;
  virtual void check(const std::string& /*name*/) const {}
  virtual std::uint64_t fingerprint() const { return 0; }
  virtual std::uint64_t bytes_of_file(const std::string& /*name*/) const { return 0; }
};

namespace {

vision::FitOptions fit_options(const model::ImageConfig& image) {
  return {.size = {image.height, image.width}, .fit = image.fit};
}

vision::FitOptions in_size(vision::FitOptions fit, vision::Size size) {
  fit.size = size;
  return fit;
}

// Opens a text file, which may be compressed, as a source of lines.
vision::LineSource lines_of(const std::filesystem::path& path) {
  const auto reader = std::make_shared<text::LineReader>(path);
  return {reader->name(), [reader](std::string& line) { return reader->next(line); }};
}

// A hash of bytes that are added to it.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = mix(value_ ^ static_cast<unsigned char>(byte));
  }
  void add_line(std::string_view line) {
    add(line);
    add("\n");
  }
  // Adds the size of a file, its first bytes and its last ones: headers and the last annotations. A
  // whole file may be larger than the memory.
  void add_ends(const std::filesystem::path& path) {
    constexpr std::streamoff kBytes = std::streamoff{1} << 20;
    std::ifstream file(path, std::ios::binary);
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(file.tellg());
    value_ = mix(value_ ^ static_cast<std::uint64_t>(size));
    std::string bytes(static_cast<std::size_t>(std::clamp(size, std::streamoff{0}, kBytes)), 0);
    for (const std::streamoff begin : {std::streamoff{0}, size - std::ssize(bytes)}) {
      file.seekg(begin);
      file.read(bytes.data(), std::ssize(bytes));
      add(bytes);
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

// Returns lines that are also added to a hash, which must outlive them.
vision::LineSource hashed(vision::LineSource lines, Hash& hash) {
  return {lines.name, [next = std::move(lines.next), &hash](std::string& line) {
            if (!next(line)) return false;
            hash.add_line(line);
            return true;
          }};
}

// Packed pictures and annotations are read in place, which compression does not allow.
void refuse_compressed(const std::filesystem::path& path) {
  std::string bytes(6, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), std::ssize(bytes));
  for (const std::string_view begin : {std::string_view("\x1f\x8b"),
                                       std::string_view("\xfd"
                                                        "7zXZ"),
                                       std::string_view("\x28\xb5\x2f\xfd")}) {
    if (!bytes.starts_with(begin)) continue;
    throw DataError(path.string(), 0, "found a compressed file, expected one that is unpacked");
  }
}

// Returns a path whose file is not compressed.
const std::filesystem::path& unpacked(const std::filesystem::path& path) {
  std::error_code none;
  if (std::filesystem::is_regular_file(path, none)) refuse_compressed(path);
  return path;
}

// Picture files in a folder.
class FolderFiles final : public Pictures::Files {
 public:
  FolderFiles(std::filesystem::path folder, const vision::FitOptions& fit)
      : folder_(std::move(folder)), fit_(fit) {}

  Picture read(const std::string& name) const override { return {shown(name, fit_.size), {}}; }
  vision::Image shown(const std::string& name, vision::Size size) const override {
    const std::filesystem::path path = folder_ / name;
    const std::string bytes = bytes_of(path);
    return vision::decode_fitted(as_bytes(bytes), path.string(), in_size(fit_, size));
  }
  vision::Size size_of(const std::string& name) const override {
    const std::filesystem::path path = folder_ / name;
    const std::string bytes = bytes_of(path);
    return vision::decode_image(as_bytes(bytes), path.string(), {.limits = fit_.limits}).size;
  }
  std::uint64_t bytes_of_file(const std::string& name) const override {
    std::error_code none;
    const std::uintmax_t bytes = std::filesystem::file_size(folder_ / name, none);
    return none ? 0 : bytes;
  }

 private:
  // An unreadable file is a problem of this picture, and not of the program. A pipe could make the
  // program wait for ever.
  std::string bytes_of(const std::filesystem::path& path) const {
    std::error_code none;
    if (std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none)) {
      throw vision::ImageError(fmt::format(
          "{}: found something else than a regular file, expected a picture", path.string()));
    }
    try {
      return read_file(path, fit_.limits.bytes);
    } catch (const Error& error) {
      throw vision::ImageError(error.what());
    }
  }
  static std::span<const std::uint8_t> as_bytes(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  std::filesystem::path folder_;
  vision::FitOptions fit_;
};

// A packed file of pictures.
class PackedFiles final : public Pictures::Files {
 public:
  PackedFiles(const std::filesystem::path& images, const std::filesystem::path& index,
              const vision::FitOptions& fit)
      : name_(images.string()), pack_(unpacked(images), hashed(lines_of(index), hash_)), fit_(fit) {
    hash_.add_ends(images);
  }

  Picture read(const std::string& name) const override { return {shown(name, fit_.size), {}}; }
  vision::Image shown(const std::string& name, vision::Size size) const override {
    return pack_.fitted(number_of(name), in_size(fit_, size));
  }
  vision::Size size_of(const std::string& name) const override {
    return pack_.decoded(number_of(name), {.limits = fit_.limits}).size;
  }
  std::uint64_t fingerprint() const override { return hash_.value(); }

 private:
  std::size_t number_of(const std::string& name) const {
    if (const auto found = pack_.find(name)) return *found;
    throw vision::ImageError(fmt::format("{}: no picture '{}'", name_, name));
  }

  std::string name_;
  Hash hash_;  // of the index, then of the packed file
  vision::PackedImages pack_;
  vision::FitOptions fit_;
};

// Annotations in a file of features.
class Features final : public Pictures::Files {
 public:
  Features(const PictureOptions& options, const Configuration& configuration)
      : file_(vision::FeatureFile::open(unpacked(options.features), lines_of, options.names)),
        regions_(static_cast<std::size_t>(configuration.regions())) {
    const auto units = static_cast<std::size_t>(configuration.encoder.units);
    if (file_.units() != units) {
      throw UsageError(fmt::format("{}: annotations of {} units, expected encoder.units {}",
                                   file_.path(), file_.units(), units));
    }
  }

  Picture read(const std::string& name) const override {
    return {{}, file_.values(number_of(name))};
  }
  vision::Image shown(const std::string& /*name*/, vision::Size /*size*/) const override {
    throw UsageError("annotations cannot be looked at: name the pictures with --images too");
  }
  vision::Size size_of(const std::string& name) const override { return shown(name, {}).size; }
  void check(const std::string& name) const override { number_of(name); }
  std::uint64_t fingerprint() const override {
    Hash hash;
    for (std::size_t i = 0; i < file_.size(); ++i) hash.add_line(file_.name(i));
    hash.add_ends(file_.path());
    return hash.value();
  }

 private:
  std::size_t number_of(const std::string& name) const {
    const auto found = file_.find(name);
    if (!found) {
      throw vision::ImageError(fmt::format("{}: no image '{}'", file_.path(), name));
    }
    if (file_.regions(*found) != regions_) {
      throw vision::ImageError(fmt::format("{}: image '{}' has {} regions, expected {}",
                                           file_.path(), name, file_.regions(*found), regions_));
    }
    return *found;
  }

  vision::FeatureFile file_;
  std::size_t regions_;
};

// Returns the index of a packed file: index.tsv beside it, perhaps compressed.
std::filesystem::path index_of(const PictureOptions& options) {
  if (!options.index.empty()) return options.index;
  const std::filesystem::path folder = options.images.parent_path();
  std::error_code none;
  for (const char* name : {"index.tsv", "index.tsv.xz", "index.tsv.gz", "index.tsv.zst"}) {
    if (std::filesystem::exists(folder / name, none)) return folder / name;
  }
  throw DataError(options.images.string(), 0,
                  "found no index.tsv beside it, expected one for a packed file of pictures "
                  "(or its name after --image-index)");
}

void check_options(const PictureOptions& options, const Configuration& configuration) {
  const bool features = configuration.encoder.kind == model::EncoderKind::kFeatures;
  if (features && options.features.empty()) {
    throw UsageError(
        "this model reads annotations (encoder.kind: features): name their file "
        "with --features");
  }
  if (!features && !options.features.empty()) {
    throw UsageError(
        "--features is for models that read annotations (encoder.kind: features); "
        "this one reads pictures");
  }
}

}  // namespace

void check_picture_options(const PictureOptions& options, const Configuration& configuration) {
  const bool any = !options.images.empty() || !options.index.empty() || !options.features.empty();
  if (!any || configuration.encoder.reads_pictures()) return;
  throw UsageError("--images and --features are for models of pictures; this one reads texts");
}

namespace {

// Opens picture files: a packed file, or files in a folder, which is the current one without a
// name.
std::shared_ptr<const Pictures::Files> open_images(const PictureOptions& options,
                                                   const vision::FitOptions& fit) {
  std::error_code none;
  if (std::filesystem::is_regular_file(options.images, none)) {
    return std::make_shared<PackedFiles>(options.images, index_of(options), fit);
  }
  if (!options.index.empty()) {
    throw UsageError(fmt::format("--image-index needs --images with a packed file: found '{}'",
                                 options.images.string()));
  }
  if (!options.images.empty() && !std::filesystem::is_directory(options.images, none)) {
    throw DataError(options.images.string(), 0, "expected a folder or a packed file of pictures");
  }
  return std::make_shared<FolderFiles>(options.images, fit);
}

}  // namespace

Pictures::Pictures(const PictureOptions& options, const Configuration& configuration) {
  ATTEND_CHECK(configuration.encoder.reads_pictures());
  check_options(options, configuration);
  const vision::FitOptions fit = fit_options(configuration.image);
  size_ = fit.size;
  bytes_ = vision::value_count(fit.size);
  const bool features = !options.features.empty();
  if (!features || !options.images.empty()) looked_at_ = open_images(options, fit);
  files_ = looked_at_;
  if (!features) return;
  files_ = std::make_shared<Features>(options, configuration);
  if (!looked_at_) looked_at_ = files_;
  decodes_ = false;
  bytes_ = static_cast<std::size_t>(configuration.regions()) *
           static_cast<std::size_t>(configuration.encoder.units) * sizeof(float);
}

Picture Pictures::read(const std::string& name) const { return files_->read(name); }
void Pictures::check(const std::string& name) const { files_->check(name); }
std::uint64_t Pictures::fingerprint() const { return files_->fingerprint(); }
std::uint64_t Pictures::bytes_of_file(const std::string& name) const {
  return files_->bytes_of_file(name);
}

vision::Size Pictures::size_of(const std::string& name) const { return looked_at_->size_of(name); }

vision::Image Pictures::shown(const std::string& name, int side) const {
  const int longer = std::max(size_.height, size_.width);
  const auto scaled = [&](int own) {
    return std::max(1, static_cast<int>(static_cast<std::int64_t>(own) * side / longer));
  };
  return looked_at_->shown(name, {scaled(size_.height), scaled(size_.width)});
}

}  // namespace attend::predictor
