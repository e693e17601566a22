// The public face of src/metrics: how good predictions are. BLEU, chrF, TER, ROUGE-L, CIDEr-D,
// error rates, alignment error rate, accuracy and F1, each over a whole corpus and, through
// buckets.h, by source length; how sure these scores are; and how well the probabilities of labels
// and whole predictions fit how often these are right.
//
// Every function is pure and may be called from several threads. Shares are percentages (0 to 100);
// the alignment error rate is a fraction, and CIDEr-D is 0 to 10. A corpus without examples throws
// UsageError. Corpora of different sizes are a bug of the caller (CheckFailure). Bytes that are not
// UTF-8 count as U+FFFD where code points matter.
#pragma once

#include "metrics/alignment_error.h"  // IWYU pragma: export
#include "metrics/bleu.h"             // IWYU pragma: export
#include "metrics/bootstrap.h"        // IWYU pragma: export
#include "metrics/buckets.h"          // IWYU pragma: export
#include "metrics/calibration.h"      // IWYU pragma: export
#include "metrics/captions.h"         // IWYU pragma: export
#include "metrics/chrf.h"             // IWYU pragma: export
#include "metrics/cider.h"            // IWYU pragma: export
#include "metrics/edit_distance.h"    // IWYU pragma: export
#include "metrics/evaluate.h"         // IWYU pragma: export
#include "metrics/labels.h"           // IWYU pragma: export
#include "metrics/line_confidence.h"  // IWYU pragma: export
#include "metrics/rouge.h"            // IWYU pragma: export
#include "metrics/ter.h"              // IWYU pragma: export
#include "metrics/tokenizer.h"        // IWYU pragma: export
