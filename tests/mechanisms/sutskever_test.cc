// Sutskever, Vinyals and Le 2014 (§2).
#include <gtest/gtest.h>

#include "decoder_trial.h"

namespace attend::testing {
namespace {

// Every layer begins with h and c of its encoder layer; the bottom one reads E y_{i-1} alone, and
// the softmax reads the state of the top layer.
TEST(Sutskever, EqualsItsEquations) {
  const DecoderTrial trial(with_small_sizes(model::preset("sutskever")));
  LstmState bottom = trial.copied_lstm(0), top = trial.copied_lstm(1);
  for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
    bottom = lstm(trial.gates("decoder.0", trial.word(i)),
                  trial.weight("decoder.0.recurrent_weight"), bottom);
    top = lstm(trial.gates("decoder.1", bottom.h), trial.weight("decoder.1.recurrent_weight"), top);
    expect_near(trial.output(i), top.h);
  }
  EXPECT_FALSE(trial.shows("alignment"));
}

TEST(Sutskever, ReadsTheWordsReversedAndBeginsWithTheEnd) {
  const model::Configuration c = model::preset("sutskever");
  EXPECT_TRUE(c.encoder.reverses_words());
  EXPECT_EQ(c.decoder.start, model::Start::kEnd);
  EXPECT_EQ(c.decoder.initial_state, model::InitialState::kCopy);
}

}  // namespace
}  // namespace attend::testing
