"""Candidates that meet the constraints, by rejection, and what to say when there are none.

Shapes: N candidates, K knobs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nars.errors import ExhaustedSpaceError, InfeasibleSpaceError
from nars.samplers.bounds import CostBounds
from nars.samplers.nearest_miss import describe_nearest_miss, repair
from nars.space.search_space import SearchSpace
from nars.trials import Trial

Floats = NDArray[np.float64]

MAX_DRAWS = 1_000_000
"""Random candidates that are tried before a space counts as infeasible."""

_BATCH = 1 << 15
_PATIENCE = 20
"""A space is exhausted after this many times as many feasible draws as there are known candidates brought none."""


def keys(codes_NK: Floats) -> list[bytes]:
    """One key per row, equal for equal candidates; floats closer than 1e-9 of their range count as equal."""
    rounded_NK = np.round(np.nan_to_num(codes_NK, nan=-1.0), 9) + 0.0  # no negative zeros
    return [row.tobytes() for row in rounded_NK]


def tried_keys(space: SearchSpace, history: Iterable[Trial]) -> frozenset[bytes]:
    """Keys of all candidates in the history, whatever became of their trials."""
    return frozenset(keys(space.encode([trial.candidate for trial in history])))


def fresh(codes_NK: Floats, known: Iterable[bytes]) -> Floats:
    """The rows that are not known, each once, in their order."""
    seen = set(known)
    rows = []
    for row, key in enumerate(keys(codes_NK)):
        if key not in seen:
            seen.add(key)
            rows.append(row)
    return codes_NK[rows]


def sample_feasible(
    bounds: CostBounds,
    n: int,
    *,
    rng: np.random.Generator,
    known: frozenset[bytes] = frozenset(),
    max_draws: int = MAX_DRAWS,
) -> Floats:
    """New random candidates that meet the constraints.

    Args:
        bounds: The space and its constraints.
        n: How many are asked.
        rng: Source of randomness.
        known: Keys of candidates that must not come again.
        max_draws: Random candidates to try at most.

    Returns:
        Codes, `n x K`; fewer rows (at least one) where the space holds no more.

    Raises:
        InfeasibleSpaceError: If no candidate meets the constraints, with the nearest miss and what binds.
        ExhaustedSpaceError: If all that meet them are known.
    """
    found = _Found(rows=[], known=set(known))
    draws, hits, dry = 0, 0, 0
    space = bounds.space
    misses_NK = np.empty((0, len(space.knobs)))
    size = max(1024, 4 * n)
    while len(found.rows) < n and draws < max_draws and dry < _PATIENCE * (len(found.known) + 50):
        batch_NK = space.sample_codes(min(size, _BATCH, max_draws - draws), rng=rng)
        met_NK = bounds.meeting(batch_NK)
        added = found.add(met_NK)
        dry = 0 if added else dry + len(met_NK)
        draws, hits, size = draws + len(batch_NK), hits + len(met_NK), size * 2
        if not hits:
            misses_NK = _nearest(bounds, np.concatenate([misses_NK, batch_NK]))
    if not hits:
        misses_NK = repair(bounds, misses_NK)
        if not len(bounds.meeting(misses_NK)):
            raise InfeasibleSpaceError(describe_nearest_miss(bounds, misses_NK[0], draws=draws))
        found.add(bounds.meeting(misses_NK))
    if len(found.rows) < n and draws >= max_draws:
        _grow(bounds, found, n, rng=rng)
    if not found.rows:
        raise ExhaustedSpaceError(
            f"every candidate of '{space.name}' that meets the constraints was tried: {len(known)} are known, "
            f"{draws} more draws brought no new one"
        )
    return np.array(found.rows[:n])


@dataclass(slots=True)
class _Found:
    """New candidates so far, and everything that is not new."""

    rows: list[Floats]
    known: set[bytes]

    def add(self, codes_NK: Floats) -> int:
        """Keep the new rows; how many there were."""
        new_NK = fresh(codes_NK, self.known)
        self.rows.extend(new_NK)
        self.known.update(keys(new_NK))
        return len(new_NK)


def _grow(bounds: CostBounds, found: _Found, n: int, *, rng: np.random.Generator, generations: int = 50) -> None:
    """Mutate what was found where random draws hardly ever meet the constraints."""
    for _ in range(generations):
        if not found.rows or len(found.rows) >= n:
            return
        parents_NK = np.array(found.rows)[rng.integers(len(found.rows), size=256)]
        found.add(bounds.meeting(bounds.space.mutate(parents_NK, rate=0.1, rng=rng)))


def _nearest(bounds: CostBounds, codes_NK: Floats, *, keep: int = 16) -> Floats:
    order_N = np.argsort(bounds.excess(codes_NK), kind="stable")
    return codes_NK[order_N[:keep]]
