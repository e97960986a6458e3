"""What every accuracy predictor promises.

Shapes: N candidates, D features.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Predictor(Protocol):
    """Learns accuracies of encoded candidates.

    A fit starts afresh each time and is a pure function of the constructor's arguments and of the rows given: the same
    in every process, whatever was fitted before. No global random state is read or changed.
    """

    @property
    def rank_correlation(self) -> float:
        """Kendall's tau between accuracies and what was told of each without it; 0 before a fit."""
        ...

    def fit(self, x_ND: Floats, y_N: Floats) -> None:
        """Learn from evaluated candidates.

        Args:
            x_ND: `N x D` features, each in [0, 1]; `N` is at least 1.
            y_N: `N` finite accuracies at one common fidelity, larger is better.

        Raises:
            ValueError: If the shapes do not fit, or a number is not finite.
        """
        ...

    def predict(self, x_ND: Floats) -> tuple[Floats, Floats]:
        """Expected accuracy and its standard deviation.

        Args:
            x_ND: `N x D` features, as in ``fit``.

        Returns:
            `N` means and `N` spreads (at least 0), in the unit of the fitted accuracies.

        Raises:
            NotFittedError: If ``fit`` has not run.
        """
        ...

    def predict_warped(self, x_ND: Floats) -> tuple[Floats, Floats]:
        """Mean and spread in the scale that is learnt in, which accuracies rise with.

        Raises:
            NotFittedError: If ``fit`` has not run.
        """
        ...

    def expect(self, x_ND: Floats) -> Floats:
        """The means of ``predict`` alone, which may take far less time."""
        ...

    def expect_warped(self, x_ND: Floats) -> Floats:
        """The means of ``predict_warped`` alone, which may take far less time."""
        ...

    def assume(self, x_D: Floats, *, below: float = 0.0) -> None:
        """Take a candidate as evaluated: spreads near it shrink, and means fall where it was assumed below its own.

        Args:
            x_D: Of the candidate.
            below: Standard deviations below what is expected of it; with 0 no mean changes.
        """
        ...
