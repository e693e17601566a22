// The parts that all forms of `attend show` use.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "commands/show.h"

namespace attend::commands {

Chunk read_texts(const ShowOptions& options) {
  Chunk chunk;
  for (const std::string& text : options.texts) {
    text::MarkedSource source;
    std::string problem;
    try {
      // The predictor says which byte of a text is not UTF-8.
      const bool readable = text::find_broken_utf8(text) == std::string_view::npos;
      source = text::read_marked_line(text, readable ? options.marks : text::SourceMarks{});
    } catch (const DataError& error) {
      problem = error.what();
    }
    chunk.sources.push_back(std::move(source.text));
    chunk.allowed.push_back(std::move(source.allowed));
    chunk.problems.push_back(std::move(problem));
  }
  return chunk;
}

void Undrawn::add(std::size_t i, std::string_view problem) {
  if (errors_ == LineErrors::kStop) throw DataError(kShownTexts, i + 1, std::string(problem));
  name_last();
  last_ = {i + 1, std::string(problem)};
}

void Undrawn::finish(bool drawn) {
  if (!drawn) throw DataError(kShownTexts, last_.first, last_.second);
  name_last();
}

void Undrawn::name_last() {
  if (last_.first > 0) notices_.add_left_out("text", last_.second, last_.first);
  last_ = {};
}

view::TerminalOptions terminal_options(const ShowOptions& options) {
  view::TerminalOptions terminal;
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1) {
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) {
      terminal.width = size.ws_col;
    }
    const char* colour = std::getenv("COLORTERM");
    const bool plain = std::getenv("NO_COLOR") != nullptr;
    const bool full =
        colour != nullptr && std::string_view(colour).find("truecolor") != std::string_view::npos;
    terminal.colour = plain  ? view::TerminalOptions::Colour::kNone
                      : full ? view::TerminalOptions::Colour::kTrueColour
                             : view::TerminalOptions::Colour::k256;
  }
  if (!options.scale.empty()) terminal.scale = view::colour_scale(options.scale);
  return terminal;
}

bool has_extension(const std::string& file, std::string_view extension) {
  return file.ends_with(extension);
}

}  // namespace attend::commands
