"""Numbers from runs: regrets at checkpoints, ranks, evaluations needed, seconds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from rows import Run
from scipy.stats import rankdata

CHECKPOINTS = (10, 25, 50, 100, 200)
Row = dict[str, object]
Cell = tuple[str, int, str]
"""Table, batch size, sampler."""


def by_cell(runs: Iterable[Run]) -> dict[Cell, list[Run]]:
    """Runs that differ in their seed alone, together."""
    cells: dict[Cell, list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.key):
        cells[run.table, run.batch, run.sampler].append(run)
    return dict(cells)


def regrets(runs: Iterable[Run]) -> np.ndarray:
    """Regret of the best so far, a row for each run and a column for each evaluation."""
    curves = []
    for run in runs:
        curve_E = np.full(run.evaluations, np.inf)
        for evaluations, regret in run.steps():
            curve_E[evaluations - 1 :] = regret
        curves.append(curve_E)
    shortest = min(len(curve_E) for curve_E in curves)
    return np.array([curve_E[:shortest] for curve_E in curves])


def regret_rows(cells: Mapping[Cell, list[Run]]) -> list[Row]:
    """Median and quartiles over the seeds at each checkpoint."""
    rows: list[Row] = []
    for (table, batch, sampler), runs in cells.items():
        regrets_SE = regrets(runs)
        for checkpoint in CHECKPOINTS:
            if checkpoint <= regrets_SE.shape[1]:
                q1, median, q3 = np.quantile(regrets_SE[:, checkpoint - 1], [0.25, 0.5, 0.75])
                rows.append(
                    {
                        "table": table,
                        "batch": batch,
                        "sampler": sampler,
                        "evaluations": checkpoint,
                        "seeds": len(runs),
                        "median": float(median),
                        "q1": float(q1),
                        "q3": float(q3),
                    }
                )
    return rows


def rank_rows(rows: Iterable[Row]) -> list[Row]:
    """Mean over the tables of the rank by median regret, twice.

    Equal medians share the mean of their ranks in ``mean_rank``, the best of them in ``best_rank``. Only samplers with
    runs on every table are ranked, among each other.
    """
    medians: dict[tuple[int, int], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        key = int(str(row["batch"])), int(str(row["evaluations"]))
        medians[key][str(row["sampler"])][str(row["table"])] = float(str(row["median"]))
    ranks: list[Row] = []
    for (batch, checkpoint), by_sampler in sorted(medians.items()):
        tables = sorted({table for found in by_sampler.values() for table in found})
        names = [name for name, found in by_sampler.items() if len(found) == len(tables)]
        if not names:
            continue
        median_ST = np.array([[by_sampler[name][table] for table in tables] for name in names])
        shared_S, best_S = (rankdata(median_ST, axis=0, method=method).mean(axis=1) for method in ("average", "min"))
        for name, shared, best in zip(names, shared_S, best_S, strict=True):
            ranks.append(
                {
                    "batch": batch,
                    "evaluations": checkpoint,
                    "sampler": name,
                    "mean_rank": float(shared),
                    "best_rank": float(best),
                }
            )
    return ranks


def needed_rows(cells: Mapping[Cell, list[Run]], sampler: str) -> list[Row]:
    """Evaluations after which the sampler's median regret is no more than each peer's at its end."""
    rows: list[Row] = []
    for (table, batch, peer), runs in cells.items():
        own = cells.get((table, batch, sampler))
        if own is None or peer == sampler:
            continue
        final = float(np.median(regrets(runs)[:, -1]))
        reached = np.flatnonzero(np.median(regrets(own), axis=0) <= final)
        needed = int(reached[0]) + 1 if len(reached) else None
        rows.append({"table": table, "batch": batch, "peer": peer, "final": final, "evaluations": needed})
    return rows


def rival_rows(rows: Iterable[Row], sampler: str) -> list[Row]:
    """The sampler's median beside the best peer's."""
    found: dict[tuple[str, int, int], list[tuple[float, str]]] = defaultdict(list)
    for row in rows:
        key = str(row["table"]), int(str(row["batch"])), int(str(row["evaluations"]))
        found[key].append((float(str(row["median"])), str(row["sampler"])))
    rivals: list[Row] = []
    for (table, batch, checkpoint), medians in found.items():
        own = [median for median, name in medians if name == sampler]
        peers = [pair for pair in medians if pair[1] != sampler]
        if own and peers:
            best, peer = min(peers)
            rivals.append(
                {"table": table, "batch": batch, "evaluations": checkpoint, "own": own[0], "peer": peer, "best": best}
            )
    return rivals


def seconds_rows(cells: Mapping[Cell, list[Run]]) -> list[Row]:
    """Median CPU seconds of a run's asks and tells, and distinct points among its evaluations."""
    return [
        {
            "table": table,
            "batch": batch,
            "sampler": sampler,
            "seeds": len(runs),
            "sampler_s": float(np.median([run.sampler_s for run in runs])),
            "distinct": float(np.median([run.distinct for run in runs])),
            "version": runs[-1].version,
        }
        for (table, batch, sampler), runs in cells.items()
    ]
