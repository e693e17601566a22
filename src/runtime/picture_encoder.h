// The encoder of pictures: annotations of their regions, which a convolutional network computes or
// a person supplies as features (docs/models.md §7).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// Immutable; safe to use from several threads. Computes in the calling thread.
class PictureEncoder {
 public:
  /// For encoder.kind convolutional and features.
  PictureEncoder(const model::Configuration& configuration, const Tensors& tensors);
  /// Annotates pictures: region r of a grid of `columns` columns stands at row r / columns and
  /// column r % columns. A picture that several sources point to is computed once. The annotations
  /// of a picture do not depend on the other pictures. CheckFailure for a source without a picture,
  /// for an image that has not the configured size, for features that are not [regions, units], and
  /// where the tokens of a source are not as many as its regions.
  Annotations annotate(std::span<const model::Source> sources) const;

 private:
  // A convolution without bias and its group norm.
  struct Layer {
    kernels::Matrix weight;       // [C_out, 9 C_in]
    std::span<const float> gain;  // [C_out]
    std::span<const float> bias;  // [C_out]
  };
  // A residual block: x ← ReLU(x + GN(W_b * ReLU(GN(W_a * x)))).
  struct Block {
    Layer first, second;
  };
  struct Stage {
    Layer entrance;
    kernels::Patches seen;  // by the entrance
    std::vector<Block> blocks;
  };
  // The values of a picture between two layers.
  struct Map {
    kernels::Grid grid;
    kernels::Buffer memory;
    std::span<float> values;  // [grid.height, grid.width, channels], in `memory`
  };

  static Layer make_layer(const Tensors& tensors);
  void run_layer(const Layer& layer, kernels::Patches seen, const Map& x,
                 std::span<const float> residual, Map& y) const;
  void convolve(const vision::Image& image, std::span<float> annotations) const;
  void annotate(const model::Picture& picture, std::span<float> annotations) const;

  vision::Size size_;  // of every image
  std::size_t regions_;
  std::size_t units_;          // D
  std::size_t groups_;         // of group norm
  std::vector<Stage> stages_;  // empty: the annotations are the features of a picture
};

}  // namespace attend::runtime
