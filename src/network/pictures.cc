#include "network/pictures.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/base.h"
#include "network/batch_sources.h"

namespace attend::network {
namespace {

constexpr double kNormEpsilon = 1e-5;

// One convolution of 3 × 3 with its group norm: x [pictures, in, height, width].
class Convolution {
 public:
  Convolution(const Tensors& tensors, const std::string& name, int groups)
      : gain_(find_tensor(tensors, name + ".gain")),
        bias_(find_tensor(tensors, name + ".bias")),
        groups_(groups) {
    const Tensor weight = find_tensor(tensors, name + ".weight");  // [out, 9 in]
    ATTEND_CHECK(weight.defined() && gain_.defined() && bias_.defined());
    weight_ = weight.view({weight.size(0), 3, 3, -1}).permute({0, 3, 1, 2});
  }

  // Position i of the result sees the rows i · stride − before … i · stride − before + 2 of x, and
  // the columns likewise, where `before` is 0 or 1. Rows and columns are multiples of the stride.
  Tensor operator()(const Tensor& x, std::int64_t stride = 1, std::int64_t before = 1) const {
    const Tensor padded = before == 1 ? x : at::constant_pad_nd(x, {0, 1, 0, 1});
    const Tensor y = at::conv2d(padded, weight_, {}, stride, before);
    return at::group_norm(y, groups_, gain_, bias_, kNormEpsilon);
  }

 private:
  Tensor weight_;       // [out, in, 3, 3]
  Tensor gain_, bias_;  // [out]
  int groups_;
};

// Returns the maps of the last stage, [pictures, n_h, height, width].
Tensor convolve(const model::EncoderConfig& encoder, const Tensors& tensors, Tensor x) {
  for (int stage = 0; stage < encoder.stages; ++stage) {
    const Convolution entrance(tensors, model::entrance_name(stage), encoder.groups);
    x = entrance(x, 2, model::entrance_before(encoder, stage)).relu();
    for (int block = 0; block < encoder.blocks(stage); ++block) {
      const auto part = [&](int k) {
        return Convolution(tensors, model::block_name(stage, block, model::kBlockParts[k]),
                           encoder.groups);
      };
      x = (x + part(1)(part(0)(x).relu())).relu();
    }
  }
  return x;
}

// The coordinates of the middles of `count` pixels side by side, from −1 to 1.
Tensor coordinates(std::int64_t count, const at::TensorOptions& floating) {
  return (at::arange(count, floating) + 0.5) * (2.0 / static_cast<double>(count)) - 1;
}

Tensor bytes_of(const std::vector<const model::Picture*>& pictures) {
  const vision::Size size = pictures[0]->image.size;
  const Tensor bytes = at::empty({static_cast<std::int64_t>(pictures.size()), size.height,
                                  size.width, static_cast<std::int64_t>(vision::kChannels)},
                                 at::kByte);
  std::uint8_t* to = bytes.data_ptr<std::uint8_t>();
  for (const model::Picture* picture : pictures) {
    ATTEND_CHECK(picture->image.size == size);
    to = std::copy(picture->image.pixels.begin(), picture->image.pixels.end(), to);
  }
  return bytes;
}

Tensor features_of(const std::vector<const model::Picture*>& pictures, std::int64_t regions) {
  const std::size_t count = pictures[0]->features.size();
  const Tensor features = at::empty({static_cast<std::int64_t>(pictures.size()), regions,
                                     static_cast<std::int64_t>(count) / regions},
                                    at::kFloat);
  float* to = features.data_ptr<float>();
  for (const model::Picture* picture : pictures) {
    ATTEND_CHECK_EQ(picture->features.size(), count);
    to = std::copy(picture->features.begin(), picture->features.end(), to);
  }
  return features;
}

}  // namespace

void fill_pictures(Batch& batch, std::span<const Example* const> examples,
                   const at::TensorOptions& floating) {
  std::map<const model::Picture*, std::int64_t> known;
  std::vector<const model::Picture*> pictures;
  Ids of_examples;
  for (const Example* example : examples) {
    const model::Picture* picture = example->source.picture.get();
    ATTEND_CHECK((picture == nullptr) == (examples[0]->source.picture == nullptr));
    if (picture == nullptr) continue;
    ATTEND_CHECK_EQ(example->source.tokens.size(), examples[0]->source.tokens.size());
    const auto next = static_cast<std::int64_t>(pictures.size());
    const auto [found, is_new] = known.try_emplace(picture, next);
    if (is_new) pictures.push_back(picture);
    of_examples.push_back(found->second);
  }
  if (pictures.empty()) return;
  const at::Device device = floating.device();
  batch.picture_of = to_tensor(of_examples, {batch.sentences}, device);
  if (pictures[0]->features.empty()) {
    batch.pictures = bytes_of(pictures).to(device);
  } else {
    const auto regions = static_cast<std::int64_t>(examples[0]->source.tokens.size());
    batch.features = features_of(pictures, regions).to(floating);
  }
}

Tensor pixel_values(const Tensor& bytes, const at::TensorOptions& floating) {
  const std::int64_t count = bytes.size(0), height = bytes.size(1), width = bytes.size(2);
  const Tensor colours = bytes.permute({0, 3, 1, 2}).to(floating) / 127.5 - 1;
  const Tensor columns = coordinates(width, floating).view({1, 1, 1, width});
  const Tensor rows = coordinates(height, floating).view({1, 1, height, 1});
  return at::cat(
      {colours, columns.expand({count, 1, height, width}), rows.expand({count, 1, height, width})},
      1);
}

Tensor vary_pictures(const Tensor& bytes, const model::TrainingConfig& training, Dropout& dropout) {
  const std::int64_t count = bytes.size(0), height = bytes.size(1), width = bytes.size(2);
  const std::int64_t shift = training.picture_shift;
  if (shift == 0 && !training.picture_flip) return bytes;
  const auto picked = [&](std::int64_t size, bool mirrored) {  // which row or column each one shows
    const std::int64_t move = shift == 0 ? 0 : dropout.whole(2 * shift + 1) - shift;
    const Tensor own =
        (at::arange(size, bytes.options().dtype(at::kLong)) + move).clamp(0, size - 1);
    return mirrored ? own.flip(0) : own;
  };
  std::vector<Tensor> varied;
  for (std::int64_t k = 0; k < count; ++k) {
    const Tensor rows = picked(height, false);
    const Tensor columns = picked(width, training.picture_flip && dropout.whole(2) == 1);
    varied.push_back(bytes.select(0, k).index_select(0, rows).index_select(1, columns));
  }
  return at::stack(varied, 0);
}

Tensor picture_annotations(const model::Configuration& configuration, const Tensors& tensors,
                           const Batch& batch, Dropout* dropout) {
  Tensor annotations;  // [regions, pictures, n_h]
  if (configuration.encoder.kind == model::EncoderKind::kFeatures) {
    ATTEND_CHECK(batch.features.defined());
    ATTEND_CHECK_EQ(batch.features.size(2), configuration.encoder.units);
    annotations = batch.features.transpose(0, 1);
  } else {
    ATTEND_CHECK(batch.pictures.defined());
    const Tensor bytes =
        dropout ? vary_pictures(batch.pictures, configuration.training, *dropout) : batch.pictures;
    const Tensor maps = convolve(configuration.encoder, tensors,
                                 pixel_values(bytes, batch.source_lengths.options()));
    annotations = maps.flatten(2).permute({2, 0, 1});
  }
  ATTEND_CHECK_EQ(annotations.size(0), batch.source.size(0));
  const Tensor own = annotations.index_select(1, batch.picture_of);
  return dropout ? dropout->sequence(own, dropout->config().encoder) : own;
}

Tensor bag_of_words_cost(const Tensors& tensors, const Batch& batch, const Tensor& read) {
  const Tensor& weight = tensors.at("bag_of_words.weight");
  const Tensor& bias = tensors.at("bag_of_words.bias");
  const std::int64_t pictures = batch.pictures.size(0);
  const Tensor captions = at::zeros({pictures}, batch.source_lengths.options())
                              .index_add(0, batch.picture_of, at::ones_like(batch.source_lengths));
  const Tensor means = at::zeros({pictures, read.size(2)}, batch.source_lengths.options())
                           .index_add(0, batch.picture_of, read.mean(0)) /
                       captions.unsqueeze(1);
  const Tensor logits = at::linear(means, weight, bias);  // [pictures, vocabulary]
  // The picture and the word of each target token, as one number.
  Tensor picture = batch.picture_of.expand_as(batch.target).flatten();
  if (batch.target_rows.defined()) picture = picture.index_select(0, batch.target_rows);
  const Tensor found = picture * weight.size(0) + batch.target_tokens;
  const Tensor words = at::zeros({logits.numel()}, batch.source_lengths.options())
                           .index_fill(0, found, 1)
                           .view(logits.sizes());
  const Tensor costs = at::softplus(logits) - logits * words;  // log(1 + exp z) − z y
  return (costs.sum(1) * captions).sum();
}

}  // namespace attend::network
