// The number formats in which weights are kept.
#pragma once

#include <string>
#include <string_view>

namespace attend {

/// kBfloat16 is the upper half of a float32. kInt8 is whole numbers −127 … 127 with one float32
/// scale for every row of a matrix.
enum class Precision { kFloat32, kBfloat16, kInt8 };

/// Returns "float32", "bfloat16" or "int8".
std::string_view precision_name(Precision precision);
/// The inverse of precision_name(). Throws UsageError, which lists the three names, for any other
/// name.
Precision parse_precision(std::string_view name);

}  // namespace attend
