#include "metrics/unicode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attend::metrics {
namespace {

using ::testing::ElementsAre;

TEST(Unicode, CutsAtWhiteSpaceOfAllKinds) {
  EXPECT_THAT(split_words("  a\u00A0b\tc\x1C"
                          "d\u2003é\u0085 "),
              ElementsAre("a", "b", "c", "d", "é"));
  EXPECT_THAT(split_words(""), ElementsAre());
  EXPECT_THAT(split_words(" \n"), ElementsAre());
  // Zero-width space and byte order mark are not white space.
  EXPECT_THAT(split_words("a\u200Bb\uFEFF"), ElementsAre("a\u200Bb\uFEFF"));
}

TEST(Unicode, StripsWhiteSpaceAtTheEnds) {
  EXPECT_EQ(strip_end(" a b \u3000\n"), " a b");
  EXPECT_EQ(strip("\u2003 a b \u3000\n"), "a b");
  EXPECT_EQ(strip(" \u3000 "), "");
  EXPECT_EQ(strip_end("é"), "é");
}

TEST(Unicode, ReadsBrokenBytesAsReplacementCharacters) {
  EXPECT_THAT(code_points("a\xFFé\xE3\x81"), ElementsAre('a', 0xFFFD, 0xE9, 0xFFFD));
  EXPECT_EQ(strip_end("a\x80\x80\x80\x80 "), "a\x80\x80\x80\x80");
  EXPECT_EQ(strip_end("\x80"), "\x80");
  EXPECT_EQ(strip_end("a\xE3\x80"), "a\xE3\x80");
  EXPECT_EQ(strip_end(" \x80"), " \x80");
}

TEST(Unicode, LowersWithoutALanguage) {
  EXPECT_EQ(lower_case("ÀÉ ISTANBUL ΟΔΟΣ Ж"), "àé istanbul οδος ж");
}

TEST(Unicode, ComposesToOneForm) {
  EXPECT_EQ(composed("e\u0301"), "é");
  EXPECT_EQ(composed("plain"), "plain");
}

}  // namespace
}  // namespace attend::metrics
