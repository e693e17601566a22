#include "predictor/preparation.h"

#include <fmt/format.h>

#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "base/base.h"

namespace attend::predictor {
namespace {

using model::TokenId;

// Returns the parts of a source that has units. Returns none and sets `problem` where it is
// skipped.
std::vector<Part> choose_parts(const model::Side& side, const PredictOptions& options,
                               Answer& answer) {
  Source& source = answer.source;
  const std::size_t size = source.units.size();
  const std::size_t limit = options.maximum_source_length;
  if (size <= limit || side.config.fixed_length > 0) return {{0, 0, size}};
  switch (options.long_sources) {
    case LongSources::kCut:
      source.left_out = size - limit;
      source.units.resize(limit);
      return {{0, 0, limit}};
    case LongSources::kSkip:
      answer.problem = fmt::format("a source of {} units, expected at most {}", size, limit);
      return {};
    case LongSources::kSplit:
      break;
  }
  std::vector<Part> parts = split_at_sentences(source, limit);
  source.parts = parts.size();
  return parts;
}

// Returns where attention may look in a part of `size` tokens, [tokens]; empty: everywhere. `open`
// says so of the units of the whole source.
std::vector<char> allowed_in(const Part& part, std::span<const char> open, std::size_t size) {
  if (open.empty()) return {};
  std::vector<char> allowed(size, 0);  // 0 at </s> and padding
  for (std::size_t j = 0; j < part.size(); ++j) allowed[j] = open[part.unit(j)];
  return allowed;
}

// Returns why attention cannot look anywhere in some part; empty when it can in all of them.
std::string blocked_part(std::span<const Part> parts, std::span<const char> open,
                         const model::AttentionConfig& attention) {
  for (std::size_t p = 0; p < parts.size() && !open.empty(); ++p) {
    const std::vector<char> allowed = allowed_in(parts[p], open, parts[p].size());
    const std::string where = parts.size() == 1 ? "" : fmt::format("part {} of ", p + 1);
    std::string problem = model::reason_not_to_look(attention, allowed, where + "the source");
    if (!problem.empty()) return problem;
  }
  return {};
}

// Returns the texts of the units of a part, [units].
std::vector<std::string_view> units_in(const Part& part, const Source& source) {
  std::vector<std::string_view> units;
  for (std::size_t j = 0; j < part.size(); ++j) units.emplace_back(source.units[part.unit(j)].text);
  return units;
}

// Returns the borders of a part; `whole` are those of its source.
model::Borders borders_in(const Part& part, const model::Borders& whole) {
  model::Borders borders;
  const auto reaches = [](const std::vector<std::int32_t>& starts, std::size_t k,
                          std::size_t place) {
    return k < starts.size() && static_cast<std::size_t>(starts[k]) <= place;
  };
  std::size_t sentence = 0, paragraph = 0;  // the number of those that have begun
  for (std::size_t j = 0; j < part.size(); ++j) {
    const std::size_t before = sentence, paragraphs_before = paragraph;
    while (reaches(whole.sentences, sentence, part.unit(j))) ++sentence;
    while (sentence > 0 && reaches(whole.paragraphs, paragraph, sentence - 1)) ++paragraph;
    if (paragraph != paragraphs_before) {
      borders.paragraphs.push_back(static_cast<std::int32_t>(borders.sentences.size()));
    }
    if (sentence != before) borders.sentences.push_back(static_cast<std::int32_t>(j));
  }
  return borders;
}

// Appends the names of the columns that the alignment of a part has, and their units.
void name_columns(const model::ModelText& model, const Part& part, const model::Source& prepared,
                  Source& source) {
  const int levels = model.configuration.encoder.levels;
  const std::size_t columns = model::count_annotations(prepared, levels);
  const auto units = alignment::units_of_columns(columns, levels == 1 ? part.size() : 0);
  for (std::size_t j = 0; j < columns; ++j) {
    source.columns.push_back(levels > 1        ? fmt::format("{}", source.columns.size() + 1)
                             : j < part.size() ? source.units[part.unit(j)].text
                                               : model.source.vocabulary.unit(prepared.tokens[j]));
    const bool is_unit = units[j] != alignment::kNoUnit;
    source.column_units.push_back(is_unit ? part.unit(units[j]) : alignment::kNoUnit);
  }
}

// Where attention may look in a text, and how it looks.
struct AllowedIn {
  const Allowed& allowed;
  const model::AttentionConfig& attention;
};

// Prepares the picture that a source names.
void prepare_picture(const model::ModelText& model, const PredictOptions& options,
                     const Pictures& pictures, model::Encoded encoded, Answer& answer,
                     PreparedSources& prepared) {
  Source& source = answer.source;
  model::Source own{std::move(encoded.tokens)};
  try {
    own.picture = std::make_shared<model::Picture>(pictures.read(source.text));
  } catch (const DataError& error) {
    answer.problem = error.what();
    return;
  }
  source.units = std::move(encoded.units);
  const auto [rows, columns] = model.configuration.grid();
  source.grid_rows = static_cast<std::size_t>(rows);
  source.grid_columns = static_cast<std::size_t>(columns);
  for (std::size_t j = 0; j < own.tokens.size(); ++j) {
    if (options.search.alignments != search::Alignments::kKept) break;
    source.columns.push_back(fmt::format("{}", j + 1));
    source.column_units.push_back(alignment::kNoUnit);
  }
  prepared.parts.push_back({0, 0, source.units.size()});
  prepared.sources.push_back(std::move(own));
}

// A document of several levels has at least one sentence, and with three levels one paragraph.
void complete_borders(int levels, Source& source) {
  if (levels > 1 && source.sentences.empty()) source.sentences = {0};
  if (levels > 2 && source.paragraphs.empty()) source.paragraphs = {0};
}

// A source that was cut into units and numbered, of which parts are made.
struct WholeSource {
  std::span<const TokenId> tokens;  // [units, then </s> and padding]
  std::size_t units = 0;
  std::vector<char> open = {};  // [units]: where attention may look; empty: everywhere
  model::Borders borders = {};
};

// Returns a part as an engine reads it. `source` has the units.
model::Source prepare_part(const model::ModelText& model, const Part& part, const Source& source,
                           const WholeSource& whole) {
  const auto tags = whole.tokens.first(part.tags);
  const auto own = whole.tokens.subspan(part.begin, part.end - part.begin);
  const auto behind = whole.tokens.subspan(whole.units);  // </s>, padding
  std::vector<TokenId> tokens(tags.begin(), tags.end());
  tokens.insert(tokens.end(), own.begin(), own.end());
  tokens.insert(tokens.end(), behind.begin(), behind.end());
  std::vector<char> allowed = allowed_in(part, whole.open, tokens.size());
  model::Source prepared{std::move(tokens), std::move(allowed)};
  model::Borders borders = borders_in(part, whole.borders);
  prepared.sentences = std::move(borders.sentences);
  prepared.paragraphs = std::move(borders.paragraphs);
  const std::vector<std::string_view> units = units_in(part, source);
  prepared.copies = model::find_copies(model, units, prepared);
  prepared.ngrams = model::NgramFinder(model.configuration.encoder).find(units);
  prepared.entities = model::find_entities(model.configuration.encoder, units);
  prepared.behind_units = behind.size();
  return prepared;
}

void prepare_source(const model::ModelText& model, const PredictOptions& options,
                    const AllowedIn& where, const Pictures* pictures, Answer& answer,
                    PreparedSources& prepared) {
  const model::Side& side = model.source;
  Source& source = answer.source;
  model::Encoded encoded;
  try {
    encoded = model::encode(side, source.text, model::EmptyText::kAllow);
  } catch (const DataError& error) {
    answer.problem = error.what();
    return;
  }
  if (encoded.units.empty()) return;
  if (side.regions > 0) {
    if (pictures == nullptr) {
      throw UsageError(
          "this model reads annotations (encoder.kind: features): name their file "
          "with --features");
    }
    if (!where.allowed.empty()) {
      answer.problem = "words where attention may look: a picture has none";
      return;
    }
    return prepare_picture(model, options, *pictures, std::move(encoded), answer, prepared);
  }
  WholeSource whole{encoded.tokens, encoded.units.size()};
  source.cut = encoded.cut;
  source.units = std::move(encoded.units);
  if (!where.allowed.empty()) whole.open = text::covered_units(source.units, where.allowed);
  const std::vector<Part> parts = choose_parts(side, options, answer);
  whole.borders = model::first_units({std::move(encoded.sentences), std::move(encoded.paragraphs)},
                                     source.units.size());
  source.sentences.assign(whole.borders.sentences.begin(), whole.borders.sentences.end());
  source.paragraphs.assign(whole.borders.paragraphs.begin(), whole.borders.paragraphs.end());
  if (std::string problem = blocked_part(parts, whole.open, where.attention); !problem.empty()) {
    answer.problem = std::move(problem);
    return;
  }
  for (const Part& part : parts) {
    model::Source prepared_part = prepare_part(model, part, source, whole);
    if (options.search.alignments == search::Alignments::kKept) {
      name_columns(model, part, prepared_part, source);
    }
    prepared.parts.push_back(part);
    prepared.sources.push_back(std::move(prepared_part));
  }
  for (std::size_t j = 0; j < source.units.size(); ++j) {
    if (whole.tokens[j] == side.vocabulary.unknown())
      source.unknown.push_back(source.units[j].text);
  }
  complete_borders(model.configuration.encoder.levels, source);
}

// Gives the problem kTooLarge to the answer and releases everything that was prepared of its text.
void leave_out(Answer& answer, PreparedSources& prepared) {
  const std::size_t parts = prepared.first_parts.back();
  prepared.parts.resize(parts);
  prepared.sources.resize(parts);
  std::string text = std::move(answer.source.text);
  answer.source = Source{};
  answer.source.text = std::move(text);
  answer.problem = kTooLarge;
}

// Returns why the model cannot have such a target; empty when it can.
std::string target_problem(const model::Side& side, const model::Encoded& target,
                           const PredictOptions& options) {
  const std::size_t size = target.units.size() + target.cut;
  const auto fixed = static_cast<std::size_t>(side.config.fixed_length);
  const auto longest = static_cast<std::size_t>(options.search.maximum_length);
  const bool must_fill = fixed > 0 && !side.config.end_token;
  if (target.cut > 0 || (must_fill && target.tokens.size() != fixed)) {
    return fmt::format("the target has {} units, expected {}", size, fixed);
  }
  if (!must_fill && size > longest) {
    return fmt::format("a target of {} units, expected at most {} (--maximum-length)", size,
                       longest);
  }
  return {};
}

}  // namespace

void check_long_sources(const model::ModelText& model, LongSources choice) {
  if (choice != LongSources::kSplit) return;
  if (model.configuration.encoder.reads_pictures()) {
    throw UsageError("--long-sources split: this model reads pictures, which have no sentences");
  }
  if (!model::answers_with_labels(model.target.config)) return;
  throw UsageError(
      "--long-sources split: this model answers with a label (target.unit: whole), and the labels "
      "of parts are no label; choose cut or skip");
}

PreparedSources prepare_sources(const model::ModelText& model, const SourceTexts& given,
                                const PredictOptions& options, std::vector<Answer>& answers) {
  check_long_sources(model, options.long_sources);
  const std::span<const std::string> texts = given.texts;
  ATTEND_CHECK(given.allowed.empty() || given.allowed.size() == texts.size());
  const Allowed everywhere;
  const model::AttentionConfig& attention =
      given.attention == nullptr ? model.configuration.attention : *given.attention;
  PreparedSources prepared;
  prepared.first_parts.reserve(texts.size() + 1);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    prepared.first_parts.push_back(prepared.parts.size());
    try {
      answers[i].source.text = texts[i];
      const AllowedIn where{given.allowed.empty() ? everywhere : given.allowed[i], attention};
      prepare_source(model, options, where, given.pictures, answers[i], prepared);
    } catch (const std::bad_alloc&) {
      leave_out(answers[i], prepared);
    }
  }
  prepared.first_parts.push_back(prepared.parts.size());
  return prepared;
}

std::vector<model::Encoded> prepare_targets(const model::ModelText& model,
                                            std::span<const std::string> targets,
                                            const PredictOptions& options,
                                            std::vector<Answer>& answers) {
  std::vector<model::Encoded> encoded(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    try {
      encoded[i] = model::encode(model.target, targets[i], model::EmptyText::kAllow);
    } catch (const DataError& error) {
      answers[i].problem = error.what();
      continue;
    } catch (const std::bad_alloc&) {
      answers[i].problem = kTooLarge;
      continue;
    }
    if (answers[i].problem.empty() && !encoded[i].units.empty()) {
      answers[i].problem = target_problem(model.target, encoded[i], options);
    }
    if (model.target.config.end_token) encoded[i].tokens.pop_back();  // scoring adds </s>
  }
  return encoded;
}

}  // namespace attend::predictor
