#!/usr/bin/python3
"""Writes small made-up data sets in the format of those that the recipes read, so that the recipes can be tested without
the real ones. Photographs have captions alone.
    tests/recipes/made_up_data.py FOLDER"""

import lzma
import pathlib
import random
import sys

WORDS = "the film actor plot scene music story was seen by all of them on a long evening with friends".split()
RELATIONS = ["Cause-Effect", "Component-Whole", "Other"]


def sentence(draws, words):
    return " ".join(draws.choice(WORDS) for _ in range(words))


def reviews(draws, count):
    """Half of them negative. One word says which; a review has one to four sentences."""
    for i in range(count):
        label = i % 2
        parts = [sentence(draws, draws.randint(3, 12)).capitalize() for _ in range(draws.randint(1, 4))]
        parts.append(f"It was {'wonderful' if label else 'dreadful'} .")
        yield "\t".join([f"{'pos' if label else 'neg'}/{i // 2}", str(label), str(9 if label else 2), *parts])


def relations(draws, count, first):
    for i in range(first, first + count):
        name = draws.choice(RELATIONS)
        label = name if name == "Other" else f"{name}{draws.choice(['(e1,e2)', '(e2,e1)'])}"
        text = f"{sentence(draws, 3)} <e1>{draws.choice(WORDS)}</e1> {sentence(draws, 2)} <e2>{name.lower()}</e2> ."
        yield f"{i}\t{label}\t{text}\tno comment"


def words(draws, letters, count):
    for _ in range(count):
        word = "".join(draws.choice(letters) for _ in range(draws.randint(3, 8)))
        yield f"{word}\t{' '.join(word)}"


def captions(draws, split, count):
    for i in range(count):
        for k in range(5):
            yield f"{split}-{i}.jpg\t{split}\t{k}\t{sentence(draws, 5)}"


def write(path, lines, packed=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(lzma.compress(content) if packed else content)


def main():
    folder, draws = pathlib.Path(sys.argv[1]), random.Random(1)
    write(folder / "imdb" / "train.tsv.xz", reviews(draws, 400), packed=True)
    write(folder / "imdb-test.tsv", reviews(draws, 40))
    write(folder / "semeval2010-task8" / "train.tsv.xz", relations(draws, 200, 1), packed=True)
    write(folder / "relations-test.tsv", relations(draws, 40, 201))
    for language in ("en", "fr"):
        write(folder / "europarl-en-fr" / f"train.{language}.xz", [sentence(draws, 4) for _ in range(40)], packed=True)
        write(folder / "align-hansards-en-fr" / f"dev.{language}", ["one two", "three"])
    write(folder / "align-hansards-en-fr" / "dev.wa", ["1 1 1 S", "1 2 2 P", "2 1 1 S"])
    rows = [row for split, count in (("train", 6), ("val", 3), ("test", 2)) for row in captions(draws, split, count)]
    write(folder / "flickr8k" / "captions.tsv.xz", rows, packed=True)
    for code, letters in (("dut", "aejkn"), ("gre", "αεθλν"), ("hin", "कखगतन")):
        for part, count in (("train", 80), ("dev", 20), ("test", 10)):
            write(folder / "g2p-sigmorphon2020" / f"{code}_{part}.tsv", words(draws, letters, count))


if __name__ == "__main__":
    main()
