"""The pure parts of recipes/language: pairs of words and languages, tables. `python3 recipes/language/words.py` checks
them on made-up words."""

import collections
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import recipe  # noqa: E402

NAMES = {"ady": "Adyghe", "arm": "Armenian", "bul": "Bulgarian", "dut": "Dutch", "fre": "French", "geo": "Georgian",
         "gre": "Greek", "hin": "Hindi", "hun": "Hungarian", "ice": "Icelandic", "jpn": "Japanese", "kor": "Korean",
         "lit": "Lithuanian", "rum": "Romanian", "vie": "Vietnamese"}


def pairs_text(words):
    """Lines "word TAB code" of {code: words}."""
    return "".join(f"{word}\t{code}\n" for code in sorted(words) for word in words[code])


def shared_words(train, dev):
    """(how many words of `dev` stand in `train` in other languages alone, how many words `dev` has); both are {code:
    words}. No model can know the former from the training words."""
    languages = collections.defaultdict(set)
    for code, words in train.items():
        for word in words:
            languages[word].add(code)
    others = sum(1 for code, words in dev.items() for word in words
                 if languages.get(word) and code not in languages[word])
    return others, sum(len(words) for words in dev.values())


def variant_table(rows):
    """`rows` are (variant, results of its seeds), where a result has "accuracy", "macro_f1", "minutes"."""
    yield "| model | accuracy, % | each seed | macro F1, % | minutes |"
    yield "|---|---|---|---|---|"
    for variant, results in rows:
        values = [result["accuracy"] for result in results]
        minutes = f"{statistics.mean(result['minutes'] for result in results):.1f}" if results else "–"
        yield (f"| `{variant}` | {recipe.spread(values)} | {recipe.each(values)} "
               f"| {recipe.spread([result['macro_f1'] for result in results])} | {minutes} |")


def confusion_table(confusions, most):
    """The most frequent mistakes: {(right code, found code): words}."""
    ranked = sorted(((words, pair) for pair, words in confusions.items() if pair[0] != pair[1]),
                    key=lambda item: (-item[0], item[1]))
    yield "| language | taken for | words |"
    yield "|---|---|---|"
    for words, (right, found) in ranked[:most]:
        yield f"| {NAMES.get(right, right)} | {NAMES.get(found, found)} | {words} |"


def confusions_of(right, found):
    return dict(collections.Counter(zip(right, found, strict=True)))


def check():
    train = {"fre": ["chat", "table", "été"], "dut": ["tafel", "kat"], "rum": ["kat"]}
    dev = {"fre": ["kat", "chat"], "dut": ["kat", "boom"]}
    assert pairs_text(dev) == "kat\tdut\nboom\tdut\nkat\tfre\nchat\tfre\n"
    assert shared_words(train, dev) == (1, 4)
    result = {"accuracy": 90.0, "macro_f1": 89.5, "minutes": 3}
    assert list(variant_table([("attention", [result, {**result, "accuracy": 92.0}]), ("max", [])]))[2:] == [
        "| `attention` | 91.0 ± 1.4 | 90.0, 92.0 | 89.5 ± 0.0 | 3.0 |", "| `max` | not measured | – | not measured | – |"]
    found = confusions_of(["fre", "fre", "fre", "dut", "xx"], ["fre", "dut", "dut", "fre", "fre"])
    assert list(confusion_table(found, 2))[2:] == ["| French | Dutch | 2 |", "| Dutch | French | 1 |"]
    print("words: right")


if __name__ == "__main__":
    check()
