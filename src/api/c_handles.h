// The functions of the C face share this file: how exceptions become statuses, and how handles lead
// to answers.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/handles.h"
#include "api/named_options.h"
#include "attend/attend.h"
#include "attend/attend.hpp"

namespace attend::api {

/// Keeps the message for attend_last_error() and returns the status.
attend_status fail(attend_status status, const char* message) noexcept;

/// Calls `body`, and turns its exception into a status.
template <class Body>
attend_status guard(const Body& body) noexcept {
  try {
    body();
    return ATTEND_OK;
  } catch (const Error& error) {
    return fail(static_cast<attend_status>(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(ATTEND_OTHER, "not enough memory");
  } catch (const std::exception& error) {
    return fail(ATTEND_OTHER, error.what());
  } catch (...) {
    return fail(ATTEND_OTHER, "an exception of an unknown kind");
  }
}

/// Returns the result of `body`, or `otherwise` where it throws.
template <class Result, class Body>
Result value_or(Result otherwise, const Body& body) noexcept {
  guard([&] { otherwise = body(); });
  return otherwise;
}

/// Answers, and what is made of them once somebody asks for it.
struct Answers {
  std::vector<Answer> answers;
  std::vector<std::vector<Choice>> labels;  ///< [answers], best first; empty unless classified
  AnswerKind kind = AnswerKind::kText;
  std::mutex mutex;                              ///< of `json` and `words`
  std::vector<std::string> json;                 ///< [answers]
  std::vector<std::optional<WordAnswer>> words;  ///< [answers]
};

/// The handles of the whole program, by which every function finds what it is given.
Handles<NamedOptions>& all_options();
Handles<const Predictor>& all_predictors();
Handles<Answers>& all_answers();

/// Throws UsageError, which says what was expected, for a handle that is not in use.
template <class Thing, class Pointer>
std::shared_ptr<Thing> find(const Handles<Thing>& handles, Pointer* handle, const char* what) {
  if (auto thing = handles.find(reinterpret_cast<std::uintptr_t>(handle))) return thing;
  throw UsageError(std::string("found a handle that is null, freed or of another kind, expected ") +
                   what);
}

template <class Pointer, class Thing>
Pointer* keep(Handles<Thing>& handles, std::shared_ptr<Thing> thing) {
  return reinterpret_cast<Pointer*>(handles.add(std::move(thing)));
}

}  // namespace attend::api
