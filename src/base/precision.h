// The numbers that weights are kept in.
#pragma once

#include <string>
#include <string_view>

namespace attend {

/// kBfloat16: the upper half of a float32. kInt8: whole numbers −127 … 127 with a float32 scale for
/// every row of a matrix.
enum class Precision { kFloat32, kBfloat16, kInt8 };

/// "float32", "bfloat16" or "int8".
std::string_view precision_name(Precision precision);
/// UsageError naming the three for any other name.
Precision parse_precision(std::string_view name);

}  // namespace attend
