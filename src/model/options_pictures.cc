// The options of models that read pictures: how these are read, and the attention of §7.
#include "model/option_list.h"

namespace attend::model {

void add_image(OptionList& list, ImageConfig& image) {
  list.number("image.height", image.height, 1, vision::kMaximumFittedSide,
              "rows of pixels that every picture is brought to");
  list.number("image.width", image.width, 1, vision::kMaximumFittedSide,
              "columns of pixels that every picture is brought to");
  list.choice<vision::Fit>("image.fit", image.fit,
                           {{"crop", vision::Fit::kCrop},
                            {"stretch", vision::Fit::kStretch},
                            {"pad", vision::Fit::kPad}},
                           "what happens to a picture of another shape: its middle is kept, or it "
                           "is stretched, or white is put beside it");
  list.number("image.regions", image.regions, 1, 1 << 16,
              "annotations of each picture, with encoder.kind: features");
}

void add_picture_encoder(OptionList& list, EncoderConfig& encoder) {
  list.choice<EncoderKind>("encoder.kind", encoder.kind,
                           {{"recurrent", EncoderKind::kRecurrent},
                            {"convolutional", EncoderKind::kConvolutional},
                            {"features", EncoderKind::kFeatures}},
                           "what makes annotations: recurrent layers of a text, convolutions of a "
                           "picture, or a file that holds the annotations of pictures");
  list.number("encoder.stages", encoder.stages, 1, 8,
              "stages of encoder.kind: convolutional; each halves height and width");
  list.number("encoder.groups", encoder.groups, 1, kMany,
              "groups of channels that a convolution normalises together");
  list.flag("encoder.bag_of_words", encoder.bag_of_words,
            "in training a layer also predicts which words the captions of a picture have");
}

void add_picture_attention(OptionList& list, AttentionConfig& attention) {
  list.number("attention.doubly_stochastic", attention.doubly_stochastic, 0.0, 1e6,
              "λ, the factor of the sum of (1 - what a position got in all steps)² in the cost, so "
              "that every position is looked at");
  list.choice<DoublyStochasticScale>(
      "attention.doubly_stochastic_scale", attention.doubly_stochastic_scale,
      {{"paper", DoublyStochasticScale::kPaper}, {"code", DoublyStochasticScale::kCode}},
      "whether λ is the factor, as in the paper, or λ · training.batch_size / positions, as in its "
      "code");
  list.choice<Sampling>("attention.sampling", attention.sampling,
                        {{"always", Sampling::kAlways},
                         {"half-of-pictures", Sampling::kHalfOfPictures},
                         {"half-of-batches", Sampling::kHalfOfBatches}},
                        "when training with attention.kind: stochastic draws positions; where it "
                        "does not, it takes the weighted mean");
  list.choice<StochasticPrediction>("attention.stochastic_prediction",
                                    attention.stochastic_prediction,
                                    {{"argmax", StochasticPrediction::kArgmax},
                                     {"sample", StochasticPrediction::kSample},
                                     {"expectation", StochasticPrediction::kExpectation}},
                                    "where attention.kind: stochastic looks in prediction: at the "
                                    "largest weight, at a position that is drawn, or everywhere");
  list.flag(
      "attention.expectation_gradient", attention.expectation_gradient,
      "whether the weights get the gradient of soft attention where the weighted mean is taken");
  list.number("attention.reward_weight", attention.reward_weight, 0.0, 1e6,
              "λ_r, the factor of the reward of drawn positions");
  list.number("attention.entropy_weight", attention.entropy_weight, 0.0, 1e6,
              "λ_e, the factor of the entropy of the weights that positions are drawn by");
  list.number("attention.baseline_decay", attention.baseline_decay, 0.0, 1.0,
              "how much of the moving average of rewards an update keeps");
}

void add_picture_variation(OptionList& list, TrainingConfig& training) {
  list.number("training.picture_shift", training.picture_shift, 0, 4096,
              "training moves each picture by up to so many pixels to each side");
  list.flag("training.picture_flip", training.picture_flip,
            "training mirrors one picture in two; not where captions tell left from right");
  list.number("training.bag_weight", training.bag_weight, 0.0, 1e6,
              "factor of the cost of encoder.bag_of_words");
  list.number(
      "training.bag_epochs", training.bag_epochs, 0, kMany,
      "epochs, from the first on, in which the cost of encoder.bag_of_words is the only one");
}

}  // namespace attend::model
