// Checks of shapes. Internal to this folder.
#pragma once

#include "step/program.h"

namespace attend::step {

/// Throws a CheckFailure that names the operation and both shapes unless `holds`.
void expect(bool holds, Op op, const Shape& x, const Shape& y);

}  // namespace attend::step
