#include "runtime/picture_encoder.h"

#include <unordered_map>
#include <utility>

#include "base/base.h"

namespace attend::runtime {
namespace {

constexpr std::size_t kEntranceStride = 2;

// Returns where the middle of pixel `index` of `count` lies, from −1 to 1.
float place_of(int index, int count) {
  return 2.0F * (static_cast<float>(index) + 0.5F) / static_cast<float>(count) - 1.0F;
}

// Writes the values that the first stage reads of every pixel: its colours and its place, all from
// −1 to 1. `values` is [height, width, model::kPixelValues].
void read_pixels(const vision::Image& image, std::span<float> values) {
  const std::uint8_t* colour = image.pixels.data();
  float* value = values.data();
  for (int row = 0; row < image.size.height; ++row) {
    for (int column = 0; column < image.size.width; ++column) {
      for (std::size_t k = 0; k < vision::kChannels; ++k) {
        *value++ = static_cast<float>(*colour++) / 127.5F - 1.0F;
      }
      *value++ = place_of(column, image.size.width);
      *value++ = place_of(row, image.size.height);
    }
  }
}

}  // namespace

PictureEncoder::PictureEncoder(const model::Configuration& configuration, const Tensors& tensors)
    : size_{configuration.image.height, configuration.image.width},
      regions_(static_cast<std::size_t>(configuration.regions())),
      units_(static_cast<std::size_t>(configuration.encoder.units)),
      groups_(static_cast<std::size_t>(configuration.encoder.groups)) {
  const model::EncoderConfig& config = configuration.encoder;
  if (config.kind != model::EncoderKind::kConvolutional) return;
  for (int number = 0; number < config.stages; ++number) {
    Stage& stage = stages_.emplace_back();
    stage.entrance = make_layer(tensors.under(model::entrance_name(number)));
    stage.seen = {kEntranceStride,
                  static_cast<std::size_t>(model::entrance_before(config, number))};
    for (int block = 0; block < config.blocks(number); ++block) {
      const auto part = [&](const char* name) {
        return make_layer(tensors.under(model::block_name(number, block, name)));
      };
      stage.blocks.push_back({part(model::kBlockParts[0]), part(model::kBlockParts[1])});
    }
  }
}

PictureEncoder::Layer PictureEncoder::make_layer(const Tensors& tensors) {
  return {tensors.matrix("weight"), tensors.values("gain"), tensors.values("bias")};
}

// y = ReLU(GN(W * x) + residual)
void PictureEncoder::run_layer(const Layer& layer, kernels::Patches seen, const Map& x,
                               std::span<const float> residual, Map& y) const {
  y.grid = kernels::convolved_grid(x.grid, seen.stride);
  y.values = y.memory.get(y.grid.positions() * layer.weight.outputs());
  kernels::convolve(layer.weight, x.grid, seen, x.values, y.values);
  kernels::group_norm_relu(y.values, y.grid.positions(), groups_, layer.gain, layer.bias, residual);
}

void PictureEncoder::convolve(const vision::Image& image, std::span<float> annotations) const {
  Map x, inner, outer;
  x.grid = {static_cast<std::size_t>(size_.height), static_cast<std::size_t>(size_.width)};
  x.values = x.memory.get(x.grid.positions() * model::kPixelValues);
  read_pixels(image, x.values);
  for (const Stage& stage : stages_) {
    run_layer(stage.entrance, stage.seen, x, {}, inner);
    std::swap(x, inner);
    for (const Block& block : stage.blocks) {
      run_layer(block.first, {}, x, {}, inner);
      run_layer(block.second, {}, inner, x.values, outer);
      std::swap(x, outer);
    }
  }
  copy(x.values, annotations);
}

void PictureEncoder::annotate(const model::Picture& picture, std::span<float> annotations) const {
  if (stages_.empty()) {
    ATTEND_CHECK_EQ(picture.features.size(), annotations.size());
    return copy(picture.features, annotations);
  }
  ATTEND_CHECK_EQ(picture.image.size.height, size_.height);
  ATTEND_CHECK_EQ(picture.image.size.width, size_.width);
  ATTEND_CHECK_EQ(picture.image.pixels.size(), vision::value_count(size_));
  convolve(picture.image, annotations);
}

Annotations PictureEncoder::annotate(std::span<const model::Source> sources) const {
  for (const model::Source& source : sources) {
    ATTEND_CHECK(source.picture != nullptr);
    ATTEND_CHECK_EQ(source.tokens.size(), regions_);
  }
  const std::size_t positions = sources.size() * regions_;
  Annotations annotations = with_lengths(std::vector<std::size_t>(sources.size(), regions_));
  annotations.units = units_;
  annotations.values = kernels::Array(positions * units_);
  annotations.allowed = allowed_positions(sources, positions);
  std::unordered_map<const model::Picture*, std::span<const float>> computed;
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const std::span<float> own = row_of(annotations.values.span(), k, regions_ * units_);
    const model::Picture* const picture = sources[k].picture.get();
    if (const auto found = computed.find(picture); found != computed.end()) {
      copy(found->second, own);
      continue;
    }
    annotate(*picture, own);
    computed.emplace(picture, own);
  }
  return annotations;
}

}  // namespace attend::runtime
