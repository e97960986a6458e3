"""The rows of a table as predictors see them, and which of them are learnt from.

Shapes: N rows, D features, C costs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sampler_tables import Table

from nars.space.domains import Choice
from nars.space.encoding import features
from nars.space.knobs import Knob
from nars.space.layout import FeatureLayout, feature_layout

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

HELD_OUT = 2000
"""Rows that predictors are judged by; of a table of fewer than twice as many, half."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """All rows of a table."""

    features_ND: Floats
    """Ordered inputs as their position in [0, 1], unordered ones one-hot."""
    costs_NC: Floats
    """As given, each above 0."""
    log_costs_NC: Floats
    """Logarithms, of mean 0 and standard deviation 1 over the table."""
    worth_N: Floats
    """Larger is better."""
    layout: FeatureLayout
    architecture_D: NDArray[np.bool_]
    """Which features describe the network; the others describe its training."""

    @property
    def inputs(self) -> Floats:
        """Features and logarithms of costs, ``N x (D + C)``."""
        return np.concatenate([self.features_ND, self.log_costs_NC], axis=1)


def rows_of(table: Table) -> Rows:
    """Features and worth of a table's rows."""
    knobs = tuple(
        Knob(path=one.name, domain=Choice(tuple(range(one.size)) if one.ordered else _words(one.size)))
        for one in table.inputs
    )
    layout = feature_layout(knobs)
    is_architecture_K = np.array([one.name not in table.recipe for one in table.inputs])
    log_NC = np.log(table.costs_NC)
    return Rows(
        features_ND=features(knobs, table.codes_ND.astype(np.float64)),
        costs_NC=table.costs_NC,
        log_costs_NC=(log_NC - log_NC.mean(axis=0)) / log_NC.std(axis=0),
        worth_N=-table.losses_N,
        layout=layout,
        architecture_D=is_architecture_K[layout.knob_D],
    )


def split(num_rows: int, *, size: int, seed: int) -> tuple[Ints, Ints]:
    """Rows to learn from and held-out rows.

    A seed's held-out rows are the same at every size, and what is learnt from at one size is part of every larger one.
    """
    order_N = np.random.default_rng(seed).permutation(num_rows)
    held_out = min(HELD_OUT, num_rows // 2)
    if size > num_rows - held_out:
        raise ValueError(f"size must be at most {num_rows - held_out} of {num_rows} rows, got {size}")
    return order_N[held_out : held_out + size], order_N[:held_out]


def _words(size: int) -> tuple[str, ...]:
    """Values without order."""
    return tuple(f"value {number}" for number in range(size))
