"""A latency table in the terminal: while it is measured, and what it holds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nars.cost.latency import LatencyTable
from nars.cost.space_table import Report

_LINE_S = 10.0
"""Seconds between two plain lines."""


@contextmanager
def shown_measuring(console: Console) -> Iterator[Report]:
    """Progress and time to go: a bar where the console is a terminal, lines where it is not."""
    if not console.is_terminal:
        yield _PlainLines(console)
        return
    columns = (TextColumn("operators"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("operators", total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


class _PlainLines:
    """A line at the start, and now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = self._last_line = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not done:
            self._start = self._last_line = now
            self._console.print(f"measuring {total:,} operators")
        elif now - self._last_line > _LINE_S:
            self._last_line = now
            rest_s = (now - self._start) / done * (total - done)
            self._console.print(f"  {done:,} of {total:,} · {rest_s:.0f} s to go")


def table_lines(table: LatencyTable) -> list[str]:
    """Device, day, number of operators and how far their runs spread."""
    spreads = [t.iqr_ms / t.latency_ms for t in table.timings.values() if t.iqr_ms is not None]
    spread = f"{median(spreads):.1%}" if spreads else "not known"
    return [
        f"device: {escape(table.device)}",
        f"measured: {table.measured or 'on an unknown day'}",
        f"operators: {len(table.timings):,}",
        f"median relative spread (interquartile range over median): {spread}",
    ]
