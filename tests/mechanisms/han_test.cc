// The hierarchical attention network (§8; Yang et al. 2016) in plain loops: words become the
// vectors of sentences, and these the vector of the document.
#include <gtest/gtest.h>

#include "network/network.h"
#include "plain.h"
#include "runtime/runtime.h"

namespace attend::testing {
namespace {

constexpr std::int64_t kVocabulary = 9, kLabels = 4;

model::Configuration small_han() {
  model::Configuration c = model::preset("han");
  c.encoder.embedding = 3;
  c.encoder.units = 2;
  c.encoder.pooling_units = 5;
  c.attention.units = 6;
  return c;
}

// One step of the paper's GRU (§8): r multiplies U h after the product, z the candidate.
Row paper_gru(const Row& a, const Numbers& u, const Row& recurrent_bias, const Row& h) {
  const Row product = times(u, h);
  const std::size_t n = h.size();
  Row next(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double z = sigmoid(a[k] + product[k]), r = sigmoid(a[n + k] + product[n + k]);
    const double candidate = std::tanh(a[2 * n + k] + r * (product[2 * n + k] + recurrent_bias[k]));
    next[k] = (1 - z) * h[k] + z * candidate;
  }
  return next;
}

class PlainHan {
 public:
  explicit PlainHan(const network::Tensors& tensors) : tensors_(tensors) {}

  Row weight_vector(const std::string& name) const { return row_of(tensors_.at(name)); }
  Numbers matrix(const std::string& name) const { return Numbers(tensors_.at(name)); }

  // [→h_t; ←h_t] of a level.
  std::vector<Row> annotate(const std::string& level, const std::vector<Row>& x) const {
    const auto run = [&](const std::string& name, bool backward) {
      std::vector<Row> states(x.size());
      Row h(2, 0);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t t = backward ? x.size() - 1 - i : i;
        const Row a =
            plus(times(matrix(name + ".input_weight"), x[t]), weight_vector(name + ".bias"));
        h = states[t] = paper_gru(a, matrix(name + ".recurrent_weight"),
                                  weight_vector(name + ".recurrent_bias"), h);
      }
      return states;
    };
    std::vector<Row> h = run(level + ".0.forward", false);
    const std::vector<Row> back = run(level + ".0.backward", true);
    for (std::size_t t = 0; t < h.size(); ++t) h[t] = concatenated({h[t], back[t]});
    return h;
  }
  // α_t = softmax_t(u · tanh(W h_t + b))
  Row weights(const std::vector<Row>& h, const std::string& w, const std::string& b,
              const std::string& u) const {
    Row energies;
    for (const Row& one : h) {
      energies.push_back(
          dot(weight_vector(u), tanh_of(plus(times(matrix(w), one), weight_vector(b)))));
    }
    return softmax_of(energies);
  }
  static Row sum(const Row& alpha, const std::vector<Row>& h) {
    Row vector(h[0].size(), 0);
    for (std::size_t t = 0; t < h.size(); ++t) {
      for (std::size_t k = 0; k < vector.size(); ++k) vector[k] += alpha[t] * h[t][k];
    }
    return vector;
  }

 private:
  const network::Tensors& tensors_;
};

TEST(Han, EqualsThePapersEquations) {
  const model::Configuration c = small_han();
  const model::VocabularySizes sizes{kVocabulary, kLabels};
  Random random(5);
  network::Tensors tensors;
  for (const model::TensorSpec& spec : model::parameter_table(c, sizes)) {
    tensors[spec.name] = random_tensor(spec.shape, random);
  }
  const std::vector<std::vector<std::int32_t>> words{{3, 7, 1, 3}, {5}, {2, 8}};
  model::Example document;
  for (const auto& sentence : words) {
    document.source.sentences.push_back(static_cast<std::int32_t>(document.source.tokens.size()));
    document.source.tokens.insert(document.source.tokens.end(), sentence.begin(), sentence.end());
  }
  document.target = {1};

  const PlainHan plain(tensors);
  std::vector<Row> vectors;
  std::vector<Row> word_weights;
  for (const auto& sentence : words) {
    std::vector<Row> embedded;
    for (const std::int32_t word : sentence) {
      embedded.push_back(row_of(tensors.at("source_embedding.weight")[word]));
    }
    const std::vector<Row> h = plain.annotate("encoder", embedded);
    word_weights.push_back(
        plain.weights(h, "word_pooling.weight", "word_pooling.bias", "word_pooling.query"));
    vectors.push_back(PlainHan::sum(word_weights.back(), h));
  }
  const std::vector<Row> h = plain.annotate("sentence_encoder", vectors);
  const Row alpha =
      plain.weights(h, "attention.annotation_weight", "attention.bias", "attention.energy_weight");
  const Row v = PlainHan::sum(alpha, h);
  const Row p =
      softmax_of(plus(times(plain.matrix("output.weight"), v), plain.weight_vector("output.bias")));

  // A second document, with more and longer sentences, must change nothing.
  model::Example other;
  other.source.tokens = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4};
  other.source.sentences = {0, 1, 2, 9, 11};
  other.target = {2};
  const network::Network network(c, tensors, std::make_shared<network::PlainOperations>());
  const std::vector<const model::Example*> both{&other, &document};
  const network::Forced forced = network.forced(network::make_batch(both, at::kDouble));
  for (std::int64_t k = 0; k < kLabels; ++k) {
    EXPECT_NEAR(forced.log_probabilities[0][1][k].exp().item<double>(),
                p[static_cast<std::size_t>(k)], 1e-12);
  }
  for (std::size_t i = 0; i < alpha.size(); ++i) {
    EXPECT_NEAR(forced.alignments[0][1][static_cast<std::int64_t>(i)].item<double>(), alpha[i],
                1e-12);
  }
  EXPECT_EQ(forced.alignments[0][1][3].item<double>(), 0);  // padding

  const std::vector<const model::Example*> one{&document};
  const network::Forced alone = network.forced(network::make_batch(one, at::kDouble));
  const Row expected = concatenated({word_weights[0], word_weights[2], word_weights[1]});
  EXPECT_EQ(alone.pooling_weights[0].size(0), static_cast<std::int64_t>(expected.size()));
  for (std::size_t t = 0; t < expected.size(); ++t) {
    EXPECT_NEAR(alone.pooling_weights[0][static_cast<std::int64_t>(t)].item<double>(), expected[t],
                1e-12);
  }
}

// Queries of zeros give every position an equal weight (§8), so that the model is HN-AVE.
TEST(Han, WithQueriesOfZerosIsTheAveragingModel) {
  const model::Configuration c = small_han();
  model::Configuration mean = c;
  mean.encoder.pooling = model::Pooling::kMean;
  mean.attention.kind = model::AttentionKind::kMean;
  const model::VocabularySizes sizes{kVocabulary, kLabels};
  Random random(6);
  network::Tensors tensors;
  for (const model::TensorSpec& spec : model::parameter_table(c, sizes)) {
    tensors[spec.name] = random_tensor(spec.shape, random);
  }
  tensors["word_pooling.query"].zero_();
  tensors["attention.energy_weight"].zero_();
  for (const model::TensorSpec& spec : model::parameter_table(mean, sizes)) {
    ASSERT_TRUE(tensors.contains(spec.name)) << spec.name;  // the same layers
  }
  model::Example document;
  document.source.tokens = {1, 2, 3, 4, 5, 6, 7};
  document.source.sentences = {0, 1, 5};
  document.target = {1};
  const std::vector<const model::Example*> one{&document};
  const auto scores = [&](const model::Configuration& configuration) {
    return network::Network(configuration, tensors, std::make_shared<network::PlainOperations>())
        .forced(network::make_batch(one, at::kDouble))
        .log_probabilities;
  };
  EXPECT_LT((scores(c) - scores(mean)).abs().max().item<double>(), 1e-14);
}

// h_t = →h_t + ←h_t, α = softmax(w · tanh(h_t)), p = softmax(W tanh(Σ_t α_t h_t) + b), §9.
TEST(AttBlstm, EqualsThePapersEquations) {
  model::Configuration c = model::preset("att-blstm");
  c.encoder.embedding = 3;
  c.encoder.units = 2;
  const model::VocabularySizes sizes{kVocabulary, kLabels};
  Random random(7);
  network::Tensors tensors;
  for (const model::TensorSpec& spec : model::parameter_table(c, sizes)) {
    tensors[spec.name] = random_tensor(spec.shape, random);
  }
  model::Example sentence;
  sentence.source.tokens = {4, 2, 7, 2, 8};
  sentence.target = {3};
  const std::size_t length = sentence.source.tokens.size();
  std::vector<Row> h(length, Row(2, 0));
  for (const std::string direction : {"forward", "backward"}) {
    const std::string name = "encoder.0." + direction;
    LstmState state{Row(2, 0), Row(2, 0)};
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t t = direction == "forward" ? i : length - 1 - i;
      const Row x = row_of(tensors.at("source_embedding.weight")[sentence.source.tokens[t]]);
      const Row a = plus(times(Numbers(tensors.at(name + ".input_weight")), x),
                         row_of(tensors.at(name + ".bias")));
      state = lstm(a, Numbers(tensors.at(name + ".recurrent_weight")), state);
      h[t] = plus(h[t], state.h);
    }
  }
  Row energies;
  for (const Row& one : h) {
    energies.push_back(dot(row_of(tensors.at("attention.energy_weight")), tanh_of(one)));
  }
  const Row alpha = softmax_of(energies);
  const Row r = PlainHan::sum(alpha, h);
  const Row p = softmax_of(plus(times(Numbers(tensors.at("output.weight")), tanh_of(r)),
                                row_of(tensors.at("output.bias"))));
  const std::vector<const model::Example*> one{&sentence};
  const network::Forced forced =
      network::Network(c, tensors, std::make_shared<network::PlainOperations>())
          .forced(network::make_batch(one, at::kDouble));
  for (std::int64_t k = 0; k < kLabels; ++k) {
    EXPECT_NEAR(forced.log_probabilities[0][0][k].exp().item<double>(),
                p[static_cast<std::size_t>(k)], 1e-12);
  }
  for (std::size_t t = 0; t < length; ++t) {
    EXPECT_NEAR(forced.alignments[0][0][static_cast<std::int64_t>(t)].item<double>(), alpha[t],
                1e-12);
  }
}

}  // namespace
}  // namespace attend::testing
