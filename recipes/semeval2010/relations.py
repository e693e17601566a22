"""The pure parts of recipes/semeval2010: folds, the official score, the table. `python3
recipes/semeval2010/relations.py [DATA]` checks them on made-up sentences, and on the examples of the official scorer
where the folder of data sets has them."""

import collections
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import recipe  # noqa: E402

FOLDS = 5
VALIDATION = 10  # one sentence in so many of those that a model may learn from
CONTEXT = 4  # words that are kept before the first entity and after the second
OTHER = "Other"


def check_rows(path, rows):
    """Raises Problem where a line has no number, no two marked entities, or a number that another line has."""
    seen = {}
    for number, columns in rows:
        entities = all(columns[2].count(tag) == 1 for tag in ("<e1>", "</e1>", "<e2>", "</e2>"))
        if not columns[0].isdigit():
            raise recipe.Problem(f"{path}:{number}: found id '{columns[0]}', expected a number", recipe.DATA)
        if columns[0] in seen:
            raise recipe.Problem(f"{path}:{number}: id {columns[0]} is also in line {seen[columns[0]]}", recipe.DATA)
        if not columns[1] or not entities:
            raise recipe.Problem(f"{path}:{number}: expected a label, and one <e1>…</e1> and one <e2>…</e2>",
                                 recipe.DATA)
        seen[columns[0]] = number


def deal(rows, parts):
    """`parts` lists of rows, each with its share of every label. Which row goes where depends on its id alone and on
    the other rows of its label."""
    by_label = collections.defaultdict(list)
    for columns in rows:
        by_label[columns[1]].append(columns)
    ranked = [columns for label in sorted(by_label)
              for columns in sorted(by_label[label], key=lambda columns: (recipe.rank(columns[0]), columns[0]))]
    return [ranked[part::parts] for part in range(parts)]


def around_entities(sentence):
    """The sentence from CONTEXT words before its first mark to CONTEXT words after its last one. Words farther away
    seldom tell how the entities relate, and a model of few sentences learns from them by heart."""
    begin = min(sentence.index(tag) for tag in ("<e1>", "<e2>"))
    end = max(sentence.index(tag) + len(tag) for tag in ("</e1>", "</e2>"))
    before, after = sentence[:begin].split(" "), sentence[end:].split(" ")
    return " ".join(before[-CONTEXT - 1:]) + sentence[begin:end] + " ".join(after[:CONTEXT + 1])


def text_of(rows):
    """Lines of a prepared file, in the order of their ids. Comments of annotators are left out."""
    return "".join(f"{number}\t{label}\t{around_entities(sentence)}\n"
                   for number, label, sentence, *_ in sorted(rows, key=lambda columns: int(columns[0])))


def hold_out(rows):
    """(what a model learns from, what chooses its best weights)."""
    validation, *rest = deal(rows, VALIDATION)
    return [columns for part in rest for columns in part], validation


def files_of(rows):
    """The prepared files: of each fold what is learnt from, what chooses the weights and what is predicted, and the
    first two of all sentences."""
    folds, texts = deal(rows, FOLDS), {}
    for i in range(FOLDS):
        train, validation = hold_out([columns for j in range(FOLDS) if j != i for columns in folds[j]])
        texts |= {f"fold-{i + 1}/train.tsv": text_of(train), f"fold-{i + 1}/valid.tsv": text_of(validation),
                  f"fold-{i + 1}/held-out.tsv": text_of(folds[i])}
    train, validation = hold_out(rows)
    return texts | {"all/train.tsv": text_of(train), "all/valid.tsv": text_of(validation)}


def gold_of(text):
    """{id: label} of lines whose first columns these are."""
    return dict(line.split("\t")[:2] for line in text.splitlines() if line)


# The score ------------------------------------------------------------------------------------------------------------

def relation_of(label):
    return re.sub(r"\(e[12],e[12]\)$", "", label)


def official_score(gold, predicted):
    """The macro-averaged F1 in percent of the relations of `gold` without Other, where a prediction with the wrong
    direction is wrong, as the official scorer computes it: {id: label} twice. An id without a prediction is not found.
    A predicted relation that no gold label has counts for none of the others."""
    found, right = collections.Counter(), collections.Counter()
    wanted = collections.Counter(relation_of(label) for label in gold.values())
    for number, label in predicted.items():
        if number in gold:
            found[relation_of(label)] += 1
            right[relation_of(label)] += label == gold[number]
    scores = []
    for relation in sorted(set(wanted) - {OTHER}):
        precision = right[relation] / found[relation] if found[relation] else 0
        recall = right[relation] / wanted[relation]
        scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0)
    return 100 * statistics.mean(scores) if scores else 0.0


def table(results, test=None):
    """`results`: by seed, a list of what each fold gave, {"gold", "predicted", "score"}, or None where it is not
    measured. `test`: scores by seed on another file, or None."""
    pooled, rows = [], []
    for seed, folds in results.items():
        if all(folds):
            gold, predicted = ({number: label for fold in folds for number, label in fold[name].items()}
                               for name in ("gold", "predicted"))
            pooled.append(official_score(gold, predicted))
        cells = [f"{fold['score']:.1f}" if fold else "–" for fold in folds]
        rows.append(f"| {seed} | {' | '.join(cells)} | {f'{pooled[-1]:.1f}' if all(folds) else 'not measured'} |")
    yield f"| seed | {' | '.join(f'fold {i}' for i in range(1, FOLDS + 1))} | all folds |"
    yield "|---" * (FOLDS + 2) + "|"
    yield from rows
    if len(rows) > 1:
        yield f"| mean |{' |' * FOLDS} {recipe.spread(pooled)} |"
    if test is not None:
        yield ""
        yield (f"Test file, models that learnt from all sentences: {recipe.spread(list(test.values()))} "
               f"({recipe.each(list(test.values()))}).")


# Checks ---------------------------------------------------------------------------------------------------------------

def made_up_rows():
    labels = ["A(e1,e2)"] * 50 + ["A(e2,e1)"] * 23 + ["Other"] * 27
    return [[str(i), label, f"<e1>a{i}</e1> and <e2>b</e2>", "a comment"] for i, label in enumerate(labels, 1)]


def check_folds():
    rows = made_up_rows()
    texts = files_of(rows)
    assert texts == files_of(rows[::-1])
    held_out = [gold_of(texts[f"fold-{i}/held-out.tsv"]) for i in range(1, FOLDS + 1)]
    assert [len(fold) for fold in held_out] == [20] * FOLDS
    assert all(sum(label == "A(e1,e2)" for label in fold.values()) == 10 for fold in held_out)
    assert len({number for fold in held_out for number in fold}) == 100
    for i, held in enumerate(held_out, 1):
        train, valid = (gold_of(texts[f"fold-{i}/{name}.tsv"]) for name in ("train", "valid"))
        assert len(train) == 72 and len(valid) == 8 and not (set(train) | set(valid)) & set(held)
    assert len(gold_of(texts["all/train.tsv"])) == 90 and "comment" not in texts["all/train.tsv"]
    assert texts["all/train.tsv"].splitlines()[0].split("\t")[0] < "9"
    good = ["1", "Other", "<e1>a</e1> <e2>b</e2>"]
    check_rows("x", [(1, good), (2, ["2", *good[1:]])])
    for broken in (["one", *good[1:]], good, ["2", "", good[2]], ["2", "Other", "<e1>a</e1> <e2>b"]):
        try:
            check_rows("x", [(1, good), (2, broken)])
            raise AssertionError(f"{broken} was taken")
        except recipe.Problem as problem:
            assert str(problem).startswith("x:2: ") and problem.code == recipe.DATA


def check_context():
    assert around_entities("<e1>a</e1> <e2>b</e2>") == "<e1>a</e1> <e2>b</e2>"
    assert around_entities("1 2 3 4 5 6 <e2>a</e2> x <e1>b</e1>, 1 2 3 4 5 .") == \
        "3 4 5 6 <e2>a</e2> x <e1>b</e1>, 1 2 3 4"
    assert around_entities("1 2 3 4 (<e1>a</e1>) <e2>b</e2>s 1") == "1 2 3 4 (<e1>a</e1>) <e2>b</e2>s 1"


def check_score():
    assert relation_of("Cause-Effect(e2,e1)") == "Cause-Effect" and relation_of("Other") == "Other"
    gold = {"1": "A(e1,e2)", "2": "A(e2,e1)", "3": "B(e1,e2)", "4": "Other", "5": "A(e1,e2)"}
    assert official_score(gold, gold) == 100
    # A: one right of three found (one has the wrong direction, one is no relation) and three wanted; B: not found.
    assert abs(official_score(gold, {"1": "A(e1,e2)", "2": "A(e1,e2)", "4": "A(e1,e2)", "5": "Other"}) -
               100 * (1 / 3) / 2) < 1e-9
    assert official_score(gold, {"9": "A(e1,e2)"}) == 0 and official_score({"1": OTHER}, {"1": OTHER}) == 0
    fold = {"gold": {"1": "A(e1,e2)"}, "predicted": {"1": "A(e1,e2)"}, "score": 100.0}
    lines = list(table({1: [fold] * FOLDS, 2: [fold, None, fold, fold, fold]}, {1: 75.0, 2: 77.0}))
    assert lines[2] == "| 1 | 100.0 | 100.0 | 100.0 | 100.0 | 100.0 | 100.0 |"
    assert lines[3] == "| 2 | 100.0 | – | 100.0 | 100.0 | 100.0 | not measured |"
    assert lines[4] == "| mean | | | | | | 100.0 (one seed) |" and "76.0 ± 1.4 (75.0, 77.0)" in lines[6]
    assert len({line.count("|") for line in lines[:5]}) == 1


def check_examples(folder):
    """The official scores of the scorer's examples. Returns how many there are."""
    scores = 0
    for number in (1, 2, 3, 5):
        name = folder / f"answer_key{number}.txt"
        keys = [path for path in (name, name.with_suffix(".txt.xz")) if path.is_file()]
        if not keys:
            continue
        proposed = keys[0].with_name(keys[0].name.replace("answer_key", "proposed_answer"))
        wanted = re.search(r"macro-averaged F1 = ([\d.]+)%", recipe.last_line(
            recipe.read_text(folder / f"result_scores{number}.txt"), ""))[1]
        score = official_score(gold_of(recipe.read_text(keys[0])), gold_of(recipe.read_text(proposed)))
        assert f"{score:.2f}" == wanted, f"example {number}: found {score:.2f}, expected {wanted}"
        scores += 1
    return scores


if __name__ == "__main__":
    check_context()
    check_folds()
    check_score()
    examples = check_examples(pathlib.Path(sys.argv[1]) / "semeval2010-task8" / "scorer-examples") if sys.argv[1:] else 0
    print(f"relations: right, {examples} examples of the official scorer among it")
