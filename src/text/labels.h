// Finds out where the lines of a file have their labels: before the text, behind it, or as fastText
// writes them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "text/corpus.h"

namespace attend::text {

/// What the first lines of a file say about the place of its labels.
struct LabelPlace {
  PairFormat format = PairFormat::kTsv;
  std::string reason;  ///< one sentence for people, which also names the options that overrule it
};

/// Decides whether a text, as it stands in a file, is a label that is already known.
using IsLabel = std::function<bool(std::string_view)>;

/// Finds the labels of a training. If more than half of the lines with text begin with
/// kLabelPrefix, the lines are those of fastText, so that a reader names each other line as a bad
/// one. Otherwise lines of two fields are compared, and the second field is the label unless
/// the first one has at most half as many different values. Returns nothing but the usual order,
/// without a reason, where no line has two fields. Throws UsageError, without the name of the file,
/// where the first field has fewer different values, but more than half as many.
LabelPlace place_of_labels(std::span<const std::string_view> lines);

/// Finds the labels of a model that knows them. Of the lines of two fields, those count in which
/// exactly one field is a known label. The second field is the label, without a reason, unless the
/// first field is one in at least half of all these lines. Throws UsageError, without the name of
/// the file, where then the second field is one in more than a quarter as many lines.
LabelPlace place_of_labels(std::span<const std::string_view> lines, const IsLabel& is_label);

/// Finds the labels of validation pairs whose training has known labels and the format `usual`. The
/// lines have this format, without a reason, unless they are those of fastText or unless a field
/// that would be a text is a known label in at least half of the lines of two fields, and in at
/// least four times as many as the other field. Only lines count in which exactly one field is a
/// known label.
LabelPlace place_of_labels(std::span<const std::string_view> lines, const IsLabel& is_label,
                           PairFormat usual);

/// Makes a reader whose format is open read its lines as place_of_labels() finds; there must be no
/// pair that was read. Returns the reason, or an empty text where the format was not open. Throws
/// UsageError, with the name of the file.
std::string find_labels(PairReader& reader);
/// The same for known labels. The reason is empty also for the usual order, source TAB target.
std::string find_labels(PairReader& reader, const IsLabel& is_label);
/// The same for validation pairs of a training with the format `usual`, where the reason is empty
/// for this format. Throws no UsageError.
std::string find_labels(PairReader& reader, const IsLabel& is_label, PairFormat usual);

}  // namespace attend::text
