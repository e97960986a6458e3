"""Runs as rows: one run is a table, a sampler, a batch size and a seed.

Each sampler's rows are appended to a file of its own, one line as a run ends, so that a queue can be killed at any
moment and several can run at once; ``collect`` brings them together in one compressed file.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

Key = tuple[str, str, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a sampler."""

    table: str
    sampler: str
    batch: int
    seed: int
    evaluations: int
    distinct: int
    """Different points among them."""
    sampler_s: float
    """CPU seconds of all asks and tells."""
    version: str
    curve: str
    """``1:0.5 4:0.25``: after 1 evaluation the regret of the best so far was 0.5, after 4 it was 0.25."""

    @property
    def key(self) -> Key:
        return self.table, self.sampler, self.batch, self.seed

    def steps(self) -> list[tuple[int, float]]:
        """Evaluations at which the best so far improved, and its regret then."""
        pairs = (step.split(":") for step in self.curve.split())
        return [(int(evaluations), float(regret)) for evaluations, regret in pairs]

    def regret_at(self, evaluations: int) -> float:
        """Regret of the best of the first evaluations."""
        return min(regret for count, regret in self.steps() if count <= evaluations)


def curve_text(regrets: Sequence[float]) -> str:
    """The text of ``Run.curve`` from the regret of each evaluation."""
    best, steps = float("inf"), []
    for count, regret in enumerate(regrets, start=1):
        if regret < best:
            best = regret
            steps.append(f"{count}:{regret:.6g}")
    return " ".join(steps)


def append_run(path: Path, run: Run) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[field.name for field in fields(Run)])
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(asdict(run))


def read_runs(paths: Iterable[Path]) -> dict[Key, Run]:
    """All runs of the files that exist; of two with one key, the one in the later file or line."""
    return {run.key: run for path in paths if path.is_file() for run in parse(path)}


def parse(path: Path) -> Iterator[Run]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    # A line that a kill cut off is left out, and its run done again.
    whole = text[: text.rfind("\n") + 1]
    for row in csv.DictReader(io.StringIO(whole)):
        counts = {name: int(row[name]) for name in ("batch", "seed", "evaluations", "distinct")}
        yield Run(**{**row, **counts, "sampler_s": float(row["sampler_s"])})


def write_runs(path: Path, runs: Iterable[Run]) -> None:
    """One file of all runs in the order of their keys; the same runs give the same bytes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=[field.name for field in fields(Run)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(run) for run in sorted(runs, key=lambda run: run.key))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
