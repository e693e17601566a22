#include "metrics/cider.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/base.h"
#include "metrics/edit_distance.h"
#include "metrics/ngrams.h"

namespace attend::metrics {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t kOrders = 4;
constexpr double kSigma = 6;  // words, of the penalty for another length
constexpr double kScale = 10;

/// The n-grams of one order in one text, with their tf-idf weights.
struct Vector {
  std::vector<std::pair<std::uint32_t, double>> weights;  // by rising id
  double norm = 0;                                        ///< Euclidean
};

struct TextVectors {
  std::array<Vector, kOrders> orders;
  double length = 0;  ///< words
};

/// The n-grams of a corpus by ids, and in how many images each of them occurs.
class CaptionCorpus {
 public:
  CaptionCorpus(std::span<const Words> captions, std::span<const std::vector<Words>> references);
  double score(std::size_t image) const;

 private:
  void count_documents();
  Vector weigh(std::vector<std::uint32_t> ids) const;
  TextVectors vectors_of(const NgramsByOrder& ngrams) const;

  std::vector<NgramsByOrder> captions_;                 // [images]
  std::vector<std::vector<NgramsByOrder>> references_;  // [images][references of the image]
  std::vector<std::uint32_t> documents_;                // [ids] images whose references have it
};

CaptionCorpus::CaptionCorpus(std::span<const Words> captions,
                             std::span<const std::vector<Words>> references) {
  UnitIds words;
  NgramIds ids;
  const auto ngrams = [&](const Words& text) { return ids.of(words.of(text), kOrders); };
  for (const Words& caption : captions) captions_.push_back(ngrams(caption));
  for (const std::vector<Words>& list : references) {
    references_.emplace_back();
    for (const Words& reference : list) references_.back().push_back(ngrams(reference));
  }
  documents_.assign(ids.size(), 0);
  count_documents();
}

/// An n-gram counts once for an image, however many of its references have it.
void CaptionCorpus::count_documents() {
  std::vector<std::size_t> last(documents_.size(), references_.size());  // the last image with it
  for (std::size_t image = 0; image < references_.size(); ++image) {
    for (const NgramsByOrder& reference : references_[image]) {
      for (const auto& order : reference) {
        for (const std::uint32_t id : order) {
          if (std::exchange(last[id], image) != image) ++documents_[id];
        }
      }
    }
  }
}

Vector CaptionCorpus::weigh(std::vector<std::uint32_t> ids) const {
  std::sort(ids.begin(), ids.end());
  const auto images = static_cast<double>(captions_.size());
  Vector result;
  double squares = 0;
  for (auto at = ids.begin(); at != ids.end();) {
    const auto next = std::upper_bound(at, ids.end(), *at);
    // An n-gram that no reference has is as rare as one that a single image has.
    const double documents = std::max(1.0, static_cast<double>(documents_[*at]));
    const double weight = static_cast<double>(next - at) * std::log(images / documents);
    result.weights.emplace_back(*at, weight);
    squares += weight * weight;
    at = next;
  }
  result.norm = std::sqrt(squares);
  return result;
}

TextVectors CaptionCorpus::vectors_of(const NgramsByOrder& ngrams) const {
  TextVectors result;
  result.length = static_cast<double>(ngrams.front().size());
  for (std::size_t order = 0; order < kOrders; ++order) result.orders[order] = weigh(ngrams[order]);
  return result;
}

/// Returns the cosine of the vectors of a caption and a reference. A caption gets no more for an
/// n-gram than it would with the weight that the reference gives it. Vectors without any weight,
/// of short texts and of n-grams that every image has, have the cosine 0.
double clipped_cosine(const Vector& caption, const Vector& reference) {
  if (caption.norm == 0 || reference.norm == 0) return 0;
  double product = 0;
  auto other = reference.weights.begin();
  for (const auto& [id, weight] : caption.weights) {
    while (other != reference.weights.end() && other->first < id) ++other;
    if (other == reference.weights.end()) break;
    if (other->first == id) product += std::min(weight, other->second) * other->second;
  }
  return product / (caption.norm * reference.norm);
}

/// Returns the mean cosine of the orders, 0 to 1, times the penalty.
double similarity(const TextVectors& caption, const TextVectors& reference) {
  double sum = 0;
  for (std::size_t order = 0; order < kOrders; ++order) {
    sum += clipped_cosine(caption.orders[order], reference.orders[order]);
  }
  const double deviations = (caption.length - reference.length) / kSigma;
  return sum / static_cast<double>(kOrders) * std::exp(-deviations * deviations / 2);
}

double CaptionCorpus::score(std::size_t image) const {
  const TextVectors caption = vectors_of(captions_[image]);
  double sum = 0;
  for (const NgramsByOrder& reference : references_[image]) {
    sum += similarity(caption, vectors_of(reference));
  }
  return kScale * sum / static_cast<double>(references_[image].size());
}

}  // namespace

std::vector<double> cider_d(std::span<const Words> captions,
                            std::span<const std::vector<Words>> references) {
  ATTEND_CHECK_EQ(captions.size(), references.size());
  const CaptionCorpus corpus(captions, references);
  std::vector<double> scores;
  scores.reserve(captions.size());
  for (std::size_t image = 0; image < captions.size(); ++image) {
    scores.push_back(corpus.score(image));
  }
  return scores;
}

std::string cider_d_signature(std::string_view reference_count, const CaptionOptions& options) {
  return fmt::format("nrefs:{}|case:{}|tok:{}|n:{}|sigma:{}|df:corpus", reference_count,
                     options.lowercase ? "lc" : "mixed", tokenizer_name(options.tokenizer), kOrders,
                     kSigma);
}

}  // namespace attend::metrics
