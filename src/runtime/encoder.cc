#include "runtime/encoder.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "base/base.h"

namespace attend::runtime {
namespace {

using text::TokenId;

// The two directions are independent, so a processor overlaps their steps. Directions with more
// bytes of weights run one after the other, so that the weights of both need not share its cache.
constexpr std::size_t kOverlappedWeights = std::size_t{1} << 19;

// Tells which sources still have a token at each step. They are sorted by falling length, so those
// of a step come first.
class Schedule {
 public:
  explicit Schedule(const Annotations& annotations) : annotations_(&annotations) {
    order_.resize(annotations.sources());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return annotations.lengths[a] > annotations.lengths[b];
    });
    running_ = order_.size();
  }
  // Returns how many sources have a token at `step`. Successive calls must not decrease `step`.
  std::size_t running(std::size_t step) {
    while (running_ > 0 && annotations_->lengths[order_[running_ - 1]] <= step) --running_;
    return running_;
  }
  std::size_t source(std::size_t rank) const { return order_[rank]; }

 private:
  const Annotations* annotations_;
  std::vector<std::size_t> order_;
  std::size_t running_;
};

// The gates of every position `at`: row index[at] of `rows`, or row `at` without an index.
struct Gates {
  std::span<const float> rows;  // [positions or words, G n]
  std::span<const TokenId> index;
};

// The columns of annotations that hold a direction's states.
struct Columns {
  std::size_t first = 0;
  std::size_t units = 0;  // n
};

// Runs one direction over all sources, each over its own tokens, from state 0. The states go to the
// direction's columns of annotations.values.
class DirectionRun {
 public:
  DirectionRun(const RecurrentCell& cell, Gates gates, model::Direction way, const Columns& columns,
               Annotations& annotations)
      : cell_(cell),
        gates_(gates),
        way_(way),
        columns_(columns),
        annotations_(annotations),
        states_(state_memory_.zeros(annotations.sources() * columns.units)),
        cells_(cell_memory_.zeros(annotations.sources() * columns.units)) {}

  void step(std::size_t step, std::size_t rows, const Schedule& schedule) {
    const std::size_t units = columns_.units;
    positions_.resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      positions_[row] = static_cast<std::int32_t>(position(schedule.source(row), step));
    }
    std::span<const std::int32_t> chosen = positions_;
    if (!gates_.index.empty()) {
      words_.resize(rows);
      for (std::size_t row = 0; row < rows; ++row) {
        words_[row] = gates_.index[static_cast<std::size_t>(positions_[row])];
      }
      chosen = words_;
    }
    const std::span<float> states = states_.first(rows * units);
    cell_.step(rows, {gates_.rows, chosen}, states, cells_.first(rows * units), memory_);
    kernels::copy_rows(states, units, positions_,
                       {annotations_.values.span().data() + columns_.first, annotations_.units});
  }

  // Copies the states after the last steps.
  void keep(const Schedule& schedule, LastStates& last) const {
    for (std::size_t rank = 0; rank < annotations_.sources(); ++rank) {
      const std::size_t source = schedule.source(rank);
      copy(row_of(states_, rank, columns_.units), columns_of(last.state, source));
      if (last.cell.empty()) continue;
      copy(row_of(cells_, rank, columns_.units), columns_of(last.cell, source));
    }
  }

 private:
  std::span<float> columns_of(std::span<float> rows, std::size_t row) const {  // rows [rows, n_h]
    return rows.subspan(row * annotations_.units + columns_.first, columns_.units);
  }
  std::size_t position(std::size_t source, std::size_t step) const {
    const std::size_t token =
        way_ == model::Direction::kForward ? step : annotations_.lengths[source] - 1 - step;
    return annotations_.starts[source] + token;
  }

  const RecurrentCell& cell_;
  Gates gates_;
  model::Direction way_;
  Columns columns_;
  Annotations& annotations_;
  kernels::Buffer state_memory_, cell_memory_;
  std::span<float> states_, cells_;              // [sources, n]
  std::vector<std::int32_t> positions_, words_;  // of the rows of a step
  CellMemory memory_;
};

// Puts the annotations of each source, whose words were read backward, into the order of its
// tokens. The last token stays in its place.
void reverse_words(Annotations& annotations) {
  const std::size_t units = annotations.units;
  const std::span<float> values = annotations.values.span();
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    std::size_t left = annotations.starts[source];
    std::size_t right = left + annotations.lengths[source] - 1;  // after the last word
    for (; left + 1 < right; ++left) {
      --right;
      const std::span<float> a = row_of(values, left, units), b = row_of(values, right, units);
      std::swap_ranges(a.begin(), a.end(), b.begin());
    }
  }
}

// Returns the sum of the first and the second half of each row: x [rows, width] → [rows, width /
// 2].
std::vector<float> sum_of_halves(std::span<const float> x, std::size_t width) {
  const std::size_t half = width / 2;
  std::vector<float> sums(x.size() / 2);
  for (std::size_t row = 0; row * width < x.size(); ++row) {
    const std::span<const float> own = row_of(x, row, width);
    for (std::size_t k = 0; k < half; ++k) sums[row * half + k] = own[k] + own[half + k];
  }
  return sums;
}

std::size_t levels_of(const model::Source& source) {
  return source.sentences.empty() ? 1 : source.paragraphs.empty() ? 2 : 3;
}

}  // namespace

std::vector<char> allowed_positions(std::span<const model::Source> sources, std::size_t positions) {
  std::vector<char> allowed;
  std::size_t start = 0;
  for (const model::Source& source : sources) {
    const std::size_t length = source.tokens.size();
    if (!source.allowed.empty()) {
      ATTEND_CHECK_EQ(source.allowed.size(), length);
      if (allowed.empty()) allowed.assign(positions, 1);
      std::copy(source.allowed.begin(), source.allowed.end(),
                allowed.begin() + static_cast<std::ptrdiff_t>(start));
    }
    start += length;
  }
  return allowed;
}

Encoder::Encoder(const model::EncoderConfig& config, std::size_t vocabulary, const Tensors& tensors)
    : vocabulary_(vocabulary),
      embedding_(static_cast<std::size_t>(config.embedding)),
      units_(static_cast<std::size_t>(config.units)),
      embeddings_(tensors.under("source_embedding").values("weight")),
      ngrams_(tensors.under("source_ngrams").values("weight")),
      position_units_(static_cast<std::size_t>(config.position_units)),
      position_reach_(config.position_reach),
      lstm_(config.cell.type == model::Cell::kLstm),
      reverses_words_(config.reverses_words()),
      sums_(config.join == model::Join::kSum),
      pooling_(config.pooling) {
  for (std::size_t entity = 0; position_units_ > 0 && entity < model::kEntities; ++entity) {
    distances_.push_back(tensors.under(model::distance_table(entity)).values("weight"));
  }
  for (int level = 0; level < config.levels; ++level) {
    levels_.push_back(make_level(config, level, tensors));
  }
  make_tables();
}

Encoder::Level Encoder::make_level(const model::EncoderConfig& config, int level,
                                   const Tensors& tensors) const {
  Level result;
  for (int number = 0; number < config.layers; ++number) {
    Layer& layer = result.layers.emplace_back();
    for (const std::string_view name : config.directions()) {
      const Tensors own = tensors.under(model::encoder_cell_name(level, number, name));
      const bool forward = name == "forward" || config.reverses_words();
      const auto way = forward ? model::Direction::kForward : model::Direction::kBackward;
      layer.push_back(
          {way, InputProjection(units_, own), RecurrentCell(config.cell, units_, own), {}});
    }
  }
  if (level + 1 == config.levels || config.pooling != model::Pooling::kAttention) return result;
  const Tensors own = tensors.under(model::pooling_name(level));
  result.hidden = {own.matrix("weight"), own.values("bias")};
  result.query = own.values("query");
  return result;
}

// Equal words have equal gates, unless their gates depend on n-grams or distances too, so with few
// words all gates are computed once.
void Encoder::make_tables() {
  if (position_units_ > 0 || !ngrams_.empty()) return;
  for (Direction& direction : levels_[0].layers[0]) {
    const std::size_t width = direction.cell.gate_units();
    if (vocabulary_ * width > kLargestTable) continue;
    direction.table.resize(vocabulary_ * width);
    if (embedding_ > 0) {
      direction.project(embeddings_, vocabulary_, direction.table);
    } else {
      std::vector<TokenId> all(vocabulary_);
      std::iota(all.begin(), all.end(), TokenId{0});
      direction.project.one_hot(all, direction.table);
    }
  }
}

void Encoder::run_layer(const Layer& layer, const Inputs& inputs, Annotations& annotations) const {
  const auto gates_of = [&](const Direction& direction, kernels::Buffer& memory) -> Gates {
    if (inputs.rows.empty() && !direction.table.empty()) return {direction.table, inputs.ids};
    // The products of all time steps are computed at once, since they do not depend on states.
    const std::size_t width = direction.cell.gate_units();
    if (inputs.rows.empty()) {
      const std::span<float> gates = memory.get(inputs.ids.size() * width);
      direction.project.one_hot(inputs.ids, gates);
      return {gates, {}};
    }
    const std::size_t rows = inputs.rows.size() / direction.project.inputs();
    const std::span<float> gates = memory.get(rows * width);
    direction.project(inputs.rows, rows, gates);
    return {gates, inputs.ids};
  };
  std::vector<kernels::Buffer> memory(layer.size());
  std::vector<DirectionRun> runs;
  runs.reserve(layer.size());
  for (std::size_t d = 0; d < layer.size(); ++d) {
    runs.emplace_back(layer[d].cell, gates_of(layer[d], memory[d]), layer[d].way,
                      Columns{d * units_, units_}, annotations);
  }
  Schedule schedule(annotations);
  const auto run_steps = [&](std::span<DirectionRun> some) {
    schedule = Schedule(annotations);
    for (std::size_t step = 0; step < annotations.longest; ++step) {
      const std::size_t rows = schedule.running(step);
      for (DirectionRun& run : some) run.step(step, rows, schedule);
    }
  };
  if (layer[0].cell.bytes() <= kOverlappedWeights) {
    run_steps(runs);
  } else {
    for (DirectionRun& run : runs) run_steps(std::span(&run, 1));
  }
  LastStates& last = annotations.last.emplace_back();
  last.state.resize(annotations.sources() * annotations.units);
  if (lstm_) last.cell.resize(last.state.size());
  for (const DirectionRun& run : runs) run.keep(schedule, last);
}

// Runs all layers of a level over sources whose starts and lengths are set. `inputs` are those of
// the bottom layer.
void Encoder::run_level(const Level& level, Inputs inputs, Annotations& annotations) const {
  const std::size_t width = level.layers[0].size() * units_;
  const std::size_t positions =
      annotations.starts.empty() ? 0 : annotations.starts.back() + annotations.lengths.back();
  annotations.units = width;
  annotations.values = kernels::Array(positions * width);
  for (std::size_t layer = 0; layer < level.layers.size(); ++layer) {
    run_layer(level.layers[layer], inputs, annotations);
    inputs.ids.clear();
    const bool top = layer + 1 == level.layers.size();
    const std::span<const float> states = annotations.values;
    inputs.rows = sums_ ? sum_of_halves(states, width) : std::vector<float>();
    if (top) break;
    if (!sums_) inputs.rows.assign(states.begin(), states.end());
  }
  if (!sums_) return;
  annotations.units = units_;
  annotations.values = kernels::Array(positions * units_);
  copy(inputs.rows, annotations.values.span());
}

// Annotates the vectors or words of sources of these lengths by the layers of a level.
Annotations Encoder::annotate_level(std::size_t level, Inputs inputs,
                                    std::span<const std::size_t> lengths) const {
  Annotations annotations = with_lengths(lengths);
  run_level(levels_[level], std::move(inputs), annotations);
  return annotations;
}

Annotations Encoder::annotate(std::span<const model::Source> sources) const {
  std::vector<TokenId> ids;          // [positions]
  std::vector<std::size_t> lengths;  // [sources]
  for (const model::Source& source : sources) {
    ATTEND_CHECK(!source.tokens.empty() && source.picture == nullptr);
    ATTEND_CHECK_EQ(levels_of(source), levels_.size());
    ATTEND_CHECK(source.entities.empty() || source.entities.size() == model::kEntities);
    lengths.push_back(source.tokens.size());
    for (const TokenId id : source.tokens) {
      ATTEND_CHECK(id >= 0 && static_cast<std::size_t>(id) < vocabulary_);
      ids.push_back(id);
    }
    if (reverses_words_) {
      std::reverse(ids.end() - static_cast<std::ptrdiff_t>(source.tokens.size()), ids.end() - 1);
    }
  }
  if (levels_.size() > 1) return annotate_documents(sources, ids);
  const std::size_t positions = ids.size();
  Annotations annotations = annotate_level(0, embed_sources(sources, std::move(ids)), lengths);
  annotations.allowed = allowed_positions(sources, positions);
  if (reverses_words_) reverse_words(annotations);
  return annotations;
}

}  // namespace attend::runtime
