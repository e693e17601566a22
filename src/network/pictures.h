// Annotations of pictures: the convolutional encoder in libtorch's tensor operations (§7), which is
// the definition, and annotations that are given. Internal to this folder. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <span>

#include "network/batch.h"
#include "network/dropout.h"
#include "network/tensors.h"

namespace attend::network {

/// Fills what the batch knows of its pictures, each picture once. Does nothing for texts. A batch
/// of which some sources are pictures and others are not is a CheckFailure, and so are pictures of
/// different sizes.
void fill_pictures(Batch& batch, std::span<const Example* const> examples,
                   const at::TensorOptions& floating);

/// Returns what a convolutional encoder reads of pictures [pictures, height, width, 3] of bytes:
/// [pictures, 5, height, width]. Colours are x / 127.5 − 1; columns and rows of pixels are numbers
/// from −1 to 1 at the borders of the picture.
Tensor pixel_values(const Tensor& bytes, const at::TensorOptions& floating);

/// Returns the pictures [pictures, height, width, 3], each moved by up to TrainingConfig::
/// picture_shift pixels in both directions, where its borders are repeated, and one in two mirrored
/// if TrainingConfig::picture_flip says so.
Tensor vary_pictures(const Tensor& bytes, const model::TrainingConfig& training, Dropout& dropout);

/// Returns the annotations of the pictures of a batch, [regions, batch, n_h].
Tensor picture_annotations(const model::Configuration& configuration, const Tensors& tensors,
                           const Batch& batch, Dropout* dropout);

/// The cost of predicting from the mean annotation of each picture which words its captions in the
/// batch have: −Σ_w log σ(z_w) over the words that they have, −Σ_w log σ(−z_w) over the others,
/// with z = W ā + b (§7.2). A scalar, summed over the captions: a picture counts once for each.
/// `read` are the annotations of the batch, [regions, batch, n_h].
Tensor bag_of_words_cost(const Tensors& tensors, const Batch& batch, const Tensor& read);

}  // namespace attend::network
