#include "runtime/encoder.h"

#include <algorithm>
#include <numeric>

#include "base/base.h"

namespace attend::runtime {
namespace {

using model::Direction;
using text::TokenId;

// Which sources still run at each step: sorted by falling length, those of a step are the first.
class Schedule {
 public:
  explicit Schedule(const Annotations& annotations) : annotations_(annotations) {
    order_.resize(annotations.sources());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return annotations.lengths[a] > annotations.lengths[b];
    });
    running_ = order_.size();
  }
  // How many sources have a token at `step`; steps must not fall.
  std::size_t running(std::size_t step) {
    while (running_ > 0 && annotations_.lengths[order_[running_ - 1]] <= step) --running_;
    return running_;
  }
  std::size_t source(std::size_t rank) const { return order_[rank]; }

 private:
  const Annotations& annotations_;
  std::vector<std::size_t> order_;
  std::size_t running_;
};

std::size_t position(const Annotations& annotations, std::size_t source, std::size_t step,
                     Direction direction) {
  const std::size_t token =
      direction == Direction::kForward ? step : annotations.lengths[source] - 1 - step;
  return annotations.starts[source] + token;
}

// Where a direction's states stand in a row of annotations.
struct Columns {
  std::size_t first = 0;
  std::size_t units = 0;  // n
};

// Runs one direction over all sources, each over its own tokens only, from state 0; the states go
// to their columns of annotations.values, those of the last tokens to `last`, too.
void run(const RecurrentCell& cell, const Columns& columns, std::span<const float> gates,
         Direction direction, Annotations& annotations, LastStates& last) {
  const std::size_t width = cell.gate_units(), units = columns.units;
  kernels::Buffer state_memory, cell_memory, gate_memory;
  CellMemory memory;
  const std::span<float> states = state_memory.zeros(annotations.sources() * units);
  const std::span<float> cells = cell_memory.zeros(annotations.sources() * units);
  Schedule schedule(annotations);
  for (std::size_t step = 0; step < annotations.longest; ++step) {
    const std::size_t rows = schedule.running(step);
    const std::span<float> step_gates = gate_memory.get(rows * width);  // [rows, G n]
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t at = position(annotations, schedule.source(row), step, direction);
      copy(row_of(gates, at, width), row_of(step_gates, row, width));
    }
    cell.step(rows, step_gates, states.first(rows * units), cells.first(rows * units), memory);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t at = position(annotations, schedule.source(row), step, direction);
      copy(row_of(states, row, units), std::span<float>(annotations.values)
                                           .subspan(at * annotations.units + columns.first, units));
    }
  }
  for (std::size_t rank = 0; rank < annotations.sources(); ++rank) {
    const std::size_t to = schedule.source(rank) * annotations.units + columns.first;
    copy(row_of(states, rank, units), std::span(last.state).subspan(to, units));
    if (last.cell.empty()) continue;
    copy(row_of(cells, rank, units), std::span(last.cell).subspan(to, units));
  }
}

}  // namespace

Encoder::Encoder(const model::EncoderConfig& config, std::size_t vocabulary,
                 const model::Weights& weights)
    : vocabulary_(vocabulary),
      embedding_(static_cast<std::size_t>(config.embedding)),
      units_(static_cast<std::size_t>(config.units)),
      embeddings_(Tensors(weights, "source_embedding").values("weight")),
      lstm_(config.cell.type == model::Cell::kLstm) {
  layers_.resize(static_cast<std::size_t>(config.layers));
  for (const std::string_view direction : config.directions()) {
    directions_.push_back(direction == "forward" ? Direction::kForward : Direction::kBackward);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const std::string prefix = "encoder." + std::to_string(layer) + ".";
      layers_[layer].emplace_back(config.cell, units_,
                                  Tensors(weights, prefix + std::string(direction)));
    }
  }
}

Annotations Encoder::annotate(std::span<const std::vector<TokenId>> sources) const {
  Annotations annotations;
  std::vector<TokenId> ids;  // [positions]
  for (const std::vector<TokenId>& source : sources) {
    ATTEND_CHECK(!source.empty());
    annotations.starts.push_back(ids.size());
    annotations.lengths.push_back(source.size());
    annotations.longest = std::max(annotations.longest, source.size());
    for (const TokenId id : source) {
      ATTEND_CHECK(id >= 0 && static_cast<std::size_t>(id) < vocabulary_);
      ids.push_back(id);
    }
  }
  annotations.units = directions_.size() * units_;
  annotations.values.resize(ids.size() * annotations.units);

  std::vector<float> inputs(ids.size() * embedding_);  // [positions, m_x], above n_h
  for (std::size_t at = 0; at < ids.size() && embedding_ > 0; ++at) {
    copy(row_of(embeddings_, static_cast<std::size_t>(ids[at]), embedding_),
         row_of(std::span<float>(inputs), at, embedding_));
  }
  kernels::Buffer gate_memory;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    LastStates& last = annotations.last.emplace_back();
    last.state.resize(annotations.sources() * annotations.units);
    if (lstm_) last.cell.resize(last.state.size());
    for (std::size_t d = 0; d < directions_.size(); ++d) {
      const RecurrentCell& cell = layers_[layer][d];
      // The products of all time steps at once: nothing recurrent stands between them.
      const std::span<float> gates = gate_memory.get(ids.size() * cell.gate_units());
      if (layer == 0 && embedding_ == 0) {
        cell.project_one_hot(ids, gates);
      } else {
        cell.project(inputs, ids.size(), gates);
      }
      run(cell, {d * units_, units_}, gates, directions_[d], annotations, last);
    }
    if (layer + 1 < layers_.size()) inputs = annotations.values;
  }
  return annotations;
}

}  // namespace attend::runtime
