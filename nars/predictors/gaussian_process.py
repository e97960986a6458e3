"""Gaussian process regression with a sum of kernels, its parameters at their most probable values.

Shapes: N rows learnt from, M rows asked for, E columns, P parameters.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nars.predictors.factor import Factor
from nars.predictors.kernels import Kernel

Floats = NDArray[np.float64]

_NOISE_MEAN, _NOISE_SPREAD = -2.0, 1.0
"""Normal prior of the noise's log standard deviation, beside targets of standard deviation 1."""
_MUCH_NOISE, _LITTLE_NOISE = -0.7, -3.5
"""Logarithms: a fit that ends with more noise than the one is tried again from the other."""
_JITTER = 1e-6
_FURTHEST = 3.5
"""Largest step of a log parameter from its prior mean: beyond it covariances are no longer positive in float64."""
_MAX_STEPS = 60
_LEAST_GAIN = 1e-5
"""Share of the loss that a step must gain to be followed by another: rank correlations stay within 0.0003."""
_MOST_ROWS_TO_TUNE = 300
"""Rows that parameters are chosen by; the time grows with the cube of them."""


class GaussianProcess:
    """A posterior over functions; the noise is one of its parameters.

    Attributes:
        parameters_P: Logarithm of the noise, then those of each kernel.
    """

    def __init__(self, kernels: Sequence[Kernel]) -> None:
        self._kernels = tuple(kernels)
        self._slices: list[slice] = []
        start = 1
        for kernel in self._kernels:
            self._slices.append(slice(start, start + len(kernel.prior.mean_P)))
            start += len(kernel.prior.mean_P)
        self.parameters_P: Floats = self._prior_mean()

    def fit(self, z_NE: Floats, y_N: Floats) -> None:
        """Choose the parameters by likelihood and prior, from the prior's means on, and condition on all rows.

        Args:
            z_NE: Columns.
            y_N: Targets of mean 0 and standard deviation about 1.
        """
        tuned = spread_over_ranks(y_N, _MOST_ROWS_TO_TUNE)
        start_P = self._prior_mean()
        loss, parameters_P = self._lowest(start_P, z_NE[tuned], y_N[tuned])
        if parameters_P[0] > _MUCH_NOISE:  # few rows can look like noise alone, a low that is not always the lowest
            start_P[0] = _LITTLE_NOISE
            other_loss, other_P = self._lowest(start_P, z_NE[tuned], y_N[tuned])
            parameters_P = other_P if other_loss < loss else parameters_P
        self.condition(parameters_P, z_NE, y_N)

    def condition(self, parameters_P: Floats, z_NE: Floats, y_N: Floats) -> None:
        """Take parameters as they are, and condition on some rows."""
        self.parameters_P = parameters_P
        self._y_N = y_N
        self._scaled = self._scale(z_NE)
        covariance_NN = self._covariance(self._scaled, self._scaled)
        covariance_NN[np.diag_indices(len(y_N))] += self._noise
        self._factor = Factor(covariance_NN)
        self._weights_N = self._factor.weights(y_N)
        self._told_N = self._weights_N

    def predict(self, z_ME: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the function, noise left out."""
        scaled = self._scale(z_ME)
        covariance_NM = self._covariance(self._scaled, scaled)
        whitened_NM = self._factor.whitened(covariance_NM)
        variance_M = sum(
            kernel.variance(part, self._scale_of(index))
            for index, (kernel, part) in enumerate(zip(self._kernels, scaled, strict=True))
        )
        np.square(whitened_NM, out=whitened_NM)  # in place: these arrays are most of a proposal's memory traffic
        left_M = np.maximum(variance_M - np.sum(whitened_NM, axis=0), 1e-10)
        return self._told_N @ covariance_NM, np.sqrt(left_M)

    def expect(self, z_ME: Floats) -> Floats:
        """Means alone."""
        mean_M: Floats = self._told_N @ self._covariance(self._scaled, self._scale(z_ME))
        return mean_M

    def assume(self, z_E: Floats, *, below: float = 0.0) -> None:
        """Condition on one more row as if its target lay some standard deviations below its mean.

        Args:
            z_E: Columns.
            below: Standard deviations of the function; with 0 only the spread near the row shrinks, no mean changes.
        """
        scaled = self._scale(z_E[None])
        column_N1 = self._covariance(self._scaled, scaled)
        prior = float(self._covariance(scaled, scaled)[0, 0])
        row_N = self._factor.whitened(column_N1)[:, 0]
        left = max(prior - float(row_N @ row_N), 0.0)
        corner = float(np.sqrt(max(left + self._noise, _JITTER)))
        # The new row's weight, and what it takes from the others': the bordered inverse.
        weight = -below * np.sqrt(left) / corner**2
        self._told_N = np.append(self._told_N - self._factor.unwhitened(row_N) * weight, weight)
        self._factor.append(row_N, corner)
        self._scaled = [np.concatenate([old, new]) for old, new in zip(self._scaled, scaled, strict=True)]

    def leave_one_out(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each row's target told from the other rows (Rasmussen & Williams, 5.12).

        What was assumed is left out.
        """
        inverse_N = np.diag(self._factor.inverse(len(self._y_N)))
        return self._y_N - self._weights_N / inverse_N, np.sqrt(1 / inverse_N)

    def _lowest(self, start_P: Floats, z_NE: Floats, y_N: Floats) -> tuple[float, Floats]:
        """The low of the loss that a start leads to, and where it is."""
        mean_P = self._prior_mean()
        result = minimize(
            self._loss,
            start_P,
            args=(z_NE, y_N),
            jac=True,
            method="L-BFGS-B",
            bounds=np.stack([mean_P - _FURTHEST, mean_P + _FURTHEST], axis=1),
            options={"maxiter": _MAX_STEPS, "ftol": _LEAST_GAIN},
        )
        return float(result.fun), result.x

    def _prior_mean(self) -> Floats:
        return np.concatenate([[_NOISE_MEAN], *(kernel.prior.mean_P for kernel in self._kernels)])

    @property
    def _noise(self) -> float:
        """Variance of the noise."""
        return float(np.exp(2 * self.parameters_P[0])) + _JITTER

    def _scale_of(self, index: int) -> float:
        return float(self.parameters_P[self._slices[index].start])

    def _scale(self, z_NE: Floats) -> list[Floats]:
        """Each kernel's columns times their relevances."""
        return [
            z_NE[:, kernel.columns] * np.exp(self.parameters_P[part][1:])
            for kernel, part in zip(self._kernels, self._slices, strict=True)
        ]

    def _covariance(self, a: list[Floats], b: list[Floats]) -> Floats:
        total_NM: Floats = np.zeros((len(a[0]), len(b[0])))
        for index, (kernel, a_NE, b_ME) in enumerate(zip(self._kernels, a, b, strict=True)):
            total_NM += kernel.covariance(a_NE, b_ME, self._scale_of(index))
        return total_NM

    def _loss(self, parameters_P: Floats, z_NE: Floats, y_N: Floats) -> tuple[float, Floats]:
        """Minus the logarithm of likelihood times prior, and its gradient (Rasmussen & Williams, 5.8 and 5.9)."""
        self.parameters_P = parameters_P
        told = [
            kernel.covariance_and_slopes(a_NE, self._scale_of(index))
            for index, (kernel, a_NE) in enumerate(zip(self._kernels, self._scale(z_NE), strict=True))
        ]
        covariance_NN = np.sum([part_NN for part_NN, _ in told], axis=0)
        covariance_NN[np.diag_indices(len(y_N))] += self._noise
        factor = Factor(covariance_NN)
        weights_N = factor.weights(y_N)
        slope_NN = factor.inverse(len(y_N)) - np.outer(weights_N, weights_N)
        loss = 0.5 * float(y_N @ weights_N) + float(np.log(np.diag(factor.lower_NN)).sum())
        gradient_P = np.zeros_like(parameters_P)
        gradient_P[0] = np.exp(2 * parameters_P[0]) * np.trace(slope_NN)
        step = (parameters_P[0] - _NOISE_MEAN) / _NOISE_SPREAD
        loss += 0.5 * step**2
        gradient_P[0] += step / _NOISE_SPREAD
        for kernel, part, (_, slopes) in zip(self._kernels, self._slices, told, strict=True):
            gradient_P[part] = slopes(slope_NN)
            away_P = parameters_P[part] - kernel.prior.mean_P
            pull_P = kernel.prior.precision_PP @ away_P
            loss += 0.5 * float(away_P @ pull_P)
            gradient_P[part] += pull_P
        return loss, gradient_P


def spread_over_ranks(y_N: Floats, most: int) -> NDArray[np.intp]:
    """Rows of at most ``most`` targets, evenly over their ranks, in ascending order; all where they are fewer."""
    if len(y_N) <= most:
        return np.arange(len(y_N))
    order = np.argsort(y_N, kind="stable")
    return np.sort(order[np.linspace(0, len(y_N) - 1, most).round().astype(np.intp)])
