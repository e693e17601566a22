// The public face of src/base: errors with exit codes, files written atomically, temporary files,
// messages, precisions of weights, headers of safetensors, random numbers, threads, bytes as text.
// Every other folder may use it.
#pragma once

#include "base/base64.h"       // IWYU pragma: export
#include "base/descriptors.h"  // IWYU pragma: export
#include "base/errors.h"       // IWYU pragma: export
#include "base/files.h"        // IWYU pragma: export
#include "base/messages.h"     // IWYU pragma: export
#include "base/precision.h"    // IWYU pragma: export
#include "base/random.h"       // IWYU pragma: export
#include "base/safetensors.h"  // IWYU pragma: export
#include "base/temporaries.h"  // IWYU pragma: export
#include "base/workers.h"      // IWYU pragma: export
