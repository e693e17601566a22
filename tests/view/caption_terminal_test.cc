#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "base/base.h"
#include "caption_pictures.h"
#include "pixels.h"
#include "view/kitty.h"
#include "view/view.h"

namespace attend::view {
namespace {

using Colour = TerminalOptions::Colour;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string without_escapes(const std::string& text) {
  const std::string without_pictures =
      std::regex_replace(text, std::regex("\x1b_G[^\x1b]*\x1b\\\\"), "");
  return std::regex_replace(without_pictures, std::regex("\x1b\\[[0-9;]*[mAB]|\r"), "");
}

std::size_t count(const std::string& text, const std::string& pattern) {
  std::size_t found = 0;
  for (std::size_t at = text.find(pattern); at != std::string::npos;
       at = text.find(pattern, at + pattern.size())) {
    ++found;
  }
  return found;
}

TEST(DrawCaptionTerminal, DrawsMapsOfShadesWithoutColour) {
  EXPECT_EQ(draw_caption_terminal(small_caption(), {.width = 46}),
            "a dog runs\n"
            "– a dog is running\n"
            "– the dog runs\n"
            "\n"
            "a               dog             runs\n"
            "██████████████  █▓▒░··········  ··············\n"
            "██████████████  ▒▒░░··········  ··············\n"
            "██████████████  ··············  ··············\n"
            "██████████████  ··············  ··········░░▒▒\n"
            "██████████████  ··············  ··········░▒▓█\n"
            "p 0.90, β 0.25  p 0.83, β 0.75  p 0.50, β 1.00\n"
            "everywhere      top left        bottom right\n"
            "\n"
            "░ ≥.1 ▒ ≥.3 ▓ ≥.55 █ ≥.8 of the largest weight\n"
            "of the word\n");
}

TEST(DrawCaptionTerminal, DrawsThePictureInHalfBlocks) {
  CaptionPicture caption = plain_picture(2, 2, 0);
  for (std::size_t i = 0; i < 6; ++i) caption.pixels[i] = 255;  // the upper line
  const std::string text =
      draw_caption_terminal(caption, {.colour = Colour::kTrueColour, .width = 40});
  EXPECT_EQ(count(text, "▀"), 40U * 20U);
  EXPECT_THAT(text, StartsWith("\x1b[38;2;255;255;255m\x1b[48;2;255;255;255m▀▀"));
  EXPECT_EQ(count(text, "\x1b[38;2;255;255;255m"), 10U);  // once a line
  EXPECT_EQ(count(text, "\x1b[48;2;0;0;0m"), 10U);
  EXPECT_THAT(draw_caption_terminal(caption, {.colour = Colour::k256, .width = 40}),
              StartsWith("\x1b[38;5;231m\x1b[48;5;231m▀▀"));
}

TEST(DrawCaptionTerminal, ColoursMapsByTheScale) {
  const std::string text = draw_caption_terminal(
      small_caption(), {.colour = Colour::kTrueColour, .scale = ColourScale::kGrey, .width = 80});
  EXPECT_THAT(text, HasSubstr("\x1b[38;2;0;0;0m\x1b[48;2;0;0;0m▀"));
  EXPECT_THAT(text, HasSubstr("p 0.83, β 0.75"));
  EXPECT_THAT(text, HasSubstr("the last colour is the largest weight"));
}

TEST(DrawCaptionTerminal, NeverExceedsTheWidth) {
  for (const std::size_t width : {20U, 33U, 80U, 500U}) {
    for (const CaptionPicture& caption :
         {small_caption(), hostile_caption(), long_caption(70), arabic_caption(),
          plain_picture(1000, 1), plain_picture(1, 1000)}) {
      for (const Colour colour : {Colour::kNone, Colour::k256}) {
        for (const auto graphics : {TerminalGraphics::kBlocks, TerminalGraphics::kKitty}) {
          const std::string text =
              draw_caption_terminal(caption, {.colour = colour, .width = width}, graphics);
          for (const std::string& line : lines_of(without_escapes(text))) {
            EXPECT_LE(display_width(line), width) << line;
          }
        }
      }
    }
  }
}

TEST(DrawCaptionTerminal, MakesControlCharactersVisible) {
  const std::string text = draw_caption_terminal(hostile_caption());
  for (const char byte : text) {
    EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n') << static_cast<int>(byte);
  }
  EXPECT_THAT(text, Not(HasSubstr("\u202E")));
  EXPECT_LT(text.size(), 20'000U);
}

TEST(DrawCaptionTerminal, SaysWhatIsEmptyOrLeftOut) {
  EXPECT_EQ(draw_caption_terminal(plain_picture(5, 5)), "(empty)\n");
  EXPECT_THAT(draw_caption_terminal(long_caption(70)),
              HasSubstr("\n… 64 of 70 words are shown; the others are left out\n"));
}

TEST(DrawCaptionTerminal, DrawsDarkMapsForWordsThatLookedNowhere) {
  CaptionPicture caption = small_caption();
  for (CaptionWord& word : caption.words) word.weights.assign(24, 0);
  const std::string text = draw_caption_terminal(caption);
  EXPECT_THAT(text, HasSubstr("\nnowhere         nowhere         nowhere\n"));
  EXPECT_THAT(text, HasSubstr("\n··············  ··············  ··············\n"));
}

TEST(DrawCaptionTerminal, RefusesANarrowTerminal) {
  EXPECT_THROW(draw_caption_terminal(small_caption(), {.width = 19}), UsageError);
}

// --- kitty ---

/// Returns the bytes of base64.
std::string decode_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char digit : text) {
    if (digit == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(digits.find(digit));
    held += 6;
    if (held >= 8) bytes += static_cast<char>(bits >> (held -= 8) & 0xFF);
  }
  return bytes;
}

TEST(KittyPicture, SendsAPngInChunksAndStandsBelow) {
  Raster raster{{100, 50}, 3, {}};
  std::uint32_t noise = 1;  // which cannot be compressed
  for (std::size_t i = 0; i < 15'000; ++i) {
    noise = noise * 1'664'525 + 1'013'904'223;
    raster.values.push_back(static_cast<std::uint8_t>(noise >> 24));
  }
  const std::string text = kitty_picture(raster, 20, 5);
  EXPECT_THAT(text, StartsWith("\n\n\n\n\n\x1b[5A\x1b_Ga=T,f=100,C=1,c=20,r=5,q=2,m=1;"));
  EXPECT_EQ(text.substr(text.size() - 5), "\x1b[5B\r");
  const std::regex sequence("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\");
  std::string data;
  std::vector<std::string> keys;
  for (std::sregex_iterator at(text.begin(), text.end(), sequence), end; at != end; ++at) {
    EXPECT_LE((*at)[2].length(), 4096);
    keys.push_back((*at)[1]);
    data += (*at)[2];
  }
  ASSERT_GE(keys.size(), 4U);
  EXPECT_EQ(keys[1], "q=2,m=1");
  EXPECT_EQ(keys.back(), "q=2,m=0");
  EXPECT_EQ(decode_base64(data), encode_png(raster));
}

TEST(DrawCaptionTerminal, ShowsPicturesByKittysProtocol) {
  const std::string text = draw_caption_terminal(
      small_caption(), {.colour = Colour::kTrueColour, .width = 80}, TerminalGraphics::kKitty);
  EXPECT_EQ(count(text, "a=T,f=100"), 2U);  // the picture and a strip of three words
  EXPECT_THAT(text, HasSubstr("c=48,r=16,"));
  EXPECT_THAT(text, HasSubstr("c=46,r=5,"));
  EXPECT_EQ(count(text, "▀"), 0U);
  EXPECT_EQ(count(draw_caption_terminal(small_caption(), {}, TerminalGraphics::kKitty), "\x1b"),
            0U);
}

TEST(DrawCaptionTerminal, LightsTheStripOfKitty) {
  const std::string text = draw_caption_terminal(
      small_caption(), {.colour = Colour::kTrueColour, .width = 80}, TerminalGraphics::kKitty);
  const std::regex sequence("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\");
  std::string data;
  for (std::sregex_iterator at(text.begin(), text.end(), sequence), end; at != end; ++at) {
    if (at->str(1).rfind("a=T", 0) == 0) data.clear();  // keeps the last picture
    data += (*at)[2];
  }
  const Pixels pixels = decode(decode_base64(data));
  ASSERT_EQ(pixels.width, 460);
  ASSERT_EQ(pixels.height, 100);
  const auto blue = [&](int x, int y) {
    return pixels.values[static_cast<std::size_t>(y * pixels.width + x)] & 0xFF;
  };
  EXPECT_GE(blue(70, 50), 250U);
  EXPECT_GE(blue(162, 2), 230U);
  EXPECT_LE(blue(295, 95), 70U);
  EXPECT_GE(blue(455, 97), 230U);
  EXPECT_EQ(blue(150, 50), 0U);  // transparent between the panels
}

TEST(TerminalGraphics, KnowsTheTerminalsByTheirEnvironment) {
  constexpr auto kBlocks = TerminalGraphics::kBlocks, kKitty = TerminalGraphics::kKitty;
  EXPECT_EQ(terminal_graphics({}), kBlocks);
  EXPECT_EQ(terminal_graphics({.term = "xterm-256color"}), kBlocks);
  EXPECT_EQ(terminal_graphics({.term = "xterm-kitty"}), kKitty);
  EXPECT_EQ(terminal_graphics({.term = "xterm-ghostty"}), kKitty);
  EXPECT_EQ(terminal_graphics({.term = "xterm-256color", .kitty_window_id = "1"}), kKitty);
  EXPECT_EQ(terminal_graphics({.term = "xterm-256color", .term_program = "WezTerm"}), kKitty);
  EXPECT_EQ(terminal_graphics({.term_program = "ghostty"}), kKitty);
  EXPECT_EQ(terminal_graphics({.term = "tmux-256color", .kitty_window_id = "1"}), kBlocks);
  EXPECT_EQ(terminal_graphics({.term = "screen", .term_program = "WezTerm"}), kBlocks);
  EXPECT_EQ(
      terminal_graphics({.term = "xterm-256color", .term_program = "tmux", .kitty_window_id = "1"}),
      kBlocks);
}

}  // namespace
}  // namespace attend::view
