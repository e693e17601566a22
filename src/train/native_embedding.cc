#include "train/native_embedding.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/base.h"
#include "train/packed_weights.h"

namespace attend::train {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::span<const std::int64_t> all_ids(const Tensor& ids) {
  ATTEND_CHECK(ids.is_contiguous());
  return {ids.data_ptr<std::int64_t>(), static_cast<std::size_t>(ids.numel())};
}

class Lookup : public torch::autograd::Function<Lookup> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& table, const Tensor& ids) {
    context->save_for_backward({table, ids});
    std::vector<std::int64_t> shape = ids.sizes().vec();
    shape.push_back(table.size(1));
    const Tensor result = at::empty(shape, table.options().requires_grad(false));
    kernels::gather(all_ids(ids), rows_of(table), static_cast<std::size_t>(table.size(1)),
                    rows_of(result.view({-1, table.size(1)})));
    return result;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &table = saved[0], &ids = saved[1];
    const Tensor rows = gradients[0].reshape({ids.numel(), table.size(1)}).contiguous();
    const WeightGradient gradient(table);
    kernels::scatter_add(all_ids(ids), rows_of(rows), static_cast<std::size_t>(table.size(1)),
                         rows_of(gradient.sum()));
    return {gradient.result(), Tensor()};
  }
};

struct Distinct {
  std::vector<std::int64_t> ids;  // in the order of their first appearance
  Tensor index;                   // of every position the place of its id
};

Distinct find_distinct(const Tensor& ids, std::int64_t vocabulary) {
  Distinct result{{}, at::empty_like(ids)};
  std::vector<std::int64_t> places(static_cast<std::size_t>(vocabulary) + 1, -1);  // of id − 1
  std::int64_t* index = result.index.data_ptr<std::int64_t>();
  for (const std::int64_t id : all_ids(ids)) {
    ATTEND_CHECK(id >= -1 && id < vocabulary);
    std::int64_t& place = places[static_cast<std::size_t>(id + 1)];
    if (place < 0) {
      place = static_cast<std::int64_t>(result.ids.size());
      result.ids.push_back(id);
    }
    *index++ = place;
  }
  return result;
}

}  // namespace

Tensor native_embedding(const Tensor& table, const Tensor& ids) {
  return Lookup::apply(table, ids.contiguous());
}

WordRows embed_words(const Tensor& table, const Tensor& ids) {
  const Tensor all = ids.contiguous();
  Distinct distinct = find_distinct(all, table.size(0));
  const auto count = static_cast<std::int64_t>(distinct.ids.size());
  if (4 * count > 3 * all.numel()) return {native_embedding(table, all.view(-1)), {}};
  Tensor rows = at::empty({count}, all.options());
  std::copy(distinct.ids.begin(), distinct.ids.end(), rows.data_ptr<std::int64_t>());
  return {native_embedding(table, rows), std::move(distinct.index)};
}

void take_shared_rows(const Tensor& index, std::int64_t t, std::size_t count, const Tensor& table,
                      kernels::Rows rows) {
  const std::int64_t batch = index.size(1);
  const auto positions = all_ids(index).subspan(static_cast<std::size_t>(t * batch), count);
  kernels::gather(positions, rows_of(table), static_cast<std::size_t>(table.size(1)), rows);
}

Tensor sum_shared_rows(const Tensor& positions, const Tensor& index, std::int64_t count) {
  Tensor sums = at::empty({count, positions.size(1)}, positions.options());
  kernels::scatter_sums(all_ids(index), rows_of(positions), to_size(positions.size(1)),
                        to_size(count), rows_of(sums));
  return sums;
}

}  // namespace attend::train
