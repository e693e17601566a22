#include "commands/hypotheses.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "commands/text_files.h"

namespace attend::commands {
namespace {

void check_files(const HypothesisFiles& files) {
  if (files.files.empty() && files.references.empty()) {
    throw UsageError("--hypotheses: expected a file of references as well");
  }
  if (files.files.empty() && files.columns.any()) {
    throw UsageError(
        "--source-column, --target-column and --reference-column are columns of a TSV, but there "
        "is none");
  }
  std::vector<std::string> all = files.files;
  all.insert(all.end(), files.references.begin(), files.references.end());
  all.insert(all.end(), {files.hypotheses, files.source, files.baseline});
  check_standard_input(all);
  if (!files.source.empty() && !files.columns.source.empty()) {
    throw UsageError("--source and --source-column both say where the sources are");
  }
  const text::PairColumns& columns = files.columns;
  if (columns.any() && columns.target.empty() && columns.references.empty()) {
    throw UsageError("--source-column: name the columns of the references too (--target-column)");
  }
  if (columns.source.overlaps(columns.target) || columns.source.overlaps(columns.references) ||
      columns.target.overlaps(columns.references)) {
    throw UsageError(
        "a column can be only one of --source-column, --target-column and --reference-column");
  }
}

TextFile read_predictions(const std::string& name) {
  TextFile file = read_text_file(name);
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (file.lines[i].find('\t') == std::string::npos) continue;
    throw DataError(file.name, i + 1,
                    "found a TAB, expected one prediction a line; attend predict --n-best 1 writes "
                    "labels alone");
  }
  return file;
}

/// A file of references, cut into its columns.
struct ReferenceFile {
  TextFile file;
  std::vector<std::vector<std::string>> references;  // [lines][references of the line]
  std::vector<std::string> sources;                  // [lines] empty without a column of them
};

ReferenceFile read_references(const std::string& name, const text::PairColumns& columns) {
  ReferenceFile result{read_text_file(name), {}, {}};
  const std::size_t needed =
      std::max({columns.source.needed(), columns.target.needed(), columns.references.named()});
  for (std::size_t i = 0; i < result.file.lines.size(); ++i) {
    const std::vector<std::string_view> fields = text::fields_of(result.file.lines[i]);
    const auto fail = [&](const std::string& problem) {
      throw DataError(result.file.name, i + 1, problem);
    };
    if (!columns.any()) {
      if (fields.size() > 1) {
        fail(
            fmt::format("{} columns, expected one reference a line; --target-column and "
                        "--reference-column name columns of references",
                        fields.size()));
      }
      result.references.push_back({result.file.lines[i]});
      continue;
    }
    if (fields.size() < needed) {
      fail(fmt::format("{} column{}, expected {}", fields.size(), fields.size() == 1 ? "" : "s",
                       needed));
    }
    std::vector<std::string> texts = columns.references.select(fields);
    if (!columns.target.empty()) texts.insert(texts.begin(), columns.target.join(fields));
    result.references.push_back(std::move(texts));
    if (!columns.source.empty()) result.sources.push_back(columns.source.join(fields));
  }
  return result;
}

std::vector<std::size_t> lengths_of(const std::vector<std::string>& sources) {
  metrics::Tokenizer tokenizer = metrics::choose_tokenizer(sources).tokenizer;
  if (tokenizer == metrics::Tokenizer::k13a) tokenizer = metrics::Tokenizer::kNone;
  std::vector<std::size_t> lengths;
  for (const std::string& source : sources) {
    const std::string tokens = metrics::tokenize(tokenizer, source);
    const auto blanks = static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), ' '));
    lengths.push_back(tokens.empty() ? 0 : blanks + 1);
  }
  return lengths;
}

std::vector<metrics::Segment> segments_of(std::vector<std::string> texts) {
  std::vector<metrics::Segment> segments;
  for (std::string& text : texts) segments.push_back(metrics::plain_segment(std::move(text)));
  return segments;
}

/// The texts that each hypothesis is compared with, and its source.
struct ReferenceTexts {
  std::vector<std::vector<std::string>> references;  // [hypotheses][references of it]
  std::vector<std::string> sources;                  // [hypotheses] empty without sources
};

ReferenceTexts read_reference_texts(const HypothesisFiles& files, const TextFile& hypotheses) {
  const std::size_t examples = hypotheses.lines.size();
  ReferenceTexts result;
  result.references.resize(examples);
  const auto add = [&](const std::string& name, const text::PairColumns& columns) {
    ReferenceFile one = read_references(name, columns);
    check_lengths(hypotheses.name, examples, one.file);
    for (std::size_t i = 0; i < examples; ++i) {
      std::move(one.references[i].begin(), one.references[i].end(),
                std::back_inserter(result.references[i]));
    }
    if (!one.sources.empty()) result.sources = std::move(one.sources);
  };
  text::PairColumns columns = files.columns;
  for (const std::string& name : files.files) {
    add(name, columns);
    columns.source = {};  // the sources are those of the first file
  }
  for (const std::string& name : files.references) add(name, {});
  if (!files.source.empty()) {
    TextFile source = read_text_file(files.source);
    check_lengths(hypotheses.name, examples, source);
    result.sources = std::move(source.lines);
  }
  return result;
}

}  // namespace

EvaluatedPairs read_hypotheses(const HypothesisFiles& files) {
  check_files(files);
  TextFile hypotheses = read_predictions(files.hypotheses);
  ReferenceTexts texts = read_reference_texts(files, hypotheses);
  EvaluatedPairs result;
  if (!files.baseline.empty()) {
    TextFile baseline = read_predictions(files.baseline);
    check_lengths(hypotheses.name, hypotheses.lines.size(), baseline);
    result.baseline = segments_of(std::move(baseline.lines));
  }
  result.hypotheses = segments_of(std::move(hypotheses.lines));
  for (std::vector<std::string>& list : texts.references) {
    if (list.empty()) list.emplace_back();  // an open range of columns without any
    result.references.push_back(segments_of(written_references(std::move(list))));
  }
  result.source_lengths = lengths_of(texts.sources);
  return result;
}

}  // namespace attend::commands
