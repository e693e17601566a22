/* Loads one model folder ten times and predicts with all of them from eight threads. Exit 1 where a
 * thread gets another answer than the first call. tests_c_face MODEL */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "attend/attend.h"

enum { kModels = 10, kThreads = 8, kRounds = 5 };

struct job {
  attend_predictor* models[kModels];
  attend_answers* shared; /* of the first call, which all threads read */
  const char* expected;
  const char* text;
};

/* Returns NULL, or what went wrong. */
static void* work(void* argument) {
  const struct job* job = argument;
  int round, model;
  for (round = 0; round < kRounds; ++round) {
    for (model = 0; model < kModels; ++model) {
      attend_answers* answers = NULL;
      int equal;
      if (attend_predict(job->models[model], &job->text, 1, NULL, &answers) != ATTEND_OK) {
        return "attend_predict failed";
      }
      equal = strcmp(attend_prediction_text(answers, 0, 0), job->expected) == 0 &&
              strcmp(attend_answer_json(answers, 0), attend_answer_json(job->shared, 0)) == 0;
      attend_answers_free(answers);
      if (!equal) return "a thread got another answer";
    }
    if (attend_predict(NULL, &job->text, 1, NULL, NULL) != ATTEND_USAGE ||
        attend_last_error()[0] == '\0') {
      return "a wrong call was not noticed";
    }
  }
  return NULL;
}

int main(int argc, char** argv) {
  static struct job job;
  pthread_t threads[kThreads];
  int i, failed = 0;
  if (argc != 2) {
    fprintf(stderr, "usage: tests_c_face MODEL\n");
    return 2;
  }
  job.text = "3 May 1979";
  for (i = 0; i < kModels; ++i) {
    if (attend_open(argv[1], NULL, &job.models[i]) != ATTEND_OK) {
      fprintf(stderr, "%s\n", attend_last_error());
      return 1;
    }
  }
  if (attend_predict(job.models[0], &job.text, 1, NULL, &job.shared) != ATTEND_OK ||
      attend_prediction_count(job.shared, 0) != 1) {
    fprintf(stderr, "no answer: %s\n", attend_last_error());
    return 1;
  }
  job.expected = attend_prediction_text(job.shared, 0, 0);
  for (i = 0; i < kThreads; ++i) {
    if (pthread_create(&threads[i], NULL, work, &job) != 0) return 1;
  }
  for (i = 0; i < kThreads; ++i) {
    void* problem = NULL;
    pthread_join(threads[i], &problem);
    if (problem != NULL) {
      fprintf(stderr, "%s\n", (const char*)problem);
      failed = 1;
    }
  }
  attend_answers_free(job.shared);
  for (i = 0; i < kModels; ++i) attend_predictor_free(job.models[i]);
  return failed;
}
