// The specification of a model's parameters: names, shapes and initial values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "step/cell.h"

namespace attend::step {

/// How the values of a tensor start (§1.7, §4.2).
enum class Initial {
  kZero,
  kOne,
  kConstant,    ///< scale
  kNormal,      ///< N(0, scale²)
  kUniform,     ///< U(−scale, scale)
  kOrthogonal,  ///< square blocks of rows, each the left singular vectors of a Gaussian matrix
  kForgetGate   ///< an LSTM bias [4 n]: 1 for the forget gate, else 0
};

/// The rule by which matrices start. kNormal: §4.2.
enum class Initialization { kGlorot, kNormal };

struct TensorSpec {
  std::string name = {};
  std::vector<std::int64_t> shape = {};
  Initial initial = Initial::kZero;
  double scale = 0.0;
  std::int64_t count() const;  ///< number of values
  bool operator==(const TensorSpec&) const = default;
};

/// Standard deviations of matrices under Initialization::kNormal (§4.2).
inline constexpr double kUsualDeviation = 0.01;
inline constexpr double kAttentionDeviation = 0.001;  ///< of W and U in scores

/// A list of parameters that grows. One initialization decides the initial values of all of them. A
/// name that is in the list already is a CheckFailure.
class ParameterList {
 public:
  explicit ParameterList(Initialization initialization) : initialization_(initialization) {}

  /// Adds a matrix [rows, columns]. `deviation` is used by Initialization::kNormal only.
  void matrix(const std::string& name, std::int64_t rows, std::int64_t columns,
              double deviation = kUsualDeviation);
  /// Adds a matrix [rows, columns] that starts as N(0, deviation²), whatever the initialization is.
  void normal_matrix(const std::string& name, std::int64_t rows, std::int64_t columns,
                     double deviation);
  /// Adds `blocks` matrices [rows, columns] on top of each other. Each has limits of its own under
  /// Initialization::kGlorot.
  void blocks(const std::string& name, std::int64_t blocks, std::int64_t rows,
              std::int64_t columns);
  void embedding(const std::string& name, std::int64_t vocabulary, std::int64_t units);
  void vector(const std::string& name, std::int64_t units, Initial initial = Initial::kZero,
              double scale = 0.0);
  /// Adds the vector v of the additive score. With kNormal, v starts at 0 as in §4.2, which delays
  /// learning by one update. With kGlorot it does not.
  void energy_weight(const std::string& name, std::int64_t units);
  /// Adds all tensors of a recurrent cell. Their names begin with `prefix` and a dot. A cell
  /// without inputs has no input weight.
  void cell(const std::string& prefix, const CellConfig& cell, std::int64_t inputs,
            std::int64_t units, bool layer_norm = false);

  /// Returns the parameter of this name, or nullptr when there is none.
  const TensorSpec* find(const std::string& name) const;
  const std::vector<TensorSpec>& list() const { return list_; }

 private:
  void glorot(const std::string& name, std::int64_t rows, std::int64_t columns, std::int64_t fan_in,
              std::int64_t fan_out);
  void add(TensorSpec spec);

  Initialization initialization_;
  std::vector<TensorSpec> list_;
};

}  // namespace attend::step
