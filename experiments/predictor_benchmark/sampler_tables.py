"""The tables and the types of their inputs are those of the sampler benchmark."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "sampler_benchmark"))

import one_thread  # noqa: F401 first, for its effect on those below
from table import Description, Input, Table, known_tables, read_table

__all__ = ["Description", "Input", "Table", "known_tables", "read_table"]
