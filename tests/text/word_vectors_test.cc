// Tests the forms of files of word vectors, and files that break them.
#include "text/word_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "testing.h"

namespace attend::text {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Floats = std::vector<float>;
using Vectors = std::vector<std::pair<std::string, Floats>>;

// One vector as word2vec writes it in its binary form, without the line feed behind it.
std::string binary(const std::string& word, const Floats& values) {
  std::string bytes = word + " ";
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return bytes;
}

class WordVectors : public ::testing::Test {
 protected:
  VectorReader open(const std::string& bytes) {
    write_file(folder_ / "vectors", bytes);
    return VectorReader(folder_ / "vectors");
  }

  // Returns all vectors, and the messages of those that could not be used.
  Vectors read(const std::string& bytes) {
    VectorReader reader = open(bytes);
    dimension_ = reader.dimension();
    problems_.clear();
    Vectors vectors;
    WordVector vector;
    for (bool more = true; more;) {
      try {
        more = reader.next(vector);
        if (more) vectors.emplace_back(vector.word, vector.values);
      } catch (const BadLine& error) {
        problems_.emplace_back(error.what());
      }
    }
    EXPECT_FALSE(reader.next(vector));
    return vectors;
  }

  Vectors read_whole(const std::string& bytes) {
    Vectors vectors = read(bytes);
    EXPECT_THAT(problems_, ElementsAre());
    return vectors;
  }

  // Returns the message with which the file is refused as a whole.
  std::string refusal(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder folder_;
  std::size_t dimension_ = 0;
  std::vector<std::string> problems_;
};

const std::string kText = "the 0.5 -1 2e-1\ncat 1 0 -0.25\n";
const auto kExpected =
    ElementsAre(Pair("the", Floats{0.5F, -1, 0.2F}), Pair("cat", Floats{1, 0, -0.25F}));

TEST_F(WordVectors, OfGloVeHaveNoHeader) {
  EXPECT_THAT(read_whole(kText), kExpected);
  EXPECT_EQ(dimension_, 3U);
}

TEST_F(WordVectors, OfWord2vecAndFastTextHaveAHeader) {
  EXPECT_THAT(read_whole("2 3\n" + kText), kExpected);
  EXPECT_EQ(dimension_, 3U);
  EXPECT_THAT(read_whole("2 3\r\nthe 0.5 -1 2e-1 \r\ncat 1 0 -0.25 \r\n"), kExpected);
}

TEST_F(WordVectors, MayBeSeparatedByTabsAndHaveAMarkBeforeThem) {
  EXPECT_THAT(read_whole("\xef\xbb\xbf"
                         "2\t3\nthe\t0.5 -1  2e-1\ncat\t1\t0\t-0.25"),
              kExpected);
  EXPECT_THAT(read_whole("\xef\xbb\xbf" + kText), kExpected);
}

TEST_F(WordVectors, InBinaryAreThoseOfWord2vec) {
  const Floats the{0.5F, -1, 0.2F}, cat{1, 0, -0.25F};
  const std::string header = "2 3\n";
  EXPECT_THAT(read_whole(header + binary("the", the) + "\n" + binary("cat", cat) + "\n"),
              kExpected);
  EXPECT_THAT(read_whole(header + binary("the", the) + binary("cat", cat)), kExpected);
}

// The first byte of the first value is that of a line feed.
TEST_F(WordVectors, InBinaryMayHoldALineFeedInTheirValues) {
  const std::string values("\n\0\0\x3f\n\n\n\x3f", 8);
  Floats floats(2);
  std::memcpy(floats.data(), values.data(), values.size());
  EXPECT_THAT(read_whole("1 2\na " + values), ElementsAre(Pair("a", floats)));
}

TEST_F(WordVectors, OfManyRandomValuesAreRecognisedInBothForms) {
  Random random(5);
  for (const std::size_t dimension : {4, 50, 300}) {
    Vectors expected;
    std::string text = "40 " + std::to_string(dimension) + "\n", bytes = text;
    for (int i = 0; i < 40; ++i) {
      Floats values(dimension);
      std::string line = "w" + std::to_string(i);
      for (float& value : values) {
        value = static_cast<float>(random.normal());
        std::array<char, 32> digits{};
        std::snprintf(digits.data(), digits.size(), " %.9g", static_cast<double>(value));
        line += digits.data();
      }
      text += line + "\n";
      bytes += binary("w" + std::to_string(i), values);
      expected.emplace_back("w" + std::to_string(i), values);
    }
    EXPECT_EQ(read_whole(text), expected);
    EXPECT_EQ(read_whole(bytes), expected);
  }
}

TEST_F(WordVectors, AreReadFromCompressedFiles) {
  for (const std::string& contents :
       {kText, "2 3\n" + binary("the", {0.5F, -1, 0.2F}) + binary("cat", {1, 0, -0.25F})}) {
    const std::string path = folder_ / "vectors.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    ASSERT_EQ(gzwrite(file, contents.data(), static_cast<unsigned>(contents.size())),
              static_cast<int>(contents.size()));
    gzclose(file);
    EXPECT_THAT(read_whole(attend::testing::read_file(path)), kExpected);
    std::string cut = attend::testing::read_file(path);
    cut.resize(cut.size() - 9);
    EXPECT_THAT(refusal(cut), HasSubstr("the gzip data ends too early"));
  }
}

// Some words of GloVe's largest file are of this kind.
TEST_F(WordVectors, MayBelongToWordsWithBlanks) {
  EXPECT_THAT(read_whole("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n"),
              ElementsAre(Pair("the", Floats{1, 2}), Pair(". . .", Floats{3, 4}),
                          Pair("at name@domain.com", Floats{5, 6})));
}

TEST_F(WordVectors, OfNumbersAsWordsAreNoHeader) {
  EXPECT_THAT(read_whole("1 2 3\n4 5 6\n"),
              ElementsAre(Pair("1", Floats{2, 3}), Pair("4", Floats{5, 6})));
}

struct BadText {
  const char* line;
  const char* problem;
};

TEST_F(WordVectors, OfABrokenLineAreNamedAndTheNextOnesRead) {
  const BadText all[] = {
      {"cat 1 2", "found 3 fields, expected a word and 3 numbers"},
      {"cat 1 2 3 4", "found 5 fields, expected a word and 3 numbers"},
      {"1 2 3", "found 3 fields, expected a word and 3 numbers"},
      {" 1 2 3", "found 3 fields, expected a word and 3 numbers"},
      {"", "found 0 fields, expected a word and 3 numbers"},
      {"cat 1 two 3", "value 2 is 'two', expected a number"},
      {"cat 1 2, 3", "value 2 is '2,', expected a number"},
      {"cat 1 0x10 3", "value 2 is '0x10', expected a number"},
      {"cat nan 2 3", "value 1 is 'nan', expected a finite number in the range of float"},
      {"cat 1 2 -inf", "value 3 is '-inf', expected a finite number in the range of float"},
      {"cat 1 1e39 3", "value 2 is '1e39', expected a finite number in the range of float"},
      {"cat 1 1e999 3", "value 2 is '1e999', expected a finite number in the range of float"},
      {"c\xff 1 2 3", "byte 2 of the line (0xff) is not UTF-8"}};
  for (const BadText& bad : all) {
    for (const std::string header : {"", "3 3\n"}) {
      const std::string text = header + "the 1 2 3\n" + bad.line + "\ndog 4 5 6\n";
      EXPECT_THAT(read(text),
                  ElementsAre(Pair("the", Floats{1, 2, 3}), Pair("dog", Floats{4, 5, 6})))
          << bad.line;
      const std::string place = "vectors:" + std::string(header.empty() ? "2: " : "3: ");
      EXPECT_THAT(problems_, ElementsAre(HasSubstr(place + bad.problem))) << bad.line;
    }
  }
}

TEST_F(WordVectors, OfALongBrokenFieldAreNamedShortly) {
  read("the 1 2\ncat 1 " + std::string(100'000, 'x') + "\n");
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_THAT(problems_[0], HasSubstr("value 2 is a field of 100000 bytes"));
  EXPECT_LT(problems_[0].size(), 1000U);
}

TEST_F(WordVectors, OfAHeaderThatLiesAreNamed) {
  EXPECT_EQ(read("5 3\n" + kText).size(), 2U);
  EXPECT_THAT(problems_,
              ElementsAre(HasSubstr("vectors:1: the header says 5 vectors, the file holds 2")));
  EXPECT_EQ(read("1 3\n" + kText).size(), 2U);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("the header says 1 vectors, the file holds 2")));
  EXPECT_EQ(read("3 2\n" + binary("a", {1, 2}) + binary("b", {3, 4})).size(), 2U);
  EXPECT_THAT(problems_,
              ElementsAre(HasSubstr("vectors: the header says 3 vectors, the file holds 2")));
  EXPECT_EQ(read("2 4\n" + kText).size(), 0U);
  EXPECT_EQ(problems_.size(), 2U);
  EXPECT_EQ(read("0 3\n").size(), 0U);
  EXPECT_TRUE(problems_.empty());
}

TEST_F(WordVectors, OfATruncatedBinaryFileAreReadUpToTheEnd) {
  const std::string whole = "2 3\n" + binary("the", {0.5F, -1, 0.2F}) + binary("cat", {1, 0, 2});
  for (const std::size_t cut : {1U, 11U, 12U, 14U}) {
    EXPECT_EQ(read(whole.substr(0, whole.size() - cut)).size(), 1U);
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("vectors: vector 2: the file ends within it")))
        << cut;
  }
}

TEST_F(WordVectors, InBinaryThatAreNotFiniteAreNamed) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::string bytes = "3 3\n" + binary("a", {1, 2, 3}) +
                            binary("b", {4, infinity, std::numeric_limits<float>::quiet_NaN()}) +
                            binary("c", {7, 8, 9});
  EXPECT_THAT(read(bytes), ElementsAre(Pair("a", Floats{1, 2, 3}), Pair("c", Floats{7, 8, 9})));
  EXPECT_THAT(problems_,
              ElementsAre(HasSubstr("vector 2: value 2 is inf, expected a finite number")));
}

TEST_F(WordVectors, InBinaryWithoutABlankAreRefused) {
  EXPECT_THAT(refusal("2 1\n" + binary("a", {0.5F}) + std::string(5000, '\x01')),
              HasSubstr("vector 2: no blank ends the word within 4096 bytes"));
}

TEST_F(WordVectors, InOtherFormsAreRefused) {
  EXPECT_THAT(refusal(""), HasSubstr("vectors: the file is empty"));
  EXPECT_THAT(refusal("PK\x03\x04 and more"), HasSubstr("zip archive"));
  EXPECT_THAT(refusal("\xba\x16\x4f\x2f and more"), HasSubstr("a model of fastText"));
  EXPECT_THAT(refusal("\xff\xfe\x61"), HasSubstr("vectors:1: the file is UTF-16"));
  EXPECT_THAT(refusal(std::string("a\0b\n", 4)), HasSubstr("vectors:1: the first line is not"));
  EXPECT_THAT(refusal("word\nanother\n"), HasSubstr("vectors:1: the first line has 1 fields"));
  EXPECT_THAT(refusal("the cat\tthe dog\n"), HasSubstr("vectors:1: the first line ends in 'dog'"));
  EXPECT_THAT(refusal(std::string(3 << 20, 'a')), HasSubstr("vectors:1: the first line has more"));
  EXPECT_THROW(VectorReader(folder_ / "absent"), DataError);
  EXPECT_THROW(VectorReader(folder_.path()), DataError);
}

// Limits the memory of this process to what it has and a little more while it lives.
class MemoryLimit {
 public:
  MemoryLimit() {
    getrlimit(RLIMIT_DATA, &before_);
    rlimit limit = before_;
    limit.rlim_cur = rlim_t{1} << 30;
    setrlimit(RLIMIT_DATA, &limit);
  }
  ~MemoryLimit() { setrlimit(RLIMIT_DATA, &before_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(WordVectors, OfAHostileHeaderTakeNoMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const bool limited = false;  // sanitizers reserve memory of their own
#else
  const bool limited = true;
#endif
  std::optional<MemoryLimit> limit;
  if (limited) limit.emplace();
  EXPECT_EQ(read("1000000000000 3\n" + kText).size(), 2U);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("the header says 1000000000000 vectors")));
  for (const char* header : {"2 1000000000\n", "2 65537\n", "2 0\n", "2 99999999999999999999999\n",
                             "99999999999999999999999 3\n"}) {
    EXPECT_THAT(refusal(header + kText), AllOf(HasSubstr("vectors:1: the header says "),
                                               HasSubstr("a dimension of 1 to 65536")))
        << header;
  }
}

TEST(LowerCase, IsThatOfUnicode) {
  EXPECT_EQ(lower_case("Paris X9"), "paris x9");
  EXPECT_EQ(lower_case("ÉCOLE Straße"), "école straße");
  EXPECT_EQ(lower_case(""), "");
}

}  // namespace
}  // namespace attend::text
