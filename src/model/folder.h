// Reading and writing the model folder: config.yml, model.safetensors, source.vocab, target.vocab,
// *.spm. docs/formats.md describes it.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/borders.h"
#include "model/configuration.h"
#include "model/shortlist.h"
#include "model/weights.h"
#include "text/text.h"

namespace attend::model {

/// One side of a model: how its text is cut into units and numbered.
struct Side {
  SideConfig config;
  text::Segmenter segmenter;
  text::Vocabulary vocabulary;
  std::string subword_model;  ///< bytes of the *.spm file; empty for other units
  /// Whether <pad> fills texts up to `fixed_length` (sources of a model that sees padding).
  bool pads = false;
  /// The levels of the encoder that reads a source: with more than one, encode() finds its borders.
  int levels = 1;
  /// The regions of a picture, for sources that are names of pictures; 0 for texts.
  int regions = 0;
};

enum class SideName { kSource, kTarget };

/// Builds a side from its parts. `subword_model` is only for subwords. Throws ModelError when the
/// vocabulary lacks a reserved unit that the configuration needs (</s>, <pad>) or when the subword
/// model is damaged.
Side make_side(const Configuration& configuration, SideName name, text::Vocabulary vocabulary,
               std::string subword_model = "");

/// A source or a target, cut into units and numbered.
struct Encoded {
  std::vector<text::Unit> units;  ///< at most fixed_length; without </s> and padding
  /// The ids of the units, with </s> and padding where the configuration of the side asks for them.
  /// For the name of a picture, which is one unit: a 0 for each region.
  std::vector<text::TokenId> tokens;
  std::size_t unknown = 0;  ///< number of units outside the vocabulary
  std::size_t cut = 0;      ///< number of units after fixed_length, which were left out
  // The borders of a source for an encoder of several levels, as Source has them.
  std::vector<std::int32_t> sentences = {};
  std::vector<std::int32_t> paragraphs = {};
};

/// Whether a whole text is one unit of this side's vocabulary, as a known label is. A text that is
/// too long is none.
bool knows_label(const Side& side, std::string_view text);

/// Returns the ids that a target never contains: padding, and </s> where targets do not end in it.
std::vector<text::TokenId> never_predicted(const Side& target);

/// Says how to treat a text of which preparation leaves nothing.
enum class EmptyText {
  kRefuse,
  kAllow  ///< no units; </s> and padding where the configuration asks for them
};

/// Cuts and numbers a text. Throws DataError, without file and line, for broken UTF-8, for an empty
/// text unless `empty` allows it, and for a unit that a vocabulary without <unk> lacks. Where the
/// side has several levels, the result has the borders that find_borders() finds.
Encoded encode(const Side& side, std::string_view text, EmptyText empty = EmptyText::kRefuse);

/// Keeps the first `units` units of a text, at least one, with </s> if the side has it, and the
/// borders among them. Only for a side without padding.
void cut(const Side& side, std::size_t units, Encoded& encoded);

/// Returns why attention may look at none of the units of a source, or an empty string if it may.
/// `allowed` says so of each unit; `source` names the source in the message.
std::string reason_not_to_look(const AttentionConfig& attention, std::span<const char> allowed,
                               std::string_view source);

/// A model without its weights.
struct ModelText {
  Configuration configuration;
  Side source;
  Side target;
  VocabularySizes sizes() const;
};

struct Model {
  ModelText text;
  Weights weights;
  std::shared_ptr<const Shortlist> shortlist = nullptr;  ///< null unless it was asked for
};

/// Reads the configuration, the vocabularies and the subword models. Throws ModelError when a file
/// is missing or damaged, or when the folder's format is newer than this program.
ModelText load_text(const std::filesystem::path& folder);
/// Reads a model: load_text() and the weights. Throws ModelError also when the weights do not fit
/// the parameter table or their provenance (provenance.h), and says so when they are missing
/// because the training in the folder has not validated a model yet.
Model load(const std::filesystem::path& folder);
/// Reads a model and its shortlist.txt. Throws ModelError also when the shortlist is missing or
/// damaged.
Model load_with_shortlist(const std::filesystem::path& folder);
/// Returns the path of a folder's shortlist, which need not exist.
std::filesystem::path shortlist_file(const std::filesystem::path& folder);
/// Returns the path of the checkpoint of a folder's training, which need not exist.
std::filesystem::path checkpoint_file(const std::filesystem::path& folder);

/// Writes everything but the weights, each file atomically. Creates the folder if necessary.
void save_text(const std::filesystem::path& folder, const ModelText& text,
               int format = kFormatPlain);
/// Writes the config.yml of a folder again, atomically, with another decoder.temperature. Weights
/// and vocabularies stay as they are. `text` and `precision` are those of the folder's model.
/// Throws UsageError for a temperature out of range, and Error when the file cannot be written.
void save_temperature(const std::filesystem::path& folder, const ModelText& text,
                      Precision precision, double temperature);
/// As save_temperature(), with another decoder.line_temperature.
void save_line_temperature(const std::filesystem::path& folder, const ModelText& text,
                           Precision precision, double temperature);
/// Writes a folder whose weights are rounded to another precision than float32. Older programs
/// refuse it because of its format. The weights are written last, since a folder without them is no
/// model.
void save_rounded(const std::filesystem::path& folder, const ModelText& text,
                  const Weights& weights);
/// Returns the size of a folder's model.safetensors in bytes. Throws ModelError when there is none.
std::uintmax_t weights_size(const std::filesystem::path& folder);
/// Writes model.safetensors, including the provenance of the weights: the text they were trained
/// with.
void save_weights(const std::filesystem::path& folder, const ModelText& text,
                  const Weights& weights);

}  // namespace attend::model
