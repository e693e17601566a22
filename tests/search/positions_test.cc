// Tests searches over an encoder whose positions are not tokens: sentences, for example.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "toy_engine.h"

namespace attend::search::testing {
namespace {

constexpr std::size_t kSentence = 2;  // tokens

// A decoding that shows the first columns of another one's alignments.
class OverSentences : public model::Decoding {
 public:
  OverSentences(std::unique_ptr<model::Decoding> inner, std::size_t positions)
      : inner_(std::move(inner)), positions_(positions) {}

  model::StepResult step(std::span<const model::StepRow> rows) override {
    model::StepResult result = inner_->step(rows);
    alignment_.clear();
    for (std::size_t row = 0; row < result.rows; ++row) {
      const auto all = result.alignment.subspan(row * result.source_length, positions_);
      alignment_.insert(alignment_.end(), all.begin(), all.end());
    }
    result.source_length = positions_;
    result.alignment = alignment_;
    return result;
  }
  std::span<const float> pooling_weights(std::size_t source, std::size_t level) const override {
    return level == 0 && source == 0 ? std::span<const float>(weights_) : std::span<const float>();
  }

 private:
  std::unique_ptr<model::Decoding> inner_;
  std::size_t positions_;
  std::vector<float> alignment_;
  std::vector<float> weights_{0.25F, 0.75F};
};

class SentenceEngine : public ToyEngine {
 public:
  using ToyEngine::ToyEngine;
  std::unique_ptr<model::Decoding> annotate(std::span<const model::Source> sources) const override {
    std::size_t most = 0;
    for (const model::Source& source : sources) most = std::max(most, positions(source));
    return std::make_unique<OverSentences>(ToyEngine::annotate(sources), most);
  }
  std::size_t positions(const model::Source& source) const override {
    return (source.tokens.size() + kSentence - 1) / kSentence;
  }
};

const std::vector<Tokens> kDocuments{{5, 6, 7, 8, 9}, {8, 5}};

TEST(SearchOverSentences, KeepsOneColumnForEach) {
  const SentenceEngine engine(historic(3, 4), {});
  const auto found = search(engine, kDocuments, make_options(3, 2, 1.0, 6));
  for (std::size_t s = 0; s < kDocuments.size(); ++s) {
    const std::size_t columns = s == 0 ? 3 : 1;
    for (const Hypothesis& hypothesis : found[s]) {
      EXPECT_EQ(hypothesis.source_length, columns);
      ASSERT_EQ(hypothesis.alignment.size(), hypothesis.tokens.size() * columns);
      for (std::size_t i = 0; i < hypothesis.tokens.size(); ++i) {
        const Tokens prefix(hypothesis.tokens.begin(),
                            hypothesis.tokens.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_EQ(hypothesis.alignment[i * columns], toy_alignment(kDocuments[s], prefix)[0]);
      }
    }
  }
  const std::vector<Tokens> targets{found[0][0].tokens, found[1][0].tokens};
  const auto forced = score(engine, kDocuments, targets, 1.0);
  EXPECT_EQ(forced[0].alignment, found[0][0].alignment);
  EXPECT_EQ(forced[1].source_length, 1u);
}

TEST(SearchOverSentences, LeavesTheDecodingToItsCaller) {
  const SentenceEngine engine(historic(3, 4), {});
  const auto sources = model::make_sources(kDocuments);
  const SearchOptions options = make_options(3, 2, 1.0, 6);
  const auto expected = attend::search::search(engine, sources, options);
  const auto decoding = engine.annotate(sources);
  const auto found = attend::search::search(engine, *decoding, sources, options);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0][0].tokens, expected[0][0].tokens);
  EXPECT_EQ(found[1][0].token_scores, expected[1][0].token_scores);
  ASSERT_EQ(decoding->pooling_weights(0, 0).size(), 2u);
  EXPECT_EQ(decoding->pooling_weights(0, 0)[1], 0.75F);
  EXPECT_TRUE(decoding->pooling_weights(0, 1).empty());
}

TEST(SearchOverSentences, CountsTheAnnotationsOfEachLevel) {
  model::Source source;
  source.tokens = {1, 2, 3, 4};
  source.sentences = {0, 2, 3};
  source.paragraphs = {0, 2};
  EXPECT_EQ(model::count_annotations(source, 1), 4u);
  EXPECT_EQ(model::count_annotations(source, 2), 3u);
  EXPECT_EQ(model::count_annotations(source, 3), 2u);
  EXPECT_EQ(model::count_annotations(model::Source{{1, 2}}, 2), 1u);
}

}  // namespace
}  // namespace attend::search::testing
