// The parameter table: the name and the shape of every tensor of a model. Training and the runtime
// both read their tensors from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/configuration.h"
#include "step/step.h"

namespace attend::model {

using step::Initial;
using step::TensorSpec;

struct VocabularySizes {
  std::int64_t source = 0;
  std::int64_t target = 0;
};

// clang-format off
/// The tensors of a model, in a fixed order. Matrices are [rows out, columns in] and act on
/// columns. G is the number of gates: 3 for a GRU (update z, reset r, candidate) or 4 for an LSTM
/// (i, f, o, g). L is a layer, from 0. D is forward or backward, for the directions that the
/// encoder reads. The sizes are n_e, m_x (encoder), n_h (annotations: 2 n_e or n_e), n'
/// (attention), n, m_y, l (decoder).
///
///   source_embedding.weight        [source_vocabulary, m_x]  not with one-hot sources
///   source_ngrams.weight           [b, m_x]      with encoder.ngrams: b
///   source_distance.K.weight       [2 r + 2, p]  distances from entity K, 0 or 1, with
///                                                encoder.position_units: p; r: position_reach.
///                                                in of the bottom layer is then m_x + 2 p
///   encoder.L.D.input_weight       [G n_e, in]   in: m_x (one-hot: source_vocabulary), above: n_h
///   encoder.L.D.recurrent_weight   [G n_e, n_e]
///   encoder.L.D.bias               [G n_e]       not with gru_bias: inside
///   encoder.L.D.recurrent_bias     [n_e]         GRU with reset after: inside r ⊙ (U h + b);
///                                                [3 n_e] of all gates with gru_bias: inside; none
///                                                with gru_bias: outside
///   encoder.L.D.input_gain         [G n_e]       layer norm
///   encoder.L.D.recurrent_gain     [G n_e]       layer norm
///   sentence_encoder.L.D.*, paragraph_encoder.L.D.*  the layers of levels 1 and 2, like encoder.L.D;
///                                                in: n_h in the bottom layer, with encoder.levels of 2 or 3
///   word_pooling.weight            [n'', n_h]    W of encoder.pooling: attention, n'':
///                                                encoder.pooling_units, with encoder.levels of 2 or 3
///   word_pooling.bias              [n'']
///   word_pooling.query             [n'']         u
///   sentence_pooling.*             the same tensors for sentences, with encoder.levels: 3
///   initial.L.state_weight         [n, d]        d: n_e for backward, n_h for mean, last, context.
///   initial.L.state_bias           [n]           With zero or copy no initial.* tensor exists.
///   initial.L.cell_weight          [n, d]        LSTM
///   initial.L.cell_bias            [n]           LSTM
///   attention.query                [n]           the query, with decoder.cell: none; not with
///                                                linear-pooling and learned-query
///   attention.centre_weight        [n, n]        W_p, with attention.window: predicted
///   attention.centre_vector        [1, n]        v_p, with attention.window: predicted
///   attention.query_weight         [n', n]       W, additive, normed-additive and location-aware,
///                                                as U, b and v below; concat-code:
///                                                [n_h, n]; additive with attention.query:
///                                                state-and-cell: [n', 2 n], columns [s; c]
///   attention.annotation_weight    [n', n_h]     U, additive and normed-additive; W, learned-query;
///                                                general, scaled-general and cosine: W [n, n_h]
///   attention.bias                 [n']          b, additive, normed-additive and learned-query
///   attention.energy_weight        [n']          v, additive and normed-additive; u, learned-query;
///                                                concat-code: v [n_h]; linear-pooling: w [n_h]
///                                                In these, d_k takes the place of n_h with other
///                                                keys than annotations, and of n with projected
///                                                ones; n_h of a context is then its own size
///   attention.head.A.query_weight  [d_k, n]      W_Q, with attention.keys: projected; A counts
///                                                heads; [d_k, 2 n] with state-and-cell
///   attention.head.A.key_weight    [d_k, n_h]    W_K, likewise
///   attention.head.A.value_weight  [d_v, n_h]    W_V, likewise
///   attention.output_weight        [n_c, H d_v]  W_O, with attention.heads of 2 or more
///   attention.location_weight      [S, n]        W, location; S: attention.maximum_source
///   attention.factor               [1]           g, normed-additive, scaled-general and cosine
///   attention.filter_weight        [k, w]        F, location-aware; k: attention.filters, w:
///                                                attention.filter_width
///   attention.feature_weight       [n', k]       W_f, location-aware
///   attention.coverage_weight      [n', 1]       W_c, with attention.coverage: sum or linguistic;
///                                                neural: [n', d], d: attention.coverage_units;
///                                                concat-code: n_h in place of n'
///   attention.fertility_weight     [1, n_h]      U_f, with attention.coverage: linguistic
///   attention.fertility_bias       [1]           b_f, with attention.coverage: linguistic
///   attention.coverage.input_weight      [3 d, 1 + n_h + n]  columns [α_ij; h_j; s], with
///                                                attention.coverage: neural
///   attention.coverage.recurrent_weight  [3 d, d]
///   attention.coverage.bias        [3 d]
///   attention.coverage.recurrent_bias    [d]     decoder.gru_reset: after
///   attention.energy_bias          [1]           b_e, if chosen
///   attention.gate_weight          [1, n]        W_β, with attention.context_gate: scalar
///   attention.gate_bias            [1]           b_β, with attention.context_gate: scalar
///   context.weight                 [n_h, n_h]    V, with attention.fixed_context: tanh
///   context.bias                   [n_h]         b_c, with attention.fixed_context: tanh
///   input.weight                   [m_y, m_y + f]  W_x, with decoder.input_layer: linear; columns
///                                                [E y_{i-1}; what is fed], f: l or n_h
///   input.bias                     [m_y]         b_x, with decoder.input_layer: linear
///   copy.weight                    [1, n_h + n + x]  W_g, with decoder.copy: pointer; columns [c_i;
///                                                s_i; x_i], with state-and-cell [c_i; s_i; its
///                                                cell; x_i]. x_i: m_y (E y_{i-1} or, with an input
///                                                layer, its result), and what is fed without one
///   copy.bias                      [1]           b_g, with decoder.copy: pointer
///   target_embedding.weight        [target_vocabulary, m_y]  with feedback, unless tied to the source
///   target_embedding.start         [m_y]         E y_0, with decoder.start: own
///   decoder.L.input_weight         [G n, in]     layer 0: columns [E y; c_i], above: n, or [s; c_i]
///                                                with context_layers: all; in the orders that
///                                                update first layer 0 has [E y_{i-1}; r_{i-1}] or
///                                                [E y_{i-1}; c_{i-1}] with input feeding, x_i with
///                                                an input layer, else E y_{i-1} alone
///   decoder.L.context_weight       [3 n, n_h]    C, with gru_context: inside, in place of the
///                                                columns for c_i
///   decoder.L.recurrent_weight     [G n, n]
///   decoder.L.bias                 [G n]         not with gru_bias: inside
///   decoder.L.recurrent_bias       [n]           GRU with reset after: inside r ⊙ (U h + b);
///                                                [3 n] of all gates with gru_bias: inside; none
///                                                with gru_bias: outside
///   decoder.context.*              the second cell of update-look-update: input_weight [G n, n_h]
///                                  for c_i, recurrent_weight, bias and recurrent_bias as above,
///                                  the biases by second_gru_bias
///   decoder.transition.K.*         the cells that read their state alone, K from 0:
///                                  recurrent_weight, bias and recurrent_bias as of the second cell
///   readout.weight                 [r, n + m_y + n_h]  columns [s; E y_{i-1}; c_i], with hard
///                                                attention [s; E y_{i-1}; h_j];
///                                                r: 2 l for maxout, else l
///   readout.bias                   [r]
///   output.weight                  [target_vocabulary, l]  unless tied to an embedding;
///                                                n in place of l without a readout
///   output.bias                    [target_vocabulary]
///
/// Without feedback there are no columns for E y_{i-1}; the readout has none without
/// readout_feedback either. Without a readout its tensors do not exist.
// clang-format on
std::vector<TensorSpec> parameter_table(const Configuration& configuration,
                                        const VocabularySizes& sizes);

/// Returns the number of values in all tensors.
std::int64_t parameter_count(const std::vector<TensorSpec>& table);

/// The tensor of E y_0, if it is a vector of its own (Start::kOwn).
inline constexpr const char* kStartName = "target_embedding.start";

/// The prefix of the parameters of the second cell (Order::kUpdateLookUpdate).
inline constexpr const char* kSecondCell = "decoder.context";

/// The prefix of the parameters of the cells that read their state alone, before their number.
inline constexpr const char* kTransitions = "decoder.transition";

/// Returns the prefix of the parameters of an encoder's cell. Level 0 reads words, level 1
/// sentences, level 2 paragraphs.
std::string encoder_cell_name(int level, int layer, std::string_view direction);
/// The values of a pixel that a convolutional encoder reads: red, green, blue, and its place.
inline constexpr std::int64_t kPixelValues = 5;
/// The two convolutions of a residual block.
inline constexpr const char* kBlockParts[] = {"first", "second"};
/// Returns the prefix of the parameters of the convolution that a stage begins with, and of a
/// convolution of one of its residual blocks. Stages and blocks count from 0.
std::string entrance_name(int stage);
/// Returns how many rows and columns before 2 i the position i sees in the convolution that a stage
/// begins with: 1, but 0 in the last stage. The pixels that a region is computed from then lie
/// evenly around the region, up to half a pixel; with 1 in all stages their middle would be the
/// upper left corner of the region.
int entrance_before(const EncoderConfig& encoder, int stage);
std::string block_name(int stage, int block, std::string_view part);
/// Returns the prefix of the parameters that pool the annotations of level 0 or 1 (§8).
std::string pooling_name(int level);

/// Returns the name of the tensor that holds the target embedding, or the output weights, after
/// ties are followed.
std::string target_embedding_name(const DecoderConfig& decoder);
std::string output_weight_name(const DecoderConfig& decoder);

/// Returns the name of the embedding table that a side reads its tokens from, or an empty string
/// when it has none: one-hot sources, and decoders without feedback.
std::string source_embedding_table(const Configuration& configuration);
std::string target_embedding_table(const Configuration& configuration);

/// Returns the names of the parameters that training leaves as they began (TrainingConfig::freeze),
/// each once. Empty when there is none.
std::vector<std::string> frozen_parameters(const Configuration& configuration);

}  // namespace attend::model
