"""How long a search thinks: one proposal, and a whole fine stage, in the full FBNetV3 space.

    python experiments/proposal_benchmark/run.py                          100, 1,000 and 10,000 trials; GP to 1,000
    python experiments/proposal_benchmark/run.py --trials 1000 --repeats 5 --samplers nars

A history is random candidates of `search_spaces/fbnetv3_imagenet.yaml` that meet its constraints, whose accuracy is a
fixed smooth function of their features and costs with noise. Every proposal starts anew, as after `nars resume`: the
refit is in it. Linear algebra runs on one thread, as in a search, and the predictor of NARS on two; run it on a quiet
machine for wall seconds. Rows are written to results/proposal_benchmark/.
"""

import argparse
import csv
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from nars.cost.formula import architecture_cost
from nars.predictors.threads import one_blas_thread
from nars.samplers import CostBounds, Learner, evolve, named_proposer, observe
from nars.space import SearchSpace, load_space
from nars.space.settings import SamplerName
from nars.trials import Evaluation, SearchStage, Trial, TrialState

SPACE = Path("search_spaces/fbnetv3_imagenet.yaml")
MOST_TRIALS = {"gp": 1000}
"""Optuna's Gaussian process needs minutes beyond."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One proposal, or one fine stage."""

    what: str
    trials: int
    repeat: int
    cpu_s: float
    wall_s: float


def finished(space: SearchSpace, count: int, *, seed: int) -> list[Trial]:
    """A history of ended trials."""
    rng = np.random.default_rng([count, seed])
    bounds = CostBounds(space)
    codes = np.empty((0, space.num_knobs))
    while len(codes) < count:
        codes = np.concatenate([codes, bounds.meeting(space.sample_codes(8 * count, rng=rng))])
    codes = codes[:count]
    features = space.features(codes)
    weights = np.random.default_rng(seed).normal(size=features.shape[1])
    slope = (features - 0.5) @ weights / np.sqrt(features.shape[1])
    macs = np.log(bounds.costs(codes).macs_N)
    level = 0.7 + 0.05 * slope + 0.03 * (macs - macs.mean()) + 0.002 * rng.normal(size=count)
    told = zip(space.decode(codes), np.clip(level, 0.01, 0.99), strict=True)
    return [
        Trial(
            number=number,
            candidate=candidate,
            stage=SearchStage.COARSE,
            round=0,
            fidelity=1.0,
            seed=0,
            cost=architecture_cost(candidate.architecture),
            state=TrialState.COMPLETE,
            evaluation=Evaluation(accuracy=float(accuracy), epochs=candidate.recipe.epochs, curve=()),
        )
        for number, (candidate, accuracy) in enumerate(told)
    ]


def timed(what: str, trials: int, repeat: int, act: Callable[[], object]) -> Row:
    """The seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    with one_blas_thread():  # as a search does
        act()
    row = Row(
        what=what,
        trials=trials,
        repeat=repeat,
        cpu_s=round(time.process_time() - cpu, 3),
        wall_s=round(time.perf_counter() - wall, 3),
    )
    print(row, flush=True)
    return row


def proposal(space: SearchSpace, sampler: SamplerName, history: list[Trial], repeat: int) -> Row:
    """The next candidate, by a proposer that has seen nothing yet."""
    proposer = named_proposer(space, sampler, seed=repeat)
    rng = np.random.default_rng(repeat)
    return timed(f"proposal, {sampler}", len(history), repeat, lambda: proposer.propose(history, 1, rng=rng))


def fine_stage(space: SearchSpace, history: list[Trial], repeat: int) -> Row:
    """The refit, and the evolution of one budget from the best fifty."""

    def act() -> None:
        observations = observe(history)
        learnt = Learner(CostBounds(space), seed=repeat).fit(observations)
        best = np.argsort(-observations.accuracy_N, kind="stable")[:50]
        starts = space.encode([observations.candidates[row] for row in best])
        evolve(space, learnt.score, starts_NK=starts, rng=np.random.default_rng(repeat))

    return timed("fine stage, nars", len(history), repeat, act)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--samplers", nargs="+", default=["nars", "tpe", "gp"])
    parser.add_argument("--out", type=Path, default=Path("results/proposal_benchmark"))
    given = parser.parse_args()
    space = load_space(SPACE)
    rows = []
    for count in given.trials:
        for repeat in range(given.repeats):
            history = finished(space, count, seed=repeat)
            for sampler in given.samplers:
                if count <= MOST_TRIALS.get(sampler, count):
                    rows.append(proposal(space, sampler, history, repeat))
            rows.append(fine_stage(space, history, repeat))
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "seconds.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    (given.out / "machine.txt").write_text(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load average {os.getloadavg()[0]:.2f} at the end\n"
    )


if __name__ == "__main__":
    main()
