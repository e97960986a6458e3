"""Regret of the best so far of each run, as lines of a file."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

Key = tuple[str, str, str, int, int]
Cell = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One run."""

    table: str
    strategy: str
    default: str
    """Kind of the values that are not searched; empty where all are."""
    budget: int
    """Evaluations that the run was planned for."""
    seed: int
    floor: float
    """Least regret with what stays at its default; 0 where nothing does."""
    steps: str
    """``1:0.5 4:0.25``: after 1 evaluation the regret of the best so far was 0.5, after 4 it was 0.25."""

    @property
    def key(self) -> Key:
        return self.table, self.strategy, self.default, self.budget, self.seed

    @property
    def cell(self) -> Cell:
        return self.table, self.strategy, self.default

    def regret_at(self, evaluations: int) -> float:
        """Regret of the best of the first evaluations."""
        pairs = (step.split(":") for step in self.steps.split())
        return min(float(regret) for count, regret in pairs if int(count) <= evaluations)


def append(path: Path, curve: Curve) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        write(file, [curve], header=file.tell() == 0)


def write(file: io.TextIOBase | io.StringIO, curves: Iterable[Curve], *, header: bool) -> None:
    writer = csv.DictWriter(file, fieldnames=[field.name for field in fields(Curve)], lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(asdict(curve) for curve in curves)


def read(path: Path) -> dict[Key, Curve]:
    """Runs of a file by key, the later of two; a line that a kill cut off is left out."""
    if not path.is_file():
        return {}
    text = path.read_text()
    found = {}
    for line in csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1])):
        counts = {"budget": int(line["budget"]), "seed": int(line["seed"]), "floor": float(line["floor"])}
        curve = Curve(**{**line, **counts})
        found[curve.key] = curve
    return found


def at(curves: Iterable[Curve], cell: Cell, evaluations: int) -> dict[int, float]:
    """Regret of each seed when it has spent some evaluations, in runs planned for as many where there are such."""
    found = [curve for curve in curves if curve.cell == cell and curve.budget >= evaluations]
    least = min((curve.budget for curve in found), default=0)
    return {curve.seed: curve.regret_at(evaluations) for curve in found if curve.budget == least}


def quartiles(values: Iterable[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    q1, median, q3 = np.quantile(list(values), [0.25, 0.5, 0.75]).tolist()
    return q1, median, q3
