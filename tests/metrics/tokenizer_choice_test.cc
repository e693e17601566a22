#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using Texts = std::vector<std::string>;

void expect_choice(const Texts& texts, Tokenizer tokenizer, const std::string& script) {
  const TokenizerChoice choice = choose_tokenizer(texts);
  EXPECT_EQ(tokenizer_name(choice.tokenizer), tokenizer_name(tokenizer)) << texts.front();
  EXPECT_EQ(choice.script, script) << texts.front();
}

TEST(TokenizerChoice, FollowsTheScript) {
  expect_choice({"The cat sat.", "На мате", "한국어 문장", "العربية", "हिन्दी"}, Tokenizer::k13a,
                "");
  expect_choice({"我喜欢猫。"}, Tokenizer::kZh, "Chinese");
  expect_choice({"我喜歡貓。", "你好"}, Tokenizer::kZh, "Chinese");
  expect_choice({"私は猫が好きです。"}, Tokenizer::kChar, "Japanese");
  expect_choice({"カタカナ"}, Tokenizer::kChar, "Japanese");
  expect_choice({"ฉันชอบแมว"}, Tokenizer::kChar, "Thai");
  expect_choice({"ຂ້ອຍມັກແມວ"}, Tokenizer::kChar, "Lao");
  expect_choice({"ខ្ញុំចូលចិត្តឆ្មា"}, Tokenizer::kChar, "Khmer");
  expect_choice({"ကြောင်ကိုကြိုက်တယ်"}, Tokenizer::kChar, "Burmese");
}

TEST(TokenizerChoice, CountsTheLettersOfAllTexts) {
  expect_choice({"我们用Python写程序"}, Tokenizer::kZh, "Chinese");
  expect_choice({"The word 猫 means cat in Chinese"}, Tokenizer::k13a, "");
  expect_choice({"我们写程序", "A long sentence that has no letter of another script"},
                Tokenizer::k13a, "");
  expect_choice({"The word แมว means cat in Thai"}, Tokenizer::k13a, "");
}

TEST(TokenizerChoice, Is13aWithoutLetters) {
  expect_choice({"1990-10-31", "。。"}, Tokenizer::k13a, "");
  expect_choice({""}, Tokenizer::k13a, "");
  EXPECT_EQ(choose_tokenizer({}).tokenizer, Tokenizer::k13a);
}

}  // namespace
}  // namespace attend::metrics
