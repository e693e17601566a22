#include "view/kitty.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "base/base.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr std::size_t kChunk = 4096;  // characters of base64 that the protocol allows in a sequence

bool begins_with_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return text.substr(0, one.size()) == one; });
}

}  // namespace

std::string kitty_picture(const Raster& raster, std::size_t columns, std::size_t lines) {
  const std::string data = base64(encode_png(raster));
  // Line feeds make room at the bottom of the screen before the picture is placed above them. a=T
  // sends and shows a picture, f=100 is PNG, q=2 asks for no answer, C=1 leaves the cursor alone.
  std::string text = std::string(lines, '\n') + fmt::format("\x1b[{}A", lines);
  for (std::size_t at = 0; at < data.size(); at += kChunk) {
    const std::string keys =
        at == 0 ? fmt::format("a=T,f=100,C=1,c={},r={},", columns, lines) : std::string();
    text += fmt::format("\x1b_G{}q=2,m={};{}\x1b\\", keys, at + kChunk < data.size() ? 1 : 0,
                        std::string_view(data).substr(at, kChunk));
  }
  return text + fmt::format("\x1b[{}B\r", lines);
}

TerminalGraphics terminal_graphics(const TerminalEnvironment& environment) {
  if (begins_with_one_of(environment.term, {"screen", "tmux"}) ||
      begins_with_one_of(environment.term_program, {"tmux"})) {
    return TerminalGraphics::kBlocks;
  }
  const bool known = !environment.kitty_window_id.empty() ||
                     begins_with_one_of(environment.term, {"xterm-kitty", "xterm-ghostty"}) ||
                     environment.term_program == "ghostty" || environment.term_program == "WezTerm";
  return known ? TerminalGraphics::kKitty : TerminalGraphics::kBlocks;
}

}  // namespace attend::view
