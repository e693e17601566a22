// Draws a page of captions that react to the pointer and the keyboard, in one file.
#include <fmt/format.h>

#include "base/base.h"
#include "view/caption.h"
#include "view/caption_page.h"
#include "view/html_page.h"
#include "view/markup.h"
#include "view/picture.h"
#include "view/view.h"

namespace attend::view {
namespace {

/// A caption of the page.
struct PageCaption {
  const ShownCaption& shown;
  std::size_t index = 0;    // on the page
  std::size_t picture = 0;  // the index of the first caption with the same picture
};

/// Returns an SVG element inside the page up to its first child.
std::string open_svg(const PageCaption& caption, std::string_view attributes,
                     std::string_view description) {
  const Extent size = caption.shown.picture().size;
  return fmt::format("<svg {} viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", attributes,
                     size.width, size.height, escape_markup(description));
}

std::string image(const PageCaption& caption, std::string_view attributes) {
  const Extent size = caption.shown.picture().size;
  return fmt::format("<image {} width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\"/>",
                     attributes, size.width, size.height);
}

std::string use_picture(const PageCaption& caption) {
  return fmt::format("<use href=\"#picture-{}\"/>", caption.picture);
}

/// Returns the large picture under a light that is off.
std::string large_picture(const PageCaption& caption) {
  std::string html = open_svg(caption, "class=\"picture\"", "the picture");
  html += caption.index == caption.picture
              ? image(caption, fmt::format("id=\"picture-{}\" href=\"{}\"", caption.index,
                                           png_uri(caption.shown.picture())))
              : use_picture(caption);
  return html + image(caption, "class=\"light\"") + "</svg>\n";
}

/// Says what a word is and where it looked.
std::string status_of(const ShownCaption& shown, std::size_t word) {
  return fmt::format("“\u2068{}\u2069”: {}", shown.words()[word], shown.note(word));
}

std::string word_line(const ShownCaption& shown) {
  std::string html =
      fmt::format("<div class=\"words\" dir=\"{}\" role=\"group\" aria-label=\"caption\">",
                  name(shown.direction()));
  for (std::size_t i = 0; i < shown.words().size(); ++i) {
    if (i > 0 && !shown.joined(i)) html += '\n';
    html += fmt::format(
        "<span role=\"button\" tabindex=\"0\" class=\"unit\" data-index=\"{}\" "
        "aria-label=\"word {} of {}: {}\">{}</span>",
        i, i + 1, shown.words().size(), escape_markup(status_of(shown, i)),
        escape_markup(shown.words()[i]));
  }
  if (shown.words().empty()) html += fmt::format("<i class=\"empty\">{}</i>", kEmptySide);
  return html + "</div>\n";
}

std::string hint(std::string_view text) {
  return fmt::format("<p class=\"hint\" dir=\"auto\">{}</p>\n", escape_markup(text));
}

std::string references(const ShownCaption& shown) {
  if (shown.references().empty()) return {};
  std::string html = "<ul class=\"references\" aria-label=\"reference captions\">\n";
  for (const std::string& text : shown.references()) {
    html += fmt::format("<li dir=\"auto\">{}</li>\n", escape_markup(text));
  }
  return html + "</ul>\n";
}

std::string panel(const PageCaption& caption, std::size_t word) {
  const ShownCaption& shown = caption.shown;
  const std::string status = escape_markup(status_of(shown, word));
  return fmt::format(
             "<li class=\"panel\" data-index=\"{}\" title=\"{}\"><p><bdi>{}</bdi><small "
             "dir=\"ltr\">{}</small></p>",
             word, status, escape_markup(shown.words()[word]), shown.numbers(word)) +
         open_svg(caption, "aria-hidden=\"true\"", "") + use_picture(caption) +
         image(caption, fmt::format("href=\"{}\"", shown.mask_uri(word))) + "</svg></li>\n";
}

std::string panels(const PageCaption& caption) {
  if (caption.shown.words().empty()) return {};
  std::string html = fmt::format("<ul class=\"panels\" dir=\"{}\" aria-label=\"words\">\n",
                                 name(caption.shown.direction()));
  for (std::size_t i = 0; i < caption.shown.words().size(); ++i) html += panel(caption, i);
  return html + "</ul>\n";
}

std::string section(const PageCaption& caption) {
  const ShownCaption& shown = caption.shown;
  const std::string title =
      shown.title().empty() ? fmt::format("Caption {}", caption.index + 1) : shown.title();
  std::string html =
      fmt::format("<section class=\"caption\" aria-label=\"{0}\">\n<h2 dir=\"auto\">{0}</h2>\n",
                  escape_markup(title));
  html += "<div class=\"looking\">\n" + large_picture(caption) + "<div>\n" + word_line(shown) +
          "<output class=\"status\" aria-live=\"polite\"></output>\n";
  if (const std::string note = shown.left_out_note(); !note.empty()) html += hint(note);
  return html + references(shown) + "</div>\n</div>\n" + panels(caption) + "</section>\n";
}

std::string page_head(std::string_view language) {
  // This policy forbids every connection, whatever the page contains. Pictures are in the page.
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>Captions</title>\n<style>",
             escape_markup(language)) +
         std::string(kPageStyle) + std::string(kCaptionStyle) + "</style>\n</head>\n";
}

}  // namespace

std::string draw_captions_html(std::span<const CaptionPicture> captions,
                               const CaptionOptions& options, std::string_view language) {
  check_caption_count(captions);
  const std::vector<std::size_t> pictures = first_with_picture(captions);
  std::string html =
      page_head(language) +
      "<body>\n<header><h1>Captions</h1>\n<p class=\"hint\">Point at a word, or move to it with "
      "Tab "
      "and the arrow keys, to light the picture where the model looked when it chose the word. The "
      "brightest place is the largest weight of the word. A click, Enter or the space key keeps "
      "the "
      "choice, Escape drops it. p is the probability of the word, β the gate of the "
      "context.</p></header>\n<main>\n";
  for (std::size_t k = 0; k < captions.size(); ++k) {
    const ShownCaption shown(captions[k], options);
    html += section({shown, k, pictures[k]});
  }
  return html + "</main>\n<script>" + std::string(kCaptionScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace attend::view
