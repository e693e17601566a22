"""Training, by the program attend."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

from attend import _attend
from attend.predictor import Path


@dataclasses.dataclass(frozen=True)
class Progress:
    """A validation during a training: the fields of a line of metrics.jsonl."""

    update: int
    epoch: int
    train_loss: float
    valid_loss: float
    metric_name: str
    metric: float
    best: bool


def _arguments(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is True:
                yield flag
            elif one is not None and one is not False:
                yield from (flag, os.fspath(one) if isinstance(one, os.PathLike) else str(one))


def _records(path: pathlib.Path) -> list[dict[str, Any]]:
    """The whole lines of metrics.jsonl."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _find(program: str) -> str:
    """The program on PATH, else the one that was installed with this package: PREFIX/bin beside PREFIX/lib."""
    found = shutil.which(program)
    for prefix in pathlib.Path(__file__).resolve().parents[3:5]:
        found = found or shutil.which(program, path=str(prefix / "bin"))
    if found is None:
        raise _attend.Error(f"the program '{program}' is not installed")
    return found


def train(pairs: Path, model: Path, *, program: str = "attend", wait: float = 0.2, **options: Any) -> Iterator[Progress]:
    """Trains a model from a file of pairs and yields a Progress after each validation. The options are those of `attend
    train`, with underscores: preset="dates", minutes=5, seed=1, set=["decoder.units=64"]. The same call again goes on where
    a training stopped. The training begins with the first step of the iterator. Closing the iterator stops the training, which
    leaves a checkpoint. `program` is looked for on PATH, then in the folder bin that this package was installed with.

    Raises UsageError, DataError, ModelError or Error with the program's message."""
    folder = pathlib.Path(model)
    command = [_find(program), "train", os.fspath(pairs), "-m", str(folder), *_arguments(options)]
    metrics = folder / "metrics.jsonl"
    seen = len(_records(metrics))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,  # Ctrl-C reaches it through this generator alone
                               encoding="utf-8", errors="replace")
    assert process.stderr is not None  # it is a pipe
    messages = _Tail(process.stderr)
    try:
        running = True
        while running:
            running = process.poll() is None
            records = _records(metrics)
            seen = min(seen, len(records))  # a training that goes on drops what follows its checkpoint
            while seen < len(records):
                record = records[seen]
                seen += 1
                yield Progress(**{field.name: record[field.name] for field in dataclasses.fields(Progress)})
            if running:
                time.sleep(wait)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait()
        messages.join()
    if process.returncode != 0:
        kinds = {2: _attend.UsageError, 3: _attend.DataError, 4: _attend.ModelError}
        raise kinds.get(process.returncode, _attend.Error)(messages.last or f"exit code {process.returncode}")


class _Tail:
    """Reads messages in the background, so that the program never waits, and keeps the last one."""

    def __init__(self, stream: IO[str]) -> None:
        self.last = ""
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            if line.strip():
                self.last = line.strip()

    def join(self) -> None:
        self._thread.join()
        self._stream.close()
