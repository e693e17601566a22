// The backward pass computes tanh(q + U h_j) again (§15), so that no tensor [batch, steps,
// source_length, n'] exists. finish() computes the gradients of the annotations, of the keys of a
// dot product and of the query weights, because they are sums over all steps.
#include "fused/attention.h"

#include "base/base.h"

namespace attend::fused {

using kernels::ConstRows;
using kernels::PackedRows;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

kernels::Bfloat16* bits_of(const Tensor& values) {
  return values.defined() ? reinterpret_cast<kernels::Bfloat16*>(values.data_ptr<std::int16_t>())
                          : nullptr;
}

Tensor rounded(const Tensor& values) {
  const Tensor result = at::empty_like(values, at::kShort);
  const std::size_t count = to_size(values.numel());
  kernels::to_bfloat16({span_of(values).data(), count}, 1, count, bits_of(result));
  return result;
}

// Wide rows are multiplied by one product for each sentence.
void add_rows(const ShardMatrices& matrices, std::span<const std::int32_t> lengths,
              const Tensor& weights, const Tensor& rows, const Tensor& sums, Write write) {
  constexpr std::size_t kWide = 256;
  ATTEND_CHECK(rows.is_contiguous() && weights.is_contiguous());
  const std::size_t steps = to_size(rows.size(0)), units = to_size(rows.size(2));
  const std::size_t batch = to_size(rows.size(1)), longest = to_size(weights.size(2));
  if (units < kWide) {
    if (write == Write::kReplace) sums.zero_();
    return kernels::add_weighted_rows(
        {batch, longest, 0, 0}, lengths,
        {steps, units, weights.data_ptr<float>(), rows.data_ptr<float>()}, sums.data_ptr<float>());
  }
  for (std::size_t b = 0; b < batch; ++b) {
    const Rows weight{weights.data_ptr<float>() + b * longest, batch * longest};
    const Rows row{rows.data_ptr<float>() + b * units, batch * units};
    kernels::gradient_product(matrices.primitives(),
                              PackedRows(matrices.precision(), weight, steps, longest),
                              PackedRows(matrices.precision(), row, steps, units),
                              Rows{sums.data_ptr<float>() + b * longest * units, units}, write);
  }
}

AttentionPass::AttentionPass(const std::shared_ptr<ShardMatrices>& matrices,
                             const AttentionInputs& inputs, std::int64_t steps)
    : matrices_(matrices), in_(inputs), steps_(steps) {
  const std::int64_t batch = in_.batch(), length = in_.annotations.size(1);
  // The kernels know lengths only: the positions where attention may look must be the first ones.
  ATTEND_CHECK_EQ(in_.lengths.size(), to_size(batch));
  const auto make = [&](std::int64_t units) {
    return at::empty({steps, batch, units}, in_.annotations.options().requires_grad(false));
  };
  if (in_.additive()) {
    query_ = &matrices->forward(in_.query_weight, RowsPerProduct::kStep);
    queries_ = make(in_.projected.size(2));
  }
  prepare_source();
  if (in_.energies == model::Energies::kRelu) energies_ = make(length);
  alignments_ = make(length);
  contexts_ = make(in_.annotations.size(2));
}

// Makes the keys and the bfloat16 copies that all steps read.
void AttentionPass::prepare_source() {
  keys_ = in_.keys();
  // The choice depends on the model only. Narrow rows stay float32, because their conversion takes
  // longer than the shorter reads save.
  constexpr std::int64_t kWide = 128;
  const auto rounds = [&](const Tensor& rows) {
    return matrices_->precision() == Precision::kBfloat16 && rows.size(2) >= kWide;
  };
  if (rounds(in_.annotations)) rounded_annotations_ = rounded(in_.annotations);
  if (in_.additive()) {
    make_exponentials(rounds(keys_) ? at::kShort : at::kFloat);
  } else if (rounds(keys_)) {
    rounded_keys_ = in_.projected.defined() ? rounded(keys_) : rounded_annotations_;
  }
}

// Replaces the keys by their exponentials if all of them fit, those on padding included, because
// all queries have one form.
void AttentionPass::make_exponentials(at::ScalarType type) {
  const Tensor keys = at::empty_like(keys_, type);
  const std::span<const float> projected = span_of(keys_);
  const bool rounds = type == at::kShort;
  const bool fit = rounds ? kernels::exponential_keys(projected, bits_of(keys))
                          : kernels::exponential_keys(projected, keys.data_ptr<float>());
  if (!fit) return;
  form_ = kernels::KeyForm::kExponential;
  (rounds ? rounded_keys_ : keys_) = keys;
}

kernels::AttentionSource AttentionPass::source() const {
  kernels::AttentionSource source;
  source.sizes = {to_size(in_.batch()), to_size(in_.annotations.size(1)),
                  to_size(in_.keys().size(2)), to_size(in_.annotations.size(2))};
  source.lengths = in_.lengths;
  source.annotations = in_.annotations.data_ptr<float>();
  source.projected = keys_.data_ptr<float>();
  source.rounded_annotations = bits_of(rounded_annotations_);
  source.rounded_projected = bits_of(rounded_keys_);
  source.form = form_;
  if (in_.energy_weight.defined()) source.weight = in_.energy_weight.data_ptr<float>();
  if (in_.energy_bias.defined()) source.bias = *in_.energy_bias.data_ptr<float>();
  source.activation = in_.energies == model::Energies::kRelu ? kernels::EnergyActivation::kRelu
                                                             : kernels::EnergyActivation::kLinear;
  return source;
}

kernels::AttentionStep AttentionPass::step(std::int64_t i, ConstRows states) const {
  return {in_.additive() ? rows_at(queries_, i).values : states.values,
          energies_.defined() ? rows_at(energies_, i).values : nullptr,
          rows_at(alignments_, i).values, rows_at(contexts_, i).values};
}

void AttentionPass::look(std::int64_t i, ConstRows states) {
  if (in_.additive()) {
    const Rows query = rows_at(queries_, i);
    query_->multiply(states, to_size(in_.batch()), nullptr, query, Write::kReplace);
    if (form_ == kernels::KeyForm::kExponential) {
      kernels::exponential_query({query.values, to_size(in_.batch() * queries_.size(2))});
    }
    kernels::additive_attention_forward(source(), step(i, states));
  } else {
    kernels::dot_attention_forward(source(), step(i, states));
  }
}

AttentionBackward::AttentionBackward(const AttentionPass& pass, const Tensor& d_contexts,
                                     const Tensor& d_alignments)
    : pass_(pass),
      in_(pass.in_),
      source_(pass.source()),
      d_contexts_(d_contexts.defined() ? d_contexts : at::zeros_like(pass.contexts_)),
      d_alignments_(d_alignments),
      d_annotations_(at::empty_like(in_.annotations)) {
  ATTEND_CHECK(!d_alignments_.defined() || d_alignments_.is_contiguous());
  if (in_.energy_bias.defined()) d_energy_bias_.emplace(in_.energy_bias);
  if (in_.additive()) {
    d_projected_ = at::zeros_like(in_.projected);
    query_ = &pass.matrices_->backward(in_.query_weight, RowsPerProduct::kStep);
    d_queries_ = at::empty_like(pass.queries_);
    d_query_weight_.emplace(in_.query_weight);
    d_energy_weight_.emplace(in_.energy_weight);
    scratch_.resize(source_.sizes.source_length);
  } else {
    d_queries_ = at::empty({1, in_.batch(), in_.keys().size(2)}, d_contexts_.options());
    d_energies_ = at::empty_like(pass.alignments_);
    if (in_.projected.defined()) d_projected_ = at::empty_like(in_.projected);
  }
}

kernels::AttentionResultGradients AttentionBackward::result_gradients(std::int64_t i) const {
  return {d_context(i).values,
          d_alignments_.defined() ? rows_at(d_alignments_, i).values : nullptr};
}

void AttentionBackward::step(std::int64_t i, ConstRows states, Rows d_states) {
  const kernels::AttentionStep step = pass_.step(i, states);
  if (in_.additive()) {
    const Rows d_query = rows_at(d_queries_, i);
    kernels::additive_attention_backward(
        source_, step, result_gradients(i),
        {d_projected_.data_ptr<float>(), d_energy_weight_->sum().data_ptr<float>(), &d_bias_,
         d_query.values},
        scratch_);
    query_->multiply(d_query, to_size(in_.batch()), nullptr, d_states, Write::kAdd);
    return;
  }
  const Rows d_query = rows_at(d_queries_, 0);
  kernels::dot_attention_backward(source_, step, result_gradients(i),
                                  {rows_at(d_energies_, i).values, d_query.values, &d_bias_});
  for (std::size_t b = 0; b < source_.sizes.batch; ++b) {
    const float* from = d_query.row(b);
    float* to = d_states.row(b);
    for (std::size_t k = 0; k < source_.sizes.attention_units; ++k) to[k] += from[k];
  }
}

void AttentionBackward::finish(const Tensor& states) {
  add_rows(*pass_.matrices_, in_.lengths, pass_.alignments_, d_contexts_, d_annotations_,
           Write::kReplace);
  if (d_energy_bias_) *d_energy_bias_->sum().data_ptr<float>() += d_bias_;
  if (!in_.additive()) {
    const bool apart = d_projected_.defined();
    add_rows(*pass_.matrices_, in_.lengths, d_energies_, states,
             apart ? d_projected_ : d_annotations_, apart ? Write::kReplace : Write::kAdd);
    return;
  }
  const ShardMatrices& matrices = *pass_.matrices_;
  add_product(matrices, matrices.pack(d_queries_.flatten(0, 1)),
              matrices.pack(states.flatten(0, 1)), d_query_weight_->sum());
}

}  // namespace attend::fused
