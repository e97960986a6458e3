"""Means of few runs of several candidates, whose seeds all scatter alike.

One-way layout with a common variance and the usual non-informative prior: given the runs, the variance is the pooled
one times a scaled inverse chi-squared variable, and each mean is normal around its sample mean (Box and Tiao 1973,
section 2.11; Gelman et al. 2013, section 3.2). Pooling matters: of five runs a standard deviation is known to a third.
Shapes: G candidates, contrasts as weights of their means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

_DRAWS = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A value that is estimated, and bounds that hold it with a confidence of 95 %."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Runs of G candidates."""

    runs: tuple[tuple[float, ...], ...]
    """Accuracies of each candidate's runs."""

    @property
    def means_G(self) -> Floats:
        """Mean of each candidate."""
        return np.array([np.mean(runs) for runs in self.runs])

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the pooled standard deviation."""
        return sum(len(runs) - 1 for runs in self.runs)

    @property
    def deviation(self) -> float:
        """Pooled standard deviation between seeds; not a number where each candidate has one run."""
        if not self.freedom:
            return float("nan")
        squares = sum(float(np.sum((np.array(runs) - np.mean(runs)) ** 2)) for runs in self.runs)
        return float(np.sqrt(squares / self.freedom))

    def contrast(self, weights: Sequence[float]) -> Interval:
        """A weighted sum of the candidates' means, by Student's t; bounds are not numbers with one run each."""
        weights_G = np.array(weights)
        mean = float(weights_G @ self.means_G)
        counts_G = np.array([len(runs) for runs in self.runs])
        error = self.deviation * float(np.sqrt(np.sum(weights_G**2 / counts_G)))
        half = float(stats.t.ppf(0.975, self.freedom)) * error if self.freedom else float("nan")
        return Interval(mean=mean, low=mean - half, high=mean + half)

    def interval(self, index: int) -> Interval:
        """The mean of one candidate."""
        return self.contrast([float(other == index) for other in range(len(self.runs))])

    def chances(self, *, rng: np.random.Generator) -> Floats:
        """Probability of each candidate that its true mean is the highest, ``G``; equal ones share it.

        By 100,000 draws from the posterior. With one run each nothing is known of the scatter, and all are as likely.
        """
        if not self.freedom:
            return np.full(len(self.runs), 1 / len(self.runs))
        counts_G = np.array([len(runs) for runs in self.runs])
        spread_D = self.deviation * np.sqrt(self.freedom / rng.chisquare(self.freedom, size=_DRAWS))
        means_DG = self.means_G + spread_D[:, None] * rng.normal(size=(_DRAWS, len(counts_G))) / np.sqrt(counts_G)
        is_best_DG = means_DG == means_DG.max(axis=1, keepdims=True)
        chances_G: Floats = (is_best_DG / is_best_DG.sum(axis=1, keepdims=True)).mean(axis=0)
        return chances_G
