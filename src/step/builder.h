// Builds a step program, value by value. Shapes are checked here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "step/program.h"

namespace attend::step {

/// A matrix W of a product, and how equations write it.
struct Weight {
  std::string name = {};    ///< "readout.weight"
  std::int64_t units = {};  ///< rows of W
  std::string symbol = "W";
  int blocks = 1;  ///< the rows consist of so many matrices with initial values of their own
  double deviation = kUsualDeviation;
};

/// A bias; without a name there is none.
struct Bias {
  std::string name = {};
  std::string symbol = "b";
};

/// A hidden state and, of an LSTM, its cell. A GRU leaves `cell` undefined.
struct CellState {
  Value hidden;
  Value cell;
};

/// A part of the additive energies: W f_j for features f_j of a row and a position.
struct Feature {
  Value value;              ///< [row and position: d]
  std::string weight = {};  ///< names W [n', d]
  std::string symbol = "W_c";
};

/// Sizes that a program does not decide itself.
struct Sizes {
  std::int64_t annotation_units = 0;  ///< n_h
  std::int64_t encoder_units = 0;     ///< n_e, of one direction
  std::int64_t target_vocabulary = 0;
};

/// How equations write a value.
struct Notation {
  std::string symbol = {};  ///< "e_ij"
  std::string label = {};   ///< "energies": the value gets a line of its own
  std::string text = {};    ///< replaces the text of the operation
};

/// Makes the nodes of one program. Operands whose shapes do not fit are a CheckFailure: a
/// configuration that passed model::check() must never cause one. Functions that take the name of a
/// weight, a bias or a parameter declare it if it is new; otherwise it must have the shape that is
/// needed. Embeddings and the parameters of cells must be declared through parameters().
class Builder {
 public:
  Builder(const Sizes& sizes, Initialization initialization);

  const Sizes& sizes() const { return sizes_; }

  // Inputs.
  Value annotations(const std::string& text);                                ///< [position: n_h]
  Value first_backward();                                                    ///< [source: n_e]
  Value mean_annotations();                                                  ///< [source: n_h]
  Value max_annotations();                                                   ///< [source: n_h]
  Value last_state(const std::string& text);                                 ///< [source: n_h]
  CellState layer_state(int layer, bool has_cell, const std::string& text);  ///< [source: n_h]
  Value zero_positions(std::int64_t units = 1);  ///< zeros: [position: units]
  Value minus_infinity();                        ///< −∞: [position: 1]
  Value first_position();                        ///< 1 at the first position, else 0: [position: 1]
  Value source_words();                          ///< S, without </s>: [source: 1]
  Value zeros(std::int64_t units);               ///< [source: units]
  Value ones(std::int64_t units);                ///< [source: units]
  /// A parameter vector as a value: [model: units].
  Value parameter(const std::string& name, std::int64_t units, const std::string& symbol,
                  Initial initial = Initial::kZero, double scale = 0);
  /// E y_{i-1} and E y_i, [row: units]. `table` names E.
  Value previous_embedding(const std::string& table, std::int64_t units);
  Value next_embedding(const std::string& table, std::int64_t units);

  /// W [x_1; x_2; …] + b. The parts may belong to different things: a source and a row give a row.
  Value linear(const Weight& weight, const std::vector<Value>& parts, const Bias& bias = {});
  /// One step of a cell. Its parameters are prefix.recurrent_weight and so on; `gates` is W x + b.
  /// `inside`, if defined, is added to U h of all gates, so that its part of the candidate lies
  /// inside the reset gate; only for a GRU that resets after the product. A GRU may belong to rows
  /// and positions, if both its gates and its state do; `inside` is then undefined, and `layer` has
  /// no meaning.
  CellState cell(const CellConfig& config, const std::string& prefix, Value gates,
                 const CellState& state, int layer, Value inside = {});

  // Attention. Queries are rows; keys and values are positions.
  /// `features`, if defined, are numbers of a row and a position, [row and position: d]; `columns`
  /// names their matrix W_f [n', d].
  Value additive_energies(const std::string& weight, Value query, Value keys, Value features = {},
                          const std::string& columns = {});
  Value additive_energies(const std::string& weight, Value query, Value keys,
                          const std::vector<Feature>& features);
  Value dot_energies(Value query, Value keys);
  /// The numbers of a row as the energies of the positions from the first on (§6.2). From now on,
  /// softmax() gives 0 to positions that have no number.
  Value location_energies(Value numbers);
  Value softmax(Value energies, Normaliser normaliser = Normaliser::kSoftmax);
  Value weighted_sum(Value alignment, Value values);
  /// From now on, energies, softmax and weighted_sum() are those of the window floor(p) − reach …
  /// floor(p) + reach around the centre p [row: 1]. Their energies and alignments are [row: 2 reach
  /// + 1]. Call it once at most.
  void look_in_window(Value centre, std::int64_t reach);
  /// exp(−(j − p)² / (2 σ²)) with σ = reach / 2 at the positions j of the window (§6.3).
  Value gaussian();
  /// The numbers of the window at their positions of the source, and `elsewhere` at all others:
  /// [row and position: 1].
  Value spread(Value of_window, double elsewhere = 0);
  Value sum_positions(Value x);  ///< [row: 1] from [row and position: 1]
  /// What filters of odd width find around each position: [row and position: filters.units] from
  /// [row and position: 1]. `filters` names F [filters.units, width].
  Value convolution(const Weight& filters, std::int64_t width, Value x);
  /// Intra-temporal attention (§11.1): e − l, or e where l is −∞. `past` is l, the logarithm of the
  /// sum of the exponentials of earlier energies.
  Value temporal_energies(Value energies, Value past);
  /// Monotonic attention (§13.1): the alignment of a step from its energies and from the alignment
  /// of the last step.
  Value monotonic_alignment(Value energies, Value last, MonotonicPrediction prediction);
  /// Hard monotonic attention (§13.2): the distribution of the position in this step. `f` is the
  /// one after the last step. A step moves to a position that is not before the last one, with a
  /// probability proportional to the exponential of its energy.
  Value monotonic_prior(Value f, Value energies);
  /// Hard monotonic attention that moves on by 0, 1, … positions: the probability of looking at
  /// position j. `energies` are those of the offsets from each position, [row and position: 2 or
  /// more].
  Value band_prior(Value f, Value energies);
  /// The position that stochastic attention looks at, drawn by an alignment: [row and position: 1].
  Value draw(Value alignment, StochasticPrediction prediction, MeanGradient gradient);
  /// Σ_j w_j log α_j over the positions with w_j > 0: [row: 1].
  Value expected_log(Value weights, Value alignment);
  /// The distribution of the position after the token was chosen, from the one before and from
  /// token_log_probability().
  Value posterior(Value prior, Value token_log_probability);
  // Attention to the past (§11.2). Queries, keys and values are rows; a step reads the keys and
  // values of the steps before it. With `recent` > 0 it reads those of the last `recent` steps.
  Value past_dot_energies(Value query, Value keys, std::int64_t recent = 0);
  Value past_additive_energies(const std::string& weight, Value query, Value keys,
                               std::int64_t recent = 0);
  Value past_softmax(Value energies);
  Value past_sum(Value alignment, Value values);
  /// The log-normaliser of the output layer at every position: log Σ_y exp(W_y · r_j + b_y) of the
  /// readouts r_j. Declares the weight W and the bias b of the output layer.
  Value log_normalizer(Value readouts, const Output& output);
  /// log p(y_i | j) of the chosen token at every position, from its readouts and log_normalizer().
  Value token_log_probability(Value readouts, Value normalizer, const Output& output);

  Value add(Value x, Value y);
  Value multiply(Value x, Value y);
  Value divide(Value x, Value y);
  Value minimum(Value x, Value y);
  Value log_add_exp(Value x, Value y);
  Value scale(Value x, double factor);
  Value tanh(Value x);
  Value sigmoid(Value x);
  Value relu(Value x);
  Value maxout(Value x);
  Value inverse_length(Value x);  ///< 1 / |x|: one number
  Value unit_length(Value x);
  /// The units first … first + units − 1 of a vector, counted from 0.
  Value slice(Value x, std::int64_t first, std::int64_t units);
  Value dropout(Value x, DropoutPlace place, int layer = 0);

  /// Declares a value that follows a hypothesis, and returns it as the previous step left it.
  /// `initial` belongs to a source, and the value to a row; or it belongs to a position, and the
  /// value to a row and a position. next() must be called once for it.
  Value carry(const std::string& name, Value initial, const std::string& symbol);
  void next(Value carried, Value value);

  /// Shows a value of a row, of a row and a position or an earlier step, or one number of a
  /// position.
  void observe(const std::string& name, Value value, Over over);
  void cost(const std::string& name, Value value, double weight);
  /// Adds a cost that training multiplies by cost − baseline of the sentence (§7.4).
  void rewarded_cost(const std::string& name, Value value, double weight);
  void write(Value value, Notation notation);
  void output(Output output);

  /// Declares parameters before their first use, where the order of the table needs it.
  ParameterList& parameters() { return parameters_; }
  std::int64_t units(Value value) const;
  /// Returns how equations write a value where it is used.
  std::string text(Value value) const;

  /// Checks that every carried value has a successor and that nothing but carried values depends on
  /// the next token. Parameters are put into the order of the parameter table.
  Program finish();

 private:
  void add_window(Node& node) const;
  Shape numbers_of_look() const;
  void expect_energies_of_past(Op op, Value query, Value keys) const;
  Shape energies_shape(Op op, Value query, Value keys) const;
  void add_feature(Node& node, const Feature& feature);
  void declare_vector(const std::string& name, std::int64_t units, Initial initial, double scale);
  void check_next_token() const;
  Value add_node(Node node);
  Value elementwise(Op op, Value x);
  Value joined(Op op, Value x, Value y);
  const Shape& shape(Value value) const { return program_.shape(value); }
  Node& node(Value value) { return program_.nodes[static_cast<std::size_t>(value.node)]; }

  Sizes sizes_;
  Value centre_;  // of the window; undefined without one
  std::int64_t reach_ = 0;
  std::int64_t limit_ = 0;  // how many positions have energies; 0: all
  ParameterList parameters_;
  Program program_;
};

/// The shape of x + y and x ⊙ y. Values are repeated: those of the model for all, those of a source
/// for its positions and its rows; a position and a row give a row and position. The units must be
/// equal, or 1 in x or y; otherwise it is a CheckFailure, and so are values of earlier steps.
Shape join(const Shape& x, const Shape& y);

}  // namespace attend::step
