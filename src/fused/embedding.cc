#include "fused/embedding.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/base.h"
#include "fused/differentiate.h"

namespace attend::fused {
namespace {

using at::Tensor;

std::span<const std::int64_t> all_ids(const Tensor& ids) {
  ATTEND_CHECK(ids.is_contiguous());
  return {ids.data_ptr<std::int64_t>(), static_cast<std::size_t>(ids.numel())};
}

// The backward pass of embed(): sums the gradients of the positions of each id.
Tensor sum_by_id(const Tensor& table, const Tensor& ids, const Tensor& d_result) {
  const Tensor rows = d_result.reshape({ids.numel(), table.size(1)}).contiguous();
  const WeightGradient gradient(table);
  kernels::scatter_add(all_ids(ids), rows_of(rows), to_size(table.size(1)),
                       rows_of(gradient.sum()));
  return gradient.result();
}

struct Distinct {
  std::vector<std::int64_t> ids;  // in the order of their first appearance
  // The index in `ids` of the id at each position.
  Tensor index;
};

Distinct find_distinct(const Tensor& ids, std::int64_t vocabulary) {
  Distinct result{{}, at::empty_like(ids)};
  // places[id + 1] is the index of an id in result.ids, or −1.
  std::vector<std::int64_t> places(static_cast<std::size_t>(vocabulary) + 1, -1);
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

Tensor embed(const Tensor& table, const Tensor& given_ids) {
  const Tensor ids = given_ids.contiguous();
  std::vector<std::int64_t> shape = ids.sizes().vec();
  shape.push_back(table.size(1));
  std::vector<Tensor> results{at::empty(shape, table.options().requires_grad(false))};
  kernels::gather(all_ids(ids), rows_of(table), to_size(table.size(1)),
                  rows_of(results[0].view({-1, table.size(1)})));
  differentiate({table}, results, [table, ids](std::vector<Tensor>&& gradients) {
    // The gradient is undefined if no step reads the result.
    if (!gradients[0].defined()) return std::vector<Tensor>{Tensor()};
    return std::vector<Tensor>{sum_by_id(table, ids, gradients[0])};
  });
  return results[0];
}

Tensor embed_means(const Tensor& table, const Tensor& ids, const Tensor& groups,
                   const Tensor& counts) {
  const std::int64_t units = table.size(1);
  const at::TensorOptions options = table.options().requires_grad(false);
  std::vector<Tensor> results;
  {
    const at::NoGradGuard no_gradient;
    const Tensor rows = at::empty({ids.numel(), units}, options);
    kernels::gather(all_ids(ids), rows_of(table), to_size(units), rows_of(rows));
    results.push_back(sum_shared_rows(rows, groups, counts.size(0)).div_(counts));
  }
  differentiate({table}, results, [=](std::vector<Tensor>&& gradients) {
    if (!gradients[0].defined()) return std::vector<Tensor>{Tensor()};
    const at::NoGradGuard no_gradient;
    const Tensor d_means = (gradients[0] / counts).contiguous();
    const Tensor rows = at::empty({ids.numel(), units}, options);
    kernels::gather(all_ids(groups), rows_of(d_means), to_size(units), rows_of(rows));
    return std::vector<Tensor>{sum_by_id(table, ids, rows)};
  });
  return results[0];
}

WordRows embed_words(const Tensor& table, const Tensor& ids) {
  const Tensor all = ids.contiguous();
  Distinct distinct = find_distinct(all, table.size(0));
  const auto count = static_cast<std::int64_t>(distinct.ids.size());
  if (4 * count > 3 * all.numel()) return {embed(table, all.view(-1)), {}};
  Tensor rows = at::empty({count}, all.options());
  std::copy(distinct.ids.begin(), distinct.ids.end(), rows.data_ptr<std::int64_t>());
  return {embed(table, rows), std::move(distinct.index)};
}

void take_shared_rows(const Tensor& index, std::int64_t t, std::size_t count, const Tensor& table,
                      kernels::Rows rows) {
  const std::int64_t batch = index.size(1);
  const auto positions = all_ids(index).subspan(static_cast<std::size_t>(t * batch), count);
  kernels::gather(positions, rows_of(table), static_cast<std::size_t>(table.size(1)), rows);
}

void add_shared_rows(const Tensor& index, const Tensor& table, kernels::Rows rows) {
  const kernels::ConstRows shared = rows_of(table);
  const std::size_t units = to_size(table.size(1));
  const std::span<const std::int64_t> positions = all_ids(index);
  for (std::size_t r = 0; r < positions.size(); ++r) {
    kernels::add({shared.row(to_size(positions[r])), units}, {rows.row(r), units});
  }
}

Tensor sum_shared_rows(const Tensor& positions, const Tensor& index, std::int64_t count) {
  Tensor sums = at::empty({count, positions.size(1)}, positions.options());
  kernels::scatter_sums(all_ids(index), rows_of(positions), to_size(positions.size(1)),
                        to_size(count), rows_of(sums));
  return sums;
}

}  // namespace attend::fused
