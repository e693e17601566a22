"""Attend: attentional encoder-decoders that show what they look at.

    >>> import attend
    >>> predictor = attend.Predictor("model/")
    >>> best = predictor.predict("3 May 1979")
    >>> best.text, best.links, best.alignment.shape
"""

from attend._attend import DataError, Error, ModelError, Prediction, Unit, UsageError, __version__
from attend.predictor import Predictor
from attend.training import Progress, train

__all__ = ["DataError", "Error", "ModelError", "Prediction", "Predictor", "Progress", "Unit", "UsageError", "train",
           "__version__"]
