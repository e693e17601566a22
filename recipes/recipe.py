"""What the recipes in Python share: data and programs that may be missing, trainings that go on, pages with figures.
`python3 recipes/recipe.py` checks the functions that need neither data nor programs."""

import argparse
import contextlib
import hashlib
import json
import lzma
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
USAGE, DATA, FAILED = 2, 3, 1  # exit codes: a wrong or missing thing of the command line, bad data, anything else


class Problem(Exception):
    """What ends a recipe with one line on stderr and this exit code."""

    def __init__(self, text, code=FAILED):
        super().__init__(text)
        self.code = code


def run_recipe(name, body):
    """Runs a recipe and ends the program with its exit code."""
    try:
        sys.exit(body() or 0)
    except Problem as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        sys.exit(problem.code)
    except KeyboardInterrupt:
        print(f"{name}: interrupted; the same command goes on", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def say(text):
    print(text, file=sys.stderr, flush=True)


def seeds_of(text):
    """Seeds from "3", which is 1,2,3, or from a list such as "4,7" or "4,"."""
    parts = [part for part in text.split(",") if part]
    if not parts or not all(part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"found '{text}', expected a number of seeds, or seeds with commas")
    numbers = [int(part) for part in parts]
    return list(dict.fromkeys(numbers)) if "," in text else list(range(1, numbers[0] + 1))


def positive(text):
    with contextlib.suppress(ValueError):
        if float(text) > 0:
            return float(text)
    raise argparse.ArgumentTypeError(f"found '{text}', expected a positive number")


def count(text):
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"found '{text}', expected a whole number from 1")


def whole_path(text):
    """Recorded arguments hold paths, which must not depend on where a recipe is called."""
    return pathlib.Path(text).resolve()


def make_parser(description, folder):
    """A parser with the options of all recipes. `folder`: where prepared data and models lie."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=count, default=os.cpu_count(), help="of training and prediction")
    parser.add_argument("--build", type=whole_path, default=ROOT / "build" / "release",
                        help="has the program bin/attend")
    parser.add_argument("--data", type=whole_path, default=whole_path(os.environ.get("ATTEND_DATA", ROOT / "data")),
                        help="the folder of data sets (ATTEND_DATA)")
    parser.add_argument("--folder", type=whole_path, default=folder, help="prepared data and models; goes on with them")
    return parser


def add_training_options(parser, minutes, seeds):
    parser.add_argument("--minutes", type=positive, default=minutes, help="of training, for each model at most")
    parser.add_argument("--seeds", type=seeds_of, default=list(range(1, seeds + 1)), metavar="N|LIST",
                        help=f"how many, or which ones with commas between them; without: {seeds}")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of all models; they get folders of their own")
    parser.add_argument("--source-vectors", type=whole_path, metavar="FILE",
                        help="word vectors that embeddings begin with; these models get folders of their own too")
    parser.add_argument("--budget", type=positive, metavar="MINUTES",
                        help="begin no training that could end later than this; another call goes on")
    parser.add_argument("--report", action="store_true", help="print what has been measured; train nothing")
    parser.add_argument("--write", type=pathlib.Path, action="append", default=[], metavar="PAGE",
                        help="write the figures between the markers of this page; may be repeated")


def attend(options):
    return options.build / "bin" / "attend"


def check_program(options):
    if not attend(options).is_file():
        raise Problem(f"no program {attend(options)}: run `make build`, or name a build with --build", USAGE)


# Data -----------------------------------------------------------------------------------------------------------------

def read_text(path, missing="--data or ATTEND_DATA names the folder of data sets"):
    """The text of a file, which may be compressed by xz."""
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise Problem(f"cannot read {path}: {error.strerror} ({missing})", DATA) from error
    try:
        if content.startswith(b"\xfd7zXZ\0"):
            content = lzma.decompress(content)
        return content.decode("utf-8")
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise Problem(f"{path}: {error}: expected UTF-8 text, which may be compressed by xz", DATA) from error


def read_rows(path, least, most=None):
    """(line number, columns) of each line of a TSV with at least `least` and at most `most` columns."""
    rows = []
    for i, line in enumerate(read_text(path).split("\n"), 1):
        if not line:
            continue
        columns = line.split("\t")
        if len(columns) < least or most is not None and len(columns) > most:
            wanted = f"{least}" if most == least else f"at least {least}" if most is None else f"{least} to {most}"
            raise Problem(f"{path}:{i}: found {len(columns)} columns, expected {wanted}", DATA)
        rows.append((i, columns))
    if not rows:
        raise Problem(f"{path}: no line", DATA)
    return rows


def rank(text):
    """A number that is equal in every call and has nothing to do with the order of texts."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def write_whole(path, text):
    """Writes a file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def prepare(folder, texts, config=None):
    """Writes the prepared files, texts by their names, where they are not there yet. Returns a fingerprint of all, and
    of a file of settings: models of other data or other settings are trained anew."""
    mark = hashlib.sha256(config.read_bytes() if config else b"")
    for name, text in sorted(texts.items()):
        mark.update(f"{name}\0{text}\0".encode())
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text)
    return mark.hexdigest()[:16]


# Programs -------------------------------------------------------------------------------------------------------------

def last_line(text, otherwise):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


def output_of(options, *arguments):
    """What `attend` with these arguments prints."""
    command = [str(part) for part in (attend(options), *arguments)]
    done = subprocess.run(command, text=True, encoding="utf-8", capture_output=True)
    if done.returncode != 0:
        reason = last_line(done.stderr, f"exit code {done.returncode}")
        raise Problem(f"attend {command[1]} failed: {reason} (command: {' '.join(command)})")
    return done.stdout


def number_of(options, *arguments):
    """The number that `attend evaluate … --value` prints."""
    text = output_of(options, *arguments).strip()
    try:
        return float(text)
    except ValueError as error:
        raise Problem(f"attend {arguments[0]} printed '{text}', expected a number") from error


def settings(values):
    """Arguments of `attend train` for texts KEY=VALUE."""
    return [part for value in values for part in ("--set", value)]


def own_arguments(options):
    """Arguments of `attend train` that a person has added."""
    vectors = ["--source-vectors", options.source_vectors] if options.source_vectors else []
    return [*settings(options.set), *vectors]


def own_names(options):
    """Texts for a folder's name and for the line below a table."""
    return [*options.set, *([options.source_vectors.name] if options.source_vectors else [])]


def has_arguments(folder, arguments):
    """Whether the model in this folder was asked for with these arguments."""
    recorded = folder / "arguments.json"
    return recorded.is_file() and json.loads(recorded.read_text(encoding="utf-8")) == arguments


def train(options, folder, arguments, fingerprint):
    """Trains folder/model by `attend train` with these arguments, or goes on; messages go to log.txt. A model of other
    arguments or other data is thrown away first."""
    arguments = [str(part) for part in arguments]
    recorded = {"arguments": arguments, "data": fingerprint}
    if not has_arguments(folder, recorded):
        shutil.rmtree(folder, ignore_errors=True)
        write_whole(folder / "arguments.json", json.dumps(recorded) + "\n")
    if (folder / "trained").exists():
        return
    command = [str(attend(options)), "train", *arguments, "-m", str(folder / "model")]
    with open(folder / "log.txt", "a", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            code = process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)  # it leaves a checkpoint
            process.wait()
            raise
    if code != 0:
        reason = last_line((folder / "log.txt").read_text(encoding="utf-8", errors="replace"), f"exit code {code}")
        raise Problem(f"attend train failed: {reason} (see {folder / 'log.txt'})")
    (folder / "trained").touch()


def training_record(folder):
    """{"updates", "minutes"} of a finished training."""
    try:
        last = json.loads(last_line((folder / "model" / "metrics.jsonl").read_text(encoding="utf-8"), ""))
        return {"updates": last["update"], "minutes": last["seconds"] / 60}
    except (OSError, ValueError, KeyError) as error:
        raise Problem(f"{folder / 'model' / 'metrics.jsonl'}: no record of the training") from error


def read_result(folder, recorded):
    """The result.json of a run, {} without one. A result of other arguments or other data does not count."""
    path = folder / "result.json"
    fits = path.is_file() and has_arguments(folder, recorded)
    return json.loads(path.read_text(encoding="utf-8")) if fits else {}


def write_result(folder, result):
    write_whole(folder / "result.json", json.dumps(result, ensure_ascii=False) + "\n")


class Run:
    """One model of a recipe: its folder, and the arguments that train it. `part` and `seed` name it; `arguments` are
    those of `attend train` that the recipe chooses, and `fingerprint` is that of the prepared data. A recipe derives
    its own class, whose `columns` are options for the columns of its prepared files."""

    columns = []

    def __init__(self, options, part, seed, arguments, fingerprint):
        self.options, self.fingerprint = options, fingerprint
        self.name = folder_name(part, seed, *own_names(options))
        self.folder = options.folder / self.name
        self.arguments = [str(argument) for argument in (
            *arguments, "--seed", seed, "--minutes", f"{options.minutes:g}", "--threads", options.threads,
            *own_arguments(options))]

    def recorded(self):
        return {"arguments": self.arguments, "data": self.fingerprint}

    def result(self):
        return read_result(self.folder, self.recorded())

    def train(self):
        train(self.options, self.folder, self.arguments, self.fingerprint)

    def evaluate(self, path, metric, *more):
        """The value of a metric on a prepared file."""
        return number_of(self.options, "evaluate", "-m", self.folder / "model", path, *self.columns, "--metrics",
                         metric, "--value", "--threads", self.options.threads, *more)


class Budget:
    """Says when no further training may begin."""

    def __init__(self, options):
        self.limit, self.minutes, self.begin = options.budget, options.minutes, time.monotonic()

    def allows(self, name):
        spent = (time.monotonic() - self.begin) / 60
        if self.limit is None or spent + self.minutes <= self.limit:
            return True
        say(f"stopped after {spent:.0f} minutes, before {name}: call again to go on")
        return False


def folder_name(*parts):
    """A name of a folder for what these texts describe."""
    name = "-".join(str(part) for part in parts)
    return "".join(c if c.isalnum() or c in "-_.=" else "_" for c in name)


# Figures --------------------------------------------------------------------------------------------------------------

def spread(values, digits=1):
    """Mean and standard deviation of several seeds, as text."""
    values = [value for value in values if value is not None]
    if not values:
        return "not measured"
    if len(values) == 1:
        return f"{values[0]:.{digits}f} (one seed)"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def conditions(options):
    """What the line below a table says about its trainings."""
    threads = f"{options.threads} thread{'s' if options.threads > 1 else ''}"
    return ", ".join([f"{options.minutes:g} minutes of training at most on {threads}", *own_names(options)])


def each(values, digits=1):
    return ", ".join(f"{value:.{digits}f}" for value in values if value is not None) or "–"


def markers(name):
    return f"<!-- {name} writes from here -->", f"<!-- {name}: to here -->"


def replace_between_markers(text, name, lines):
    """The text of a page with these lines between the two marker comments of a recipe."""
    begin, end = markers(name)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
        raise ValueError(f"expected the lines '{begin}' and '{end}' once each, in this order")
    return (text[:text.index(begin) + len(begin)] + "\n\n" + "\n".join(lines) + "\n\n" + text[text.index(end):])


def with_lines(page, name, lines):
    try:
        return replace_between_markers(read_text(page, "--write names a page that is there"), name, lines)
    except ValueError as error:
        raise Problem(f"{page}: {error}", USAGE) from error


def check_pages(pages, name):
    """Finds out before a training whether publish() can write these pages."""
    for page in pages:
        with_lines(page, name, [])


def publish(options, name, lines):
    """Prints the figures, and writes them into the folder of the recipe and between the markers of pages."""
    print("\n".join(lines), flush=True)
    write_whole(options.folder / f"{name.split('/')[-1]}.md", "\n".join(lines) + "\n")
    for page in options.write:
        write_whole(page, with_lines(page, name, lines))


def check():
    assert seeds_of("3") == [1, 2, 3] and seeds_of("4,7") == [4, 7] and seeds_of("4,") == [4]
    for wrong in ("", ",", "x", "1,-2", "1.5"):
        try:
            seeds_of(wrong)
            raise AssertionError(f"'{wrong}' was taken for seeds")
        except argparse.ArgumentTypeError:
            pass
    assert spread([88.0, 89.0, 90.0]) == "89.0 ± 1.0" and spread([1.25]) == "1.2 (one seed)"
    assert spread([]) == spread([None]) == "not measured" and each([1, None, 2.0]) == "1.0, 2.0" and each([]) == "–"
    assert folder_name("han", 1, "a.b=c/d") == "han-1-a.b=c_d"
    assert last_line("a\nb\n\n", "c") == "b" and last_line(" \n", "c") == "c"
    assert rank("a") == rank("a") != rank("b")
    begin, end = markers("recipes/x/run")
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    once = replace_between_markers(page, "recipes/x/run", ["new", "lines"])
    assert once == f"before\n{begin}\n\nnew\nlines\n\n{end}\nafter\n"
    assert replace_between_markers(once, "recipes/x/run", ["new", "lines"]) == once
    for wrong in ("no markers", page + page, f"{end}\n{begin}"):
        try:
            replace_between_markers(wrong, "recipes/x/run", [])
            raise AssertionError("a page without markers, or with two of them, was taken")
        except ValueError:
            pass
    print("recipe: right")


if __name__ == "__main__":
    check()
