// Named tensors in a safetensors file: float32, or matrices rounded to fewer bits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/parameters.h"

namespace attend::model {

/// A tensor somebody else owns, row-major.
struct TensorView {
  std::vector<std::int64_t> shape;
  std::span<const float> values;
  /// Of a matrix of whole numbers [shape[0]]: row r holds scales[r] times −127 … 127. Else empty.
  std::span<const float> scales = {};
};

using Metadata = std::map<std::string, std::string>;

/// Tensors by name; immutable, cheap to copy (copies share the memory), safe to use from several
/// threads.
class Weights {
 public:
  Weights() = default;
  /// Maps the file and verifies its checksum. ModelError (path, what was found, what was expected)
  /// for a missing, truncated, damaged file or one that save() would not write: float32 tensors, or
  /// all matrices BF16, or all matrices I8 with their scales. Values are float32 in memory.
  static Weights load(const std::filesystem::path& path);
  /// Takes values that stay alive as long as `owner`.
  Weights(std::map<std::string, TensorView> tensors, std::shared_ptr<const void> owner,
          Metadata metadata = {});

  bool contains(const std::string& name) const { return tensors_.contains(name); }
  /// ModelError when there is none of that name.
  const TensorView& get(const std::string& name) const;
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }
  /// Of the matrices; vectors are float32 always.
  Precision precision() const { return precision_; }
  /// These weights with every matrix rounded: to the nearest bfloat16 (ties to even), or to whole
  /// numbers times the largest magnitude of a row / 127. ModelError when they are rounded already
  /// or not finite.
  Weights rounded(Precision precision) const;

  /// These weights with more metadata, which replaces what has the same name.
  Weights with_metadata(const Metadata& more) const;

  /// Written atomically, matrices in precision(): BF16, or I8 with a float32 tensor "NAME.scales"
  /// [rows] beside each. Tensors stand in the order F32, BF16, I8, each by name. The `__metadata__`
  /// of the file carries `metadata` and "attend.checksum": the XXH3-64 hash, in 16 hexadecimal
  /// digits, of the whole file with these digits as zeros.
  void save(const std::filesystem::path& path) const;
  /// What save() writes.
  std::string bytes() const;

  /// ModelError naming the first tensor that is missing, extra or of another shape.
  void check_against(const std::vector<TensorSpec>& table) const;

 private:
  std::map<std::string, TensorView> tensors_;
  std::shared_ptr<const void> owner_;
  Metadata metadata_;
  Precision precision_ = Precision::kFloat32;
};

}  // namespace attend::model
