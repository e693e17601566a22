// CPU mathematics in float32: matrix products (also with weights in fewer bits), activations,
// cells, attention, softmax.
//
// Everything is row-major. Kernels compute in the calling thread and pick the machine's instruction
// set at run time. Kernels of prediction allocate nothing, except Matrix and CoarseProduct when
// they are made, and products in fewer bits, convolutions and group norm once in each thread;
// kernels of training may allocate. Results may differ in the last bits between instruction sets,
// never between threads. Sizes that contradict each other are a CheckFailure.
#pragma once

#include "kernels/activations.h"         // IWYU pragma: export
#include "kernels/attention.h"           // IWYU pragma: export
#include "kernels/bfloat16.h"            // IWYU pragma: export
#include "kernels/buffer.h"              // IWYU pragma: export
#include "kernels/cells.h"               // IWYU pragma: export
#include "kernels/coarse_product.h"      // IWYU pragma: export
#include "kernels/coarse_ranking.h"      // IWYU pragma: export
#include "kernels/convolution.h"         // IWYU pragma: export
#include "kernels/cross_entropy.h"       // IWYU pragma: export
#include "kernels/float32_product.h"     // IWYU pragma: export
#include "kernels/group_norm.h"          // IWYU pragma: export
#include "kernels/layer_norm.h"          // IWYU pragma: export
#include "kernels/matrix.h"              // IWYU pragma: export
#include "kernels/monotonic.h"           // IWYU pragma: export
#include "kernels/optimizers.h"          // IWYU pragma: export
#include "kernels/ranking.h"             // IWYU pragma: export
#include "kernels/rows.h"                // IWYU pragma: export
#include "kernels/scatter.h"             // IWYU pragma: export
#include "kernels/softmax.h"             // IWYU pragma: export
#include "kernels/sparse_softmax.h"      // IWYU pragma: export
#include "kernels/training_attention.h"  // IWYU pragma: export
#include "kernels/training_cells.h"      // IWYU pragma: export
#include "kernels/training_matrix.h"     // IWYU pragma: export
#include "kernels/training_norm.h"       // IWYU pragma: export
