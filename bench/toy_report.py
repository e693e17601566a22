"""Alignments and tables of bench/toys: pure functions of what the programs have written. `python3 bench/toy_report.py`
checks them on made-up answers."""

import json

SHIFTS = range(-3, 4)  # of the attended position against the true one
BEGIN, END = "<!-- bench/toys writes from here -->", "<!-- to here -->"


def true_position(task, step, length):
    """The source position that a step of this task copies; None in a step behind the last one."""
    if step >= length:
        return None
    return {"copy": step, "reverse": length - 1 - step}[task]


def steps_of(answers, task):
    """(attended column, true column or None, number of columns) of each predicted unit. An answer is one object of
    `attend predict --format json`. The attended column is the first of the largest weight."""
    for answer in answers:
        length, columns = len(answer["source_units"]), len(answer["columns"])
        for prediction in answer["predictions"][:1]:
            for step, row in enumerate(prediction["alignment"]):
                yield row.index(max(row)), true_position(task, step, length), columns


def count_hits(answers, task, shift):
    """(steps that attend to the true position plus `shift`, steps). A step whose shifted position no column has is not
    counted. A step behind the last true one is counted as no hit."""
    hits = steps = 0
    for attended, true, columns in steps_of(answers, task):
        if true is not None and not 0 <= true + shift < columns:
            continue
        steps += 1
        hits += true is not None and attended == true + shift
    return hits, steps


def find_shift(answers, task):
    """The shift with the most hits; of several the nearest to 0."""
    return max(SHIFTS, key=lambda shift: (count_hits(answers, task, shift)[0], -abs(shift)))


def measure_alignment(development, test, task):
    """The shift that fits the development answers best, and the share of the steps of the test answers that have it."""
    shift = find_shift(development, task)
    hits, steps = count_hits(test, task, shift)
    return {"shift": shift, "share": 100.0 * hits / steps if steps else 0.0, "steps": steps}


def read_answers(text):
    return [json.loads(line) for line in text.split("\n") if line]


def last_record(text):
    """The last complete line of metrics.jsonl, or None. The trainer may be writing the line after it."""
    for line in reversed(text.split("\n")[:-1]):
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            continue
    return None


def is_solved(text):
    """Whether the last validation of metrics.jsonl had no wrong answer."""
    record = last_record(text)
    return record is not None and record["metric_name"] == "exact_match" and record["metric"] >= 100.0


def read_presets(listing):
    """Names and descriptions, from what `attend presets` prints."""
    return dict(line.split(maxsplit=1) for line in listing.splitlines() if line.strip())


def read_options(yaml):
    """Dotted names and values, as text, from what `attend presets NAME` prints."""
    section, values = "", {}
    for line in yaml.splitlines():
        key, colon, value = line.strip().partition(":")
        if not colon or line.lstrip().startswith("#"):
            continue
        value = value.strip().strip('"')
        if not line.startswith(" "):
            section = "" if value else key + "."
        values[section + key if line.startswith(" ") else key] = value
    return values


def cell(found):
    return "not measured" if found is None else f"{found['exact_match']:.1f} %"


def alignment_cell(found, reason):
    if reason:
        return f"– ({reason})"
    if found is None or found.get("alignment") is None:
        return "–"
    one = found["alignment"]
    return f"{one['share']:.1f} %, shift {one['shift']:+d}" if one["shift"] else f"{one['share']:.1f} %, shift 0"


def preset_table(rows):
    """`rows` are (preset, task, result or None, reason or None), where the tasks of a preset follow each other."""
    by_preset = {}
    for preset, task, found, reason in rows:
        by_preset.setdefault(preset, {})[task] = (found, reason)
    yield "| preset | copy: exact match | copy: alignment | reverse: exact match | reverse: alignment |"
    yield "|---|---|---|---|---|"
    for preset, tasks in by_preset.items():
        cells = [text for task in ("copy", "reverse")
                 for text in ((cell(tasks[task][0]), alignment_cell(*tasks[task])) if task in tasks else ("–", "–"))]
        yield f"| `{preset}` | {' | '.join(cells)} |"


def task_table(rows):
    """`rows` are (preset, settings, task, result or None)."""
    yield "| preset | settings | task | exact match | updates | seconds |"
    yield "|---|---|---|---|---|---|"
    for preset, settings, task, found in rows:
        rest = "– | –" if found is None else f"{found['updates']:,} | {found['seconds']:.0f}"
        yield f"| `{preset}` | {', '.join(settings) or '–'} | {task} | {cell(found)} | {rest} |"


def replace_between_markers(text, lines):
    """The text of a page with these lines between its two marker comments."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise ValueError(f"expected the lines '{BEGIN}' and '{END}' once each, in this order")
    first, last = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:first] + "\n\n" + "\n".join(lines) + "\n\n" + text[last:]


def made_up_answer(source, target, columns_attended):
    """An answer in the format of `attend predict --format json`, which attends to these columns."""
    columns = [*source, "</s>"]
    rows = [[0.9 if j == attended else 0.1 / len(source) for j in range(len(columns))] for attended in columns_attended]
    line = json.dumps({
        "source": source, "source_units": [{"text": unit, "bytes": [j, j + 1]} for j, unit in enumerate(source)],
        "columns": columns, "unknown": [],
        "predictions": [{"text": target, "score": -0.1, "log_probability": -0.1, "finished": True,
                         "units": [{"text": unit, "bytes": [i, i + 1], "log_probability": 0.0}
                                   for i, unit in enumerate(target)],
                         "links": [], "alignment": rows}]})
    return read_answers(line + "\n")[0]


def check():
    exact = [made_up_answer("abcd", "abcd", [0, 1, 2, 3]), made_up_answer("efg", "efg", [0, 1, 2])]
    assert measure_alignment(exact, exact, "copy") == {"shift": 0, "share": 100.0, "steps": 7}
    late = [made_up_answer("abcd", "abcd", [1, 2, 3, 4])]  # the last step looks at </s>
    assert measure_alignment(late, late, "copy") == {"shift": 1, "share": 100.0, "steps": 4}
    early = [made_up_answer("abcd", "abcd", [0, 0, 1, 2])]  # the first step has no position before it
    assert measure_alignment(early, early, "copy") == {"shift": -1, "share": 100.0, "steps": 3}
    back = [made_up_answer("abcd", "dcba", [3, 2, 1, 0]), made_up_answer("ab", "ba", [1, 1])]
    assert measure_alignment(back, back, "reverse") == {"shift": 0, "share": 100 * 5 / 6, "steps": 6}
    assert measure_alignment(exact, back, "copy")["share"] == 100 / 6  # [1, 1] hits once
    long = [made_up_answer("ab", "abab", [0, 1, 0, 1])]  # what follows the source is no hit
    assert measure_alignment(exact, long, "copy") == {"shift": 0, "share": 50.0, "steps": 4}
    nothing = [{"source_units": [], "columns": [], "predictions": []}]
    assert measure_alignment(nothing, nothing, "copy") == {"shift": 0, "share": 0.0, "steps": 0}

    record = '{"update":250,"metric_name":"exact_match","metric":%s}\n'
    assert is_solved(record % 99.8 + record % 100) and not is_solved(record % 100 + record % 99.8)
    assert is_solved(record % 100 + '{"update":500,"met') and not is_solved("") and not is_solved('{"update"')
    assert read_presets("default  a small model\nhard-monotonic-1     moves\n") == {
        "default": "a small model", "hard-monotonic-1": "moves"}
    yaml = 'format: 1\npreset: "x"\nencoder:\n  direction: backward\nattention:\n  kind: none\nshared_vocabulary: false\n'
    options = read_options(yaml + "target:\n  remove: \"\"\n  fixed_length: 0\n")
    assert options["encoder.direction"] == "backward" and options["attention.kind"] == "none"
    assert options["target.fixed_length"] == "0" and options["shared_vocabulary"] == "false" and options["preset"] == "x"

    found = {"exact_match": 99.94, "alignment": {"shift": -1, "share": 98.21, "steps": 7}, "updates": 1200, "seconds": 61.2}
    rows = [("default", "copy", found, None), ("default", "reverse", None, None),
            ("monotonic", "copy", {**found, "alignment": None}, None), ("monotonic", "reverse", found, "never back")]
    assert list(preset_table(rows))[2:] == [
        "| `default` | 99.9 % | 98.2 %, shift -1 | not measured | – |",
        "| `monotonic` | 99.9 % | – | 99.9 % | – (never back) |"]
    assert list(task_table([("x", ["a=1"], "repeats", found), ("x", [], "repeats", None)]))[2:] == [
        "| `x` | a=1 | repeats | 99.9 % | 1,200 | 61 |", "| `x` | – | repeats | not measured | – | – |"]
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replace_between_markers(page, ["new", "lines"])
    assert once == f"before\n{BEGIN}\n\nnew\nlines\n\n{END}\nafter\n"
    assert replace_between_markers(once, ["new", "lines"]) == once
    try:
        replace_between_markers("no markers", [])
        raise AssertionError("a page without markers was taken")
    except ValueError:
        pass
    print("toy_report: right")


if __name__ == "__main__":
    check()
