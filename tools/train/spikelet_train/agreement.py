"""How predictions of classes agree with the truth: overall and average accuracy, and Cohen's kappa."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Shares from 0 to 1, kappa from -1 to 1; `per_class` has NaN for a class that was never true."""

    overall: float
    average: float
    kappa: float
    per_class: tuple

    def as_json(self):
        """Rounded, for a log."""
        return {key: round(getattr(self, key), 5) for key in ("overall", "average", "kappa")}


def confusion(labels, predicted, classes):
    """int64 [classes, classes]: how often each class (row) was taken for another (column)."""
    cells = np.asarray(labels, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def agreement(counts):
    """The `Agreement` of a confusion matrix; classes that were never true do not enter the average."""
    total = counts.sum()
    rows, columns, right = counts.sum(1), counts.sum(0), np.diag(counts)
    per_class = np.where(rows > 0, right / np.maximum(rows, 1), np.nan)
    overall = right.sum() / total
    by_chance = (rows / total * (columns / total)).sum()
    kappa = 1.0 if overall == 1 else (overall - by_chance) / (1 - by_chance)
    return Agreement(float(overall), float(np.nanmean(per_class)), float(kappa), tuple(per_class.tolist()))
