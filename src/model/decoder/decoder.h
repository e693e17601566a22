// The parts that the step programs of decoders are made of. Each order of a step is one file of
// this folder. Internal to src/model.
#pragma once

#include <string>
#include <vector>

#include "model/configuration.h"
#include "step/step.h"

namespace attend::model {

using step::Builder;
using step::Value;

/// The results of attention in one step (§1.5). In a window, energies and alignment are those of
/// its positions.
struct Look {
  Value energies, alignment, context;
};

/// Makes the values of one decoding step.
class DecoderBuilder {
 public:
  /// Begins with the annotations and, in a decoder with a cell, the first state of every layer.
  DecoderBuilder(Builder& builder, const Configuration& configuration);

  /// The state of the top layer as the previous step left it: s_{i-1}.
  Value last_state() const { return layers_.back().carried.hidden; }
  /// E y_{i-1} and E y_i. They need decoder.feedback: previous.
  Value previous_token();
  Value next_token();

  /// Computes energies, alignment and context of a query, and shows them as observations. A fixed
  /// context has neither energies nor alignment; without attention all three are undefined.
  Look look(Value query);
  /// Hard attention (§13.2): looks with a query, and adds the output layer, which mixes what the
  /// readouts of all positions say.
  void look_hard(Value state);
  /// Updates all layers. The bottom layer reads `inputs`, which are not empty. Returns s_i of the
  /// top layer.
  Value update(const std::vector<Value>& inputs);
  /// The conditional GRU (§4.6): the first cell reads `inputs` and returns s'_i; the second cell
  /// starts from s'_i, reads the context and returns s_i.
  step::CellState update_first(const std::vector<Value>& inputs);
  Value update_second(Value context, const step::CellState& first);
  /// Computes the readout r_i = activation(W_r [s; E y_{i-1}; c_i] + b_r), with dropout. Without a
  /// readout, returns the state, with dropout. `state` is undefined in a decoder without a cell;
  /// the context then takes its place. The context is undefined without attention.
  Value readout(Value state, Value context);
  /// Adds the output layer, which reads the readout.
  void generate(Value readout);

 private:
  struct Layer {
    step::CellState carried;
  };

  void add_first_states();
  step::CellState first_state(int layer, Value from);
  step::CellState run_cell(const CellConfig& cell, const std::string& prefix,
                           const std::vector<Value>& inputs, const step::CellState& state,
                           int number);
  Value energy_bias();
  Value alignment_of(Value query, Value coverage, Look& look);
  void declare_embedding();
  void declare_start();

  Builder& b_;
  const Configuration& c_;
  Value annotations_;
  std::vector<Layer> layers_;
  Value previous_token_;
};

/// One decoding step in each order (§1.4).
void look_update_generate(Builder& builder, const Configuration& configuration);
void look_generate_update(Builder& builder, const Configuration& configuration);
void update_look_generate(Builder& builder, const Configuration& configuration);
void update_look_update(Builder& builder, const Configuration& configuration);
/// The step of a decoder without a cell (§8): c = look(q) with a learned query q; p(y_i) from c
/// and, with feedback, E y_{i-1}.
void look_generate(Builder& builder, const Configuration& configuration);

}  // namespace attend::model
