"""What one search has learnt, carried to the next: a predictor fitted on its trials, kept beside the new study."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nars.errors import CheckpointError, ExperimentError
from nars.predictors import GaussianPredictor
from nars.predictors.threads import one_blas_thread
from nars.samplers import CostBounds, Learner, observe
from nars.space import SearchSpace
from nars.storage import Experiment, StudyStorage, WarmStart

_FEWEST = 4
"""Trials that a predictor is worth fitting on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Knowledge:
    """A fitted predictor in a file, and what the new study records of it."""

    record: WarmStart
    content: bytes


def learn_from(other: Experiment, space: SearchSpace, *, seed: int) -> Knowledge:
    """Fits a predictor of a space on the trials of another experiment, each as the nearest candidate of the space.

    Args:
        other: A finished search, or one under way.
        space: Of the new search, joined to its data.
        seed: Of the new search.

    Raises:
        ExperimentError: If fewer than four of its trials have a place in the space.
    """
    with StudyStorage.open(other.url, name=other.study_name) as storage:
        observed = observe(storage.trials())
    bounds = CostBounds(space)
    codes_NK = space.nearest_codes(observed.candidates)
    placed_N = ~np.isnan(codes_NK).all(axis=1)
    codes_NK, accuracy_N = codes_NK[placed_N], observed.accuracy_N[placed_N]
    built_N = bounds.is_buildable(codes_NK)
    codes_NK, accuracy_N = codes_NK[built_N], accuracy_N[built_N]
    if len(codes_NK) < _FEWEST:
        raise ExperimentError(
            f"{other.name} cannot warm-start {space.name}: at least {_FEWEST} of its ended trials must have a place "
            f"in the space, got {len(codes_NK)} of {len(observed.candidates)}"
        )
    with one_blas_thread():
        content = Learner(bounds, seed=seed).learn_prior(codes_NK, accuracy_N).to_bytes()
    record = WarmStart(
        experiment=other.name, trials=len(codes_NK), of=len(observed.candidates),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    return Knowledge(record=record, content=content)


def prior_path(record: WarmStart, experiment: Experiment) -> Path:
    """Where the predictor lies; its name tells it from that of another attempt."""
    return experiment.directory / f"prior-{record.sha256[:12]}.safetensors"


def load_prior(record: WarmStart, experiment: Experiment, space: SearchSpace) -> GaussianPredictor:
    """The predictor that a study was started with.

    Raises:
        ExperimentError: If the file has vanished or changed.
    """
    path = prior_path(record, experiment)
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ExperimentError(f"{path}: what was learnt from {record.experiment} cannot be read: {error}") from error
    if found != record.sha256:
        raise ExperimentError(f"{path}: SHA-256 must be {record.sha256}, got {found}")
    try:
        return Learner(CostBounds(space), seed=0).read_prior(path)
    except CheckpointError as error:
        raise ExperimentError(str(error)) from error
