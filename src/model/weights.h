// Named tensors in a safetensors file, as float32 or as matrices rounded to fewer bits.
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

/// A tensor whose memory somebody else owns, row-major.
struct TensorView {
  std::vector<std::int64_t> shape;
  std::span<const float> values;
  /// [shape[0]] for a matrix of kInt8, whose row r holds scales[r] times −127 … 127. Empty for
  /// other tensors.
  std::span<const float> scales = {};
};

using Metadata = std::map<std::string, std::string>;

/// Tensors by name. Immutable; cheap to copy, because copies share the memory; safe to use from
/// several threads.
class Weights {
 public:
  Weights() = default;
  /// Maps a file and verifies its checksum. Throws ModelError (path, what was found, what was
  /// expected) for a file that is missing, truncated or damaged, or that save() would not write:
  /// all tensors must be float32, or all matrices BF16, or all matrices I8 with their scales. The
  /// values in memory are float32.
  static Weights load(const std::filesystem::path& path);
  /// `tensors` refer to values that must stay alive as long as `owner`.
  Weights(std::map<std::string, TensorView> tensors, std::shared_ptr<const void> owner,
          Metadata metadata = {});

  bool contains(const std::string& name) const { return tensors_.contains(name); }
  /// Throws ModelError when there is no tensor of that name.
  const TensorView& get(const std::string& name) const;
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }
  /// The precision of the matrices. Vectors are always float32.
  Precision precision() const { return precision_; }
  /// Returns a copy in which every matrix is rounded: to the nearest bfloat16 (ties to even), or to
  /// whole numbers −127 … 127 times the scale of their row, which is the row's largest magnitude
  /// divided by 127. Throws ModelError when the weights are already rounded or not finite.
  Weights rounded(Precision precision) const;

  /// Returns a copy with more metadata, which replaces entries of equal names.
  Weights with_metadata(const Metadata& more) const;

  /// Writes the file atomically. Matrices have precision(): BF16, or I8 with a float32 tensor
  /// "NAME.scales" [rows] for each. Tensors come in the order F32, BF16, I8, each by name. The
  /// file's `__metadata__` holds `metadata` and "attend.checksum": the XXH3-64 hash, in 16
  /// hexadecimal digits, of the whole file with zeros in place of these digits.
  void save(const std::filesystem::path& path) const;
  /// Returns the bytes that save() writes.
  std::string bytes() const;

  /// Throws ModelError, which names the first tensor that is missing, unexpected or of another
  /// shape.
  void check_against(const std::vector<TensorSpec>& table) const;

 private:
  std::map<std::string, TensorView> tensors_;
  std::shared_ptr<const void> owner_;
  Metadata metadata_;
  Precision precision_ = Precision::kFloat32;
};

}  // namespace attend::model
