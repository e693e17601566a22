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
      copying_(decoder.output_, annotations_.copies),
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
  } else if (decoder_.program_.output.copies()) {
    copying_.keep_best(count);
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
  ++step_;
  return result();
}

void ProgramRun::take_rows(std::span<const StepRow> rows) {
  values_.begin(rows);
  rows_ = rows.size();
  tokens_.resize(rows_);
  any_parent_ = false;
  for (std::size_t row = 0; row < rows_; ++row) {
    tokens_[row] = token_read_by(rows[row]);
    any_parent_ = any_parent_ || rows[row].parent >= 0;
  }
}

// Returns the token whose embedding a row reads. A unit that only the row's source has is read as
// <unk>.
TokenId ProgramRun::token_read_by(const StepRow& row) const {
  if (row.previous == text::kNoToken) return row.previous;
  ATTEND_CHECK(row.previous >= 0);
  const auto id = static_cast<std::size_t>(row.previous);
  const std::size_t vocabulary = decoder_.embeddings_.vocabulary;
  if (id < vocabulary) return row.previous;
  const auto source = static_cast<std::size_t>(row.source);
  ATTEND_CHECK(source < annotations_.copies.size());
  const model::Copies& copies = annotations_.copies[source];
  ATTEND_CHECK(id - vocabulary < copies.units.size());
  return copies.unknown;
}

// Computes what an operation needs of the source once.
void ProgramRun::prepare(const PreparedOperation& one) {
  Prepared& prepared = prepared_[&one];
  if (one.operation->node->op == Op::kAdditiveEnergies && one.features.empty()) {
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
                    compute_attention(one) || compute_positions(one) || compute_past(one) ||
                    compute_function(one);
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
    case Op::kMaxAnnotations:
      return set(max_annotations(annotations_));
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

// Returns the value of the source of each row, [rows, l], from readouts [sources, l].
std::span<const float> ProgramRun::rows_of_sources(std::span<const float> readouts) {
  const std::size_t width = values_.width(schedule_.output);
  repeated_.resize(rows_ * width);
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto source = static_cast<std::size_t>(values_.sources()[row]);
    copy(row_of(readouts, source, width), row_of(std::span(repeated_), row, width));
  }
  return repeated_;
}

void ProgramRun::run_output() {
  const std::span<const float> output = values_.read(schedule_.output);
  if (decoder_.program_.output.copies()) return run_copying();
  if (!decoder_.program_.output.mixes()) {
    const bool of_sources = values_.per(schedule_.output) == step::Per::kSource;
    return output_.run(of_sources ? rows_of_sources(output) : output, rows_);
  }
  mixture_.begin(rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<float> normalizers = decoder_.mixture_normalizes_
                                             ? values_.write_defined(schedule_.normalizer, row)
                                             : std::span<float>();
    mixture_.mix(row, values_.defined_of(schedule_.output, row),
                 values_.defined_of(schedule_.prior, row), normalizers);
  }
}

void ProgramRun::run_copying() {
  copying_.begin(values_.read(schedule_.output), rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    copying_.copy({row, static_cast<std::size_t>(values_.sources()[row]),
                   values_.vector_of(schedule_.gate, step::Per::kRow, row)[0],
                   values_.defined_of(schedule_.copied, row)});
  }
}

StepResult ProgramRun::result() {
  StepResult result;
  result.rows = rows_;
  result.target_vocabulary = decoder_.embeddings_.vocabulary;
  result.source_length = annotations_.longest;
  if (decoder_.program_.output.mixes()) {
    mixture_.fill(result);
  } else if (decoder_.program_.output.copies()) {
    copying_.fill(result);
  } else {
    output_.fill(result);
  }
  if (decoder_.has_alignment()) result.alignment = values_.read(decoder_.alignment_);
  observations_.clear();
  for (std::size_t k = 0; k < decoder_.shown_.size(); ++k) {
    const ShownValue& shown = decoder_.shown_[k];
    if (shown.apart || (!shows_all_ && !shown.always)) continue;
    const step::ObservedSlot& one = *shown.observed;
    const std::span<const float> values = shown_values(k);
    const bool of_rows = values_.per(one.slot) != step::Per::kPosition;
    observations_.push_back(
        {one.name, one.over, of_rows ? values_.width(one.slot) : annotations_.longest, values});
  }
  result.observations = observations_;
  return result;
}

// The numbers of a slot at the positions of each row's source, unit by unit, and 0 after the end of
// the source: [rows, units, longest source].
std::span<const float> ProgramRun::unit_by_unit(int slot, kernels::Buffer& memory) const {
  const std::size_t units = values_.units(slot), longest = annotations_.longest;
  const std::span<float> shown = memory.get(rows_ * units * longest);
  std::fill(shown.begin(), shown.end(), 0.0F);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> own = values_.operand(slot, step::Per::kRowPosition, row);
    const std::span<float> to = row_of(shown, row, units * longest);
    for (std::size_t j = 0; j < values_.length(row); ++j) {
      for (std::size_t unit = 0; unit < units; ++unit) {
        to[unit * longest + j] = own[j * units + unit];
      }
    }
  }
  return shown;
}

// Energies are shown as −∞ where a row may not look, in a copy: the next step may read the values.
std::span<const float> ProgramRun::shown_values(std::size_t k) {
  const ShownValue& shown = decoder_.shown_[k];
  const int slot = shown.observed->slot;
  const step::Per per = values_.per(slot);
  const bool heads = per == step::Per::kRowPosition && shown.observed->over == step::Over::kHeads;
  if (heads || per == step::Per::kPosition) return unit_by_unit(slot, open_[k]);
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
  ATTEND_CHECK(candidates.empty() || !(program_.output.mixes() || program_.output.copies()));
  return std::make_unique<ProgramRun>(*this, std::move(annotations), std::move(candidates));
}

}  // namespace attend::runtime
