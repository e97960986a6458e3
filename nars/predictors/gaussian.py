"""The predictor of the search: two Gaussian processes that see a space in two ways.

One lets everything interact; the other adds up effects of single knobs and of pairs in one place, a function of the
totals (costs, and means over families of knobs), and a smaller rest in which everything interacts. The first wins with
hundreds of rows, the second with dozens, their mean nearly everywhere. Shapes: N candidates, D features, C costs.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nars.errors import CheckpointError, NotFittedError
from nars.predictors.design import Design
from nars.predictors.gaussian_process import GaussianProcess, spread_over_ranks
from nars.predictors.kernels import Kernel, Linear, Matern, relevance_prior
from nars.predictors.rank import kendall_tau
from nars.predictors.threads import one_blas_thread, side_by_side
from nars.predictors.warp import Warp
from nars.space.layout import FeatureLayout

Floats = NDArray[np.float64]
T = TypeVar("T")

_MOST_ROWS = 1000
"""Rows that are learnt from; the time grows with the cube of them."""
_WORTH_A_THREAD = 100_000
"""Covariances that take longer to compute than a thread to start."""
_ROWS_FOR_PRIOR = 8
"""Rows that the assumption weighs that targets rise as much as a prior tells."""
_USUAL_VARIANCE = 0.5
"""Of what a predictor tells of random rows, in the scale that it learns in."""
_FORMAT = "nars-gaussian-predictor-3"


class GaussianPredictor:
    """Expected accuracy of encoded candidates and its spread; see `nars.predictors.Predictor`.

    Its own cross-validation costs next to nothing: a Gaussian process tells each row from all others in closed form.
    """

    def __init__(self, layout: FeatureLayout, *, num_costs: int = 0, prior: "GaussianPredictor | None" = None) -> None:
        """An untrained predictor of a space.

        Args:
            layout: Of the space's features.
            num_costs: C: costs that follow the features in each row, as logarithms of mean 0 and deviation 1.
            prior: Fitted on other accuracies of the same inputs: what it expects is what this one starts from, to be
                corrected by what it learns.
        """
        self._prior = prior
        self._slope, self._center = 0.0, 0.0
        self._rank_correlation: float | None = 0.0
        self._design = Design(layout, num_costs=num_costs)
        self._processes: tuple[GaussianProcess, ...] = ()
        self._warp = Warp(np.zeros(1))
        self._rows: tuple[Floats, Floats] = (np.empty((0, 0)), np.empty(0))

    @property
    def rank_correlation(self) -> float:
        """Kendall's tau between accuracies and what is told of each from the others; 0 before a fit."""
        if self._rank_correlation is None:
            mean_N = np.mean([process.leave_one_out()[0] for process in self._processes], axis=0)
            mean_N = mean_N + self._told(self._rows[0])
            self._rank_correlation = kendall_tau(mean_N, self._warp.forward(self._rows[1]))
        return self._rank_correlation

    def fit(self, x_ND: Floats, y_N: Floats) -> None:
        """Learn from evaluated candidates; of more than a thousand, from the best half and others of all ranks."""
        self._check(x_ND, y_N)
        rows = _worth_learning(y_N, _MOST_ROWS)
        x_ND, y_N = x_ND[rows], y_N[rows]
        processes = (GaussianProcess(self._interacting()), GaussianProcess(self._adding_up()))
        self._warp = Warp(y_N)
        target_N = self._warp.forward(y_N)
        self._trust_prior(x_ND, target_N)
        z_NE, target_N = self._design.columns(x_ND), target_N - self._told(x_ND)
        with one_blas_thread():
            fits = [partial(process.fit, z_NE, target_N) for process in processes]
            if len(y_N) ** 2 >= _WORTH_A_THREAD:
                side_by_side(fits)
            else:
                for fit in fits:
                    fit()
        self._processes, self._rows, self._rank_correlation = processes, (x_ND, y_N), None

    def predict(self, x_ND: Floats) -> tuple[Floats, Floats]:
        """Expected accuracy and its standard deviation; see ``Predictor.predict``."""
        mean_N, spread_N = self.predict_warped(x_ND)
        accuracy_N = self._warp.backward(mean_N)
        low_N, high_N = self._warp.backward(mean_N - spread_N), self._warp.backward(mean_N + spread_N)
        return accuracy_N, (high_N - low_N) / 2

    def predict_warped(self, x_ND: Floats) -> tuple[Floats, Floats]:
        """Mean and spread in the scale that is learnt in, where both are those of a normal distribution.

        Raises:
            NotFittedError: If ``fit`` has not run.
        """
        self._require_fit()
        if not len(x_ND):
            return np.empty(0), np.empty(0)
        told_GTN = self._of_processes(x_ND, lambda process, z_NE: np.stack(process.predict(z_NE)))
        mean_GN, spread_GN = told_GTN[:, 0], told_GTN[:, 1]
        variance_N = np.mean(spread_GN**2, axis=0) + np.var(mean_GN, axis=0)
        return mean_GN.mean(axis=0) + self._told(x_ND), np.sqrt(variance_N)

    def expect(self, x_ND: Floats) -> Floats:
        """See ``Predictor.expect``."""
        return self._warp.backward(self.expect_warped(x_ND))

    def expect_warped(self, x_ND: Floats) -> Floats:
        """See ``Predictor.expect_warped``; the spreads are two thirds of the work of ``predict_warped``."""
        self._require_fit()
        if not len(x_ND):
            return np.empty(0)
        mean_N: Floats = np.mean(self._of_processes(x_ND, GaussianProcess.expect), axis=0)
        return mean_N + self._told(x_ND)

    def warped(self, accuracy: float) -> float:
        """An accuracy in the scale that is learnt in."""
        return float(self._warp.forward(np.array([accuracy]))[0])

    def _of_processes(self, x_ND: Floats, tell: Callable[[GaussianProcess, Floats], Floats]) -> Floats:
        """What each process tells of some rows, one after the other; two halves of many rows at a time."""
        is_much = len(x_ND) * len(self._rows[0]) >= _WORTH_A_THREAD
        parts = np.array_split(self._design.columns(x_ND), 2 if is_much else 1)

        def of(part_NE: Floats) -> Floats:
            return np.stack([tell(process, part_NE) for process in self._processes])

        return np.concatenate(side_by_side([partial(of, part_NE) for part_NE in parts]), axis=-1)

    def _require_fit(self) -> None:
        if not self._processes:
            raise NotFittedError("the predictor must be fitted before it is asked")

    def _trust_prior(self, x_ND: Floats, target_N: Floats) -> None:
        """By least squares, with a few rows' weight on that targets rise as the prior tells."""
        if self._prior is None:
            return
        prior_N = self._prior.expect_warped(x_ND)
        self._center = float(prior_N.mean())
        apart_N = prior_N - self._center
        weight = _ROWS_FOR_PRIOR * _USUAL_VARIANCE
        self._slope = max(0.0, (float(apart_N @ target_N) + weight) / (float(apart_N @ apart_N) + weight))

    def _told(self, x_ND: Floats) -> Floats:
        """What the prior tells of each row, in the scale that is learnt in."""
        if self._prior is None:
            return np.zeros(len(x_ND))
        return self._slope * (self._prior.expect_warped(x_ND) - self._center)

    def assume(self, x_D: Floats, *, below: float = 0.0) -> None:
        """Take a candidate as evaluated, some standard deviations below what is expected; see ``Predictor.assume``."""
        z_E = self._design.columns(x_D[None])[0]
        for process in self._processes:
            process.assume(z_E, below=below)

    def save(self, path: Path) -> None:
        """Write ``to_bytes`` into a file."""
        path.write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The fitted predictor as safetensors; what `assume` added is left out.

        Raises:
            NotFittedError: If ``fit`` has not run.
        """
        if not self._processes:
            raise NotFittedError("the predictor must be fitted before it is saved")
        tensors = {"x_ND": self._rows[0], "y_N": self._rows[1]}
        tensors |= {f"parameters_{index}": process.parameters_P for index, process in enumerate(self._processes)}
        facts = {"format": _FORMAT, "rank_correlation": self.rank_correlation, "design": self._design.facts}
        if self._prior is not None:
            raise ValueError("a predictor with a prior is not saved: save its prior, and fit it again")
        return save(tensors, metadata={"predictor": json.dumps(facts)})

    @classmethod
    def load(cls, path: Path, layout: FeatureLayout, *, num_costs: int = 0) -> Self:
        """Read what ``save`` wrote, for the same layout.

        Raises:
            CheckpointError: If the file is damaged, holds something else, or is of another layout.
        """
        predictor = cls(layout, num_costs=num_costs)
        try:
            with safe_open(path, framework="numpy") as file:
                facts = json.loads(file.metadata()["predictor"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a mapping
            if facts["format"] != _FORMAT:
                raise CheckpointError(f"{path}: format must be {_FORMAT}, got {facts['format']}")
            if facts["design"] != predictor._design.facts:
                raise CheckpointError(f"{path}: the predictor is of another space, or of other costs")
            predictor._check(tensors["x_ND"], tensors["y_N"])
            predictor._restore(tensors["x_ND"], tensors["y_N"], [tensors["parameters_0"], tensors["parameters_1"]])
            predictor._rank_correlation = float(facts["rank_correlation"])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, np.linalg.LinAlgError) as error:
            raise CheckpointError(f"{path}: not a saved predictor: {error}") from error
        return predictor

    def _restore(self, x_ND: Floats, y_N: Floats, parameters: list[Floats]) -> None:
        self._warp = Warp(y_N)
        self._rows = (x_ND, y_N)
        self._processes = (GaussianProcess(self._interacting()), GaussianProcess(self._adding_up()))
        z_NE, target_N = self._design.columns(x_ND), self._warp.forward(y_N)
        for process, parameters_P in zip(self._processes, parameters, strict=True):
            if parameters_P.shape != process.parameters_P.shape:
                raise ValueError(f"parameters must be {process.parameters_P.shape}, got {parameters_P.shape}")
            process.condition(parameters_P, z_NE, target_N)

    def _interacting(self) -> list[Kernel]:
        every = np.concatenate([self._design.own, self._design.shared])
        return [self._matern(every, scale=-0.5, spread=1.0)]

    def _adding_up(self) -> list[Kernel]:
        own, shared = self._design.own, self._design.shared
        effects = np.concatenate([own, self._design.pairs])
        relevance = np.log(2) + self._usual_relevance(own)
        prior = relevance_prior(self._design.group_E[effects], scale=-0.5, relevance=relevance, spread=0.5)
        kernels: list[Kernel] = [Linear(effects, prior), self._matern(own, scale=-1.0, spread=0.5)]
        if len(shared):
            kernels.append(self._matern(shared, scale=-0.5, spread=0.7))
        return kernels

    def _matern(self, columns: NDArray[np.intp], *, scale: float, spread: float) -> Matern:
        relevance = self._usual_relevance(columns)
        prior = relevance_prior(self._design.group_E[columns], scale=scale, relevance=relevance, spread=spread)
        return Matern(columns, prior)

    def _usual_relevance(self, columns: NDArray[np.intp]) -> float:
        """Log relevance at which candidates that differ in every knob are about 1 apart."""
        return -0.5 * float(np.log(max(1, len(np.unique(self._design.knob_E[columns])))))

    def _check(self, x_ND: Floats, y_N: Floats) -> None:
        """Refuse what cannot be learnt from."""
        if x_ND.ndim != 2 or x_ND.shape[1] != self._design.num_inputs:
            raise ValueError(f"features must be N x {self._design.num_inputs}, got shape {x_ND.shape}")
        if y_N.shape != (len(x_ND),) or not len(x_ND):
            raise ValueError(f"accuracies must be one for each of N >= 1 rows, got shape {y_N.shape} for {len(x_ND)}")
        for name, numbers in (("features", x_ND), ("accuracies", y_N)):
            if not np.isfinite(numbers).all():
                raise ValueError(f"{name} must be finite, got {numbers[~np.isfinite(numbers)][0]}")


def _worth_learning(y_N: Floats, most: int) -> NDArray[np.intp]:
    """The best half of ``most`` rows and as many of all other ranks, in ascending order."""
    if len(y_N) <= most:
        return np.arange(len(y_N))
    order = np.argsort(-y_N, kind="stable")
    best, others = order[: most // 2], np.sort(order[most // 2 :])
    return np.sort(np.concatenate([best, others[spread_over_ranks(y_N[others], most - most // 2)]]))
