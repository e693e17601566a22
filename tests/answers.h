// Answers with alignments that a test writes down.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "attend/answers.hpp"

namespace attend::testing {

/// Returns the bytes of the pieces of a text, which follow each other with at most blanks between.
inline std::vector<ByteSpan> find_pieces(const std::string& text,
                                         const std::vector<std::string>& pieces) {
  std::vector<ByteSpan> spans;
  std::size_t begin = 0;
  for (const std::string& piece : pieces) {
    begin = text.find(piece, begin);
    spans.push_back({begin, begin + piece.size()});
    begin += piece.size();
  }
  return spans;
}

/// Returns an answer of a model whose units are the pieces of both texts. `rows` [target pieces,
/// source pieces and </s>] is the alignment; a further row is that of the step for </s>.
inline Answer make_answer(const std::string& source, const std::vector<std::string>& source_pieces,
                          const std::string& target, const std::vector<std::string>& target_pieces,
                          const std::vector<std::vector<float>>& rows) {
  Answer answer;
  answer.source.text = source;
  const auto spans = find_pieces(source, source_pieces);
  for (std::size_t j = 0; j < source_pieces.size(); ++j) {
    answer.source.units.push_back({source_pieces[j], spans[j]});
    answer.source.columns.push_back(source_pieces[j]);
    answer.source.column_units.push_back(j);
  }
  answer.source.columns.emplace_back("</s>");
  answer.source.column_units.push_back(kNoUnit);
  Prediction prediction;
  prediction.text = target;
  prediction.units = target_pieces;
  prediction.spans = find_pieces(target, target_pieces);
  prediction.unit_scores.assign(target_pieces.size() + 1, -1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& to = i < target_pieces.size() ? prediction.alignment : prediction.end_alignment;
    to.insert(to.end(), rows[i].begin(), rows[i].end());
  }
  answer.predictions.push_back(std::move(prediction));
  return answer;
}

}  // namespace attend::testing
