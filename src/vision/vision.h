// The public face of src/vision: pictures decoded from JPEG, PNG and WebP.
#pragma once

#include "vision/decode.h"      // IWYU pragma: export
#include "vision/image.h"       // IWYU pragma: export
#include "vision/png_writer.h"  // IWYU pragma: export
