"""A table of real trainings as an objective: points in, losses out.

An input is a list of values; a point holds one position in each input's list. Ordered values stand in their order, so
that neighbours in position are neighbours in value whatever the scale; unordered values stand in any order.

A point that is not in the table is given the loss of its nearest row: the distance is the sum over inputs of 0 or 1
where unordered, and of the share of the list between both positions where ordered; of several nearest rows, the first
in the file. So the objective is one deterministic function for every sampler, and its minimum is the table's. Rows with
the same inputs are one row, with the mean of their losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

KNOWN = Path(__file__).with_name("tables.yaml")
Point = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One column that a sampler chooses."""

    name: str
    size: int
    """Number of values on offer."""
    ordered: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What a column of a table is; the fields are those of tables.yaml."""

    file: str
    objective: Sequence[str]
    inputs: Sequence[str] = ()
    categorical: Sequence[str] | None = None
    """None: columns of text, of two values, and of truth values are taken as unordered."""
    minimize: bool = False
    log: bool = False
    unit: str = "the objective's unit"
    split: str | None = None
    costs: Sequence[str] = ()
    recipe: Sequence[str] = ()


class Table:
    """Rows of a table, and the loss of any point.

    Args:
        name: Used in rows of results.
        inputs: In the order of a point.
        codes_ND: Position of each row in each input's list; no two rows alike.
        losses_N: Of each row, less is better, in the unit of regrets.
        unit: Of a regret.
        noise: What another seed changes, in the unit of regrets; None where one seed was trained.
        costs_NC: What is known of each row without training, each above 0.
        recipe: Names of the inputs that describe the training; the others describe the network.
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[Input],
        codes_ND: np.ndarray,
        losses_N: np.ndarray,
        *,
        unit: str = "",
        noise: float | None = None,
        costs_NC: np.ndarray | None = None,
        recipe: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.inputs = tuple(inputs)
        self.unit = unit
        self.noise = noise
        self.optimum = float(losses_N.min())
        self.losses_N = losses_N
        self.codes_ND = codes_ND
        self.costs_NC = np.empty((len(losses_N), 0)) if costs_NC is None else costs_NC
        self.recipe = tuple(recipe)
        self._is_ordered_D = np.array([i.ordered for i in self.inputs])
        self._span_D = np.array([max(i.size - 1, 1) for i in self.inputs])
        self._row_of = {tuple(codes): row for row, codes in enumerate(codes_ND.tolist())}

    def __len__(self) -> int:
        return len(self.losses_N)

    def loss(self, point: Point) -> float:
        """Loss of the point's row, or of its nearest row."""
        return float(self.losses_N[self.row(point)])

    def regret(self, point: Point) -> float:
        """Loss above the least of the table."""
        return self.loss(point) - self.optimum

    def row(self, point: Point) -> int:
        """Index of the point's row, or of its nearest row."""
        if point not in self._row_of:
            if len(point) != len(self.inputs) or any(
                not 0 <= p < i.size for p, i in zip(point, self.inputs, strict=True)
            ):
                raise ValueError(f"{self.name}: not a point of the inputs {[i.size for i in self.inputs]}: {point}")
            steps_ND = np.abs(self.codes_ND - np.array(point))
            apart_ND = np.where(self._is_ordered_D, steps_ND / self._span_D, steps_ND > 0)
            # Rounded, so that the order of summation does not decide between equally near rows.
            self._row_of[point] = int(apart_ND.sum(axis=1).round(9).argmin())
        return self._row_of[point]


def known_tables() -> dict[str, Description]:
    """The tables of tables.yaml by name."""
    return {name: Description(**fields) for name, fields in yaml.safe_load(KNOWN.read_text()).items()}


def read_table(name: str, description: Description, folder: Path) -> Table:
    """Reads a table.

    Raises:
        SystemExit: A named column is absent, a row has no finite objective, or an input nothing to choose.
    """
    path = folder / description.file
    split = description.split
    frame = pd.read_csv(path, dtype={split: str} if split else None)
    inputs = list(description.inputs)
    categorical = description.categorical
    if split:
        letters = frame[split].str.split("", expand=True).iloc[:, 1:-1]
        letters.columns = [f"{split}{position}" for position in range(letters.shape[1])]
        frame = pd.concat([frame, letters], axis=1)
        inputs = [*inputs, *letters.columns]
        categorical = [*(categorical or ()), *letters.columns]
    if absent := {*inputs, *description.objective, *description.costs, *(categorical or ())} - set(frame.columns):
        raise SystemExit(f"{path}: no column {', '.join(sorted(absent))}; it has {', '.join(frame.columns)}")
    losses_N, noise = read_losses(frame, description, path)
    found, codes_ND = read_inputs(frame, inputs, categorical, path)
    points = pd.DataFrame(codes_ND, columns=inputs)
    told = points.assign(loss=losses_N, **{f"cost_{cost}": frame[cost] for cost in description.costs})
    merged = told.groupby(inputs, sort=False).mean()
    return Table(
        name,
        found,
        merged.index.to_frame().to_numpy(),
        merged["loss"].to_numpy(),
        unit=description.unit,
        noise=noise,
        costs_NC=merged.drop(columns="loss").to_numpy(dtype=np.float64),
        recipe=description.recipe,
    )


def read_losses(frame: pd.DataFrame, description: Description, path: Path) -> tuple[np.ndarray, float | None]:
    """Loss of each row, and the noise between its seeds."""
    seeds_NS = frame[list(description.objective)]
    values_N = seeds_NS.mean(axis=1).to_numpy(dtype=np.float64)
    if description.log:
        values_N, seeds_NS = np.log(values_N), np.log(seeds_NS)
    if not np.isfinite(values_N).all():
        raise SystemExit(f"{path}: {', '.join(description.objective)}: some rows have no finite value")
    losses_N = values_N if description.minimize else -values_N
    if seeds_NS.shape[1] == 1:
        return losses_N, None
    best_100 = np.argsort(losses_N)[:100]
    return losses_N, float(seeds_NS.iloc[best_100].std(axis=1).median())


def read_inputs(
    frame: pd.DataFrame, inputs: Sequence[str], categorical: Sequence[str] | None, path: Path
) -> tuple[list[Input], np.ndarray]:
    """The inputs, and each row's position in each input's list."""
    found, codes = [], []
    for column in inputs:
        codes_N, values = pd.factorize(frame[column], sort=True)
        if len(values) < 2 or (codes_N < 0).any():
            raise SystemExit(f"{path}: {column}: an input needs two values or more, and one in every row")
        is_categorical = column in categorical if categorical is not None else looks_categorical(frame[column])
        found.append(Input(name=column, size=len(values), ordered=not is_categorical))
        codes.append(codes_N)
    return found, np.stack(codes, axis=1)


def looks_categorical(column: "pd.Series[object]") -> bool:
    """Whether the values have no order, as far as they tell."""
    return not pd.api.types.is_numeric_dtype(column) or column.dtype == bool or column.nunique() < 3
