// The model folder: config.yml, model.safetensors, source.vocab, target.vocab, *.spm.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/configuration.h"
#include "model/shortlist.h"
#include "model/weights.h"
#include "text/text.h"

namespace attend::model {

/// One side of a model: how its text is cut and numbered.
struct Side {
  SideConfig config;
  text::Segmenter segmenter;
  text::Vocabulary vocabulary;
  std::string subword_model;  ///< bytes of the *.spm file; empty for other units
  bool pads = false;          ///< to fixed_length with <pad> (sources of a model that sees padding)
};

enum class SideName { kSource, kTarget };

/// Puts a side together. `subword_model` is only for subwords. ModelError when the vocabulary lacks
/// a reserved unit that the configuration needs (</s>, <pad>) or the subword model is damaged.
Side make_side(const Configuration& configuration, SideName name, text::Vocabulary vocabulary,
               std::string subword_model = "");

/// What a source or a target becomes.
struct Encoded {
  std::vector<text::Unit> units;      ///< cut to fixed_length; without </s> and padding
  std::vector<text::TokenId> tokens;  ///< with </s> and padding as the side's configuration says
  std::size_t unknown = 0;            ///< units outside the vocabulary
  std::size_t cut = 0;                ///< units beyond fixed_length that were left out
};

/// Ids that a target never holds: padding, and </s> where no target ends in it.
std::vector<text::TokenId> never_predicted(const Side& target);

/// What becomes of a text of which preparation leaves nothing.
enum class EmptyText {
  kRefuse,
  kAllow  ///< no units; </s> and padding as the side's configuration says
};

/// DataError("", 0, …) on broken UTF-8, empty text unless it is allowed, or a unit that a
/// vocabulary without <unk> lacks.
Encoded encode(const Side& side, std::string_view text, EmptyText empty = EmptyText::kRefuse);

/// Everything but the weights.
struct ModelText {
  Configuration configuration;
  Side source;
  Side target;
  VocabularySizes sizes() const;
};

struct Model {
  ModelText text;
  Weights weights;
  std::shared_ptr<const Shortlist> shortlist = nullptr;  ///< where it was asked for
};

/// Reads configuration, vocabularies and subword models. ModelError when a file is missing or
/// damaged, or when the folder's format is newer than this program.
ModelText load_text(const std::filesystem::path& folder);
/// The same and the weights, checked against the parameter table and against what they were trained
/// with (provenance.h).
Model load(const std::filesystem::path& folder);
/// The same and shortlist.txt.
Model load_with_shortlist(const std::filesystem::path& folder);
/// The file of a folder's shortlist, which need not be there.
std::filesystem::path shortlist_file(const std::filesystem::path& folder);

/// Writes all but the weights, each file atomically; makes the folder.
void save_text(const std::filesystem::path& folder, const ModelText& text,
               int format = kFormatPlain);
/// Writes a folder of another precision than float32: the same text, rounded weights. Older
/// programs refuse it by its format. The weights appear last: without them it is no model.
void save_rounded(const std::filesystem::path& folder, const ModelText& text,
                  const Weights& weights);
/// Bytes of a folder's model.safetensors; ModelError when there is none.
std::uintmax_t weights_size(const std::filesystem::path& folder);
/// Writes model.safetensors, with the provenance of the text that the weights were trained with.
void save_weights(const std::filesystem::path& folder, const ModelText& text,
                  const Weights& weights);

}  // namespace attend::model
