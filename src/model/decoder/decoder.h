// The parts that the step programs of decoders are made of. Each order of a step is one file of
// this folder. Internal to src/model.
#pragma once

#include <string>
#include <vector>

#include "model/attention/mechanism.h"
#include "model/configuration.h"
#include "step/step.h"

namespace attend::model {

using step::Builder;
using step::Value;

/// The results of attention in one step (§1.5). In a window, energies and alignment are those of
/// its positions. Of several heads the energies are those of the last one, and the alignment is the
/// mean.
struct Look {
  Value energies, alignment, context;
};

/// The values of a step from which a decoder that copies decides whether to copy (§13.4).
struct StepValues {
  Look look;
  step::CellState state;           ///< the state that the readout reads
  std::vector<Value> inputs = {};  ///< what the first update reads beside state and context
};

/// Makes the values of one decoding step.
class DecoderBuilder {
 public:
  /// Begins with the annotations and, in a decoder with a cell, the first state of every layer.
  DecoderBuilder(Builder& builder, const Configuration& configuration);

  /// The state of the top layer as the previous step left it: s_{i-1}.
  step::CellState last_state() const { return layers_.back().carried; }
  /// The query of the orders that look first: the state that the previous step left, of the layer
  /// that asks.
  step::CellState last_query() const {
    const bool bottom = c_.decoder.query_layer == QueryLayer::kBottom;
    return (bottom ? layers_.front() : layers_.back()).carried;
  }
  /// E y_{i-1} and E y_i. They need decoder.feedback: previous.
  Value previous_token();
  Value next_token();

  /// The inputs of the first update in the orders that update first: E y_{i-1} and what input
  /// feeding hands on, or with an input layer one vector of both.
  std::vector<Value> first_inputs();
  /// Hands the readout or the context of this step to the next one, if there is input feeding.
  void feed(Value readout, Value context);

  /// Computes energies, alignment and context of a query, and shows them as observations. A fixed
  /// context has neither energies nor alignment; without attention all three are undefined.
  Look look(const step::CellState& query);
  /// Hard attention (§13.2): looks with a query, and adds the output layer, which mixes what the
  /// readouts of all positions say.
  void look_hard(const step::CellState& state);
  /// Updates all layers. The bottom layer reads `inputs` and the context, if it is defined; the
  /// layers above read the context where the configuration says so. Returns s_i of the top layer.
  step::CellState update(const std::vector<Value>& inputs, Value context = {});
  /// Updates the bottom layer alone, which reads `inputs`; and then the layers above it, which read
  /// its state and perhaps the context. Returns s_i of the top layer.
  step::CellState update_bottom(const std::vector<Value>& inputs);
  step::CellState update_above(const step::CellState& bottom, Value context);
  /// The conditional GRU (§4.6): the first cell reads `inputs` and returns s'_i; the second cell
  /// starts from s'_i and reads the context; further cells read nothing but the state, and the last
  /// of them returns s_i.
  step::CellState update_first(const std::vector<Value>& inputs);
  step::CellState update_second(Value context, const step::CellState& first);
  /// Computes the readout r_i = activation(W_r [s; E y_{i-1}; c_i] + b_r), with dropout. Attention
  /// to the past adds its context as a last part, and may take a part of s in place of s. Without a
  /// readout, returns the state, with dropout. `state` is undefined in a decoder without a cell;
  /// the context then takes its place. The context is undefined without attention.
  Value readout(Value state, Value context);
  /// Adds the output layer, which reads the readout. A decoder that copies reads what `step` holds
  /// as well.
  void generate(Value readout, const StepValues& step);

 private:
  struct Layer {
    step::CellState carried;
  };

  // A cell of a step. `number` counts the cells of a step.
  struct CellPlace {
    CellConfig cell;
    std::string prefix;  // of its parameters
    int number = 0;
  };

  void add_first_states();
  Value first_state_input();
  step::CellState first_state(int layer, Value from);
  Value fixed_context();
  Value gated(Value context, Value query);
  step::CellState run_cell(const CellPlace& place, std::vector<Value> inputs, Value context,
                           const step::CellState& state);
  step::CellState run_transition(int number, const step::CellState& state);
  step::CellState update_layers(int first, int end, std::vector<Value> inputs, Value context);
  void leave(int layer, const step::CellState& state);
  std::string reads_text(const std::vector<Value>& inputs, Value context) const;
  Value energy_bias();
  Head head_of(const step::CellState& query, Value coverage, int number = 0);
  Value alignment_of(const Head& head, Look& look);
  Value shown(Value of_look, double elsewhere = 0);
  void look_with_one_head(const step::CellState& query, Look& look);
  void look_with_heads(const step::CellState& query, Look& look);
  void declare_embedding();
  void declare_start();
  Value copy_gate(const StepValues& step);

  Builder& b_;
  const Configuration& c_;
  Value annotations_;
  std::vector<Layer> layers_;
  Value previous_token_, fixed_context_;
  Value fed_;  // by the previous step; undefined without input feeding
};

/// How equations write a cell or several: "GRU", "2×LSTM".
std::string cell_text(const CellConfig& cell, int count);

/// What attention to the past (§11.2) makes of the state of a step.
struct PastLook {
  Value state;    ///< what the readout reads of the state: all of it, or a part
  Value context;  ///< Σ_t α'_it v_t over earlier steps; undefined without this attention
};
PastLook look_at_past(Builder&, const DecoderConfig&, Value state);
void check_self_attention(const Configuration&);

/// Checks that a decoder that copies has the attention and the cell for it. Call it before other
/// checks of attention and cells: what they would name needs changing only after this.
void check_copying_decoder(const Configuration&);
/// Checks which cells, orders, inputs and places of the context fit together.
void check_placement(const Configuration&);

/// One decoding step in each order (§1.4).
void look_update_generate(Builder& builder, const Configuration& configuration);
void look_generate_update(Builder& builder, const Configuration& configuration);
void update_look_generate(Builder& builder, const Configuration& configuration);
void update_look_update(Builder& builder, const Configuration& configuration);
/// The step of a decoder without a cell (§8): c = look(q) with a learned query q; p(y_i) from c
/// and, with feedback, E y_{i-1}.
void look_generate(Builder& builder, const Configuration& configuration);

}  // namespace attend::model
