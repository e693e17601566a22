// The functions that make presets, in six files. Beside each make_…() stands the function that
// changes its result to the published sizes. Internal to src/model.
#pragma once

#include "model/configuration.h"

namespace attend::model {

/// Makes a preset. Its name is set by preset().
using MakePreset = Configuration (*)();

// presets.cc
/// The beginning of all presets. A default-constructed configuration differs from it: it has the
/// preparation of earlier programs, because that is the meaning of a stored configuration that does
/// not name these options.
Configuration make_common();
/// A small RNNsearch with Adam, for a few thousand pairs of strings and more.
Configuration make_default();
/// Cuts both sides into words, with vocabularies of these sizes.
void use_words(Configuration& c, int source, int target);
/// Plain SGD with gradients that are divided by the sentences of a batch and clipped.
void use_sgd(TrainingConfig& training, double learning_rate, double clip_norm);

// presets_no_look.cc: encoder–decoders without attention.
Configuration make_sutskever();
Configuration published_sutskever();
Configuration make_cho();
Configuration published_cho();
Configuration make_rnnencdec();

// presets_translation.cc: attention, as translation has used it.
Configuration make_rnnsearch();
Configuration make_coverage_linguistic();
Configuration published_coverage_linguistic();
Configuration make_coverage_neural();
Configuration published_coverage_neural();
Configuration make_cgru();
Configuration published_cgru();
Configuration make_luong_general();
Configuration published_luong_general();
Configuration make_luong_dot();
Configuration published_luong_dot();
Configuration make_luong_concat();
Configuration published_luong_concat();
Configuration make_luong_location();
Configuration published_luong_location();
Configuration make_luong_local_p();
Configuration published_luong_local_p();
Configuration make_luong_local_m();
Configuration published_luong_local_m();
Configuration make_gnmt();
Configuration published_gnmt();

// presets_attention.cc: single mechanisms, in the default model or in those of their papers.
Configuration make_temporal();
Configuration make_key_value();
Configuration make_multi_head();
Configuration make_self_attention();
Configuration published_self_attention();
Configuration make_key_value_predict();
Configuration make_monotonic();
Configuration make_hard_monotonic();
Configuration published_hard_monotonic();
Configuration make_hard();
Configuration published_hard();
Configuration make_hard_monotonic_1();
Configuration published_hard_monotonic_1();

// presets_labels.cc: labels of texts.
Configuration make_han();
Configuration published_han();
Configuration make_han_mean();
Configuration published_han_mean();
Configuration make_han_max();
Configuration published_han_max();
Configuration make_att_blstm();
Configuration published_att_blstm();
Configuration make_flat_attention();
Configuration make_flat_mean();
Configuration make_flat_last();
Configuration make_flat_max();

// presets_pictures.cc: captions of pictures.
Configuration make_captioner();
Configuration published_captioner();
Configuration make_hard_captioner();
Configuration published_hard_captioner();
Configuration make_mean_captioner();

}  // namespace attend::model
