#!/usr/bin/python3
"""Tests of the Python package with a model of dates.
    PYTHONPATH=build/dev/python tests/python/python_test.py MODEL PROGRAM"""

import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy

import attend

MODEL, PROGRAM = sys.argv[1:3]
DATES = ["3 May 1979", "21st of August 2024", "10.11.1904"]


def command_line(*arguments, text="\n".join(DATES) + "\n"):
    return subprocess.run([PROGRAM, *arguments], input=text, capture_output=True, text=True, check=True).stdout


class Prediction(unittest.TestCase):
    def setUp(self):
        self.predictor = attend.Predictor(MODEL)

    def test_one_text_gives_one_prediction_and_a_list_gives_a_list(self):
        one = self.predictor.predict(DATES[0])
        several = self.predictor.predict(DATES)
        self.assertEqual(one.text, "1979-05-03")
        self.assertEqual([best.text for best in several][0], one.text)
        self.assertEqual(self.predictor.predict([]), [])

    def test_samples_are_those_of_the_command_line(self):
        texts = DATES[:1] * 6
        expected = command_line("predict", "-m", MODEL, "--sample", "--temperature", "3", "--seed", "4",
                                text="\n".join(texts) + "\n").splitlines()
        options = {"sample": True, "temperature": 3, "seed": 4}
        self.assertGreater(len(set(expected)), 2)
        self.assertEqual([best.text for best in self.predictor.predict(texts, **options)], expected)
        self.assertEqual([best.text for best in self.predictor.stream(texts, chunk=4, **options)], expected)

    def test_several_values_belong_to_require_and_forbid_alone(self):
        self.assertNotIn("1979", self.predictor.predict(DATES[0], forbid={"1979"}).text)
        with self.assertRaisesRegex(attend.UsageError, "prefix: found several values"):
            self.predictor.predict(DATES[0], prefix=["1979", "2001"])

    def test_what_is_no_text_is_named(self):
        for text, error in (("\ud800", UnicodeEncodeError), (b"3 May", TypeError), (["a", 3], TypeError)):
            with self.assertRaises(error):
                self.predictor.predict(text if isinstance(text, list) else [text])

    def test_answers_are_those_of_the_command_line(self):
        lines = command_line("predict", "-m", MODEL, "--format", "json").splitlines()
        for line, best in zip(lines, self.predictor.predict(DATES)):
            self.assertEqual(json.loads(best.json()), json.loads(line))
            answer = json.loads(line)["predictions"][0]
            self.assertEqual(best.text, answer["text"])
            numpy.testing.assert_array_equal(best.alignment, numpy.array(answer["alignment"], dtype=numpy.float32))
            self.assertEqual(best.links, [(link["source"], link["target"]) for link in answer["links"]])

    def test_alignments_are_not_copied_and_outlive_the_prediction(self):
        best = self.predictor.predict(DATES[0])
        first, second = best.alignment, best.alignment
        self.assertEqual(first.ctypes.data, second.ctypes.data)
        self.assertFalse(first.flags.owndata)
        with self.assertRaises(ValueError):
            first[0, 0] = 1
        kept = first.copy()
        del best, second
        numpy.testing.assert_array_equal(first, kept)
        self.assertEqual(first.dtype, numpy.float32)

    def test_places_are_counted_in_bytes_and_in_characters(self):
        text = "3 août 1979"
        best = self.predictor.predict(text)
        for unit in best.source_units:
            begin, end = unit.bytes
            self.assertEqual(text.encode()[begin:end].decode().lower(), unit.text)
            begin, end = unit.span
            self.assertEqual(text[begin:end].lower(), unit.text)

    def test_options_are_those_of_the_command_line(self):
        best = self.predictor.predict(DATES[0], n_best=3)
        texts = [best.text, *(one.text for one in best.alternatives)]
        expected = command_line("predict", "-m", MODEL, "--beam", "3", "--n-best", "3", text=DATES[0] + "\n")
        self.assertEqual(texts, expected.rstrip("\n").split("\t"))
        self.assertEqual(self.predictor.predict(DATES[0], prefix="1980").text[:4], "1980")
        with self.assertRaisesRegex(attend.UsageError, "beam: found '0'"):
            self.predictor.predict(DATES[0], beam=0)
        with self.assertRaisesRegex(attend.UsageError, "'beem'"):
            self.predictor.predict(DATES[0], beem=3)

    def test_scores(self):
        best = self.predictor.predict(DATES[0])
        scored = self.predictor.score(DATES[0], best.text)
        self.assertAlmostEqual(scored.log_probability, best.log_probability, places=4)
        with self.assertRaises(attend.UsageError):
            self.predictor.score(["a"], ["b", "c"])

    def test_explanations_have_every_step(self):
        steps = self.predictor.explain(DATES[0], choices=2)["steps"]
        units = len(self.predictor.predict(DATES[0]).units)
        self.assertIn(len(steps), (units, units + 1))  # </s> is a step of some models
        self.assertEqual(len(steps[0]["choices"]), 2)

    def test_a_text_without_an_answer_is_false_and_has_a_problem(self):
        blank = self.predictor.predict("")
        self.assertFalse(blank)
        self.assertEqual(blank.text, "")
        self.assertIsNone(blank.score)
        self.assertIsNone(blank.alignment)

    def test_streams_in_order(self):
        lines = (line + "\n" for line in DATES * 5)
        answers = list(self.predictor.stream(lines, chunk=4))
        self.assertEqual([one.source for one in answers], DATES * 5)

    def test_is_drawn_in_a_notebook(self):
        self.assertIn("<html", self.predictor.predict(DATES[0])._repr_html_())

    def test_is_pickled_by_path(self):
        again = pickle.loads(pickle.dumps(attend.Predictor(MODEL, threads=1)))
        self.assertEqual(again.predict(DATES[0]).text, "1979-05-03")

    def test_errors_are_of_three_kinds(self):
        with self.assertRaises(attend.ModelError):
            attend.Predictor("/no such folder")
        with self.assertRaises(OSError):
            attend.Predictor("/no such folder")
        with self.assertRaises(ValueError):
            self.predictor.predict(DATES[0], beam="many")

    def test_other_threads_run_while_a_model_computes(self):
        ticks, done = [], threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.001)

        texts = DATES * 3000
        predictor = attend.Predictor(MODEL, threads=1)
        thread = threading.Thread(target=tick)
        thread.start()
        begin = time.monotonic()
        predictor.predict(texts)
        end = time.monotonic()
        done.set()
        thread.join()
        during = [begin] + [one for one in ticks if begin < one < end] + [end]
        # Texts and answers are converted under the lock, the model computes without it.
        longest = max(after - before for before, after in zip(during, during[1:]))
        self.assertLess(longest, (end - begin) / 2)


class Training(unittest.TestCase):
    def test_gives_its_validations_and_a_model(self):
        with tempfile.TemporaryDirectory() as folder:
            pairs = pathlib.Path(folder) / "pairs.tsv"
            pairs.write_text("".join(f"{a}{b}\t{b}{a}\n" for a in "abcde" for b in "abcde") * 4, encoding="utf-8")
            model = pathlib.Path(folder) / "model"
            records = list(attend.train(pairs, model, program=PROGRAM, updates=4, threads=1,
                                        set=["training.validate_every=2", "encoder.units=8", "decoder.units=8"]))
            self.assertEqual([record.update for record in records], [2, 4])
            self.assertTrue(attend.Predictor(model).predict("ab") is not None)
            with self.assertRaisesRegex(attend.UsageError, "no_such"):
                list(attend.train(pairs, model, program=PROGRAM, set=["no_such=1"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
