// The module attend._attend: the C++ face for Python (python/attend).
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/named_options.h"
#include "attend/attend.hpp"

namespace py = pybind11;

namespace attend::python {
namespace {

// The value of a keyword as the text that NamedOptions reads.
std::string text_of(const py::handle& value) {
  if (py::isinstance<py::bool_>(value)) return value.cast<bool>() ? "yes" : "no";
  const auto text = py::str(value).cast<std::string>();
  if (text == "True" || text == "False") return text == "True" ? "yes" : "no";  // of numpy
  return text;
}

// Sets options by keywords: length_normalisation=0.6, require=["a", "b"]. None leaves a default.
void set_all(api::NamedOptions& options, const py::kwargs& keywords) {
  for (const auto& [key, value] : keywords) {
    if (value.is_none()) continue;
    auto name = key.cast<std::string>();
    std::replace(name.begin(), name.end(), '_', '-');
    const bool several = !py::isinstance<py::str>(value) && !py::isinstance<py::bytes>(value) &&
                         py::hasattr(value, "__iter__");
    if (!several) {
      options.set(name, text_of(value));
      continue;
    }
    if (name != "require" && name != "forbid") {
      throw UsageError(name + ": found several values, expected one");
    }
    for (const py::handle& one : value) options.set(name, text_of(one));
  }
}

// The places of characters in a text, as Python counts them: [bytes + 1].
std::vector<std::size_t> characters_before(const std::string& text) {
  std::vector<std::size_t> count(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    count[i + 1] = count[i] + (begins ? 1 : 0);
  }
  return count;
}

// A unit with the places that it came from: in bytes of the UTF-8 text, and in characters.
struct PyUnit {
  std::string text;
  std::pair<std::size_t, std::size_t> bytes, span;
  std::optional<float> log_probability;
};

PyUnit make_unit(std::string text, ByteSpan span, const std::vector<std::size_t>& characters,
                 std::optional<float> log_probability) {
  // A unit that begins or ends inside of a character covers the whole of it.
  std::size_t first = characters.at(span.begin), end = characters.at(span.end);
  const bool inside = span.begin > 0 && span.begin + 1 < characters.size() &&
                      characters[span.begin + 1] == characters[span.begin];
  if (inside && first > 0) --first;
  return {std::move(text), {span.begin, span.end}, {first, end}, log_probability};
}

// One prediction of an answer, which it keeps alive. Without a prediction the text is empty.
class PyPrediction {
 public:
  PyPrediction(std::shared_ptr<const Answer> answer, AnswerKind kind, std::size_t index)
      : answer_(std::move(answer)), kind_(kind), index_(index) {}

  bool has_answer() const { return index_ < answer_->predictions.size(); }
  std::string text() const { return has_answer() ? one().text : ""; }
  const std::string& source() const { return answer_->source.text; }
  std::optional<std::string> problem() const {
    if (answer_->problem.empty()) return std::nullopt;
    return answer_->problem;
  }
  std::optional<double> withheld() const { return answer_->withheld; }
  std::optional<double> score() const { return number(&Prediction::score); }
  std::optional<double> log_probability() const { return number(&Prediction::log_probability); }
  std::optional<double> probability() const {
    const auto logarithm = log_probability();
    if (!logarithm) return std::nullopt;
    return std::exp(*logarithm);
  }
  std::optional<double> confidence() const {
    return has_answer() ? one().confidence : std::nullopt;
  }
  bool finished() const { return has_answer() && one().finished; }
  std::vector<PyUnit> units() const {
    std::vector<PyUnit> result;
    if (!has_answer()) return result;
    const auto characters = characters_before(one().text);
    for (std::size_t i = 0; i < one().units.size(); ++i) {
      result.push_back(make_unit(one().units[i], one().spans[i], characters, one().unit_scores[i]));
    }
    return result;
  }
  std::vector<PyUnit> source_units() const {
    std::vector<PyUnit> result;
    const auto characters = characters_before(source());
    for (const Unit& unit : answer_->source.units) {
      result.push_back(make_unit(unit.text, unit.span, characters, std::nullopt));
    }
    return result;
  }
  const std::vector<std::string>& columns() const { return answer_->source.columns; }
  std::vector<std::pair<std::size_t, std::size_t>> links() const {
    return has_answer() ? one().links : decltype(one().links){};
  }
  std::vector<std::pair<std::size_t, std::size_t>> word_links() const {
    std::vector<std::pair<std::size_t, std::size_t>> result;
    if (!has_answer()) return result;
    const WordAnswer words = link_words(*answer_);
    for (const WordLink& link : words.predictions[index_].links) {
      result.emplace_back(link.link.source, link.link.target);
    }
    return result;
  }
  // An array over the numbers of the answer itself, which it keeps alive: nothing is copied.
  py::object alignment() const {
    if (!has_answer() || one().alignment.empty()) return py::none();
    auto* const kept = new std::shared_ptr<const Answer>(answer_);
    const py::capsule owner(
        kept, [](void* pointer) { delete static_cast<std::shared_ptr<const Answer>*>(pointer); });
    py::array_t<float> array({one().units.size(), answer_->source.columns.size()},
                             one().alignment.data(), owner);
    array.attr("flags").attr("writeable") = false;
    return array;
  }
  std::vector<PyPrediction> alternatives() const {
    std::vector<PyPrediction> result;
    for (std::size_t k = 0; k < answer_->predictions.size(); ++k) {
      if (k != index_) result.emplace_back(answer_, kind_, k);
    }
    return result;
  }
  std::string json() const {
    std::string text;
    write_json(*answer_, kind_, [&](std::string_view part) { text += part; });
    text.pop_back();
    return text;
  }
  py::object html() const {
    constexpr std::size_t kMostDrawn = 250000;
    if (!has_answer() || one().alignment.empty() || one().alignment.size() > kMostDrawn) {
      return py::none();
    }
    const Answer own{answer_->source, {one()}, {}, {}};
    return py::str(draw_html({&own, 1}));
  }
  std::string described() const {
    if (!has_answer()) return "<attend.Prediction without an answer>";
    return "<attend.Prediction " + py::repr(py::str(one().text)).cast<std::string>() + ">";
  }

 private:
  const Prediction& one() const { return answer_->predictions[index_]; }
  std::optional<double> number(double Prediction::*field) const {
    if (!has_answer()) return std::nullopt;
    return one().*field;
  }

  std::shared_ptr<const Answer> answer_;
  AnswerKind kind_;
  std::size_t index_;
};

class PyPredictor {
 public:
  PyPredictor(std::vector<std::string> folders, const py::kwargs& keywords)
      : folders_(std::move(folders)), keywords_(keywords) {
    set_all(options_, keywords);
    const py::gil_scoped_release release;
    predictor_.emplace(folders_, options_.load);
  }

  std::vector<PyPrediction> predict(const std::vector<std::string>& texts,
                                    const py::kwargs& keywords) const {
    const api::NamedOptions options = with(keywords);
    std::vector<Answer> answers;
    {
      const py::gil_scoped_release release;
      answers = predictor_->predict(texts, options.wanted());
    }
    return keep(std::move(answers));
  }
  std::vector<PyPrediction> score(const std::vector<std::string>& sources,
                                  const std::vector<std::string>& targets,
                                  const py::kwargs& keywords) const {
    const api::NamedOptions options = with(keywords);
    if (sources.size() != targets.size()) {
      throw UsageError("score: found " + std::to_string(sources.size()) + " sources and " +
                       std::to_string(targets.size()) + " targets, expected as many");
    }
    std::vector<Answer> answers;
    {
      const py::gil_scoped_release release;
      answers = predictor_->score(sources, targets, options.wanted());
    }
    return keep(std::move(answers));
  }
  std::string explain(const std::string& text, std::size_t choices,
                      const py::kwargs& keywords) const {
    const api::NamedOptions options = with(keywords);
    const py::gil_scoped_release release;
    return to_json(predictor_->explain(text, options.wanted(), choices), predictor_->info());
  }
  // The probability of every label, best first.
  std::vector<py::dict> classify(const std::vector<std::string>& texts,
                                 const py::kwargs& keywords) const {
    const api::NamedOptions options = with(keywords);
    LabelAnswers found;
    {
      const py::gil_scoped_release release;
      found = predictor_->classify(texts, options.wanted());
    }
    std::vector<py::dict> result;
    for (const std::vector<float>& probabilities : found.log_probabilities) {
      py::dict& labels = result.emplace_back();
      for (const Choice& label : predictor_->rank_labels(probabilities)) {
        labels[py::str(label.unit)] = std::exp(static_cast<double>(label.log_probability));
      }
    }
    return result;
  }
  const ModelInfo& info() const { return predictor_->info(); }
  py::tuple state() const { return py::make_tuple(folders_, keywords_); }

 private:
  api::NamedOptions with(const py::kwargs& keywords) const {
    api::NamedOptions options = options_;
    set_all(options, keywords);
    return options;
  }
  std::vector<PyPrediction> keep(std::vector<Answer> answers) const {
    std::vector<PyPrediction> result;
    result.reserve(answers.size());
    for (Answer& answer : answers) {
      result.emplace_back(std::make_shared<const Answer>(std::move(answer)),
                          predictor_->info().answers, 0);
    }
    return result;
  }

  std::vector<std::string> folders_;
  py::dict keywords_;  // of the constructor, for pickling
  api::NamedOptions options_;
  std::optional<Predictor> predictor_;
};

// Makes an exception class with several bases.
py::object make_exception(py::module_& module, const char* name, const char* text,
                          const py::tuple& bases) {
  const std::string full = std::string("attend.") + name;
  const auto made = py::reinterpret_steal<py::object>(
      PyErr_NewExceptionWithDoc(full.c_str(), text, bases.ptr(), nullptr));
  module.attr(name) = made;
  return made;
}

void add_exceptions(py::module_& module) {
  // They live as long as the interpreter.
  static PyObject *error, *usage, *data, *model;
  const py::handle value_error(PyExc_ValueError), os_error(PyExc_OSError);
  const py::object base = make_exception(module, "Error", "A failure of Attend.",
                                         py::make_tuple(py::handle(PyExc_Exception)));
  error = base.inc_ref().ptr();
  usage = make_exception(module, "UsageError", "Options that are wrong or in conflict.",
                         py::make_tuple(base, value_error))
              .inc_ref()
              .ptr();
  data =
      make_exception(module, "DataError", "Data that is wrong.", py::make_tuple(base, value_error))
          .inc_ref()
          .ptr();
  model = make_exception(module, "ModelError",
                         "A model folder that is missing, damaged or of another version.",
                         py::make_tuple(base, os_error))
              .inc_ref()
              .ptr();
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const UsageError& one) {
      PyErr_SetString(usage, one.what());
    } catch (const DataError& one) {
      PyErr_SetString(data, one.what());
    } catch (const ModelError& one) {
      PyErr_SetString(model, one.what());
    } catch (const Error& one) {
      PyErr_SetString(error, one.what());
    }
  });
}

void add_unit(py::module_& module) {
  py::class_<PyUnit>(module, "Unit", "A unit of a model: a character, a subword, a word.")
      .def_readonly("text", &PyUnit::text)
      .def_readonly("bytes", &PyUnit::bytes, "(begin, end) in the bytes of the UTF-8 text")
      .def_readonly("span", &PyUnit::span, "(begin, end) in the characters of the text")
      .def_readonly("log_probability", &PyUnit::log_probability, "None for a unit of a source")
      .def("__repr__", [](const PyUnit& unit) {
        return "<attend.Unit " + py::repr(py::str(unit.text)).cast<std::string>() + ">";
      });
}

void add_prediction(py::module_& module) {
  py::class_<PyPrediction>(module, "Prediction", "A predicted or scored target.")
      .def_property_readonly("text", &PyPrediction::text)
      .def_property_readonly("source", &PyPrediction::source)
      .def_property_readonly("problem", &PyPrediction::problem, "why there is no answer, or None")
      .def_property_readonly("withheld", &PyPrediction::withheld,
                             "the probability of an answer that is below minimum_probability")
      .def_property_readonly("score", &PyPrediction::score)
      .def_property_readonly("log_probability", &PyPrediction::log_probability)
      .def_property_readonly("probability", &PyPrediction::probability)
      .def_property_readonly("confidence", &PyPrediction::confidence)
      .def_property_readonly("finished", &PyPrediction::finished)
      .def_property_readonly("units", &PyPrediction::units)
      .def_property_readonly("source_units", &PyPrediction::source_units)
      .def_property_readonly("columns", &PyPrediction::columns)
      .def_property_readonly("links", &PyPrediction::links, "(source unit, target unit)")
      .def_property_readonly("word_links", &PyPrediction::word_links, "(source word, target word)")
      .def_property_readonly("alignment", &PyPrediction::alignment,
                             "float32 [units, columns], read-only and without a copy, or None")
      .def_property_readonly("alternatives", &PyPrediction::alternatives)
      .def("json", &PyPrediction::json, "the whole answer, as attend predict --format json")
      .def("_repr_html_", &PyPrediction::html)
      .def("__bool__", &PyPrediction::has_answer)
      .def("__str__", &PyPrediction::text)
      .def("__repr__", &PyPrediction::described);
}

void add_predictor(py::module_& module) {
  py::class_<PyPredictor>(module, "Predictor")
      .def(py::init<std::vector<std::string>, const py::kwargs&>(), py::arg("folders"))
      .def("predict", &PyPredictor::predict, py::arg("texts"))
      .def("score", &PyPredictor::score, py::arg("sources"), py::arg("targets"))
      .def("classify", &PyPredictor::classify, py::arg("texts"))
      .def("explain", &PyPredictor::explain, py::arg("text"), py::arg("choices") = 4)
      .def_property_readonly("has_alignment",
                             [](const PyPredictor& one) { return one.info().has_alignment; })
      .def_property_readonly("has_labels",
                             [](const PyPredictor& one) { return one.info().has_labels(); })
      .def_property_readonly("reads_pictures",
                             [](const PyPredictor& one) { return one.info().reads_pictures; })
      .def_property_readonly("state", &PyPredictor::state);
}

}  // namespace
}  // namespace attend::python

PYBIND11_MODULE(_attend, module) {
  module.doc() = "The compiled part of the package attend.";
  module.attr("__version__") = std::string(attend::version());
  attend::python::add_exceptions(module);
  attend::python::add_unit(module);
  attend::python::add_prediction(module);
  attend::python::add_predictor(module);
}
