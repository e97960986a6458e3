"""How much of a search's gain came from the architecture, from the recipe, and from the two together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nars.repeats.confirm import best_in_full
from nars.repeats.default import middle_candidate
from nars.repeats.runs import Repeat, open_bench, trained
from nars.repeats.statistics import Groups, Interval
from nars.space import Candidate
from nars.storage import EXPERIMENTS

_EFFECTS = {
    "architecture": (-1.0, 1.0, 0.0, 0.0),
    "recipe": (-1.0, 0.0, 1.0, 0.0),
    "the two together": (1.0, -1.0, -1.0, 1.0),
    "whole gain": (-1.0, 0.0, 0.0, 1.0),
}
"""Weights of the four matched means, in the order of `Attribution.corners`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corner:
    """One of the four matched candidates."""

    architecture: str
    """``default`` or ``best``."""
    recipe: str
    candidate: Candidate
    repeats: tuple[Repeat, ...]
    mean: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribution:
    """A two-by-two layout: default or best architecture, default or best recipe."""

    name: str
    """Of the experiment."""
    corners: tuple[Corner, ...]
    """Default; best architecture; best recipe; both."""
    effects: dict[str, Interval]
    """What each alone brings over the default, what the two bring together beyond that, and the whole."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row per corner and seed."""
        return pd.DataFrame(
            [
                {
                    "architecture": corner.architecture,
                    "recipe": corner.recipe,
                    "id": corner.candidate.id,
                    "seed": repeat.seed,
                    "accuracy": repeat.accuracy,
                }
                for corner in self.corners
                for repeat in corner.repeats
            ]
        )


def attribute(
    name: str | Path,
    *,
    seeds: int = 5,
    default: Candidate | None = None,
    root: Path = EXPERIMENTS,
    storage: str | None = None,
    workers: int | None = None,
    device: str = "auto",
    report: Callable[[Repeat, int, int], None] | None = None,
) -> Attribution:
    """Trains the four matched candidates of an experiment in full, each with several seeds.

    Args:
        name: Of the experiment, or its folder.
        seeds: Trainings of each candidate.
        default: What the gain is measured from; none for `nars.repeats.default.middle_candidate`.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        workers: Trainings side by side; see `nars.search`.
        device: ``auto`` is the GPU where there is one.
        report: Hears of each training that ends.

    Raises:
        ExperimentError: If there is no such experiment, no trial was trained in full, or a training fails.
        DataError: If the data is absent or has changed.
    """
    bench = open_bench(name, root=root, storage=storage, workers=workers, device=device, report=report)
    (trial,) = best_in_full(bench.trials, 1)
    best = trial.candidate
    plain = default or middle_candidate(bench.space, rng=np.random.default_rng(bench.settings.seed))
    pairs = [("default", "default"), ("best", "default"), ("default", "best"), ("best", "best")]
    parts = {"default": plain, "best": best}
    candidates = [Candidate(architecture=parts[a].architecture, recipe=parts[r].recipe) for a, r in pairs]
    different = list({candidate.id: candidate for candidate in candidates}.values())
    found = trained(bench, different, seeds=seeds)
    groups = Groups(runs=tuple(tuple(one.accuracy for one in found[candidate.id]) for candidate in candidates))
    corners = tuple(
        Corner(
            architecture=architecture,
            recipe=recipe,
            candidate=candidate,
            repeats=found[candidate.id],
            mean=groups.interval(index),
        )
        for index, ((architecture, recipe), candidate) in enumerate(zip(pairs, candidates, strict=True))
    )
    effects = {effect: groups.contrast(weights) for effect, weights in _EFFECTS.items()}
    return Attribution(name=bench.name, corners=corners, effects=effects)
