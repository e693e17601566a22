#include "network/layout.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace attend::network {
namespace {

using model::Initial;
using model::TensorSpec;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Fills a parameter with square blocks of rows. Each block holds the left singular vectors of a
// Gaussian matrix (§1.7).
void fill_orthogonal(double* values, const TensorSpec& spec, Random& random) {
  const std::int64_t n = spec.shape[1];
  ATTEND_CHECK(spec.shape[0] % n == 0);
  for (std::int64_t block = 0; block < spec.shape[0] / n; ++block) {
    Tensor gaussian = at::empty({n, n}, at::kDouble);
    for (std::int64_t i = 0; i < n * n; ++i) gaussian.data_ptr<double>()[i] = random.normal();
    const Tensor vectors = std::get<0>(at::linalg_svd(gaussian, false)).contiguous();
    std::memcpy(values + block * n * n, vectors.data_ptr<double>(),
                static_cast<std::size_t>(n * n) * sizeof(double));
  }
}

void fill(double* values, const TensorSpec& spec, Random random) {
  const std::int64_t count = spec.count();
  switch (spec.initial) {
    case Initial::kZero:
      break;
    case Initial::kOne:
      std::fill(values, values + count, 1.0);
      break;
    case Initial::kConstant:
      std::fill_n(values, count, spec.scale);
      break;
    case Initial::kNormal:
      for (std::int64_t i = 0; i < count; ++i) values[i] = spec.scale * random.normal();
      break;
    case Initial::kUniform:
      for (std::int64_t i = 0; i < count; ++i) {
        values[i] = spec.scale * (2.0 * random.uniform() - 1.0);
      }
      break;
    case Initial::kOrthogonal:
      fill_orthogonal(values, spec, random);
      break;
    case Initial::kForgetGate:  // gates in the order i, f, o, g
      std::fill(values + count / 4, values + count / 2, 1.0);
      break;
  }
}

}  // namespace

Layout::Layout(std::vector<TensorSpec> table)
    : table_(std::move(table)), parameters_(model::parameter_count(table_)) {
  constexpr std::int64_t kLine = 16;  // floats in 64 bytes, to which libtorch aligns memory
  for (const TensorSpec& spec : table_) {
    offsets_.push_back(size_);
    size_ += (spec.count() + kLine - 1) / kLine * kLine;
  }
}

std::vector<RowBlock> Layout::row_blocks(const std::vector<std::string>& left_out) const {
  constexpr std::size_t kRows = 32, kAtOnce = std::size_t{1} << 14;  // values
  std::vector<RowBlock> result;
  for (std::size_t k = 0; k < table_.size(); ++k) {
    if (holds(left_out, table_[k].name)) continue;
    const auto first = static_cast<std::size_t>(offsets_[k]);
    const auto count = static_cast<std::size_t>(table_[k].count());
    const auto columns =
        static_cast<std::size_t>(table_[k].shape.size() > 1 ? table_[k].shape.back() : 1);
    const std::size_t at_once = std::max<std::size_t>(1, kAtOnce / (kRows * columns)) * kRows;
    const std::size_t rows = count / columns;
    for (std::size_t row = 0; row < rows; row += at_once) {
      result.push_back({first + row * columns, std::min(at_once, rows - row), columns});
    }
  }
  return result;
}

Tensors Layout::views(const Tensor& flat) const {
  ATTEND_CHECK_EQ(flat.numel(), size_);
  Tensors result;
  for (std::size_t k = 0; k < table_.size(); ++k) {
    const TensorSpec& spec = table_[k];
    result.emplace(spec.name, flat.narrow(0, offsets_[k], spec.count()).view(spec.shape));
  }
  return result;
}

bool Layout::read(std::span<const float> values, const Tensor& flat) const {
  ATTEND_CHECK_EQ(flat.numel(), size_);
  const bool packed = values.size() == static_cast<std::size_t>(parameters_);
  if (!packed && values.size() != static_cast<std::size_t>(size_)) return false;
  if (!packed) {
    std::memcpy(flat.data_ptr<float>(), values.data(), values.size_bytes());
    return true;
  }
  for (std::size_t k = 0; k < table_.size(); ++k) {
    const auto count = static_cast<std::size_t>(table_[k].count());
    std::memcpy(flat.data_ptr<float>() + offsets_[k], values.data(), count * sizeof(float));
    values = values.subspan(count);
  }
  return true;
}

double Layout::largest(const Tensor& flat) const {
  std::vector<Tensor> each;
  for (const auto& [name, values] : views(flat)) each.push_back(values.abs().max());
  return at::stack(each).max().item<double>();  // NaN when any value is NaN
}

Tensor initial_values(const Layout& layout, std::uint64_t seed, at::ScalarType type) {
  const Tensor values = at::zeros({layout.size()}, at::kDouble);
  for (std::size_t k = 0; k < layout.table().size(); ++k) {
    fill(values.data_ptr<double>() + layout.offsets()[k], layout.table()[k],
         Random::stream(seed, k));
  }
  return values.to(type);
}

Leaves::Leaves(const Layout& layout, const Tensor& values, const std::vector<std::string>& frozen)
    : gradient(at::zeros_like(values)) {
  const Tensors gradients = layout.views(gradient);
  for (const auto& [name, view] : layout.views(values)) {
    const bool learns = !holds(frozen, name);
    Tensor leaf = view.detach().requires_grad_(learns);
    if (learns) leaf.mutable_grad() = gradients.at(name);
    tensors.emplace(name, std::move(leaf));
  }
}

model::Weights make_weights(const Layout& layout, const Tensor& values, model::Metadata metadata) {
  const auto flat = std::make_shared<Tensor>(values.detach().to(at::kCPU, at::kFloat).clone());
  std::map<std::string, model::TensorView> views;
  for (std::size_t k = 0; k < layout.table().size(); ++k) {
    const TensorSpec& spec = layout.table()[k];
    const float* first = flat->data_ptr<float>() + layout.offsets()[k];
    views[spec.name] = {spec.shape, {first, static_cast<std::size_t>(spec.count())}};
  }
  return model::Weights(std::move(views), flat, std::move(metadata));
}

Tensor flat_values(const Layout& layout, const model::Weights& weights, at::ScalarType type) {
  weights.check_against(layout.table());
  const Tensor flat = at::zeros({layout.size()}, at::kFloat);
  for (std::size_t k = 0; k < layout.table().size(); ++k) {
    const auto values = weights.get(layout.table()[k].name).values;
    std::memcpy(flat.data_ptr<float>() + layout.offsets()[k], values.data(), values.size_bytes());
  }
  return flat.to(type);
}

}  // namespace attend::network
