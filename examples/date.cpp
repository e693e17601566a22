// Predicts one text and prints what each unit of the answer looked at.
//   date MODEL TEXT
#include <attend/attend.hpp>
#include <iostream>

int main(int argc, char** argv) try {
  const attend::Predictor predictor(argc > 1 ? argv[1] : "dates");
  const attend::Answer answer = predictor.predict(argc > 2 ? argv[2] : "3 May 1979");
  for (const attend::Prediction& best : answer.predictions) {
    std::cout << best.text << '\n';
    for (const auto& [source, target] : best.links) {
      std::cout << best.units[target] << " <- " << answer.source.units[source].text << '\n';
    }
  }
  return answer.predictions.empty() ? 1 : 0;
} catch (const attend::Error& error) {
  std::cerr << error.what() << '\n';
  return static_cast<int>(error.code());
}
