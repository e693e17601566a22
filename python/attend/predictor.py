"""Prediction with a model folder."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, Union, overload

from attend import _attend
from attend._attend import Prediction

Path = Union[str, "os.PathLike[str]"]


def _text(text: Path) -> str:
    found = os.fspath(text)
    if not isinstance(found, str):
        raise TypeError(f"found {type(found).__name__}, expected str or a path")
    found.encode()  # UnicodeEncodeError where half of a surrogate pair stands alone
    return found


def _paths(paths: Path | Iterable[Path]) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        return [_text(paths)]
    return [_text(one) for one in paths]


class Predictor:
    """A loaded model. It does not change, may be used by several threads at once, and is pickled by the path of its folder.

    model           a model folder, the name of an installed model, or a list of folders that answer together
    precision       "float32", "bfloat16" or "int8"; None: as the folder has its weights
    threads         of each call; 0: all processors
    options         shortlist, ensemble, images, image_index, features, feature_names, as attend.h lists them"""

    def __init__(self, model: Path | Iterable[Path], *, precision: str | None = None, threads: int = 0,
                 **options: Any) -> None:
        self._model = _attend.Predictor(_paths(model), precision=precision, threads=threads, **options)

    @overload
    def predict(self, texts: Path, *, beam: int | None = None, n_best: int | None = None,  # type: ignore[misc]
                **options: Any) -> Prediction: ...

    @overload
    def predict(self, texts: Iterable[Path], *, beam: int | None = None, n_best: int | None = None,
                **options: Any) -> list[Prediction]: ...

    def predict(self, texts: Path | Iterable[Path], *, beam: int | None = None, n_best: int | None = None,
                **options: Any) -> Prediction | list[Prediction]:
        """The best prediction for a text, or the list of those for several texts. Options are those that attend.h lists, with
        underscores: batch_size=64, length_normalisation=0.6, prefix="1979", require=["May"], sample=True, seed=3."""
        answers = self._model.predict(_paths(texts), beam=beam, n_best=n_best, **options)
        return answers[0] if isinstance(texts, (str, os.PathLike)) else answers

    @overload
    def score(self, sources: Path, targets: str, **options: Any) -> Prediction: ...  # type: ignore[misc]

    @overload
    def score(self, sources: Iterable[Path], targets: Iterable[str], **options: Any) -> list[Prediction]: ...

    def score(self, sources: Path | Iterable[Path], targets: str | Iterable[str],
              **options: Any) -> Prediction | list[Prediction]:
        """The given target with its probability and alignment, for a pair of texts or for several pairs."""
        answers = self._model.score(_paths(sources), _paths(targets), **options)
        return answers[0] if isinstance(sources, (str, os.PathLike)) else answers

    @overload
    def classify(self, texts: Path, **options: Any) -> dict[str, float]: ...  # type: ignore[misc]

    @overload
    def classify(self, texts: Iterable[Path], **options: Any) -> list[dict[str, float]]: ...

    def classify(self, texts: Path | Iterable[Path], **options: Any) -> dict[str, float] | list[dict[str, float]]:
        """The probability of every label, the most probable one first; empty for a text without an answer."""
        answers = self._model.classify(_paths(texts), **options)
        return answers[0] if isinstance(texts, (str, os.PathLike)) else answers

    def explain(self, text: str, *, choices: int = 4, **options: Any) -> dict[str, Any]:
        """Every step of the best prediction as a dictionary: equations, energies, weights, context, choices."""
        explanation: dict[str, Any] = json.loads(self._model.explain(text, choices, **options))
        return explanation

    def stream(self, lines: Iterable[str], *, chunk: int = 1024, **options: Any) -> Iterator[Prediction]:
        """Predicts the lines of an iterable, such as an open file, and yields their predictions in order. `chunk` lines are
        read ahead."""
        lines = iter(lines)
        stream = int(options.pop("stream", 1))  # of random numbers: sampled lines do not depend on the chunk
        while some := [line.rstrip("\r\n") for line in itertools.islice(lines, chunk)]:
            yield from self.predict(some, stream=stream, **options)
            stream += len(some)

    @property
    def has_alignment(self) -> bool:
        """Whether the model looks at positions of a source."""
        return self._model.has_alignment

    @property
    def has_labels(self) -> bool:
        """Whether the model answers with labels."""
        return self._model.has_labels

    @property
    def reads_pictures(self) -> bool:
        """Whether texts are names of pictures."""
        return self._model.reads_pictures

    def __reduce__(self) -> tuple[Any, ...]:
        return _load, self._model.state


def _load(folders: list[str], options: dict[str, Any]) -> Predictor:
    return Predictor(folders, **options)
