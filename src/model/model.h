// The public face of src/model: configuration, step program, parameter table, weights, model
// folder, and the interface of engines.
#pragma once

#include "model/borders.h"        // IWYU pragma: export
#include "model/configuration.h"  // IWYU pragma: export
#include "model/copies.h"         // IWYU pragma: export
#include "model/engine.h"         // IWYU pragma: export
#include "model/entities.h"       // IWYU pragma: export
#include "model/example.h"        // IWYU pragma: export
#include "model/folder.h"         // IWYU pragma: export
#include "model/memory.h"         // IWYU pragma: export
#include "model/ngrams.h"         // IWYU pragma: export
#include "model/parameters.h"     // IWYU pragma: export
#include "model/provenance.h"     // IWYU pragma: export
#include "model/shortlist.h"      // IWYU pragma: export
#include "model/step_program.h"   // IWYU pragma: export
#include "model/weights.h"        // IWYU pragma: export
