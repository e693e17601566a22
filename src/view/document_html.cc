// Draws a page of documents, in one file without a script.
#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"
#include "view/document.h"
#include "view/document_page.h"
#include "view/labels.h"
#include "view/markup.h"
#include "view/picture.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostWords = 250'000;

std::string percent(double share) { return fmt::format("{:.2f}%", 100 * share); }

std::string labels_table(const ShownDocument& document) {
  if (document.labels().empty()) return {};
  std::string html = "<table class=\"labels\" aria-label=\"Labels and their probabilities\">\n";
  for (const LabelProbability& one : document.labels()) {
    html += fmt::format(
        "<tr><th scope=\"row\"><bdi>{}</bdi></th><td><span class=\"bar\" aria-hidden=\"true\">"
        "<i style=\"width:{}\"></i></span></td><td>{:.4f}</td></tr>\n",
        escape_markup(one.label), percent(one.probability), one.probability);
  }
  return html + "</table>\n";
}

// Returns what gives a word its colour: a class, and the weight or the colours.
std::string word_style(const ShownDocument& document, std::size_t word,
                       const DocumentOptions& options) {
  const double shade = document.word_shade(word);
  if (!document.has_word_weights() || !has_colour(shade, options.scale)) return "class=\"word\"";
  if (!options.scale) return fmt::format("class=\"word\" style=\"--w:{:.3f}\"", shade);
  const Rgb behind = word_colour(shade, options.scale);
  return fmt::format("class=\"word fixed\" style=\"background:{};color:{}\"", hex(behind),
                     hex(text_colour_on(behind)));
}

std::string word(const ShownDocument& document, std::size_t index, std::size_t sentence,
                 const DocumentOptions& options) {
  const std::string note = document.word_note(index, sentence);
  const std::string title = note.empty() ? "" : fmt::format(" title=\"{}\"", note);
  return fmt::format("<span {}{}>{}</span>", word_style(document, index, options), title,
                     escape_markup(visible_label(document.original().words[index])));
}

std::string sentence_weight(const ShownDocument& document, std::size_t number,
                            const DocumentOptions& options) {
  if (!document.has_sentence_weights()) return {};
  const double weight = document.sentence_weight(number);
  const double shade = document.sentence_shade(number);
  const std::string colour =
      options.scale ? fmt::format(";background:{}", hex(sentence_colour(shade, options.scale)))
                    : "";
  return fmt::format(
      "<span class=\"weight\" title=\"sentence {0}: {1:.4f}\"><span>{1:.2f}</span>"
      "<span class=\"bar\" aria-hidden=\"true\"><i style=\"width:{2}{3}\"></i></span></span>",
      number + 1, weight, percent(shade), colour);
}

std::string sentence_line(const ShownDocument& document, const ShownSentence& sentence,
                          const DocumentOptions& options) {
  std::string html;
  if (sentence.gap_before) html += "<p class=\"empty\">…</p>\n";
  html += fmt::format(
      "<div class=\"sentence{}\">{}<p dir=\"{}\">", sentence.begins_paragraph ? " paragraph" : "",
      sentence_weight(document, sentence.number, options), name(sentence.direction));
  for (std::size_t j = sentence.first; j < sentence.end; ++j) {
    if (j > sentence.first && !document.joined(j)) html += ' ';
    html += word(document, j, sentence.number, options);
  }
  if (sentence.first == sentence.end) html += fmt::format("<i class=\"empty\">{}</i>", kEmptySide);
  if (sentence.cut) html += " <span class=\"empty\">…</span>";
  return html + "</p></div>\n";
}

std::string hint(const std::string& text) {
  return text.empty() ? "" : "<p class=\"hint\">" + escape_markup(text) + "</p>\n";
}

std::string section(const ShownDocument& document, std::size_t index,
                    const DocumentOptions& options) {
  const std::string& own = document.original().title;
  const std::string title =
      own.empty() ? fmt::format("Document {}", index + 1) : visible_title(own);
  std::string html =
      fmt::format("<section class=\"document\" aria-label=\"{0}\">\n<h2 dir=\"auto\">{0}</h2>\n",
                  escape_markup(title));
  html += labels_table(document);
  const std::string strongest = document.strongest_words();
  if (!strongest.empty()) html += hint("Words with the largest weights: " + strongest);
  html += hint(document.left_out_note());
  html +=
      fmt::format("<div class=\"text{}\" dir=\"{}\">\n",
                  document.has_sentence_weights() ? " weighted" : "", name(document.direction()));
  for (const ShownSentence& sentence : document.sentences()) {
    html += sentence_line(document, sentence, options);
  }
  if (document.sentences().empty()) {
    html += fmt::format("<p class=\"empty\">{}</p>\n", kEmptySide);
  }
  html += "</div>\n";
  if (const std::string scale = document.scale_note(); !scale.empty()) {
    html += hint("The strongest colour is " + scale + ".");
  }
  return html + "</section>\n";
}

std::string page_head(std::string_view language) {
  // This policy forbids every connection and every script, whatever the page contains.
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>Labels</title>\n<style>",
             escape_markup(language)) +
         std::string(kDocumentStyle) + "</style>\n</head>\n";
}

}  // namespace

std::string draw_documents_html(std::span<const DocumentPicture> pictures,
                                const DocumentOptions& options, std::string_view language) {
  if (pictures.empty()) throw UsageError("nothing to draw: there are no documents");
  std::size_t words = 0;
  for (const DocumentPicture& picture : pictures) {
    words += std::min(picture.words.size(), options.max_words);
  }
  if (words > kMostWords) {
    throw UsageError(
        fmt::format("{} words are too many for one page; the limit is {}", words, kMostWords));
  }
  std::string html = page_head(language) +
                     "<body>\n<header><h1>Labels</h1>\n<p class=\"hint\">The darker a word is "
                     "shaded, the more the model looked at it. Point at a word or at the bar of a "
                     "sentence to see its weight.</p></header>\n<main>\n";
  for (std::size_t k = 0; k < pictures.size(); ++k) {
    html += section(ShownDocument(pictures[k], options), k, options);
  }
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace attend::view
