// What every folder may use: errors with exit codes, files written atomically, random numbers,
// threads.
#pragma once

#include "base/descriptors.h"  // IWYU pragma: export
#include "base/errors.h"       // IWYU pragma: export
#include "base/files.h"        // IWYU pragma: export
#include "base/messages.h"     // IWYU pragma: export
#include "base/precision.h"    // IWYU pragma: export
#include "base/random.h"       // IWYU pragma: export
#include "base/temporaries.h"  // IWYU pragma: export
#include "base/workers.h"      // IWYU pragma: export
