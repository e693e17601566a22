// Draws pages of alignments that react to the pointer and the keyboard, each in one file.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/base.h"
#include "view/colours.h"
#include "view/html_page.h"
#include "view/labels.h"
#include "view/markup.h"
#include "view/picture.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostCells = 250'000;
constexpr std::size_t kComfortableUnits = 60;  // with more units, cells are small
constexpr std::size_t kLongestHeading = 28;    // in clusters
constexpr double kHeadingRoom = 1.6;           // in units of the font size
constexpr std::size_t kNamedWeights = 3;

/// Returns the direction in which a line of units is read.
std::string_view direction_of(const std::vector<std::string>& units) {
  std::string all;
  for (std::size_t i = 0; i < std::min<std::size_t>(units.size(), 200); ++i) all += units[i];
  return right_to_left(all) ? "rtl" : "ltr";
}

/// Returns the greatest weights of a row, as "“7” 0.93, “/” 0.05". Each unit is isolated in its own
/// direction.
std::string named_weights(const CheckedPicture& picture, std::size_t row) {
  std::vector<std::size_t> order(picture.source.size());
  std::iota(order.begin(), order.end(), 0);
  const std::size_t count = std::min(kNamedWeights, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return std::pair(-picture.weight(row, a), a) <
                             std::pair(-picture.weight(row, b), b);
                    });
  std::string text;
  for (std::size_t k = 0; k < count; ++k) {
    const double weight = picture.weight(row, order[k]);
    if (weight < 0.005 && k > 0) break;
    text += fmt::format("{}“\u2068{}\u2069” {:.2f}", k == 0 ? "" : ", ", picture.source[order[k]],
                        weight);
  }
  return text;
}

/// Returns a unit as a part of its line, which the bidirectional algorithm orders with the others.
std::string unit_button(std::string_view side, std::size_t index, std::string_view label,
                        std::string_view description) {
  return fmt::format(
      "<span role=\"button\" tabindex=\"0\" class=\"unit\" data-side=\"{}\" data-index=\"{}\" "
      "aria-label=\"{}\">{}</span>",
      side, index, escape_markup(description), escape_markup(label));
}

std::string empty_side() { return fmt::format("<i class=\"empty\">{}</i>", kEmptySide); }

/// Returns the line of a side. `descriptions` say what screen readers read of each unit.
std::string unit_line(std::string_view side, const std::vector<std::string>& units,
                      const std::vector<std::string>& labels, const std::vector<char>& joined,
                      const std::vector<std::string>& descriptions) {
  std::string html = fmt::format(
      "<div class=\"line\"><span>{0}</span><div class=\"units\" dir=\"{1}\" role=\"group\" "
      "aria-label=\"{0}\">",
      side, direction_of(units));
  for (std::size_t k = 0; k < labels.size(); ++k) {
    if (k > 0 && (joined.empty() || joined[k] == 0)) html += '\n';
    html += unit_button(side, k, labels[k], descriptions[k]);
  }
  if (labels.empty()) html += empty_side();
  return html + "</div></div>\n";
}

std::string source_line(const CheckedPicture& picture) {
  std::vector<std::string> descriptions;
  for (std::size_t j = 0; j < picture.source.size(); ++j) {
    descriptions.push_back(
        fmt::format("source {} of {}: {}", j + 1, picture.source.size(), picture.source[j]));
  }
  return unit_line("source", picture.original.source_units, picture.source,
                   picture.original.source_joined, descriptions);
}

std::string target_line(const CheckedPicture& picture) {
  std::vector<std::string> descriptions;
  for (std::size_t i = 0; i < picture.target.size(); ++i) {
    const std::string probability =
        picture.has_probabilities() ? fmt::format(", probability {:.2f}", picture.probability(i))
                                    : "";
    descriptions.push_back(fmt::format("target {} of {}: {}{}; looked at {}", i + 1,
                                       picture.target.size(), picture.target[i], probability,
                                       named_weights(picture, i)));
  }
  return unit_line("target", picture.original.target_units, picture.target,
                   picture.original.target_joined, descriptions);
}

std::string heading_row(const CheckedPicture& picture) {
  std::string html = "<thead><tr><th></th>";
  const std::vector<bool> upright = upright_headings(picture.source, kHeadingRoom);
  for (std::size_t j = 0; j < picture.source.size(); ++j) {
    html +=
        fmt::format("<th scope=\"col\"{}><bdi>{}</bdi></th>", upright[j] ? "" : " class=\"long\"",
                    escape_markup(shorten_clusters(picture.source[j], kLongestHeading)));
  }
  return html + "</tr></thead>\n";
}

std::string table(const CheckedPicture& picture, ColourScale scale) {
  const bool small = std::max(picture.source.size(), picture.target.size()) > kComfortableUnits;
  std::string html = fmt::format(
      "<div class=\"map\" role=\"img\" aria-label=\"Heat map: {} target units by {} source units\">"
      "<table{}>\n",
      picture.target.size(), picture.source.size(), small ? " class=\"small\"" : "");
  html += heading_row(picture) + "<tbody>\n";
  for (std::size_t i = 0; i < picture.target.size(); ++i) {
    html += fmt::format("<tr><th scope=\"row\" title=\"{}\"><bdi>{}</bdi></th>",
                        escape_markup(named_weights(picture, i)),
                        escape_markup(shorten_clusters(picture.target[i], kLongestHeading)));
    for (std::size_t j = 0; j < picture.source.size(); ++j) {
      html += fmt::format("<td style=\"background:{}\"></td>",
                          hex(colour_of(picture.weight(i, j), scale)));
    }
    html += "</tr>\n";
  }
  html += "</tbody>";
  if (picture.target.empty()) {  // a foot, because the page's script counts the rows of the body
    html += fmt::format("<tfoot><tr><th>{}</th></tr></tfoot>", empty_side());
  }
  return html + "</table></div>\n";
}

std::string example(const AlignmentPicture& original, std::size_t index, ColourScale scale) {
  const CheckedPicture picture(original);
  const std::string title =
      original.title.empty() ? fmt::format("Example {}", index + 1) : original.title;
  return fmt::format("<section class=\"example\" aria-label=\"{0}\">\n<h2 dir=\"auto\">{0}</h2>\n",
                     escape_markup(title)) +
         source_line(picture) + target_line(picture) +
         "<output class=\"status\" aria-live=\"polite\"></output>\n" + table(picture, scale) +
         "</section>\n";
}

std::string json_strings(const std::vector<std::string>& strings) {
  std::string json = "[";
  for (const std::string& text : strings) json += (json.size() > 1 ? "," : "") + json_string(text);
  return json + "]";
}

std::string json_numbers(std::span<const float> numbers) {
  std::string json = "[";
  for (const float number : numbers) {
    json += fmt::format("{}{:.6g}", json.size() > 1 ? "," : "", number);
  }
  return json + "]";
}

std::string json_of(const AlignmentPicture& picture) {
  const std::size_t columns = picture.source_units.size();
  std::string rows;
  for (std::size_t i = 0; i < picture.target_units.size(); ++i) {
    const std::span<const float> alignment(picture.alignment);
    rows += (i == 0 ? "" : ",") + json_numbers(alignment.subspan(i * columns, columns));
  }
  return fmt::format(
      "{{\"title\":{},\"source\":{},\"target\":{},\"alignment\":[{}],\"probability\":{}}}",
      json_string(picture.title), json_strings(picture.source_units),
      json_strings(picture.target_units), rows, json_numbers(picture.target_probabilities));
}

void check_limits(std::span<const AlignmentPicture> pictures) {
  if (pictures.empty()) throw UsageError("nothing to draw: there are no pictures");
  std::size_t cells = 0;
  for (const AlignmentPicture& picture : pictures) cells += picture.alignment.size();
  if (cells > kMostCells) {
    throw UsageError(
        fmt::format("{} weights are too many for one page; the limit is {}", cells, kMostCells));
  }
}

std::string page_head(const HtmlOptions& options) {
  // This policy forbids every connection, whatever the page contains.
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>{}</title>\n<style>",
             escape_markup(options.language), escape_markup(options.title)) +
         std::string(kPageStyle) + "</style>\n</head>\n";
}

std::string introduction(const HtmlOptions& options) {
  constexpr int kSteps = 10;
  std::string stops;
  for (int i = 0; i <= kSteps; ++i) {
    stops += "," + hex(colour_of(i / double{kSteps}, options.scale));
  }
  return fmt::format(
      "<header><h1 dir=\"auto\">{}</h1>\n<p class=\"hint\">Point at a target unit, or move to it "
      "with Tab and the arrow keys, to see what the model looked at when it wrote it; at a source "
      "unit, to see what looked at it. A click, Enter or the space key keeps the choice, Escape "
      "drops it.</p>\n"
      "<div class=\"scale\" aria-hidden=\"true\">0 <i style=\"background:linear-gradient(to "
      "right{})\"></i> 1 attention weight</div></header>\n",
      escape_markup(options.title), stops);
}

}  // namespace

std::string draw_html(std::span<const AlignmentPicture> pictures, const HtmlOptions& options) {
  check_limits(pictures);
  std::string html = page_head(options) + "<body>\n" + introduction(options) + "<main>\n";
  std::string json;
  for (std::size_t k = 0; k < pictures.size(); ++k) {
    html += example(pictures[k], k, options.scale);
    json += (k == 0 ? "\n" : ",\n") + json_of(pictures[k]);
  }
  return html + "</main>\n<script type=\"application/json\" id=\"data\">[" + json +
         "\n]</script>\n<script>" + std::string(kPageScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace attend::view
