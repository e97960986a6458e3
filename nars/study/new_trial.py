"""What a candidate is given when it becomes a trial: its number, its seed and its costs."""

import hashlib
from dataclasses import replace

from nars.samplers import CostBounds
from nars.space import Candidate
from nars.storage import StudyStorage
from nars.study.plan import PlannedRound
from nars.trials import Cost, Trial


def add_trial(
    storage: StudyStorage, candidate: Candidate, planned: PlannedRound, fidelity: float, *, number: int, cost: Cost
) -> Trial:
    """Adds a running trial of a round to a study."""
    return storage.add(
        candidate,
        number=number,
        stage=planned.stage,
        round=planned.index,
        fidelity=fidelity,
        seed=_seed_of(candidate, storage.seed),
        cost=cost,
    )


def cost_of(candidate: Candidate, bounds: CostBounds, *, train_images: int) -> Cost:
    """All costs of a candidate, training on so many images included."""
    cost = bounds.cost(candidate)
    # A step's backward pass is about two forward passes.
    return replace(cost, train_macs=3 * cost.macs * train_images * candidate.recipe.epochs)


def _seed_of(candidate: Candidate, seed: int) -> int:
    """Seed of a candidate's training: the same for each trial of it, so that a later one may continue an earlier."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{candidate.id}".encode()).digest()[:4], "big") >> 1
