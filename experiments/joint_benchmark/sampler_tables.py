"""The tables, the sampler and the form of curves are those of the sampler benchmark."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "sampler_benchmark"))

import one_thread  # noqa: F401 first, for its effect on those below
from rows import curve_text
from sampler import make_sampler
from table import Description, Input, Point, Table, known_tables, read_table

__all__ = ["Description", "Input", "Point", "Table", "curve_text", "known_tables", "make_sampler", "read_table"]
