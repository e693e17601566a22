#!/usr/bin/python3
"""Stands in for `attend`, so that the recipes themselves can be tested in a second: it trains nothing and answers by
rules. A line of each call goes to the file that STAND_IN_CALLS names.
    train     writes a model folder with metrics.jsonl; STAND_IN_FAILS in the environment makes it fail
    predict   texts are "negative" with the share of their words that are "dreadful", at least 0.1; attention looks at
              that word. A blank text has no answer. Without --format json every label is "Other".
    evaluate  prints 0.00, which is what the labels "Other" are worth; with --confusion it writes a picture
    show      prints its text
    scenes    writes an empty file of boxes
    annotate  writes a file without annotations
    gaze      prints 0.00
    align     writes the link 0-0 for each pair, or prints a report of the gold alignment with one row for each model"""

import json
import os
import pathlib
import re
import sys


def value_of(arguments, option):
    return arguments[arguments.index(option) + 1] if option in arguments else None


def train(arguments):
    if os.environ.get("STAND_IN_FAILS"):
        print("attend train: no memory on this machine", file=sys.stderr)
        return 1
    folder = pathlib.Path(value_of(arguments, "-m"))
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text("weights\n", encoding="utf-8")
    (folder / "metrics.jsonl").write_text('{"update":7,"seconds":30.0}\n', encoding="utf-8")
    return 0


def describe(text, begin):
    """A sentence whose first byte is `begin`, as `attend predict --format json` has it."""
    words, encoded = [], text.encode()
    for found in re.finditer(rb"\S+", encoded):
        word = found[0].decode()
        words.append({"text": word, "begin": begin + found.start(), "end": begin + found.end(),
                      "weight": 0.9 if word == "dreadful" else 0.1})
    return {"begin": begin, "end": begin + len(encoded), "weight": 0.5, "words": words}


def answer(sentences):
    raw, found = "", []
    for sentence in sentences:
        found.append(describe(sentence, len(raw.encode())))
        raw += sentence + "\t"
    if not raw.strip():
        return json.dumps({"source": raw, "labels": []})
    share = max(0.1, min(0.9, 5 * raw.split().count("dreadful") / max(1, len(raw.split()))))
    labels = sorted([("negative", share), ("positive", 1 - share)], key=lambda label: -label[1])
    return json.dumps({"source": raw, "sentences": found,
                       "labels": [{"label": label, "probability": value} for label, value in labels]})


def predict(arguments):
    first = int((value_of(arguments, "--text-column") or "1").rstrip("-")) - 1
    for line in pathlib.Path(value_of(arguments, "-i")).read_text(encoding="utf-8").splitlines():
        print(answer(line.split("\t")[first:]) if "--format" in arguments else "Other\t0.5000")
    return 0


def evaluate(arguments):
    picture = value_of(arguments, "--confusion")
    if picture:
        pathlib.Path(picture).write_text("<svg/>\n", encoding="utf-8")
    print("0.00")
    return 0


def show(arguments):
    picture = value_of(arguments, "-o")
    if picture:
        pathlib.Path(picture).write_text("<svg/>\n", encoding="utf-8")
    print(arguments[-1] if not picture else "")
    return 0


def align(arguments):
    if "--gold" not in arguments:
        pairs = pathlib.Path(arguments[4]).read_text(encoding="utf-8").splitlines()
        pathlib.Path(value_of(arguments, "-o")).write_text("0-0\n" * len(pairs), encoding="utf-8")
        return 0
    print("1 pair, 1 sure link, 0 more that are possible\nlinks of shift links precision recall AER")
    for row in ("forward 0*", "reverse 1*", "grow-diag-final-and"):
        print(f"{row} 1 100.00 50.00 25.00")
    return 0


def scenes(arguments):
    folder = pathlib.Path(value_of(arguments, "-o"))
    folder.mkdir(parents=True)
    (folder / "boxes.tsv").write_text("", encoding="utf-8")
    return 0


def annotate(arguments):
    pathlib.Path(value_of(arguments, "-o")).write_text("annotations\n", encoding="utf-8")
    return 0


def gaze(arguments):
    print("0.00")
    return 0


def main():
    command, *arguments = sys.argv[1:]
    with open(os.environ["STAND_IN_CALLS"], "a", encoding="utf-8") as calls:
        calls.write(" ".join([command, *arguments]) + "\n")
    commands = {"train": train, "predict": predict, "evaluate": evaluate, "show": show, "align": align, "scenes": scenes,
                "annotate": annotate, "gaze": gaze}
    return commands[command](arguments)


if __name__ == "__main__":
    sys.exit(main())
