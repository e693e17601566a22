// Tests the memory that steps allocate and the best tokens that they report.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>

#include "kernels/ranking.h"
#include "random_model.h"
#include "reference_model.h"
#include "runtime/runtime.h"

namespace {

std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
// Replaced too, since a sanitizer's version would not match the delete below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  ++allocations;
  const auto bytes = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(bytes, (size + bytes) / bytes * bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace attend::runtime {
namespace {

using model::Configuration;
using namespace testing;

// Vocabularies and weights on either side of the limits for tables and projections.
constexpr model::VocabularySizes kSmall{30, 20}, kLarge{30, 9000};

Configuration small_model() {
  Configuration c;
  c.encoder.embedding = c.decoder.embedding = 9;
  c.encoder.units = 12;
  c.attention.units = 11;
  c.decoder.units = 13;
  c.decoder.readout_units = 10;
  return c;
}

Configuration large_model() {
  Configuration c = small_model();
  c.encoder.units = 160;
  c.decoder.units = 200;
  c.decoder.readout_units = 500;
  return c;
}

struct Case {
  Configuration configuration;
  model::VocabularySizes sizes;
  DecoderPath path = DecoderPath::kPlan;
};

// Configurations that have no plan.
std::vector<Case> cases_of_programs() {
  std::vector<Case> list(6, {small_model(), kSmall, DecoderPath::kProgram});
  for (const std::size_t k : {0U, 1U}) {
    list[k].configuration.decoder.order = model::Order::kUpdateLookGenerate;
    list[k].configuration.attention.kind =
        k == 0 ? model::AttentionKind::kHard : model::AttentionKind::kHardMonotonic;
  }
  list[2].configuration.attention.coverage = model::Coverage::kSum;
  list[2].configuration.attention.coverage_loss = 1;
  for (const std::size_t k : {3U, 4U}) {
    list[k].configuration.attention.window = model::Window::kPredicted;
    list[k].configuration.attention.reach = 2;
  }
  list[4].configuration.attention.units = 40;
  list[5].configuration.decoder.order = model::Order::kUpdateLookGenerate;
  list[5].configuration.attention.kind = model::AttentionKind::kHardMonotonicFirstOrder;
  list[5].configuration.attention.score = "general";
  list.push_back({small_model(), kSmall, DecoderPath::kProgram});
  list.back().configuration.attention.keys = model::Keys::kProjected;
  list.back().configuration.attention.heads = 3;
  list.back().configuration.attention.score = "scaled-dot";
  list.push_back({small_model(), kSmall, DecoderPath::kProgram});
  list.back().configuration.attention.keys = model::Keys::kHalves;
  for (const model::Coverage coverage : {model::Coverage::kLinguistic, model::Coverage::kNeural}) {
    list.push_back({small_model(), kSmall, DecoderPath::kProgram});
    list.back().configuration.attention.score = "location-aware";
    list.back().configuration.attention.coverage = coverage;
  }
  return list;
}

std::vector<Case> cases() {
  std::vector<Case> list = {{small_model(), kSmall}, {large_model(), kLarge}};
  list.push_back(list[1]);
  list.back().configuration.decoder.order = model::Order::kLookGenerateUpdate;
  list.push_back(list[0]);
  list.back().configuration.decoder.cell.type = model::Cell::kLstm;
  for (const std::size_t size : {0U, 1U}) {  // these have input feeding
    list.push_back(list[size]);
    Configuration& fed = list.back().configuration;
    fed.encoder.direction = size == 0 ? model::Direction::kBackward : model::Direction::kForward;
    fed.attention.score = size == 0 ? "dot" : "general";
    fed.decoder.order = model::Order::kUpdateLookGenerate;
    fed.decoder.input_feeding = model::InputFeeding::kReadout;
    fed.decoder.initial_state = model::InitialState::kCopy;
    fed.decoder.readout = size == 0 ? model::Readout::kMaxout : model::Readout::kTanh;
    fed.decoder.units = fed.encoder.annotation_units();
  }
  for (const std::size_t size : {0U, 1U}) {  // these have two cells
    list.push_back(list[size]);
    model::DecoderConfig& decoder = list.back().configuration.decoder;
    decoder.order = model::Order::kUpdateLookUpdate;
    decoder.cell.type = size == 0 ? model::Cell::kLstm : model::Cell::kGru;
    decoder.cell.bias = model::GruBias::kInside;
    decoder.second_bias = model::GruBias::kOutside;
  }
  for (const model::AttentionKind kind :
       {model::AttentionKind::kFixed, model::AttentionKind::kNone}) {
    for (const std::size_t size : {0U, 1U}) {
      list.push_back(list[size]);
      list.back().configuration.attention.kind = kind;
      list.back().configuration.decoder.layers = 2;
    }
  }
  list.push_back(list[0]);  // every step reads nothing but the fixed context
  list.back().configuration.attention.kind = model::AttentionKind::kFixed;
  list.back().configuration.decoder.feedback = model::Feedback::kNone;
  list.push_back({model::preset("dates"), {37, 11}});
  const std::size_t planned = list.size();
  for (std::size_t k = 0; k < planned; ++k) {  // all of them by their step programs too
    list.push_back(list[k]);
    list.back().path = DecoderPath::kProgram;
  }
  for (const Case& one : cases_of_programs()) list.push_back(one);
  return list;
}

std::unique_ptr<model::Engine> make(const Case& one, double scale, Random& random,
                                    model::Weights* weights = nullptr) {
  const model::Weights made = random_weights(one.configuration, one.sizes, random, scale);
  if (weights != nullptr) *weights = made;
  const bool ends = one.configuration.target.end_token;
  return make_engine(one.configuration, one.sizes, ends ? std::optional<TokenId>(2) : std::nullopt,
                     made, {.path = one.path});
}

TEST(Steps, AllocateNothingAfterTheFirst) {
  Random random(51);
  for (const Case& one : cases()) {
    const auto engine = make(one, 0.1, random);
    const auto sources = random_sources(one.configuration, one.sizes, 6, 9, random);
    for (const std::size_t best : {0, 5}) {
      const auto decoding = engine->annotate(model::make_sources(sources));
      if (best > 0) decoding->keep_best(best);
      std::vector<Path> paths;
      decoding->step(first_rows(sources.size(), paths));
      if (one.configuration.decoder.order == model::Order::kLookGenerateUpdate ||
          one.configuration.attention.is_hard()) {
        // The first operation that needs the chosen token comes in the second step.
        decoding->step(next_rows(6, 11, random, paths));
      }
      for (const std::size_t count : {6, 6, 4, 3, 1, 2, 6}) {
        const auto rows = next_rows(count, 11, random, paths);
        const std::size_t before = allocations;
        decoding->step(rows);
        EXPECT_EQ(allocations - before, 0U) << "step of " << count << " rows, best " << best;
      }
    }
  }
}

TEST(Steps, TheBestAreThoseOfTheWholeDistribution) {
  Random random(52);
  for (const Case& one : cases()) {
    const auto engine = make(one, 0.1, random);
    const auto sources = random_sources(one.configuration, one.sizes, 60, 9, random);
    const auto whole = engine->annotate(model::make_sources(sources)),
               kept = engine->annotate(model::make_sources(sources));
    constexpr std::size_t kBest = 4;
    kept->keep_best(kBest);
    std::vector<Path> paths;
    std::vector<model::StepRow> rows = first_rows(sources.size(), paths);
    for (int step = 0; step < 3; ++step) {
      const model::StepResult expected = whole->step(rows), found = kept->step(rows);
      ASSERT_EQ(found.best_count, kBest);
      ASSERT_EQ(found.best.size(), rows.size() * kBest);
      EXPECT_TRUE(found.log_probabilities.empty());
      const std::size_t vocabulary = expected.target_vocabulary;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto scores = expected.log_probabilities.subspan(row * vocabulary, vocabulary);
        float last = 0.0F;
        for (std::size_t k = 0; k < kBest; ++k) {
          const model::RankedToken& token = found.best[row * kBest + k];
          ASSERT_NEAR(token.log_probability, scores[static_cast<std::size_t>(token.token)], 2e-6);
          last = token.log_probability;
        }
        const auto better = std::count_if(scores.begin(), scores.end(),
                                          [&](float score) { return score > last + 2e-6F; });
        ASSERT_LT(better, static_cast<std::ptrdiff_t>(kBest));
      }
      rows = next_rows(150, 11, random, paths);  // more rows than are ranked together
    }
  }
}

// Few rows of a large vocabulary are ranked with a coarse copy of the weights.
TEST(Steps, TheBestOfFewRowsAreThoseOfTheWholeDistribution) {
  Random random(55);
  Case one = cases()[1];
  one.configuration.decoder.readout_units = 130;  // 1.2 million output weights
  const model::Weights weights = random_weights(one.configuration, one.sizes, random, 0.3);
  const auto sources = random_sources(one.configuration, one.sizes, 3, 6, random);
  const std::pair<Precision, double> precisions[] = {
      {Precision::kFloat32, 1e-5}, {Precision::kBfloat16, 1e-3}, {Precision::kInt8, 1e-2}};
  for (const auto& [precision, tolerance] : precisions) {
    const auto engine = make_engine(one.configuration, one.sizes, 2, weights, {precision, nullptr});
    const auto whole = engine->annotate(model::make_sources(sources)),
               kept = engine->annotate(model::make_sources(sources));
    constexpr std::size_t kBest = 4;
    kept->keep_best(kBest);
    std::vector<Path> paths;
    std::vector<model::StepRow> rows = first_rows(sources.size(), paths);
    for (const std::size_t next : {1, 2, 3, 4, 2}) {
      const model::StepResult expected = whole->step(rows), found = kept->step(rows);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto scores = expected.log_probabilities.subspan(row * 9000, 9000);
        std::vector<kernels::Ranked> best(kBest);
        kernels::rank(scores, best);
        for (std::size_t k = 0; k < kBest; ++k) {
          const model::RankedToken& token = found.best[row * kBest + k];
          ASSERT_EQ(token.token, best[k].index) << precision_name(precision) << ", place " << k;
          ASSERT_NEAR(token.log_probability, best[k].value, tolerance);
        }
      }
      rows = next_rows(next, 11, random, paths);
    }
  }
}

// The other parity tests use sizes for which nothing is projected or left out of tables.
TEST(Steps, LargeModelsEqualThePlainModelInDouble) {
  Random random(53);
  for (Case one : cases()) {
    if (one.sizes.target != kLarge.target) continue;
    model::Weights weights;
    const auto engine = make(one, 0.08, random, &weights);
    const ReferenceModel reference(one.configuration, one.sizes, weights);
    const auto sources = random_sources(one.configuration, one.sizes, 3, 7, random);
    const auto decoding = engine->annotate(model::make_sources(sources));
    std::vector<Path> paths;
    std::vector<model::StepRow> rows = first_rows(sources.size(), paths);
    for (int step = 0; step < 3; ++step) {
      const model::StepResult result = decoding->step(rows);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto encoded = reference.encode(sources[static_cast<std::size_t>(paths[row].source)]);
        const ReferenceStep expected = reference.last_step(encoded, paths[row].tokens);
        for (std::size_t id = 0; id < result.target_vocabulary; ++id) {
          ASSERT_NEAR(result.log_probabilities[row * result.target_vocabulary + id],
                      expected.log_probabilities[id], 1e-5);
        }
      }
      rows = next_rows(4, 20, random, paths);
    }
  }
}

// Probabilities over a shortlist must be those of the whole vocabulary, divided by their sum.
TEST(Steps, AShortlistLeavesItsTokensAndTheEnd) {
  Random random(54);
  const Case one = cases()[1];
  const model::Weights weights = random_weights(one.configuration, one.sizes, random, 0.1);
  const auto sources = random_sources(one.configuration, one.sizes, 3, 6, random);
  std::vector<std::vector<TokenId>> targets(3);
  for (auto& target : targets) {
    for (int i = 0; i < 20; ++i) target.push_back(static_cast<TokenId>(100 + random.below(500)));
  }
  const auto shortlist = std::make_shared<const model::Shortlist>(
      model::Shortlist::learn(sources, targets, one.sizes, {}));
  const std::vector<TokenId> candidates = shortlist->candidates(sources);
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    const auto whole = make_engine(one.configuration, one.sizes, 2, weights, {precision, nullptr});
    const auto listed =
        make_engine(one.configuration, one.sizes, 2, weights, {precision, shortlist});
    const auto a = whole->annotate(model::make_sources(sources)),
               b = listed->annotate(model::make_sources(sources));
    b->keep_best(70);
    std::vector<Path> paths;
    const auto rows = first_rows(sources.size(), paths);
    const model::StepResult expected = a->step(rows), found = b->step(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto scores = expected.log_probabilities.subspan(row * 9000, 9000);
      double sum = std::exp(static_cast<double>(scores[2]));  // the end is always among them
      for (const TokenId id : candidates) {
        sum += std::exp(static_cast<double>(scores[static_cast<std::size_t>(id)]));
      }
      std::size_t seen = 0;
      for (const model::RankedToken& token : found.best.subspan(row * 70, 70)) {
        if (token.token == text::kNoToken) break;
        ++seen;
        ASSERT_TRUE(token.token == 2 ||
                    std::binary_search(candidates.begin(), candidates.end(), token.token));
        ASSERT_NEAR(token.log_probability,
                    scores[static_cast<std::size_t>(token.token)] - std::log(sum), 1e-5);
      }
      EXPECT_EQ(seen, std::min<std::size_t>(70, candidates.size() + 1));
    }
  }
}

}  // namespace
}  // namespace attend::runtime
