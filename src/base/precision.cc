#include "base/precision.h"

#include "base/errors.h"

namespace attend {

std::string_view precision_name(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "float32";
    case Precision::kBfloat16:
      return "bfloat16";
    case Precision::kInt8:
      break;
  }
  return "int8";
}

Precision parse_precision(std::string_view name) {
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    if (name == precision_name(one)) return one;
  }
  throw UsageError("unknown precision '" + std::string(name) +
                   "', expected float32, bfloat16 or int8");
}

}  // namespace attend
