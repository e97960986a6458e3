"""Scores as lines of a file: a score is a table, a model, a number of rows learnt from and a seed."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

Key = tuple[str, str, int, int]
Cell = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How well a model ranks the held-out rows of a table."""

    table: str
    model: str
    size: int
    """Rows learnt from."""
    seed: int
    kendall: float
    spearman: float
    seconds: float
    """CPU time of learning and telling."""

    @property
    def key(self) -> Key:
        return self.table, self.model, self.size, self.seed


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Median and quartiles over the seeds."""

    median: float
    q1: float
    q3: float
    seeds: int


def append(path: Path, score: Score) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[field.name for field in fields(Score)], lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(asdict(score))


def read(path: Path) -> dict[Key, Score]:
    """Scores of a file by key, the later of two; a line that a kill cut off is left out."""
    if not path.is_file():
        return {}
    text = path.read_text()
    found = {}
    for line in csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1])):
        counts = {name: int(line[name]) for name in ("size", "seed")}
        figures = {name: float(line[name]) for name in ("kendall", "spearman", "seconds")}
        score = Score(table=line["table"], model=line["model"], **counts, **figures)
        found[score.key] = score
    return found


def by_cell(scores: Iterable[Score]) -> dict[Cell, list[Score]]:
    """Scores of each table, model and size, in the order of their seeds."""
    cells: dict[Cell, list[Score]] = defaultdict(list)
    for score in sorted(scores, key=lambda score: score.key):
        cells[score.table, score.model, score.size].append(score)
    return dict(cells)


def spread(values: Iterable[float]) -> Spread:
    values_S = np.array(list(values))
    q1, median, q3 = np.quantile(values_S, [0.25, 0.5, 0.75]).tolist()
    return Spread(median=median, q1=q1, q3=q3, seeds=len(values_S))


def gain(cells: dict[Cell, list[Score]], table: str, model: str, without: str, size: int) -> Spread | None:
    """Kendall of one model less that of another on the same rows, over the seeds that both have."""
    ours = {score.seed: score.kendall for score in cells.get((table, model, size), ())}
    theirs = {score.seed: score.kendall for score in cells.get((table, without, size), ())}
    both = sorted(ours.keys() & theirs.keys())
    return spread(ours[seed] - theirs[seed] for seed in both) if both else None
