"""Workers on a simulated clock: who is busy when, with trials that take as long as they really took."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Searcher(Protocol):
    """Proposes rows of a table."""

    def ask(self, count: int) -> list[int]:
        """Rows to train next, while all that were asked for and not told are under way."""

    def tell(self, row: int) -> None:
        """A row's training has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One simulated search."""

    ended_s: tuple[float, ...]
    """When each trial ended, in the order in which they ended."""
    rows: tuple[int, ...]
    """Which row each was."""
    busy_share: float
    """Of all workers' time up to the last end, the share in which they trained."""

    def seconds_to(self, good: frozenset[int]) -> float | None:
        """When the first of some rows ended; none where none was met."""
        return next((ended for ended, row in zip(self.ended_s, self.rows, strict=True) if row in good), None)


def synchronous(searcher: Searcher, seconds_N: Sequence[float], *, workers: int, trials: int, round_size: int) -> Run:
    """Rounds: a round is proposed when all of the one before have ended; within it a free worker takes the next."""
    now, ends = 0.0, []
    while len(ends) < trials:
        asked = searcher.ask(min(round_size, trials - len(ends)))
        free_s = [now] * workers
        begun = []
        for row in asked:
            end = heapq.heappop(free_s) + seconds_N[row]
            heapq.heappush(free_s, end)
            begun.append((end, row))
        begun.sort()
        for _, row in begun:
            searcher.tell(row)
        ends += begun
        now = begun[-1][0]
    return _run(ends, seconds_N, workers)


def asynchronous(searcher: Searcher, seconds_N: Sequence[float], *, workers: int, trials: int) -> Run:
    """A worker that comes free asks for the next trial, knowing of all that have ended by then."""
    under_way = [(seconds_N[row], row) for row in searcher.ask(min(workers, trials))]
    heapq.heapify(under_way)
    begun, ends = len(under_way), []
    while under_way:
        now, row = heapq.heappop(under_way)
        ends.append((now, row))
        searcher.tell(row)
        if begun < trials:
            (next_row,) = searcher.ask(1)
            heapq.heappush(under_way, (now + seconds_N[next_row], next_row))
            begun += 1
    return _run(ends, seconds_N, workers)


def _run(ends: Sequence[tuple[float, int]], seconds_N: Sequence[float], workers: int) -> Run:
    trained_s = sum(seconds_N[row] for _, row in ends)
    return Run(
        ended_s=tuple(end for end, _ in ends),
        rows=tuple(row for _, row in ends),
        busy_share=trained_s / (workers * max(end for end, _ in ends)),
    )
