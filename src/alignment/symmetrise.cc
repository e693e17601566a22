#include "alignment/symmetrise.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/base.h"

namespace attend::alignment {
namespace {

std::vector<Link> common(const std::vector<Link>& a, const std::vector<Link>& b) {
  std::vector<Link> result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

std::vector<Link> joined(const std::vector<Link>& a, const std::vector<Link>& b) {
  std::vector<Link> result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

// The neighbours of a link as differences of indices. Index 0 minus 1 wraps around to an index that
// no link has.
constexpr std::size_t kBack = static_cast<std::size_t>(-1);
constexpr std::array<Link, 8> kNeighbours{
    {{kBack, 0}, {0, kBack}, {1, 0}, {0, 1}, {kBack, kBack}, {kBack, 1}, {1, kBack}, {1, 1}}};

// A set of links that grows, with the words that it links.
class GrowingLinks {
 public:
  /// Begins with the links `first`. Growing may add links of `allowed`, which is sorted.
  GrowingLinks(const std::vector<Link>& first, const std::vector<Link>& allowed)
      : allowed_(allowed) {
    for (const Link& link : first) add(link);
  }

  /// Adds neighbours until there are none. One visit to a link is enough: a neighbour that cannot
  /// be added then has two linked words, which stay linked. The visits have the order of rounds
  /// over all links.
  void grow() {
    std::set<Link> unvisited = links_;
    auto next = unvisited.begin();
    while (!unvisited.empty()) {
      if (next == unvisited.end()) next = unvisited.begin();  // the next round
      const Link link = *next;
      unvisited.erase(next);
      for (const Link& step : kNeighbours) {
        const Link neighbour{link.source + step.source, link.target + step.target};
        const bool open = !has_source(neighbour.source) || !has_target(neighbour.target);
        if (!open || !std::binary_search(allowed_.begin(), allowed_.end(), neighbour)) continue;
        add(neighbour);
        unvisited.insert(neighbour);
      }
      next = unvisited.upper_bound(link);
    }
  }

  void add_final(const std::vector<Link>& links, bool both) {
    for (const Link& link : links) {
      const bool source = !has_source(link.source), target = !has_target(link.target);
      if (both ? source && target : source || target) add(link);
    }
  }

  std::vector<Link> links() const { return {links_.begin(), links_.end()}; }

 private:
  bool has_source(std::size_t word) const { return sources_.count(word) > 0; }
  bool has_target(std::size_t word) const { return targets_.count(word) > 0; }
  void add(const Link& link) {
    links_.insert(link);
    sources_.insert(link.source);
    targets_.insert(link.target);
  }

  const std::vector<Link>& allowed_;
  std::set<Link> links_;
  std::set<std::size_t> sources_, targets_;
};

struct Name {
  Symmetrisation how;
  std::string_view name;
};

constexpr std::array<Name, 5> kNames{{
    {Symmetrisation::kIntersection, "intersection"},
    {Symmetrisation::kUnion, "union"},
    {Symmetrisation::kGrowDiag, "grow-diag"},
    {Symmetrisation::kGrowDiagFinal, "grow-diag-final"},
    {Symmetrisation::kGrowDiagFinalAnd, "grow-diag-final-and"},
}};

constexpr auto kAll = [] {
  std::array<Symmetrisation, kNames.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = kNames[i].how;
  return all;
}();

}  // namespace

std::vector<Link> symmetrise(std::span<const Link> forward, std::span<const Link> reverse,
                             Symmetrisation how) {
  const std::vector<Link> one = metrics::as_set(forward), other = metrics::as_set(reverse);
  std::vector<Link> both = common(one, other);
  if (how == Symmetrisation::kIntersection) return both;
  const std::vector<Link> either = joined(one, other);
  if (how == Symmetrisation::kUnion) return either;
  GrowingLinks links(both, either);
  links.grow();
  if (how != Symmetrisation::kGrowDiag) {
    const bool both_words = how == Symmetrisation::kGrowDiagFinalAnd;
    links.add_final(one, both_words);
    links.add_final(other, both_words);
  }
  return links.links();
}

std::string_view symmetrisation_name(Symmetrisation how) {
  for (const Name& one : kNames) {
    if (one.how == how) return one.name;
  }
  throw CheckFailure("a symmetrisation without a name");
}

std::span<const Symmetrisation> all_symmetrisations() { return kAll; }

}  // namespace attend::alignment
