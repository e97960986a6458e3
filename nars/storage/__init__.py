"""The study is the one truth: an Optuna study in a database, seen as trial records and as tables."""

from nars.storage.claims import Claims
from nars.storage.experiment import (
    EXPERIMENTS,
    Experiment,
    create_experiment,
    experiment_names,
    find_experiment,
)
from nars.storage.lock import locked
from nars.storage.study_record import WarmStart
from nars.storage.study_storage import StudyStorage
from nars.storage.timing import Timing

__all__ = [
    "EXPERIMENTS",
    "Claims",
    "Experiment",
    "StudyStorage",
    "Timing",
    "WarmStart",
    "create_experiment",
    "experiment_names",
    "find_experiment",
    "locked",
]
