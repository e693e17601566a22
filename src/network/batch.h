// A batch: the token ids of several examples as tensors. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::network {

using model::Example;

/// Several examples, padded with zeros to one length for all sources and one for all targets. The
/// first dimension is time. Results do not depend on what padding holds.
struct Batch {
  at::Tensor source;  // [source_length, batch]: ids; 0 on padding
  // [source_length, batch]: ids. Each source is reversed; its padding stays at the end.
  at::Tensor reversed_source;
  // [source_length · batch]: the row of position (t, b) in the reversed sequence. Applied twice, it
  // gives the original order. Padding keeps its row.
  at::Tensor reversal;
  at::Tensor source_lengths;  // [batch]: tokens of each source, as floating-point values
  at::Tensor last_rows;       // [batch]: the row of the last token in [source_length · batch]
  at::Tensor source_mask;     // [source_length, batch]: 1, 0 on padding; undefined without padding
  // [source_length, batch]: 1 where attention may look, 0 on padding and where Source::allowed is
  // 0; undefined if it may look at every position.
  at::Tensor attention_mask;
  // [batch, source_length]: the target ids of Source::copies, −1 where nothing is copied;
  // undefined if nothing is copied from any source.
  at::Tensor copies;
  // The words that have n-grams (ngrams.h), each once: [source_length, batch] the word of each
  // position, or the number of words for a position without n-grams. Undefined if there is no word.
  at::Tensor words;
  at::Tensor ngrams;        // [n-grams]: the rows of the n-grams of all words, one after the other
  at::Tensor ngram_words;   // [n-grams]: the word of each
  at::Tensor ngram_counts;  // [words, 1]: how many each word has, as floating-point values
  // The pictures of the batch, each once: [pictures, height, width, 3] of bytes, or their given
  // annotations [pictures, source_length, n_h]; undefined for texts, and the one that the encoder
  // does not read.
  at::Tensor pictures, features;
  at::Tensor picture_of;  // [batch]: the picture of each example; undefined for texts
  // [2, batch]: Source::entities, −1 for one that is nowhere.
  at::Tensor entities;
  // Ids y_i of targets and of previous tokens may be those that Source::copies gives.
  at::Tensor target;       // [target_length, batch]: ids y_i; 0 on padding
  at::Tensor previous;     // [target_length, batch]: ids y_{i-1}; −1 in the first step
  at::Tensor last_tokens;  // [batch]: the id of the last token of each target, </s> if it ends so
  // [tokens]: the rows of [target_length · batch] that hold a token; undefined without padding.
  at::Tensor target_rows;
  at::Tensor target_tokens;   // [tokens]: ids of all target tokens, without padding
  at::Tensor target_lengths;  // [batch]: tokens of each target, as floating-point values
  // [target_length, batch, source_length]: 1 / (number of links of the target token) at each
  // position that it is linked to, 0 elsewhere; undefined if no example has links.
  at::Tensor links;
  std::vector<std::int32_t> source_sizes;  ///< [batch]: tokens of each source, as integers
  // [batch]: how many positions of each source attention may look at, if in every source these are
  // the first ones; otherwise empty.
  std::vector<std::int32_t> attention_sizes;
  // [tokens]: the factor of the cost of each target token; undefined if all are 1.
  at::Tensor target_weights;
  // With sources of several levels, the positions of this batch are sentences (or paragraphs), and
  // `source` holds no ids. The batches `below` have a source for each of them, whose positions are
  // its words (or sentences); they have no targets. Sentences of similar lengths are in one batch,
  // which saves padding. Empty with sources of one level.
  std::vector<std::shared_ptr<const Batch>> below;
  // [source_length · batch]: the source that stands at position (t, b), counted through all of
  // `below`; on padding the number of their sources. Undefined without `below`.
  at::Tensor below_rows;
  std::int64_t sentences = 0;  ///< number of examples, written `batch` in shapes
  std::int64_t tokens = 0;     ///< number of target tokens, without padding
  std::int64_t own_ids = 0;  ///< the most ids beyond the vocabulary that Source::copies of one has
  std::int64_t unknown = 0;  ///< the id that is read in place of these; 0 without any
  /// b of stochastic attention: the moving average of the cost of a token, which the caller keeps.
  double baseline = 0;
  bool bag_only = false;  ///< whether the cost of EncoderConfig::bag_of_words is the only one
};

/// Minimum lengths of a batch. Tests use them to add padding, which must not change any result.
struct PaddedTo {
  std::size_t source = 0;
  std::size_t target = 0;
};

/// Makes a batch of at least one example. Every source and every target must hold a token; an empty
/// one is a CheckFailure, and so is a link outside its example, a source of features or with copies
/// for other positions than its own, and a batch whose sources differ in their number of levels.
/// `floating` gives the type of masks, lengths and links and the device of all tensors. The lengths
/// are those of the longest source and target, or `at_least` where that is more.
Batch make_batch(std::span<const Example* const> examples, const at::TensorOptions& floating,
                 const PaddedTo& at_least = {});

/// Returns a batch whose attention may not look at the last token of each source.
Batch hide_last_tokens(const Batch& batch);

/// Returns, for each position (t, b) [source_length, batch], the position t' of the token that is
/// read in step t when the words of each source are read backward and then its last token. Applied
/// twice, it gives the original order. Padding keeps its place.
at::Tensor order_of_reversed_words(const Batch& batch);
/// Returns a batch whose sources [source_length, batch] are in this order. Only `source` changes.
Batch reorder_source(const Batch& batch, const at::Tensor& order);

}  // namespace attend::network
