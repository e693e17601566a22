// The public face of src/scenes: pictures of shapes whose captions and boxes are known, in memory
// and in a folder, and the pointing accuracy of a captioner's gaze.
#pragma once

#include "scenes/boxes.h"      // IWYU pragma: export
#include "scenes/folder.h"     // IWYU pragma: export
#include "scenes/gaze.h"       // IWYU pragma: export
#include "scenes/generator.h"  // IWYU pragma: export
#include "scenes/scene.h"      // IWYU pragma: export
#include "scenes/sheet.h"      // IWYU pragma: export
