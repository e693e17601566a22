#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/base.h"
#include "testing.h"
#include "text/corpus.h"
#include "text/segmenter.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

using ::attend::testing::data_folder;
using ::attend::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SegmenterOptions subwords(bool lowercase = false) {
  return {.unit = UnitMode::kSubwords, .lowercase = lowercase, .remove = {}};
}

std::vector<std::string> texts(const std::vector<Unit>& units) {
  std::vector<std::string> result;
  for (const Unit& unit : units) result.push_back(unit.text);
  return result;
}

/// Returns sentences whose words are built from a few syllables.
std::vector<std::string> sentences(std::size_t count, std::uint64_t seed) {
  const std::vector<std::string> syllables{"ba", "lo", "mi", "tré", "sun", "ka", "ter", "или"};
  Random random(seed);
  std::vector<std::string> lines(count);
  for (std::string& line : lines) {
    for (std::size_t words = 2 + random.below(6); words > 0; --words) {
      if (!line.empty()) line += ' ';
      for (std::size_t n = 1 + random.below(3); n > 0; --n) line += syllables[random.below(8)];
    }
  }
  return lines;
}

const std::string& trained_model() {
  static const std::string model = train_subwords(sentences(400, 1), {}, {.vocabulary_size = 60});
  return model;
}

std::string usage_error(const std::vector<std::string>& lines, int size) {
  try {
    train_subwords(lines, {}, {.vocabulary_size = size});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SubwordTraining, IsDeterministic) {
  EXPECT_EQ(train_subwords(sentences(400, 1), {}, {.vocabulary_size = 60}), trained_model());
  EXPECT_NE(train_subwords(sentences(400, 2), {}, {.vocabulary_size = 60}), trained_model());
}

TEST(SubwordTraining, IsSilentAndLeavesNoFiles) {
  TemporaryFolder folder;
  const auto old_folder = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const std::string model = train_subwords(sentences(300, 3), {}, {.vocabulary_size = 50});
  Segmenter(subwords(), model).split("balo");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  std::filesystem::current_path(old_folder);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SubwordTraining, PreparesLinesAndLeavesTagsOut) {
  std::vector<std::string> lines;
  for (const std::string& line : sentences(300, 4))
    lines.push_back("<en> " + line + " BA\tCa\u0301");
  const std::string model =
      train_subwords(lines, {.lowercase = true, .remove = "c"}, {.vocabulary_size = 50});
  // Each character has a piece of its own, stored as a field mark, its length and its bytes.
  for (const char* absent : {"<", "B", "C", "c"}) {
    EXPECT_THAT(model, ::testing::Not(HasSubstr(std::string("\n\x01") + absent)));
  }
  EXPECT_THAT(model, ::testing::Not(HasSubstr("\n\x02\u0301")));
  EXPECT_THAT(model, HasSubstr("\n\x02\u00e1"));
  EXPECT_THAT(model, HasSubstr("\n\x01"
                               "b"));
}

TEST(SubwordTraining, TakesNoMoreSentencesThanAsked) {
  std::vector<std::string> lines = sentences(300, 5);
  std::vector<std::string> every_third;
  for (std::size_t i = 0; i < lines.size(); i += 3) every_third.push_back(lines[i]);
  EXPECT_EQ(train_subwords(lines, {}, {.vocabulary_size = 40, .maximum_sentences = 100}),
            train_subwords(every_third, {}, {.vocabulary_size = 40}));
}

TEST(SubwordTraining, SaysWhichSizeFits) {
  const std::string too_large = usage_error(sentences(20, 6), 5000);
  EXPECT_THAT(too_large, HasSubstr("5000"));
  const auto digits = too_large.find_last_of("0123456789");
  ASSERT_NE(digits, std::string::npos);
  const auto before = too_large.find_last_not_of("0123456789", digits);
  const int largest = std::stoi(too_large.substr(before + 1));
  EXPECT_EQ(usage_error(sentences(20, 6), largest), "no error");
  EXPECT_NE(usage_error(sentences(20, 6), largest + 1), "no error");
  EXPECT_THAT(usage_error(sentences(20, 6), 5), HasSubstr("at least 18"));
  EXPECT_THAT(usage_error(sentences(20, 6), 17), HasSubstr("at least 18"));
}

TEST(SubwordTraining, RefusesNothingToTrainOn) {
  EXPECT_THAT(usage_error({}, 100), HasSubstr("no text"));
  EXPECT_THAT(usage_error({" ", "<en>"}, 100), HasSubstr("no text"));
  EXPECT_NE(usage_error({"a"}, 100), "no error");
  EXPECT_THROW(train_subwords(sentences(20, 6), {}, {.vocabulary_size = 0}), UsageError);
  EXPECT_THROW(train_subwords(sentences(20, 6), {}, {.maximum_sentences = 0}), UsageError);
  EXPECT_THROW(train_subwords(std::vector<std::string>{"\xff"}, {}, {}), DataError);
}

TEST(Subwords, JoinToThePreparedText) {
  const Segmenter segmenter(subwords(), trained_model());
  for (const std::string& line : sentences(50, 7)) {
    const auto units = texts(segmenter.split(line));
    EXPECT_EQ(segmenter.join(units).text, line);
    EXPECT_LT(units.size(), line.size() / 2) << "pieces are longer than letters";
  }
  EXPECT_EQ(segmenter.join(texts(segmenter.split("  balo \t mi "))).text, "balo mi");
}

TEST(Subwords, StartWordsWithTheMarkOfASpace) {
  const Segmenter segmenter(subwords(), trained_model());
  const auto units = segmenter.split("ba  ba");
  EXPECT_THAT(texts(units), ElementsAre("▁ba", "▁ba"));
  EXPECT_EQ(units[0].span, (ByteSpan{0, 2}));
  EXPECT_EQ(units[1].span, (ByteSpan{4, 6}));
  const JoinedText joined = segmenter.join(texts(units));
  EXPECT_EQ(joined.text, "ba ba");
  EXPECT_THAT(joined.spans, ElementsAre(ByteSpan{0, 2}, ByteSpan{3, 5}));
}

TEST(Subwords, KeepCharactersWithoutAPiece) {
  const Segmenter segmenter(subwords(), trained_model());
  const auto units = segmenter.split("ba漢字lo");
  EXPECT_EQ(segmenter.join(texts(units)).text, "ba漢字lo");
  EXPECT_THAT(texts(units), ::testing::Contains("漢字"));
}

TEST(Subwords, HaveTagsOfTheirOwn) {
  const Segmenter segmenter(subwords(), trained_model());
  const auto units = segmenter.split("<en-GB> <formal> ba");
  EXPECT_THAT(texts(units), ElementsAre("<en-GB>", "<formal>", "▁ba"));
  EXPECT_EQ(units[2].span, (ByteSpan{17, 19}));
  EXPECT_EQ(segmenter.join(texts(units)).text, "<en-GB> <formal> ba");
  EXPECT_THAT(texts(segmenter.split("<en-GB>")), ElementsAre("<en-GB>"));
}

TEST(Subwords, OfBlankTextAreNone) {
  const Segmenter segmenter(subwords(), trained_model());
  EXPECT_THAT(segmenter.split(" \t"), IsEmpty());
  EXPECT_THAT(segmenter.split("▁ ▁"), IsEmpty()) << "the mark of a space in the text is a space";
}

TEST(Subwords, LeadBackThroughPreparation) {
  const Segmenter segmenter(subwords(true), trained_model());
  const std::string raw = " BA  TRE\u0301";
  const auto units = segmenter.split(raw);
  EXPECT_EQ(segmenter.join(texts(units)).text, "ba tré");
  EXPECT_EQ(units.front().span.begin, 1U);
  EXPECT_EQ(units.back().span.end, raw.size());
}

TEST(Subwords, KeepSpansInOrderOnRandomText) {
  const Segmenter segmenter(subwords(true), trained_model());
  const std::vector<std::string> parts{"ba", "İ",      "ẞ",   " ", "\t",     "e\u0301", "漢",
                                       "▁",  "\u2585", "или", "<", "\u200d", "a"};
  Random random(8);
  for (int round = 0; round < 5000; ++round) {
    std::string raw;
    for (std::size_t n = random.below(15); n > 0; --n) raw += parts[random.below(parts.size())];
    const auto units = segmenter.split(raw);
    ByteSpan last;
    for (const Unit& unit : units) {
      ASSERT_LE(unit.span.begin, unit.span.end);
      ASSERT_LE(unit.span.end, raw.size());
      ASSERT_LE(last.begin, unit.span.begin) << raw;
      ASSERT_LE(last.end, unit.span.end) << raw;
      last = unit.span;
    }
    const std::string joined = segmenter.join(texts(units)).text;
    ASSERT_EQ(segmenter.join(texts(segmenter.split(joined))).text, joined) << raw;
  }
}

TEST(Subwords, TakeWordsUpToALimit) {
  const Segmenter segmenter(subwords(), trained_model());
  const std::string longest(kMaximumSubwordWordBytes, 'x');  // one run without a piece
  EXPECT_EQ(segmenter.join(texts(segmenter.split(longest + " " + longest))).text,
            longest + " " + longest);
  EXPECT_THROW(segmenter.split("ba " + longest + "x"), DataError);
}

TEST(Subwords, JoinTakesAnyUnits) {
  const Segmenter segmenter(subwords(), trained_model());
  const std::vector<std::string> units{"▁", "▁", "ba", "", "▁<en>", "<unk>", "▁"};
  const JoinedText joined = segmenter.join(units);
  EXPECT_EQ(joined.text, " ba <en><unk> ");
  EXPECT_EQ(joined.spans.size(), units.size());
}

TEST(SubwordModelBytes, WhenDamagedAreAModelError) {
  EXPECT_THROW(Segmenter(subwords(), ""), ModelError);
  EXPECT_THROW(Segmenter(subwords(), "not a model"), ModelError);
  const std::string& good = trained_model();
  EXPECT_THROW(Segmenter(subwords(), std::string_view(good).substr(0, good.size() / 2)),
               ModelError);
}

TEST(SubwordModelBytes, NeverCrashWhenChanged) {
  ::testing::internal::CaptureStderr();
  const std::string& good = trained_model();
  Random random(9);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = good;
    if (random.chance(0.3)) bytes.resize(random.below(bytes.size()));
    for (std::size_t n = 1 + random.below(3); n > 0 && !bytes.empty(); --n) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    try {
      const Segmenter segmenter(subwords(), bytes);
      segmenter.join(texts(segmenter.split("ba трé 漢 lo")));
    } catch (const Error&) {
    }
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Subwords, OfRealSentencesJoinAgain) {
  ATTEND_REQUIRE_DATA("multi30k/raw/val.de");
  std::vector<std::string> lines;
  LineReader reader(data_folder() / "multi30k/raw/val.de");
  for (std::string line; lines.size() < 600 && reader.next(line);) lines.push_back(line);
  const std::string model = train_subwords(lines, {}, {.vocabulary_size = 1000});
  const Segmenter segmenter(subwords(), model);
  const Segmenter by_words({.unit = UnitMode::kWords, .lowercase = false, .remove = {}});
  std::size_t pieces = 0;
  std::size_t words = 0;
  for (const std::string& line : lines) {
    const auto units = segmenter.split(line);
    const auto line_words = by_words.split(line);
    pieces += units.size();
    words += line_words.size();
    ASSERT_EQ(segmenter.join(texts(units)).text, by_words.join(texts(line_words)).text);
    for (const Unit& unit : units) {
      const std::string source = line.substr(unit.span.begin, unit.span.end - unit.span.begin);
      const bool space_alone = unit.text == "▁" && is_blank(source);  // white space of any kind
      ASSERT_TRUE(unit.text == source || unit.text == "▁" + source || space_alone)
          << unit.text << " from " << source;
    }
  }
  EXPECT_GT(pieces, words);
  EXPECT_LT(pieces, 3 * words);
}

}  // namespace
}  // namespace attend::text
