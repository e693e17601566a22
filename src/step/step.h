// The public face of src/step: step programs, what is read from them, and the order in which
// engines run them.
#pragma once

#include "step/builder.h"     // IWYU pragma: export
#include "step/cell.h"        // IWYU pragma: export
#include "step/parameters.h"  // IWYU pragma: export
#include "step/program.h"     // IWYU pragma: export
#include "step/schedule.h"    // IWYU pragma: export
