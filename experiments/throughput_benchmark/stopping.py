"""The saving of early stopping: whole searches with the rank-correlation stop, with ASHA, and in full.

    python experiments/throughput_benchmark/stopping.py --space search_spaces/digits.yaml --seeds 0 1 2

Appends a line to results/throughput/stopping.csv after each search and leaves out those that are there: it can be
stopped and started again. A digits search takes two to seven processor minutes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rows import append, read

from nars.exports import load_bundle
from nars.space import load_space
from nars.storage import StudyStorage, find_experiment
from nars.trials import SearchStage, Trial

NARS = [sys.executable, "-m", "nars.cli.main"]
STOPS = ("none", "rank_correlation", "asha")


def epochs_trained(trials: list[Trial]) -> int:
    """A later trial of a candidate goes on where an earlier one stopped; a failed one's epochs are not known."""
    reached: dict[str, int] = {}
    for trial in trials:
        if trial.evaluation is not None:
            reached[trial.candidate.id] = max(trial.evaluation.epochs, reached.get(trial.candidate.id, 0))
    return sum(reached.values())


def measure(space: Path, stop: str, seed: int, workers: int) -> dict[str, object]:
    """One search, its winner exported and tested."""
    with tempfile.TemporaryDirectory() as folder:
        root = ["--experiments", folder]
        asked = ["--space", str(space), "--name", "one", "--seed", str(seed), "--early-stop", stop]
        cpu_s, start_s = _children_s(), time.monotonic()
        _run("search", *asked, "--workers", str(workers), *root)
        wall_s, cpu_s = time.monotonic() - start_s, _children_s() - cpu_s
        _run("export", "best", "one", "--out", f"{folder}/bundle", *root)
        with StudyStorage.open(find_experiment("one", root=Path(folder)).url) as storage:
            trials = storage.trials()
        metrics = load_bundle(Path(folder) / "bundle").metrics
    final = [trial.accuracy for trial in trials if trial.stage is SearchStage.FINAL and trial.evaluation]
    return {
        "space": load_space(space).name,
        "early_stop": stop,
        "seed": seed,
        "trials": len(trials),
        "failed": sum(trial.failure is not None for trial in trials),
        "epochs": epochs_trained(trials),
        "cpu_s": round(cpu_s),
        "wall_s": round(wall_s),
        "best_final_val": round(max(final), 4),
        "winner_test": round(metrics.test_accuracy, 4),
    }


def _run(*arguments: str) -> None:
    subprocess.run([*NARS, *arguments], check=True, stdout=subprocess.DEVNULL)


def _children_s() -> float:
    """Processor seconds of all ended children and theirs."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", type=Path, default=Path("search_spaces/digits.yaml"))
    parser.add_argument("--stops", nargs="+", choices=STOPS, default=STOPS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/throughput"))
    arguments = parser.parse_args()
    path, name = arguments.out / "stopping.csv", load_space(arguments.space).name
    for seed in arguments.seeds:
        for stop in arguments.stops:
            done = [
                row for row in read(path) if (row["space"], row["early_stop"], row["seed"]) == (name, stop, str(seed))
            ]
            if not done:
                append(path, measure(arguments.space, stop, seed, arguments.workers))


if __name__ == "__main__":
    main()
