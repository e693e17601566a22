// Documents, whose words the runtime annotates a few documents at a time, and large vocabularies,
// where equal words share their products.
#include <gtest/gtest.h>

#include <vector>

#include "random_model.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using model::Configuration;
using namespace testing;

constexpr model::VocabularySizes kLarge{30000, 3};  // too large for a table of gates
constexpr model::VocabularySizes kFew{40, 3};       // the encoder makes a table

// Draws a document of up to `most` sentences of up to 30 words, which are ids below `words`.
model::Source random_document(Random& random, std::uint64_t words, std::uint64_t most) {
  model::Source source;
  const std::uint64_t sentences = 1 + random.below(most);
  for (std::uint64_t k = 0; k < sentences; ++k) {
    source.sentences.push_back(static_cast<std::int32_t>(source.tokens.size()));
    const std::uint64_t length = 1 + random.below(30);
    for (std::uint64_t j = 0; j < length; ++j) {
      source.tokens.push_back(static_cast<TokenId>(random.below(words)));
    }
  }
  return source;
}

// What a classifier answers to one document.
struct Answer {
  std::vector<float> log_probabilities, alignment, words;
};

std::vector<Answer> answers(const model::Engine& engine, std::span<const model::Source> documents) {
  const auto decoding = engine.annotate(documents);
  std::vector<Path> paths;
  const std::vector<model::StepRow> rows = first_rows(documents.size(), paths);
  const model::StepResult result = decoding->step(rows);
  std::vector<Answer> all;
  for (std::size_t k = 0; k < documents.size(); ++k) {
    const auto scores = result.log_probabilities.subspan(k * 3, 3);
    const auto row = result.alignment.subspan(k * result.source_length, result.source_length);
    const auto own = row.first(documents[k].sentences.size());
    const auto words = decoding->pooling_weights(k, 0);
    all.push_back(
        {{scores.begin(), scores.end()}, {own.begin(), own.end()}, {words.begin(), words.end()}});
  }
  return all;
}

void expect_near(std::span<const float> a, std::span<const float> b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-6) << i;
}

void expect_equal(const Answer& a, const Answer& b) {
  expect_near(a.log_probabilities, b.log_probabilities);
  expect_near(a.alignment, b.alignment);
  expect_near(a.words, b.words);
}

Configuration published() {
  Configuration configuration = model::preset("han");
  configuration.encoder.embedding = 60;
  configuration.encoder.units = 50;
  return configuration;
}

TEST(Documents, ManyEqualEachAlone) {
  Random random(3);
  const Configuration configuration = published();
  const auto engine =
      make_engine(configuration, kLarge, {}, random_weights(configuration, kLarge, random, 0.2));
  std::vector<model::Source> documents;
  std::size_t words = 0;
  // One document has more words than are worked on at a time, and all of them have several times
  // as many.
  documents.push_back(random_document(random, 50, 1));
  while (documents.back().tokens.size() < 5000) documents.back() = random_document(random, 50, 500);
  while (words < 15000) {
    documents.push_back(random_document(random, 50, 20));
    words += documents.back().tokens.size();
  }
  const std::vector<Answer> together = answers(*engine, documents);
  for (std::size_t k = 0; k < documents.size(); ++k) {
    SCOPED_TRACE(k);
    const std::vector<Answer> alone = answers(*engine, std::span(&documents[k], 1));
    EXPECT_EQ(alone[0].words.size(), documents[k].tokens.size());
    expect_equal(together[k], alone[0]);
  }
}

TEST(Documents, DoNotDependOnTheSizeOfTheVocabulary) {
  Random random(4);
  const Configuration configuration = published();
  const model::Weights weights = random_weights(configuration, kLarge, random, 0.2);
  auto views = weights.tensors();
  model::TensorView& embeddings = views.at("source_embedding.weight");
  embeddings.shape[0] = kFew.source;
  embeddings.values = embeddings.values.first(
      static_cast<std::size_t>(kFew.source * configuration.encoder.embedding));
  const auto large = make_engine(configuration, kLarge, {}, weights);
  const auto few = make_engine(configuration, kFew, {}, {std::move(views), nullptr});
  std::vector<model::Source> documents;
  for (int k = 0; k < 5; ++k) documents.push_back(random_document(random, 40, 10));
  const std::vector<Answer> a = answers(*large, documents), b = answers(*few, documents);
  for (std::size_t k = 0; k < documents.size(); ++k) expect_equal(a[k], b[k]);
}

}  // namespace
}  // namespace attend::runtime
