// The public face of src/vision: pictures decoded from JPEG, PNG and WebP, resized to what a model
// reads, packed into one file, and decoded ahead in the background; features of pictures in files.
#pragma once

#include "vision/decode.h"          // IWYU pragma: export
#include "vision/decode_ahead.h"    // IWYU pragma: export
#include "vision/feature_file.h"    // IWYU pragma: export
#include "vision/feature_writer.h"  // IWYU pragma: export
#include "vision/fit.h"             // IWYU pragma: export
#include "vision/image.h"           // IWYU pragma: export
#include "vision/packed.h"          // IWYU pragma: export
#include "vision/png_writer.h"      // IWYU pragma: export
