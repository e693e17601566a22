// Mixes pairs with an empty target into a stream of dates.
#include <utility>

#include "dates/source.h"

namespace attend::dates {
namespace {

constexpr std::uint64_t kStream = 0x4E0DA7E;
constexpr double kImpossibleShare = 0.5;  // the other refusals contain no date at all

class RefusingSource : public DatePairGenerator::Source {
 public:
  RefusingSource(std::unique_ptr<DatePairGenerator::Source> source, const DatePairOptions& options)
      : source_(std::move(source)),
        random_(Random::stream(options.seed, kStream)),
        share_(options.refusal_share) {
    // Finds out before the first pair whether the wanted side has refusals at all.
    Random probe = Random::stream(options.seed, kStream + 1);
    source_->impossible(probe);
    source_->dateless(probe);
  }

  DatePair next() override {
    if (!random_.chance(share_)) return source_->next();
    return {random_.chance(kImpossibleShare) ? impossible(random_) : dateless(random_), ""};
  }
  std::string impossible(Random& random) override { return source_->impossible(random); }
  std::string dateless(Random& random) override { return source_->dateless(random); }

 private:
  std::unique_ptr<DatePairGenerator::Source> source_;
  Random random_;
  double share_;
};

}  // namespace

std::unique_ptr<DatePairGenerator::Source> refusing_source(
    std::unique_ptr<DatePairGenerator::Source> source, const DatePairOptions& options) {
  return std::make_unique<RefusingSource>(std::move(source), options);
}

}  // namespace attend::dates
