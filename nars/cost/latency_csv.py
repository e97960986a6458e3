"""Latency tables as CSV: comment lines with device, style and day, then one row for each operator."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date

from pydantic import TypeAdapter, ValidationError

from nars.cost.operator import Operator, Timing
from nars.errors import CostError
from nars.space.architecture import BlockStyle

_DEVICE, _STYLE, _MEASURED = "# device: ", "# style: ", "# measured: "
_OPERATOR_NAMES = [field.name for field in fields(Operator)]
_HEADER = [*_OPERATOR_NAMES, "latency_ms", "iqr_ms"]
_STYLE_ADAPTER = TypeAdapter(BlockStyle | None)
_OPERATOR_ADAPTER = TypeAdapter(Operator)


def write_csv(
    device: str, style: BlockStyle | None, timings: Mapping[Operator, Timing], *, measured: date | None = None
) -> str:
    """The text of a table; the line with the day only where it is known."""
    text = io.StringIO()
    text.write(f"{_DEVICE}{' '.join(device.split())}\n")
    text.write(f"{_STYLE}{_STYLE_ADAPTER.dump_json(style).decode()}\n")
    if measured is not None:
        text.write(f"{_MEASURED}{measured.isoformat()}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for operator, timing in timings.items():
        spread = "" if timing.iqr_ms is None else repr(timing.iqr_ms)
        writer.writerow([*asdict(operator).values(), repr(timing.latency_ms), spread])
    return text.getvalue()


def read_csv(text: str, *, source: str) -> tuple[str, BlockStyle | None, dict[Operator, Timing], date | None]:
    """Device, style, timings and day of a table's text.

    Args:
        text: What `write_csv` wrote.
        source: Where the text is from, for messages.

    Raises:
        CostError: If it is not such a text; the message names the line.
    """
    lines = text.splitlines()
    if len(lines) < 3 or not lines[0].startswith(_DEVICE) or not lines[1].startswith(_STYLE):
        raise CostError(f"{source}: a latency table must begin with {_DEVICE.strip()!r} and {_STYLE.strip()!r} lines")
    try:
        style = _STYLE_ADAPTER.validate_json(lines[1].removeprefix(_STYLE))
    except ValidationError as error:
        raise CostError(f"{source}, line 2: not a block style: {lines[1].removeprefix(_STYLE)!r}") from error
    measured = _day(lines[2], source) if lines[2].startswith(_MEASURED) else None
    start = 2 if measured is None else 3
    header, *rows = list(csv.reader(lines[start:])) or [[]]
    if header != _HEADER:
        raise CostError(f"{source}, line {start + 1}: columns must be {','.join(_HEADER)}, got {','.join(header)}")
    timings: dict[Operator, Timing] = {}
    for line, row in enumerate(rows, start=start + 2):
        operator, timing = _entry(row, where=f"{source}, line {line}")
        if operator in timings:
            raise CostError(f"{source}, line {line}: a second entry for {operator}")
        timings[operator] = timing
    return lines[0].removeprefix(_DEVICE), style, timings, measured


def _day(line: str, source: str) -> date:
    try:
        return date.fromisoformat(line.removeprefix(_MEASURED))
    except ValueError as error:
        raise CostError(f"{source}, line 3: not a day as in 2026-01-31: {line.removeprefix(_MEASURED)!r}") from error


def _entry(row: Sequence[str], *, where: str) -> tuple[Operator, Timing]:
    if len(row) != len(_HEADER):
        raise CostError(f"{where}: expected {len(_HEADER)} columns, got {len(row)}")
    *numbers, latency_ms, iqr_ms = row
    try:
        operator = _OPERATOR_ADAPTER.validate_python(dict(zip(_OPERATOR_NAMES, numbers, strict=True)))
        timing = Timing(latency_ms=float(latency_ms), iqr_ms=float(iqr_ms) if iqr_ms else None)
    except ValueError as error:  # pydantic's ValidationError is one
        raise CostError(f"{where}: not a measured operator: {','.join(row)}") from error
    if not 0 < timing.latency_ms < float("inf"):
        raise CostError(f"{where}: latency_ms must be > 0 and finite, got {latency_ms}")
    return operator, timing
