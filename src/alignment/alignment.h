// The public face of src/alignment: links between the words of a pair, from the weights of a model
// or of two models of opposite directions, and the files of people's alignments that they are
// compared with (docs/models.md §14.7).
//
// Every function is pure and may be called from several threads.
#pragma once

#include "alignment/entropy.h"     // IWYU pragma: export
#include "alignment/gold.h"        // IWYU pragma: export
#include "alignment/shift.h"       // IWYU pragma: export
#include "alignment/symmetrise.h"  // IWYU pragma: export
#include "alignment/words.h"       // IWYU pragma: export
