// What every folder may use: errors with exit codes, files written atomically, random numbers.
#pragma once

#include "base/errors.h"     // IWYU pragma: export
#include "base/files.h"      // IWYU pragma: export
#include "base/messages.h"   // IWYU pragma: export
#include "base/precision.h"  // IWYU pragma: export
#include "base/random.h"     // IWYU pragma: export
