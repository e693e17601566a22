// The public face of src/text: turns text to token ids and back. Unicode, units, vocabularies,
// corpora, batches.
#pragma once

#include "text/batches.h"       // IWYU pragma: export
#include "text/columns.h"       // IWYU pragma: export
#include "text/corpus.h"        // IWYU pragma: export
#include "text/labels.h"        // IWYU pragma: export
#include "text/marks.h"         // IWYU pragma: export
#include "text/output_file.h"   // IWYU pragma: export
#include "text/segmenter.h"     // IWYU pragma: export
#include "text/sentences.h"     // IWYU pragma: export
#include "text/unicode.h"       // IWYU pragma: export
#include "text/vocabulary.h"    // IWYU pragma: export
#include "text/word_vectors.h"  // IWYU pragma: export
