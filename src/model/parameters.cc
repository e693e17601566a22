#include "model/parameters.h"

#include <cmath>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

namespace attend::model {
namespace {

constexpr double kGaussian = 0.01;    // §4.2: everything without another rule
constexpr double kAttention = 0.001;  // §4.2: W_a, U_a

// Builds the table for one choice of initial values.
class TableBuilder {
 public:
  explicit TableBuilder(Initialization initialization) : initialization_(initialization) {}

  void matrix(std::string name, std::int64_t rows, std::int64_t columns,
              double gaussian = kGaussian) {
    if (initialization_ == Initialization::kNormal) {
      add({std::move(name), {rows, columns}, Initial::kNormal, gaussian});
    } else {
      glorot(std::move(name), rows, columns, columns, rows);
    }
  }

  // Adds `gates` matrices of [units, columns] on top of each other, each with limits of its own.
  void gates(std::string name, std::int64_t gates, std::int64_t units, std::int64_t columns) {
    if (initialization_ == Initialization::kNormal) {
      add({std::move(name), {gates * units, columns}, Initial::kNormal, kGaussian});
    } else {
      glorot(std::move(name), gates * units, columns, columns, units);
    }
  }

  void embedding(std::string name, std::int64_t vocabulary, std::int64_t units) {
    const double deviation = initialization_ == Initialization::kNormal
                                 ? kGaussian
                                 : 1.0 / std::sqrt(static_cast<double>(units));
    add({std::move(name), {vocabulary, units}, Initial::kNormal, deviation});
  }

  void vector(std::string name, std::int64_t units, Initial initial = Initial::kZero,
              double scale = 0.0) {
    add({std::move(name), {units}, initial, scale});
  }

  // With kNormal, v starts at 0 as in §4.2, which delays learning by one update. With kGlorot it
  // does not.
  void energy_weight(std::string name, std::int64_t units) {
    if (initialization_ == Initialization::kNormal) {
      vector(std::move(name), units);
    } else {
      vector(std::move(name), units, Initial::kUniform,
             std::sqrt(6.0 / static_cast<double>(units + 1)));
    }
  }

  void orthogonal(std::string name, std::int64_t rows, std::int64_t columns) {
    add({std::move(name), {rows, columns}, Initial::kOrthogonal, 0.0});
  }

  // Adds all tensors of a recurrent cell, with names that begin with `prefix`.
  void cell(const std::string& prefix, const CellConfig& cell, std::int64_t inputs,
            std::int64_t units, bool layer_norm) {
    const std::int64_t count = cell.gate_count();
    gates(prefix + ".input_weight", count, units, inputs);
    orthogonal(prefix + ".recurrent_weight", count * units, units);
    vector(prefix + ".bias", count * units,
           cell.type == Cell::kLstm && initialization_ == Initialization::kGlorot
               ? Initial::kForgetGate
               : Initial::kZero);
    if (cell.type == Cell::kGru && cell.reset == GruReset::kAfter) {
      vector(prefix + ".recurrent_bias", units);
    }
    if (layer_norm) {
      vector(prefix + ".input_gain", count * units, Initial::kOne);
      vector(prefix + ".recurrent_gain", count * units, Initial::kOne);
    }
  }

  std::vector<TensorSpec> take() { return std::move(table_); }

 private:
  void glorot(std::string name, std::int64_t rows, std::int64_t columns, std::int64_t fan_in,
              std::int64_t fan_out) {
    const double limit = std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
    add({std::move(name), {rows, columns}, Initial::kUniform, limit});
  }
  void add(TensorSpec spec) { table_.push_back(std::move(spec)); }

  Initialization initialization_;
  std::vector<TensorSpec> table_;
};

void add_encoder(TableBuilder& table, const EncoderConfig& encoder, std::int64_t vocabulary) {
  if (encoder.embedding > 0) {
    table.embedding("source_embedding.weight", vocabulary, encoder.embedding);
  }
  std::int64_t inputs = encoder.embedding > 0 ? encoder.embedding : vocabulary;
  for (int layer = 0; layer < encoder.layers; ++layer) {
    for (const std::string_view direction : encoder.directions()) {
      table.cell(fmt::format("encoder.{}.{}", layer, direction), encoder.cell, inputs,
                 encoder.units, encoder.layer_norm);
    }
    inputs = encoder.annotation_units();
  }
}

void add_initial_state(TableBuilder& table, const EncoderConfig& encoder,
                       const DecoderConfig& decoder) {
  if (decoder.initial_state == InitialState::kZero ||
      decoder.initial_state == InitialState::kCopy) {
    return;
  }
  const std::int64_t inputs =
      decoder.initial_state == InitialState::kBackward ? encoder.units : encoder.annotation_units();
  for (int layer = 0; layer < decoder.layers; ++layer) {
    const std::string prefix = fmt::format("initial.{}", layer);
    table.matrix(prefix + ".state_weight", decoder.units, inputs);
    table.vector(prefix + ".state_bias", decoder.units);
    if (decoder.cell.type == Cell::kLstm) {
      table.matrix(prefix + ".cell_weight", decoder.units, inputs);
      table.vector(prefix + ".cell_bias", decoder.units);
    }
  }
}

void add_attention(TableBuilder& table, const Configuration& configuration) {
  const AttentionConfig& attention = configuration.attention;
  const std::int64_t states = configuration.decoder.units;
  const std::int64_t annotations = configuration.encoder.annotation_units();
  if (attention.score == Score::kAdditive) {
    table.matrix("attention.query_weight", attention.units, states, kAttention);
    table.matrix("attention.annotation_weight", attention.units, annotations, kAttention);
    table.vector("attention.bias", attention.units);
    table.energy_weight("attention.energy_weight", attention.units);
  } else if (attention.score == Score::kGeneral) {
    table.matrix("attention.annotation_weight", states, annotations, kAttention);
  }
  if (attention.energy_bias) table.vector("attention.energy_bias", 1);
}

// Returns the columns of the bottom layer next to E y_{i-1}: the context, the readout of input
// feeding, or nothing.
std::int64_t step_input_units(const Configuration& configuration) {
  const DecoderConfig& decoder = configuration.decoder;
  if (decoder.order != Order::kUpdateLookGenerate) return configuration.encoder.annotation_units();
  return decoder.input_feeding == InputFeeding::kReadout ? decoder.readout_units : 0;
}

void add_decoder(TableBuilder& table, const Configuration& configuration, std::int64_t vocabulary) {
  const DecoderConfig& decoder = configuration.decoder;
  const std::int64_t previous = decoder.previous_units();
  if (previous > 0 && decoder.tied_embeddings != TiedEmbeddings::kAll) {
    table.embedding("target_embedding.weight", vocabulary, previous);
  }
  for (int layer = 0; layer < decoder.layers; ++layer) {
    table.cell(fmt::format("decoder.{}", layer), decoder.cell,
               layer == 0 ? previous + step_input_units(configuration) : decoder.units,
               decoder.units, false);
  }
  std::int64_t last = decoder.units;
  if (decoder.readout != Readout::kNone) {
    const std::int64_t pieces = decoder.readout == Readout::kMaxout ? 2 : 1;
    table.gates("readout.weight", pieces, decoder.readout_units,
                decoder.units + decoder.readout_previous_units() +
                    configuration.encoder.annotation_units());
    table.vector("readout.bias", pieces * decoder.readout_units);
    last = decoder.readout_units;
  }
  if (decoder.tied_embeddings == TiedEmbeddings::kNone) {
    table.matrix("output.weight", vocabulary, last);
  }
  table.vector("output.bias", vocabulary);
}

}  // namespace

std::int64_t TensorSpec::count() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<TensorSpec> parameter_table(const Configuration& configuration,
                                        const VocabularySizes& sizes) {
  TableBuilder table(configuration.training.initialization);
  add_encoder(table, configuration.encoder, sizes.source);
  add_initial_state(table, configuration.encoder, configuration.decoder);
  add_attention(table, configuration);
  add_decoder(table, configuration, sizes.target);
  return table.take();
}

std::int64_t parameter_count(const std::vector<TensorSpec>& table) {
  std::int64_t total = 0;
  for (const TensorSpec& spec : table) total += spec.count();
  return total;
}

std::string target_embedding_name(const DecoderConfig& decoder) {
  return decoder.tied_embeddings == TiedEmbeddings::kAll ? "source_embedding.weight"
                                                         : "target_embedding.weight";
}

std::string output_weight_name(const DecoderConfig& decoder) {
  return decoder.tied_embeddings == TiedEmbeddings::kNone ? "output.weight"
                                                          : target_embedding_name(decoder);
}

}  // namespace attend::model
