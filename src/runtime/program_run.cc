// One decoding by a step program.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/base.h"
#include "runtime/first_states.h"
#include "runtime/program.h"
#include "runtime/program_values.h"

namespace attend::runtime {

using model::StepResult;
using model::StepRow;
using step::Op;
using step::Per;
using text::TokenId;

namespace {

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

}  // namespace

class ProgramRun final : public model::Decoding {
 public:
  ProgramRun(const ProgramDecoder& decoder, Annotations annotations,
             std::vector<TokenId> candidates)
      : decoder_(decoder),
        schedule_(decoder.schedule_),
        annotations_(std::move(annotations)),
        values_(schedule_, annotations_),
        output_(decoder.output_, std::move(candidates)) {
    run(decoder_.once_);
    for (const auto* stage :
         {&decoder_.token_, &decoder_.postponed_, &decoder_.step_, &decoder_.after_}) {
      for (const PreparedOperation& one : *stage) prepare(one);
    }
  }

  void keep_best(std::size_t count) override {
    output_.keep_best(count);
    shows_all_ = false;
  }

  StepResult step(std::span<const StepRow> rows) override {
    take_rows(rows);
    values_.carry(rows);
    run(decoder_.token_);
    if (any_parent_) run(decoder_.postponed_);
    for (const step::Resumed& one : schedule_.resumed) values_.resume(one, rows);
    run(decoder_.step_);
    run(decoder_.after_);
    output_.run(values_.read(schedule_.output), rows_);
    values_.finish();
    return result();
  }

 private:
  // Keys made ready for the kernels, and products that are summed in place of their operands.
  struct Prepared {
    AdditiveKeys keys;
    std::vector<kernels::Array> projected;  // of each part: W x_j of all positions, if it projects
    CellMemory memory;
  };

  void take_rows(std::span<const StepRow> rows) {
    values_.begin(rows);
    rows_ = rows.size();
    tokens_.resize(rows_);
    any_parent_ = false;
    const std::size_t vocabulary = decoder_.embeddings_.vocabulary;
    for (std::size_t row = 0; row < rows_; ++row) {
      const TokenId previous = rows[row].previous;
      ATTEND_CHECK(previous == text::kNoToken ||
                   (previous >= 0 && static_cast<std::size_t>(previous) < vocabulary));
      tokens_[row] = previous;
      any_parent_ = any_parent_ || rows[row].parent >= 0;
    }
  }

  // Computes what an operation needs of the source once.
  void prepare(const PreparedOperation& one) {
    Prepared& prepared = prepared_[&one];
    if (one.operation->node->op == Op::kAdditiveEnergies) {
      const std::span<const float> keys = values_.read(one.operation->inputs[1]);
      kernels::Array values(keys.size());
      copy(keys, values.span());
      prepared.keys =
          arrange_keys(annotations_, std::move(values), values_.units(one.operation->inputs[1]));
    }
    for (const ProductPart& part : one.parts) {
      kernels::Array& projected = prepared.projected.emplace_back();
      if (!part.projects) continue;
      const std::span<const float> x = values_.read(part.values);
      projected = kernels::Array(annotations_.positions() * part.weight.outputs());
      part.weight.multiply(x, annotations_.positions(), {}, projected.span());
    }
  }

  void run(const std::vector<PreparedOperation>& operations) {
    for (const PreparedOperation& one : operations) {
      if (shows_all_ || !one.shown_only) compute(one);
    }
  }

  // Computes a value that has no operands, or returns false.
  bool compute_input(const PreparedOperation& one) {
    const step::Node& node = *one.operation->node;
    const auto set = [&](std::span<const float> values) {
      copy(values, values_.write(one.operation->results[0]));
      return true;
    };
    switch (node.op) {
      case Op::kAnnotations:
        return set(annotations_.values);
      case Op::kFirstBackward:
        return set(first_backward(annotations_, decoder_.forward_units_));
      case Op::kMeanAnnotations:
        return set(mean_annotations(annotations_));
      case Op::kLastState:
        return set(last_states(annotations_, decoder_.forward_units_));
      case Op::kLayerState:
        return set(annotations_.last[index_of(node.layer)].state);
      case Op::kLayerCell:
        return set(annotations_.last[index_of(node.layer)].cell);
      case Op::kZeros:
      case Op::kZeroPositions: {
        const std::span<float> zeros = values_.write(one.operation->results[0]);
        std::fill(zeros.begin(), zeros.end(), 0.0F);
        return true;
      }
      case Op::kParameter:
        return set(one.values);
      default:
        return false;
    }
  }

  void compute(const PreparedOperation& one) {
    if (compute_input(one)) return;
    const step::Operation& operation = *one.operation;
    const step::Node& node = *operation.node;
    const int result = operation.results[0];
    switch (node.op) {
      case Op::kPreviousEmbedding:
      case Op::kNextEmbedding:
        return embed(result);
      case Op::kLinear:
        return linear(one);
      case Op::kGru:
      case Op::kLstm:
        return update(one);
      case Op::kAdditiveEnergies:
        return additive_energies(one);
      case Op::kDotEnergies:
        return dot_energies(operation);
      case Op::kSoftmax:
        return softmax_rows(annotations_, values_.sources(), values_.write(operation.inputs[0]),
                            values_.write(result));
      case Op::kWeightedSum:
        return sum_by_alignment(values_.read(operation.inputs[0]), values_.sources(), annotations_,
                                values_.read(operation.inputs[1]), values_.units(result),
                                values_.write(result));
      case Op::kAdd:
        return join(operation, [](float x, float y) { return x + y; });
      case Op::kMultiply:
        return join(operation, [](float x, float y) { return x * y; });
      case Op::kScale: {
        const auto factor = static_cast<float>(node.factor);
        return map(operation, [factor](float x) { return factor * x; });
      }
      case Op::kTanh:
        copy(values_.read(operation.inputs[0]), values_.write(result));
        return kernels::tanh(values_.write(result));
      case Op::kSigmoid:
        copy(values_.read(operation.inputs[0]), values_.write(result));
        return kernels::logistic(values_.write(result));
      case Op::kRelu:
        return map(operation, [](float x) { return std::max(x, 0.0F); });
      case Op::kMaxout:
        return kernels::maxout(values_.read(operation.inputs[0]), values_.write(result));
      case Op::kUnitLength:
        return unit_length(operation);
      default:
        break;
    }
    throw CheckFailure("no operation of a schedule: " + std::string(name_of(node.op)));
  }

  // E y_{i-1}; 0 for kNoToken.
  void embed(int result) {
    if (!decoder_.embeds_) return;
    runtime::embed(decoder_.embeddings_, tokens_, values_.write(result));
  }

  void linear(const PreparedOperation& one) {
    const step::Operation& operation = *one.operation;
    const int result = operation.results[0];
    const Per per = values_.per(result);
    const std::span<float> y = values_.write(result);
    for (std::size_t k = 0; k < one.parts.size(); ++k) {
      const std::span<float> to = k == 0 ? y : part_.get(y.size());
      multiply(one, k, to);
      if (k > 0) kernels::add(to, y);
    }
    if (operation.added < 0) return;
    const std::size_t wide = values_.units(result);
    if (values_.per(operation.added) == per) return kernels::add(values_.read(operation.added), y);
    for (std::size_t i = 0; i < values_.count(per); ++i) {
      kernels::add(values_.vector_of(operation.added, per, i), row_of(y, i, wide));
    }
  }

  // The product of one part; the first adds the bias.
  void multiply(const PreparedOperation& one, std::size_t k, std::span<float> y) {
    const ProductPart& part = one.parts[k];
    if (part.looks_up) {
      const std::span<const float> embedded =
          one.tokens.embeds() ? values_.read(part.input) : std::span<const float>();
      return one.tokens(tokens_, embedded, y);
    }
    const std::span<const float> bias = k == 0 ? one.bias : std::span<const float>();
    const std::size_t vectors = values_.count(values_.per(part.input)),
                      wide = part.weight.outputs();
    if (!part.projects) return part.weight.multiply(values_.read(part.input), vectors, bias, y);
    sum_by_alignment(values_.read(part.alignment), values_.sources(), annotations_,
                     prepared_.at(&one).projected[k].span(), wide, y);
    for (std::size_t i = 0; i < vectors && !bias.empty(); ++i) {
      kernels::add(bias, row_of(y, i, wide));
    }
  }

  void update(const PreparedOperation& one) {
    const step::Operation& operation = *one.operation;
    for (std::size_t k = 0; k < operation.results.size(); ++k) {
      copy_rows(operation.inputs[k + 1], operation.results[k]);
    }
    const std::span<float> cell =
        operation.results.size() > 1 ? values_.write(operation.results[1]) : std::span<float>();
    one.cell->step(rows_, rows_of_gates(operation), values_.write(operation.results[0]), cell,
                   prepared_.at(&one).memory);
  }

  void copy_rows(int from, int to) {
    const std::span<float> rows = values_.write(to);
    if (values_.per(from) == Per::kRow) return copy(values_.read(from), rows);
    for (std::size_t row = 0; row < rows_; ++row) {
      copy(values_.vector_of(from, Per::kRow, row), row_of(rows, row, values_.units(to)));
    }
  }

  std::span<const float> rows_of_gates(const step::Operation& operation) {
    const int gates = operation.inputs[0];
    if (values_.per(gates) == Per::kRow) return values_.read(gates);
    const std::span<float> rows = part_.get(rows_ * values_.units(gates));
    for (std::size_t row = 0; row < rows_; ++row) {
      copy(values_.vector_of(gates, Per::kRow, row), row_of(rows, row, values_.units(gates)));
    }
    return rows;
  }

  void additive_energies(const PreparedOperation& one) {
    const step::Operation& operation = *one.operation;
    const std::span<float> energies = values_.write(operation.results[0]);
    const std::size_t wide = values_.units(operation.inputs[0]);
    const AdditiveKeys& keys = prepared_.at(&one).keys;
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::span<float> query = part_.get(wide);  // the kernel overwrites it
      copy(values_.vector_of(operation.inputs[0], Per::kRow, row), query);
      runtime::additive_energies(
          query, annotations_, keys, static_cast<std::size_t>(values_.sources()[row]), one.values,
          0.0F, kernels::EnergyActivation::kLinear,
          row_of(energies, row, annotations_.longest).first(values_.length(row)));
    }
  }

  void dot_energies(const step::Operation& operation) {
    const std::span<float> energies = values_.write(operation.results[0]);
    const std::span<const float> keys = values_.read(operation.inputs[1]);
    const std::size_t wide = values_.units(operation.inputs[1]);
    for (std::size_t row = 0; row < rows_; ++row) {
      kernels::dot_energies(values_.vector_of(operation.inputs[0], Per::kRow, row),
                            keys.subspan(values_.start(row) * wide, values_.length(row) * wide),
                            0.0F, kernels::EnergyActivation::kLinear,
                            row_of(energies, row, annotations_.longest).first(values_.length(row)));
    }
  }

  void unit_length(const step::Operation& operation) {
    const int result = operation.results[0];
    const std::span<float> y = values_.write(result);
    const std::span<const float> x = values_.read(operation.inputs[0]);
    const std::size_t wide = values_.units(result);
    for (std::size_t i = 0; i < y.size(); i += wide) {
      double squares = step::kLengthEpsilon;
      for (std::size_t k = 0; k < wide; ++k) squares += static_cast<double>(x[i + k]) * x[i + k];
      const auto factor = static_cast<float>(1.0 / std::sqrt(squares));
      for (std::size_t k = 0; k < wide; ++k) y[i + k] = factor * x[i + k];
    }
  }

  // Sets what follows the positions of a row's own source to 0.
  static void clear_tail(std::span<float> row, std::size_t defined) {
    std::fill(row.begin() + static_cast<std::ptrdiff_t>(defined), row.end(), 0.0F);
  }

  template <typename Function>
  void map(const step::Operation& operation, Function function) {
    const int result = operation.results[0];
    const std::span<float> y = values_.write(result);
    const std::span<const float> x = values_.read(operation.inputs[0]);
    const std::size_t wide = values_.width(result);
    for (std::size_t i = 0; i < values_.count(values_.per(result)); ++i) {
      const std::size_t end = i * wide + values_.defined(result, i);
      for (std::size_t k = i * wide; k < end; ++k) y[k] = function(x[k]);
      clear_tail(row_of(y, i, wide), values_.defined(result, i));
    }
  }

  // y_k = f(a_k, b_k), where an operand of one value is repeated.
  template <typename Function>
  void join(const step::Operation& operation, Function function) {
    const int result = operation.results[0];
    const Per per = values_.per(result);
    const std::span<float> y = values_.write(result);
    const std::size_t wide = values_.width(result);
    for (std::size_t i = 0; i < values_.count(per); ++i) {
      const std::span<float> to = row_of(y, i, wide).first(values_.defined(result, i));
      const std::span<const float> a = values_.operand(operation.inputs[0], per, i);
      const std::span<const float> b = values_.operand(operation.inputs[1], per, i);
      const std::size_t step_a = a.size() == 1 ? 0 : 1, step_b = b.size() == 1 ? 0 : 1;
      for (std::size_t k = 0; k < to.size(); ++k) to[k] = function(a[k * step_a], b[k * step_b]);
      clear_tail(row_of(y, i, wide), to.size());
    }
  }

  StepResult result() {
    StepResult result;
    result.rows = rows_;
    result.target_vocabulary = decoder_.embeddings_.vocabulary;
    result.source_length = annotations_.longest;
    output_.fill(result);
    observations_.clear();
    for (const step::ObservedSlot& one : schedule_.observations) {
      const bool is_alignment = one.slot == decoder_.alignment_;
      if (is_alignment) result.alignment = values_.read(one.slot);
      const bool left_out = !shows_all_ && values_.per(one.slot) != Per::kRowPosition;
      if (is_alignment || left_out) continue;
      observations_.push_back(
          {one.name, one.over, values_.width(one.slot), values_.read(one.slot)});
    }
    result.observations = observations_;
    return result;
  }

  const ProgramDecoder& decoder_;
  const step::Schedule& schedule_;
  Annotations annotations_;
  ProgramValues values_;
  std::map<const PreparedOperation*, Prepared> prepared_;
  OutputRun output_;
  kernels::Buffer part_;  // scratch
  std::vector<model::Observation> observations_;
  std::size_t rows_ = 0;
  bool any_parent_ = false;
  bool shows_all_ = true;
  std::vector<TokenId> tokens_;  // y_{i-1} [rows]
};

std::unique_ptr<model::Decoding> ProgramDecoder::start(Annotations annotations,
                                                       std::vector<TokenId> candidates) const {
  return std::make_unique<ProgramRun>(*this, std::move(annotations), std::move(candidates));
}

}  // namespace attend::runtime
