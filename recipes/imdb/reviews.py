"""The pure parts of recipes/imdb: how reviews are divided, what is deleted, tables. `python3 recipes/imdb/reviews.py`
checks them on made-up reviews and answers."""

import math
import pathlib
import random
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import recipe  # noqa: E402

LABELS = {"0": "negative", "1": "positive"}
COLUMNS = 4  # file, label, stars, first sentence: what every line has at least
BLOCK = 50  # reviews with neighbouring numbers
DEVELOPMENT = 0.1  # of the blocks of a class, at least one


# Reviews of one film have neighbouring numbers. A division review by review would put a film into both parts, where the
# test set shares no film with the training set, so that development figures would be too good.
def block_of(name):
    """The class and the block of a review such as "neg/1545", or None where the name is another."""
    found = re.fullmatch(r"([^/]+)/(\d+)", name)
    return found and (found[1], int(found[2]) // BLOCK)


def development_blocks(names):
    """A tenth of the blocks of each class, chosen by a hash."""
    blocks = {block_of(name) for name in names}
    chosen = set()
    for folder in sorted({folder for folder, _ in blocks}):
        ranked = sorted((block for block in blocks if block[0] == folder),
                        key=lambda block: recipe.rank(f"{block[0]}/{block[1]}"))
        chosen |= set(ranked[:max(1, round(DEVELOPMENT * len(ranked)))])
    return chosen


def name_labels(path, rows):
    """Lines of a prepared file, with the names of the labels in place of their numbers."""
    for number, columns in rows:
        if columns[1] not in LABELS:
            raise recipe.Problem(f"{path}:{number}: found label '{columns[1]}', expected {' or '.join(LABELS)}",
                                 recipe.DATA)
        yield "\t".join([columns[0], LABELS[columns[1]], *columns[2:]])


def divide(path, rows):
    """{"train.tsv": text, "dev.tsv": text} of the labelled reviews."""
    for number, columns in rows:
        if block_of(columns[0]) is None:
            raise recipe.Problem(f"{path}:{number}: found review '{columns[0]}', expected a name such as neg/1545",
                                 recipe.DATA)
    chosen = development_blocks(columns[0] for _, columns in rows)
    parts = {"train.tsv": [], "dev.tsv": []}
    for (_, columns), line in zip(rows, name_labels(path, rows)):
        parts["dev.tsv" if block_of(columns[0]) in chosen else "train.tsv"].append(line + "\n")
    return {name: "".join(lines) for name, lines in parts.items()}


# Deletions ------------------------------------------------------------------------------------------------------------

def sentences_of(answer):
    """Sentences of an answer of `attend predict --format json`: (bytes, [(begin, end, attention)]) of each, with the
    places of its words in its bytes. The attention of a word is √p_s · p_w, of its sentence and of itself; a model of
    one level has one sentence. Raises ValueError where the answer has no weights."""
    raw = answer["source"].encode()
    whole = {"begin": 0, "end": len(raw), "weight": 1, "words": answer.get("words", [])}
    sentences = []
    for sentence in answer.get("sentences", [whole] if whole["words"] else []):
        begin, end = sentence["begin"], sentence["end"]
        words = []
        for word in sentence["words"]:
            if sentence.get("weight") is None or word.get("weight") is None:
                raise ValueError("a model without weights of words and sentences")
            words.append((word["begin"] - begin, word["end"] - begin,
                          math.sqrt(sentence["weight"]) * word["weight"]))
        sentences.append((raw[begin:end], words))
    if not sentences:
        raise ValueError("an answer without sentences")
    return sentences


def words_of(sentences):
    """(sentence, word) of every word."""
    return [(s, w) for s, (_, words) in enumerate(sentences) for w in range(len(words))]


def deleted_count(words, share):
    return max(1, int(words * share))


def most_attended(sentences, share):
    """The places of the most attended words, at least one; of equal words the first."""
    places = words_of(sentences)
    ranked = sorted(places, key=lambda place: -sentences[place[0]][1][place[1]][2])
    return set(ranked[:deleted_count(len(places), share)])


def random_words(sentences, share, draws):
    """As many places, chosen by `draws`."""
    places = words_of(sentences)
    return set(draws.sample(places, deleted_count(len(places), share)))


def without(sentences, deleted):
    """The sentences as columns of a TSV, without the words of these places and without sentences that have become
    empty. White space is one blank, and there is one where a word was: its neighbours stay words of their own."""
    columns = []
    for s, (raw, words) in enumerate(sentences):
        kept, last = [], 0
        for w, (begin, end, _) in enumerate(words):
            if (s, w) in deleted:
                kept.append(raw[last:begin])
                last = end
        text = " ".join(b" ".join([*kept, raw[last:]]).decode().split())
        if text:
            columns.append(text)
    return "\t".join(columns)


def probability(answer, label=None):
    """(label, probability) of an answer: of the best label, or of this one."""
    for one in answer["labels"]:
        if label is None or one["label"] == label:
            return one["label"], one["probability"]
    raise ValueError(f"an answer without the label '{label}'" if label else "an answer without a label")


def changes(before, after):
    """The mean absolute change of the probability of the predicted label, and the share of labels that changed.
    `before` and `after` are answers, of which `after` has one or several for each of `before`."""
    moved, flipped = [], 0
    for old, news in zip(before, after, strict=True):
        label, value = probability(old)
        for new in news:
            moved.append(abs(probability(new, label)[1] - value))
            flipped += probability(new)[0] != label
    return {"change": statistics.mean(moved), "flipped": 100 * flipped / len(moved)}


def deletion_table(found):
    attended, chance = found["attended"], found["random"]
    ratio = f"{attended['change'] / chance['change']:.1f}" if chance["change"] > 0 else "–"
    yield f"| words deleted from each of {found['documents']:,} reviews | mean change of the probability | other label |"
    yield "|---|---|---|"
    yield f"| the {100 * found['share']:.0f} % most attended | {attended['change']:.4f} | {attended['flipped']:.1f} % |"
    yield (f"| {100 * found['share']:.0f} % at random, {found['draws']} draws | {chance['change']:.4f} "
           f"| {chance['flipped']:.1f} % |")
    yield f"| ratio | {ratio} | |"


# Tables ---------------------------------------------------------------------------------------------------------------

def accuracy_table(rows, test=None):
    """`rows` are (variant, results of its seeds), where a result has "accuracy", "updates", "minutes" and, by
    fingerprints of files, "tests". `test` is a fingerprint, or None."""
    tested = " test: accuracy, % | each seed |" if test else ""
    yield f"| model | development: accuracy, % | each seed |{tested} updates | minutes |"
    yield "|---|---|---|---|---|" + ("---|---|" if test else "")
    for variant, results in rows:
        values = [result["accuracy"] for result in results]
        cells = [f"`{variant}`", recipe.spread(values), recipe.each(values)]
        if test:
            values = [result.get("tests", {}).get(test) for result in results]
            cells += [recipe.spread(values), recipe.each(values)]
        if results:
            cells += [f"{statistics.mean(result['updates'] for result in results):,.0f}",
                      f"{statistics.mean(result['minutes'] for result in results):.1f}"]
        else:
            cells += ["–", "–"]
        yield f"| {' | '.join(cells)} |"


# Checks ---------------------------------------------------------------------------------------------------------------

def made_up_answer(sentences, labels):
    """An answer whose sentences are lists of (word, weight) with a weight: [(weight, [(word, weight)])]."""
    text, found = "", []
    for weight, words in sentences:
        begin, spans = len(text.encode()), []
        for word, word_weight in words:
            start = len(text.encode())
            text += word
            spans.append({"text": word, "begin": start, "end": len(text.encode()), "weight": word_weight})
            text += " "
        found.append({"begin": begin, "end": len(text.encode()) - 1, "weight": weight, "words": spans})
    return {"source": text, "sentences": found,
            "labels": [{"label": label, "probability": value} for label, value in labels]}


def check_division():
    assert block_of("neg/1545") == ("neg", 30) and block_of("neg/49") == ("neg", 0) and block_of("1545") is None
    names = [f"{folder}/{number}" for folder in ("neg", "pos") for number in range(1000)]
    rows = [(i, [name, "0" if name.startswith("neg") else "1", "4", "One.", "Two."]) for i, name in enumerate(names, 1)]
    parts = divide("reviews", rows)
    assert parts == divide("reviews", rows)
    train, dev = ([line.split("\t") for line in parts[name].splitlines()] for name in ("train.tsv", "dev.tsv"))
    assert len(train) == 1800 and len(dev) == 200 and sum(columns[1] == "negative" for columns in dev) == 100
    assert sorted(columns[0] for columns in train + dev) == sorted(names) and dev[0][2:] == ["4", "One.", "Two."]
    assert not {block_of(columns[0]) for columns in train} & {block_of(columns[0]) for columns in dev}
    backwards = divide("reviews", rows[::-1])
    assert sorted(backwards["dev.tsv"].split("\n")) == sorted(parts["dev.tsv"].split("\n"))
    for broken in (["neg/1", "2", "4", "One."], ["one", "0", "4", "One."]):
        try:
            divide("reviews", [(7, broken)])
            raise AssertionError(f"{broken} was taken")
        except recipe.Problem as problem:
            assert str(problem).startswith("reviews:7: found ") and problem.code == recipe.DATA


def check_deletion():
    answer = made_up_answer([(0.2, [("Été", 0.9), ("so", 0.1)]), (0.8, [("a", 0.1), ("bore", 0.2), (".", 0.7)])],
                            [("negative", 0.75), ("positive", 0.25)])
    sentences = sentences_of(answer)
    assert [text.decode() for text, _ in sentences] == ["Été so", "a bore ."]
    assert without(sentences, set()) == "Été so\ta bore ."
    # √0.8 · 0.7 = 0.63, √0.2 · 0.9 = 0.40, √0.8 · 0.2 = 0.18, √0.8 · 0.1 = 0.09, √0.2 · 0.1 = 0.04
    assert most_attended(sentences, 0.1) == {(1, 2)} and most_attended(sentences, 0.6) == {(1, 2), (0, 0), (1, 1)}
    assert without(sentences, {(1, 2), (0, 0)}) == "so\ta bore"
    assert without(sentences, {(0, 0), (0, 1)}) == "a bore ." and without(sentences, set(words_of(sentences))) == ""
    joined = [(b"a well-known-bore", [(0, 1, 0), (2, 6, 0), (6, 7, 0), (7, 12, 0), (12, 13, 0), (13, 17, 0)])]
    assert without(joined, {(0, 2)}) == "a well known-bore" and without(joined, {(0, 2), (0, 4)}) == "a well known bore"
    assert without(joined, {(0, 2), (0, 3), (0, 4)}) == "a well bore"
    assert deleted_count(5, 0.1) == 1 and deleted_count(39, 0.1) == 3
    drawn = [random_words(sentences, 0.4, random.Random(seed)) for seed in range(50)]
    assert all(len(places) == 2 for places in drawn) and set().union(*drawn) == set(words_of(sentences))
    assert random_words(sentences, 0.4, random.Random(1)) == random_words(sentences, 0.4, random.Random(1))
    for wrong in (made_up_answer([(None, [("a", 1)])], []), made_up_answer([(1, [("a", None)])], []),
                  {"source": "", "sentences": []}):
        try:
            sentences_of(wrong)
            raise AssertionError("an answer without weights was taken")
        except ValueError:
            pass
    moved = made_up_answer([], [("positive", 0.6), ("negative", 0.4)])
    assert probability(answer) == ("negative", 0.75) and probability(moved, "negative") == ("negative", 0.4)
    flat = {"source": "a bé",
            "words": [{"begin": 0, "end": 1, "weight": 0.36}, {"begin": 2, "end": 5, "weight": 0.64}]}
    assert sentences_of(flat) == [("a bé".encode(), [(0, 1, 0.36), (2, 5, 0.64)])]
    found = changes([answer], [[moved, answer]])
    assert math.isclose(found["change"], 0.175) and found["flipped"] == 50
    lines = list(deletion_table({"documents": 1000, "share": 0.1, "draws": 5, "attended": found,
                                 "random": {"change": 0.05, "flipped": 1.0}}))
    assert lines[2:] == ["| the 10 % most attended | 0.1750 | 50.0 % |", "| 10 % at random, 5 draws | 0.0500 | 1.0 % |",
                         "| ratio | 3.5 | |"]


def check_table():
    results = [{"accuracy": 88.0, "updates": 1000, "minutes": 11.96, "tests": {"x": 87.0}},
               {"accuracy": 90.0, "updates": 2001, "minutes": 12.04}]
    assert list(accuracy_table([("han", results), ("han-max", [])]))[2:] == [
        "| `han` | 89.0 ± 1.4 | 88.0, 90.0 | 1,500 | 12.0 |", "| `han-max` | not measured | – | – | – |"]
    with_test = list(accuracy_table([("han", results)], "x"))
    assert with_test[2] == "| `han` | 89.0 ± 1.4 | 88.0, 90.0 | 87.0 (one seed) | 87.0 | 1,500 | 12.0 |"
    assert all(line.count("|") == with_test[2].count("|") for line in with_test)


if __name__ == "__main__":
    check_division()
    check_deletion()
    check_table()
    print("reviews: right")
