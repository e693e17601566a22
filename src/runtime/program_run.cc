#include "runtime/program_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/base.h"
#include "runtime/first_states.h"

namespace attend::runtime {

using model::StepResult;
using model::StepRow;
using step::Op;
using text::TokenId;

ProgramRun::ProgramRun(const ProgramDecoder& decoder, Annotations annotations,
                       std::vector<TokenId> candidates)
    : decoder_(decoder),
      schedule_(decoder.schedule_),
      annotations_(std::move(annotations)),
      values_(schedule_, annotations_),
      output_(decoder.output_, std::move(candidates)),
      mixture_(decoder.output_),
      open_(decoder.shown_.size()) {
  run(decoder_.once_);
  for (const auto* stage :
       {&decoder_.token_, &decoder_.postponed_, &decoder_.step_, &decoder_.after_}) {
    for (const PreparedOperation& one : *stage) prepare(one);
  }
}

void ProgramRun::keep_best(std::size_t count) {
  if (decoder_.program_.output.mixes()) {
    mixture_.keep_best(count);
  } else {
    output_.keep_best(count);
  }
  shows_all_ = false;
}

StepResult ProgramRun::step(std::span<const StepRow> rows) {
  take_rows(rows);
  values_.carry(rows);
  run(decoder_.token_);
  if (any_parent_) run(decoder_.postponed_);
  for (const step::Resumed& one : schedule_.resumed) values_.resume(one, rows);
  run(decoder_.step_);
  run(decoder_.after_);
  run_output();
  values_.finish();
  return result();
}

void ProgramRun::take_rows(std::span<const StepRow> rows) {
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
void ProgramRun::prepare(const PreparedOperation& one) {
  Prepared& prepared = prepared_[&one];
  const bool has_features = one.features.outputs() > 0;
  if (one.operation->node->op == Op::kAdditiveEnergies && !has_features) {
    const int keys = one.operation->inputs[1];
    kernels::Array values(values_.read(keys).size());
    copy(values_.read(keys), values.span());
    const bool window = one.operation->node->reach > 0;
    prepared.keys = arrange_keys(annotations_, std::move(values), values_.units(keys),
                                 window ? KeyLayout::kParts : KeyLayout::kWhole);
  }
  for (const ProductPart& part : one.parts) {
    kernels::Array& projected = prepared.projected.emplace_back();
    if (!part.projects) continue;
    const std::span<const float> x = values_.read(part.values);
    projected = kernels::Array(annotations_.positions() * part.weight.outputs());
    part.weight.multiply(x, annotations_.positions(), {}, projected.span());
  }
}

void ProgramRun::run(const std::vector<PreparedOperation>& operations) {
  for (const PreparedOperation& one : operations) {
    if (shows_all_ || !one.shown_only) compute(one);
  }
}

void ProgramRun::compute(const PreparedOperation& one) {
  const bool done = compute_input(one) || compute_source_input(one) || compute_product(one) ||
                    compute_attention(one) || compute_positions(one) || compute_function(one);
  if (done) return;
  throw CheckFailure("no operation of a schedule: " +
                     std::string(name_of(one.operation->node->op)));
}

// Values of the encoder's results.
bool ProgramRun::compute_input(const PreparedOperation& one) {
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
      return set(annotations_.last[static_cast<std::size_t>(node.layer)].state);
    case Op::kLayerCell:
      return set(annotations_.last[static_cast<std::size_t>(node.layer)].cell);
    case Op::kParameter:
      return set(one.values);
    default:
      return false;
  }
}

// Values that only the lengths of the sources decide.
bool ProgramRun::compute_source_input(const PreparedOperation& one) {
  const Op op = one.operation->node->op;
  const bool known = op == Op::kZeros || op == Op::kOnes || op == Op::kZeroPositions ||
                     op == Op::kMinusInfinity || op == Op::kFirstPosition || op == Op::kSourceWords;
  if (!known) return false;
  const std::span<float> values = values_.write(one.operation->results[0]);
  std::fill(values.begin(), values.end(),
            op == Op::kOnes            ? 1.0F
            : op == Op::kMinusInfinity ? -std::numeric_limits<float>::infinity()
                                       : 0.0F);
  for (std::size_t source = 0; source < annotations_.sources(); ++source) {
    if (op == Op::kFirstPosition) values[annotations_.starts[source]] = 1.0F;
    if (op == Op::kSourceWords) {
      const std::size_t ends = decoder_.source_ends_ ? 1 : 0;
      values[source] = static_cast<float>(annotations_.lengths[source] - ends);
    }
  }
  return true;
}

void ProgramRun::run_output() {
  const std::span<const float> output = values_.read(schedule_.output);
  if (!decoder_.program_.output.mixes()) return output_.run(output, rows_);
  mixture_.begin(rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<float> normalizers = decoder_.mixture_normalizes_
                                             ? values_.write_defined(schedule_.normalizer, row)
                                             : std::span<float>();
    mixture_.mix(row, values_.defined_of(schedule_.output, row),
                 values_.defined_of(schedule_.prior, row), normalizers);
  }
}

StepResult ProgramRun::result() {
  StepResult result;
  result.rows = rows_;
  result.target_vocabulary = decoder_.embeddings_.vocabulary;
  result.source_length = annotations_.longest;
  if (decoder_.program_.output.mixes()) {
    mixture_.fill(result);
  } else {
    output_.fill(result);
  }
  if (decoder_.has_alignment()) result.alignment = values_.read(decoder_.alignment_);
  observations_.clear();
  for (std::size_t k = 0; k < decoder_.shown_.size(); ++k) {
    const ShownValue& shown = decoder_.shown_[k];
    if (shown.apart || (!shows_all_ && !shown.always)) continue;
    const step::ObservedSlot& one = *shown.observed;
    observations_.push_back({one.name, one.over, values_.width(one.slot), shown_values(k)});
  }
  result.observations = observations_;
  return result;
}

// Energies are shown as −∞ where a row may not look, in a copy: the next step may read the values.
std::span<const float> ProgramRun::shown_values(std::size_t k) {
  const ShownValue& shown = decoder_.shown_[k];
  const int slot = shown.observed->slot;
  const std::span<const float> values = values_.read(slot);
  if (shown.alignment == nullptr || values_.per(slot) != step::Per::kRowPosition) return values;
  const std::span<float> open = open_[k].get(values.size());
  copy(values, open);
  close_energies(annotations_, values_.sources(), open);
  const std::size_t wide = values_.width(slot),
                    limit = static_cast<std::size_t>(shown.alignment->limit);
  if (limit == 0 || limit >= wide) return open;
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<float> beyond = row_of(open, row, wide).subspan(limit);
    std::fill(beyond.begin(), beyond.end(), -std::numeric_limits<float>::infinity());
  }
  return open;
}

std::unique_ptr<model::Decoding> ProgramDecoder::start(Annotations annotations,
                                                       std::vector<TokenId> candidates) const {
  ATTEND_CHECK(candidates.empty() || !program_.output.mixes());
  return std::make_unique<ProgramRun>(*this, std::move(annotations), std::move(candidates));
}

}  // namespace attend::runtime
