"""Latency by table: measured milliseconds of each operator, summed over a network.

Shapes: N candidates.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np

from nars.cost.latency_csv import read_csv, write_csv
from nars.cost.latency_yaml import read_yaml
from nars.cost.operator import Operator, OperatorColumns, Timing, operator_columns
from nars.errors import CostError
from nars.space.architecture import Architecture, BlockStyle
from nars.space.columns import ArchitectureColumns, Floats, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class LatencyTable:
    """Measured operators of one device at batch 1."""

    device: str
    """Name of the machine's processor, or of the file where it names none."""
    style: BlockStyle | None = None
    """Style of the measured networks; none where it is not known."""
    timings: Mapping[Operator, Timing]
    measured: date | None = None
    """The day in UTC; none where it is not known."""

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Reads a table: ``.csv`` as `save` writes it, ``.yaml`` as once-for-all networks publish theirs.

        Raises:
            CostError: If the file is absent or is not such a table.
        """
        path = Path(path)
        if path.suffix not in (".csv", ".yaml", ".yml"):
            raise CostError(f"{path}: a latency table must be a .csv or .yaml file")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CostError(f"{path}: cannot read the latency table: {error}") from error
        if path.suffix != ".csv":
            return cls(device=path.stem, timings=read_yaml(text, source=str(path)))
        device, style, timings, measured = read_csv(text, source=str(path))
        return cls(device=device, style=style, timings=timings, measured=measured)

    def save(self, path: Path | str) -> None:
        """Writes the table as CSV, whole or not at all; device, style and day in comment lines above the header.

        Raises:
            CostError: If the folder cannot be made or written, or the disk is full.
        """
        path = Path(path)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                text = write_csv(self.device, self.style, self.timings, measured=self.measured)
                unfinished.write_text(text, encoding="utf-8")
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            raise CostError(f"{path}: the latency table cannot be written: {error.strerror or error}") from error

    def columns(self, columns: ArchitectureColumns) -> Floats:
        """Latency of N architectures at batch 1: ``latency_ms_N``.

        Raises:
            CostError: If the table lacks an operator, was measured in another style, or an architecture cannot be
                built.
        """
        self._check_style(columns.style)
        latency_ms_N = np.zeros(len(columns.resolution_N))
        for operators in operator_columns(columns):
            latency_ms_N += operators.repeats_N * self._lookup(operators)
        return latency_ms_N

    def _lookup(self, operators: OperatorColumns) -> Floats:
        used_N = operators.repeats_N > 0
        codes_N = np.where(used_N, _codes(operators.numbers), -1)
        _, first_U, which_N = np.unique(codes_N, return_index=True, return_inverse=True)
        latency_ms_U = np.array([self._latency_ms(operators, int(n)) if used_N[n] else 0.0 for n in first_U])
        found: Floats = latency_ms_U[which_N]
        return found

    def _latency_ms(self, operators: OperatorColumns, n: int) -> float:
        operator = operators.operator(n)
        if operator not in self.timings:
            raise CostError(f"the latency table of {self.device!r} has no entry for {operator}")
        return self.timings[operator].latency_ms

    def _check_style(self, style: BlockStyle) -> None:
        """Widths are in the operators, so that only what changes a block's inside besides them must agree."""
        if self.style is None:
            return
        measured, asked = ({"se_gate": s.se_gate, "depthwise_norm": s.depthwise_norm} for s in (self.style, style))
        if measured != asked:
            raise CostError(f"the latency table of {self.device!r} was measured with {measured}, got {asked}")


def require_writable(path: Path) -> None:
    """Refuses, before anything is measured, a place where a table cannot be saved.

    Raises:
        CostError: If it is no ``.csv`` file, holds anything but an earlier table, or its folder cannot be written.
    """
    if path.suffix != ".csv":
        raise CostError(f"{path}: a measured latency table must be a .csv file")
    if path.exists():
        LatencyTable.load(path)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise CostError(f"{path}: the latency table cannot be written: {folder} is no folder that may be written")


def measure_table(
    architectures: Sequence[Architecture], *, device: str = "cpu", repeats: int = 50, warmup: int = 10
) -> LatencyTable:
    """Measures each distinct operator of some architectures once, at batch 1 and in float32.

    Args:
        architectures: Networks of one style; where two have the same operator with other activations, the first
            one's is measured.
        device: A torch device, ``cpu`` or ``cuda``.
        repeats: Timed runs of each operator.
        warmup: Untimed runs before them.

    Raises:
        CostError: If there is no architecture, they differ in style, the device is not there, or ``repeats`` < 1.
        ModelError: If one cannot be built.
    """
    # Measuring needs torch; looking up does not, and should start at once.
    from nars.cost.measurement import device_name, measure_operators

    styles = {architecture.style for architecture in architectures}
    if len(styles) != 1:
        raise CostError(f"measured architectures must share one style, got {len(styles)} styles")
    if repeats < 1:
        raise CostError(f"repeats must be >= 1, got {repeats}")
    name = device_name(device)
    timings = measure_operators(architectures, device=device, repeats=repeats, warmup=warmup)
    return LatencyTable(device=name, style=styles.pop(), timings=timings)


def _codes(numbers: Sequence[Ints]) -> Ints:
    """One integer for each candidate, equal exactly where all numbers are."""
    codes_N, span = np.zeros_like(numbers[0]), 1
    for number_N in numbers:
        radix = int(number_N.max()) + 1
        if span * radix >= 2**62:  # renumbered before it overflows
            _, codes_N = np.unique(codes_N, return_inverse=True)
            span = int(codes_N.max()) + 1
        codes_N, span = codes_N * radix + number_N, span * radix
    return codes_N
