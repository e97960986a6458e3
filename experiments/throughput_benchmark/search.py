"""A whole digits search beside the plain loop that trains the same trials one after the other, with all cores.

    python experiments/throughput_benchmark/search.py --seed 0        about five minutes on two cores

The plain loop trains one epoch of each complete trial; its time for the trial is that times the trial's epochs, so its
start-up is counted with every epoch but nothing for proposals or failed trials. Appends a line to
results/throughput/search.csv. `outside` is the share of the search's wall time before the first trial, in proposals and
in writing (which goes on beside training); proposals of the first round are in it twice. `idle` is the share of the
workers' time without a complete trial: failed trials and waits for a round's last trial are in it.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from plain import train_plainly
from rows import append

from nars.data.source import load_split, prepare_splits
from nars.space import load_space
from nars.study import Progress, SearchSpent, search
from nars.trials import Trial

WORKERS = 2


class Listener(Progress):
    """Keeps where the search's time went."""

    spent: SearchSpent

    def search_ended(self, spent: SearchSpent) -> None:
        self.spent = spent


def new_epochs(trials: tuple[Trial, ...]) -> dict[int, int]:
    """Epochs that each complete trial trained itself: a later trial of a candidate goes on from an earlier one."""
    before: dict[str, int] = {}
    found: dict[int, int] = {}
    for trial in trials:
        if trial.evaluation is not None:
            found[trial.number] = trial.evaluation.epochs - before.get(trial.candidate.id, 0)
            before[trial.candidate.id] = trial.evaluation.epochs
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", type=Path, default=Path("search_spaces/digits.yaml"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, help="the space's by default")
    parser.add_argument("--out", type=Path, default=Path("results/throughput"))
    arguments = parser.parse_args()
    space, listener = load_space(arguments.space), Listener()
    changed = {"seed": arguments.seed} | ({"trials": arguments.trials} if arguments.trials else {})
    settings = replace(space.settings, **changed)
    with tempfile.TemporaryDirectory() as folder:
        asked = {"settings": settings, "workers": WORKERS, "device": "cpu", "profile": True, "progress": listener}
        with search(space, name="one", root=Path(folder), **asked) as study:
            trials, splits = study.trials, prepare_splits(space.data, study.experiment.directory)
        train, val = (load_split(splits, name, size=space.largest_resolution) for name in ("train", "val"))
    torch.set_num_threads(WORKERS)
    plain_s = sum(
        epochs * train_plainly(trials[number].candidate, train, val, epochs=1, seed=0).wall_s
        for number, epochs in new_epochs(trials).items()
        if epochs
    )
    spent = [trial.evaluation.spent for trial in trials if trial.evaluation and trial.evaluation.spent]
    phases = {
        name: sum(getattr(one, f"{name}_s") for one in spent)
        for name in ("prepare", "data", "forward", "backward", "optimizer", "validation", "storage")
    }
    own = listener.spent
    append(
        arguments.out / "search.csv",
        {
            "space": space.name,
            "seed": arguments.seed,
            "trials": len(trials),
            "failed": sum(trial.failure is not None for trial in trials),
            "epochs": sum(new_epochs(trials).values()),
            "wall_s": round(own.wall_s, 1),
            "trials_per_hour": round(3600 * len(trials) / own.wall_s),
            "plain_trials_per_hour": round(3600 * len(new_epochs(trials)) / plain_s),
            "start_s": round(own.start_s, 2),
            "proposal_s": round(own.proposal_s, 2),
            "storage_s": round(own.storage_s, 2),
            "outside": round((own.start_s + own.proposal_s + own.storage_s) / own.wall_s, 4),
            "idle": round(1 - sum(phases.values()) / (WORKERS * own.wall_s), 4),
        }
        | {f"{name}_share": round(seconds / sum(phases.values()), 4) for name, seconds in phases.items()},
    )


if __name__ == "__main__":
    main()
