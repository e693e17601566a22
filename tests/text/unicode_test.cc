#include "text/unicode.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <string>

#include "base/base.h"

namespace attend::text {
namespace {

constexpr std::size_t kWhole = std::string_view::npos;

TEST(Utf8, AcceptsEveryCodePointButSurrogates) {
  for (UChar32 c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    char bytes[4];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    const std::string_view text(bytes, static_cast<std::size_t>(length));
    ASSERT_EQ(find_broken_utf8(text), kWhole) << c;
    std::size_t position = 0;
    ASSERT_EQ(next_code_point(text, position), static_cast<char32_t>(c));
    ASSERT_EQ(position, text.size());
  }
}

TEST(Utf8, NamesTheFirstBrokenByte) {
  EXPECT_EQ(find_broken_utf8("abc\xff"), 3U);
  EXPECT_EQ(find_broken_utf8("\x80"), 0U);
  EXPECT_EQ(find_broken_utf8("a\xc0\xaf"), 1U);         // overlong
  EXPECT_EQ(find_broken_utf8("ab\xed\xa0\x80"), 2U);    // surrogate
  EXPECT_EQ(find_broken_utf8("\xf4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(find_broken_utf8("1234567\xe2\x82"), 7U);   // truncated
  EXPECT_EQ(find_broken_utf8("1234567\xe2\x82z"), 7U);
  EXPECT_EQ(find_broken_utf8("1234567\xe2\x82\xac 1234567890123456\xfe"), 27U);
}

TEST(Utf8, PositionOfABrokenByteDoesNotDependOnItsPlace) {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string text = std::string(before, 'a') + "\xc3\xa9" + "\xff" + std::string(20, 'b');
    EXPECT_EQ(find_broken_utf8(text), before + 2);
  }
}

TEST(WhiteSpace, IsTheUnicodeProperty) {
  for (UChar32 c = 0; c <= 0x10FFFF; ++c) {
    ASSERT_EQ(is_white_space(static_cast<char32_t>(c)), u_isUWhiteSpace(c) != 0) << c;
  }
}

TEST(WhiteSpace, BlankTextsHaveNothingElse) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \t\u00a0\u3000"));
  EXPECT_FALSE(is_blank(" \u200b"));
  EXPECT_FALSE(is_blank("  a"));
}

TEST(Ascii, EndsAtTheFirstHighByte) {
  EXPECT_TRUE(is_ascii(""));
  EXPECT_TRUE(is_ascii(std::string(17, '\x7f')));
  for (std::size_t place = 0; place < 17; ++place) {
    std::string text(17, 'a');
    text[place] = '\x80';
    EXPECT_FALSE(is_ascii(text)) << place;
  }
}

}  // namespace
}  // namespace attend::text
