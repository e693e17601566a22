/* Attend from C and from other languages: loads a model folder, predicts, scores and explains.
 *
 *   attend_predictor* predictor = NULL;
 *   attend_answers* answers = NULL;
 *   const char* text = "3 May 1979";
 *   if (attend_open("model/", NULL, &predictor) != ATTEND_OK ||
 *       attend_predict(predictor, &text, 1, NULL, &answers) != ATTEND_OK) {
 *     fprintf(stderr, "%s\n", attend_last_error());
 *     return 1;
 *   }
 *   puts(attend_prediction_text(answers, 0, 0));
 *   attend_answers_free(answers);
 *   attend_predictor_free(predictor);
 *
 * Texts are UTF-8 and end in a zero byte. Places in texts are bytes, from 0.
 *
 * Handles. A handle is a number in the shape of a pointer: do not dereference it. Every function
 * takes a null handle, a freed one and a wrong one, and answers ATTEND_USAGE, NULL, 0 or NaN; those
 * that free do nothing then. attend_string_free() takes no handle, but a string that
 * attend_explain() gave, once, or NULL.
 *
 * Errors. A function that returns attend_status says what went wrong; the others answer NULL, 0 or
 * NaN where an argument is wrong. attend_last_error() has the message in either case.
 *
 * Threads. All functions may be called from several threads at once, with the same predictor and
 * the same answers. Options may be read by several threads, and must not be changed meanwhile.
 * Pointers that a function returns stay valid until the handle that they came from is freed. */
#ifndef ATTEND_ATTEND_H
#define ATTEND_ATTEND_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ATTEND_C_API __attribute__((visibility("default")))
#else
#define ATTEND_C_API
#endif

/* The values are the exit codes of the program `attend`. */
typedef enum attend_status {
  ATTEND_OK = 0,
  ATTEND_OTHER = 1, /* such as a full disk, or too little memory */
  ATTEND_USAGE = 2, /* an argument or an option is wrong, or the model cannot do this */
  ATTEND_DATA = 3,  /* a file or a text is wrong */
  ATTEND_MODEL = 4  /* the model folder is missing, damaged or of another version */
} attend_status;

typedef struct attend_options attend_options;
typedef struct attend_predictor attend_predictor;
typedef struct attend_answers attend_answers;

/* Returns the version of the library, such as "0.2.0". */
ATTEND_C_API const char* attend_version(void);
/* Returns the message of the last failure in this thread, one line; "" before the first one. It
 * stays valid until the next failure in this thread. */
ATTEND_C_API const char* attend_last_error(void);

/* Options of loading and of prediction, by names without dashes, most of them those of the command
 * line: "beam" "5", "n-best" "3", "threads" "0", "precision" "int8". Options of one kind have no
 * effect where another kind is wanted.
 *
 * - Loading: precision (float32 | bfloat16 | int8), shortlist (yes | no), ensemble (probabilities |
 *   log-probabilities), images, image-index, features, feature-names.
 * - Search: beam, n-best, length-normalisation, maximum-ratio, maximum-length, minimum-length,
 *   minimum-ratio, coverage, no-repeat-ngrams, sample (yes | no), temperature, top-k, top-p, seed,
 *   stream. A beam that is smaller than "n-best" counts as "n-best". "stream" is the number of the
 *   first text, 1 if it is not set: each text draws its samples by the seed and its own number.
 * - Targets: prefix, require, forbid, unknown (write | forbid | replace), dictionary. "require" and
 *   "forbid" may be set several times, each time with one more text.
 * - Work: batch-size, threads, maximum-source-length, long-sources (cut | skip | split),
 *   minimum-probability, alignments (yes | no).
 *
 * attend_options_set() answers ATTEND_USAGE for a name that is not known and a value out of range.
 * attend_options_new() returns NULL where there is too little memory. */
ATTEND_C_API attend_options* attend_options_new(void);
ATTEND_C_API attend_status attend_options_set(attend_options* options, const char* name,
                                              const char* value);
ATTEND_C_API void attend_options_free(attend_options* options);

/* Loads a model folder, or several that answer together. `options` may be NULL. */
ATTEND_C_API attend_status attend_open(const char* folder, const attend_options* options,
                                       attend_predictor** predictor);
ATTEND_C_API attend_status attend_open_several(const char* const* folders, size_t count,
                                               const attend_options* options,
                                               attend_predictor** predictor);
ATTEND_C_API void attend_predictor_free(attend_predictor* predictor);
/* Whether a model looks at positions of its sources, answers with labels, and reads pictures: 1 or
 * 0. Where it reads pictures, texts are the names of pictures. */
ATTEND_C_API int attend_has_alignment(const attend_predictor* predictor);
ATTEND_C_API int attend_has_labels(const attend_predictor* predictor);
ATTEND_C_API int attend_reads_pictures(const attend_predictor* predictor);

/* Predicts the targets of `count` texts, which may be 0. A text that cannot be answered has a
 * problem (attend_problem) and no predictions; the others are answered nevertheless. `options` may
 * be NULL. */
ATTEND_C_API attend_status attend_predict(const attend_predictor* predictor,
                                          const char* const* texts, size_t count,
                                          const attend_options* options, attend_answers** answers);
/* Scores given targets: each answer has one prediction, the given target. */
ATTEND_C_API attend_status attend_score(const attend_predictor* predictor,
                                        const char* const* sources, const char* const* targets,
                                        size_t count, const attend_options* options,
                                        attend_answers** answers);
/* Finds the most probable label of each text, and the probabilities of all labels (attend_label).
 * The answers have no alignments. ATTEND_USAGE unless every answer of the model is one label. */
ATTEND_C_API attend_status attend_classify(const attend_predictor* predictor,
                                           const char* const* texts, size_t count,
                                           const attend_options* options, attend_answers** answers);
/* Writes every step of the best prediction as JSON (docs/formats.md), with the `choices` most
 * probable units of each step, into *json. Free it with attend_string_free(). */
ATTEND_C_API attend_status attend_explain(const attend_predictor* predictor, const char* text,
                                          const attend_options* options, size_t choices,
                                          char** json);
ATTEND_C_API void attend_string_free(char* string);
ATTEND_C_API void attend_answers_free(attend_answers* answers);

/* The answers, which count from 0. */
ATTEND_C_API size_t attend_answer_count(const attend_answers* answers);
/* Returns why a text has no answer; "" where there is no problem. A blank text has neither an
 * answer nor a problem. */
ATTEND_C_API const char* attend_problem(const attend_answers* answers, size_t answer);
/* Returns the probability of an answer that was withheld because it is below "minimum-probability";
 * NaN where none was. */
ATTEND_C_API double attend_withheld(const attend_answers* answers, size_t answer);
/* Returns the answer as the JSON of `attend predict --format json`, one line. */
ATTEND_C_API const char* attend_answer_json(const attend_answers* answers, size_t answer);

/* The source as the model sees it: its units, with the bytes [begin, end) of the text that each
 * came from, and the names of the alignment's columns, which are units, then </s> or padding.
 * `begin` and `end` may be NULL. */
ATTEND_C_API size_t attend_source_unit_count(const attend_answers* answers, size_t answer);
ATTEND_C_API const char* attend_source_unit(const attend_answers* answers, size_t answer,
                                            size_t unit, size_t* begin, size_t* end);
ATTEND_C_API size_t attend_column_count(const attend_answers* answers, size_t answer);
ATTEND_C_API const char* attend_column(const attend_answers* answers, size_t answer, size_t column);

/* The predictions of an answer, best first. Log-probabilities are natural logarithms. The
 * confidence is NaN for a prediction that is not finished. */
ATTEND_C_API size_t attend_prediction_count(const attend_answers* answers, size_t answer);
ATTEND_C_API const char* attend_prediction_text(const attend_answers* answers, size_t answer,
                                                size_t prediction);
ATTEND_C_API double attend_prediction_score(const attend_answers* answers, size_t answer,
                                            size_t prediction);
ATTEND_C_API double attend_prediction_log_probability(const attend_answers* answers, size_t answer,
                                                      size_t prediction);
ATTEND_C_API double attend_prediction_confidence(const attend_answers* answers, size_t answer,
                                                 size_t prediction);
ATTEND_C_API int attend_prediction_finished(const attend_answers* answers, size_t answer,
                                            size_t prediction);

/* The units of a prediction, with their bytes in its text and their log-probabilities. `begin`,
 * `end` and `log_probability` may be NULL. */
ATTEND_C_API size_t attend_prediction_unit_count(const attend_answers* answers, size_t answer,
                                                 size_t prediction);
ATTEND_C_API const char* attend_prediction_unit(const attend_answers* answers, size_t answer,
                                                size_t prediction, size_t unit, size_t* begin,
                                                size_t* end, float* log_probability);

/* Returns the alignment, [units, columns], row by row: what each unit looked at. NULL where none
 * was kept or the model has none. `rows` and `columns` may be NULL. */
ATTEND_C_API const float* attend_prediction_alignment(const attend_answers* answers, size_t answer,
                                                      size_t prediction, size_t* rows,
                                                      size_t* columns);
/* The links between units of the source and of the prediction: the largest weight of each row.
 * Returns 1, or 0 where there is no such link. */
ATTEND_C_API size_t attend_link_count(const attend_answers* answers, size_t answer,
                                      size_t prediction);
ATTEND_C_API int attend_link(const attend_answers* answers, size_t answer, size_t prediction,
                             size_t link, size_t* source_unit, size_t* target_unit);

/* The words of the source and of a prediction, which are what white space separates, by their bytes
 * [begin, end), and the links between them: to each target word the source word of the largest
 * weight. There are no links where no alignment was kept. The functions that return int return 1,
 * or 0 where there is no such word or link. Places and `weight` may be NULL. */
ATTEND_C_API size_t attend_source_word_count(const attend_answers* answers, size_t answer);
ATTEND_C_API int attend_source_word(const attend_answers* answers, size_t answer, size_t word,
                                    size_t* begin, size_t* end);
ATTEND_C_API size_t attend_prediction_word_count(const attend_answers* answers, size_t answer,
                                                 size_t prediction);
ATTEND_C_API int attend_prediction_word(const attend_answers* answers, size_t answer,
                                        size_t prediction, size_t word, size_t* begin, size_t* end);
ATTEND_C_API size_t attend_word_link_count(const attend_answers* answers, size_t answer,
                                           size_t prediction);
ATTEND_C_API int attend_word_link(const attend_answers* answers, size_t answer, size_t prediction,
                                  size_t link, size_t* source_word, size_t* target_word,
                                  float* weight);

/* The labels of an answer of attend_classify(), best first, with their log-probabilities.
 * `log_probability` may be NULL. Other answers have none. */
ATTEND_C_API size_t attend_label_count(const attend_answers* answers, size_t answer);
ATTEND_C_API const char* attend_label(const attend_answers* answers, size_t answer, size_t rank,
                                      float* log_probability);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ATTEND_ATTEND_H */
