// Named float32 tensors in a safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/parameters.h"

namespace attend::model {

/// A tensor somebody else owns, row-major.
struct TensorView {
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

using Metadata = std::map<std::string, std::string>;

/// Tensors by name; immutable, cheap to copy (copies share the memory), safe to use from several
/// threads.
class Weights {
 public:
  Weights() = default;
  /// Maps the file and verifies its checksum. ModelError (path, what was found, what was expected)
  /// for a missing, truncated, damaged file or one that is not safetensors with float32 tensors
  /// only.
  static Weights load(const std::filesystem::path& path);
  /// Takes values that stay alive as long as `owner`.
  Weights(std::map<std::string, TensorView> tensors, std::shared_ptr<const void> owner,
          Metadata metadata = {});

  bool contains(const std::string& name) const { return tensors_.contains(name); }
  /// ModelError when there is none of that name.
  const TensorView& get(const std::string& name) const;
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }

  /// Written atomically. The `__metadata__` of the file carries `metadata` and "attend.checksum":
  /// the XXH3-64 hash, in 16 hexadecimal digits, of the whole file with these digits as zeros.
  void save(const std::filesystem::path& path) const;

  /// ModelError naming the first tensor that is missing, extra or of another shape.
  void check_against(const std::vector<TensorSpec>& table) const;

 private:
  std::map<std::string, TensorView> tensors_;
  std::shared_ptr<const void> owner_;
  Metadata metadata_;
};

}  // namespace attend::model
