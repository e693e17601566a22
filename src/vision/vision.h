// The public face of src/vision: pictures decoded from JPEG, PNG and WebP, resized to what a model
// reads, and kept in files with their captions.
#pragma once

#include "vision/decode.h"      // IWYU pragma: export
#include "vision/fit.h"         // IWYU pragma: export
#include "vision/image.h"       // IWYU pragma: export
#include "vision/image_set.h"   // IWYU pragma: export
#include "vision/png_writer.h"  // IWYU pragma: export
