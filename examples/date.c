/* Predicts one text and prints what each unit of the answer looked at.
 *   date MODEL TEXT */
#include <attend/attend.h>
#include <stdio.h>

int main(int argc, char** argv) {
  const char* text = argc > 2 ? argv[2] : "3 May 1979";
  attend_predictor* predictor = NULL;
  attend_answers* answers = NULL;
  size_t link, source, target;
  attend_status status = attend_open(argc > 1 ? argv[1] : "dates", NULL, &predictor);
  if (status == ATTEND_OK) status = attend_predict(predictor, &text, 1, NULL, &answers);
  if (status != ATTEND_OK) {
    fprintf(stderr, "%s\n", attend_last_error());
    attend_predictor_free(predictor);
    return (int)status;
  }
  if (attend_prediction_count(answers, 0) > 0) {
    puts(attend_prediction_text(answers, 0, 0));
    for (link = 0; attend_link(answers, 0, 0, link, &source, &target); ++link) {
      printf("%s <- %s\n", attend_prediction_unit(answers, 0, 0, target, NULL, NULL, NULL),
             attend_source_unit(answers, 0, source, NULL, NULL));
    }
  }
  attend_answers_free(answers);
  attend_predictor_free(predictor);
  return 0;
}
