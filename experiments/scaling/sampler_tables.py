"""The tables and samplers are those of the sampler benchmark."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "sampler_benchmark"))

import one_thread  # noqa: F401 first, for its effect on those below
from peers_optuna import OptunaSampler, suggest
from peers_optuna import make as make_sampler
from table import Point, Table, known_tables, read_table

__all__ = ["OptunaSampler", "Point", "Table", "known_tables", "make_sampler", "read_table", "suggest"]
