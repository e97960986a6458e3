"""How much of the ideal throughput executors reach: trials that only sleep, on two workers.

    python experiments/overhead_benchmark/run.py --trials 500 --sleep-ms 50 --out results/overhead_benchmark

The ideal is trials * sleep / workers seconds. Executors and Tune are timed warm, without starting their workers: one
small batch runs before for the executors; for Tune the time is that of `fit`, starting included, and a second column
leaves out what a run of two trials takes. Run it on a quiet machine.
"""

import argparse
import csv
import os
import platform
import tempfile
import time
from pathlib import Path

from sleeper import Sleeper

from nars.evaluation import Finished, LocalExecutor, TrialTask
from nars.evaluation.ray import RayExecutor
from nars.evaluation.ray_cluster import RayOptions, connect
from nars.space.architecture import Architecture, Block, Head, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe


def tasks(count: int, folder: Path) -> list[TrialTask]:
    stage = Stage(width=8, depth=1, stride=2, first=Block(kernel=3, expansion=2.0))
    architecture = Architecture(
        resolution=8, in_channels=1, num_classes=10, stem=Stem(width=8), stages=(stage,), head=Head(width=16)
    )
    candidate = Candidate(
        architecture=architecture, recipe=Recipe(optimizer="sgd", lr=0.1, momentum=0.9, batch_size=64, epochs=1)
    )
    return [
        TrialTask(number=n, candidate=candidate, fidelity=1.0, seed=0, directory=folder / str(n)) for n in range(count)
    ]


def timed(executor: LocalExecutor | RayExecutor, count: int, workers: int, folder: Path) -> float:
    list(executor.run(tasks(2 * workers, folder)))
    begin = time.perf_counter()
    ended = sum(isinstance(event, Finished) for event in executor.run(tasks(count, folder)))
    wall_s = time.perf_counter() - begin
    assert ended == count, f"{ended} of {count} trials ended well"
    return wall_s


def tuned(count: int, seconds: float, workers: int, folder: Path) -> float:
    """The same through a plain `ray.tune.Tuner`."""
    from ray import tune

    def sleep(config: dict[str, int]) -> dict[str, float]:  # noqa: ARG001
        time.sleep(seconds)
        return {"accuracy": 0.5}

    tuner = tune.Tuner(
        sleep,
        tune_config=tune.TuneConfig(num_samples=count, max_concurrent_trials=workers),
        run_config=tune.RunConfig(storage_path=str(folder), verbose=0),
    )
    begin = time.perf_counter()
    results = tuner.fit()
    assert len(results) == count
    assert not results.errors
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--sleep-ms", type=float, default=50.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/overhead_benchmark"))
    given = parser.parse_args()
    seconds, workers, count = given.sleep_ms / 1000, given.workers, given.trials
    ideal_s = count * seconds / workers
    rows = []

    def add(name: str, wall_s: float) -> None:
        row = {"executor": name, "trials": count, "sleep_ms": given.sleep_ms, "workers": workers}
        row |= {"ideal_s": f"{ideal_s:.3f}", "wall_s": f"{wall_s:.3f}", "share_of_ideal": f"{ideal_s / wall_s:.4f}"}
        rows.append(row)
        print(row, flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LocalExecutor(Sleeper(seconds), workers=workers) as local:
            add("local", timed(local, count, workers, folder))
        import ray

        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        connect(None)
        with RayExecutor(Sleeper(seconds), folder=folder, options=RayOptions(max_concurrent=workers)) as executor:
            add("ray", timed(executor, count, workers, folder))
        few_s = tuned(workers, seconds, workers, folder)
        many_s = tuned(count, seconds, workers, folder)
        add("ray.tune.Tuner", many_s)
        add("ray.tune.Tuner without its start", max(many_s - few_s + seconds, 1e-9))
        ray.shutdown()
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "overhead.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (given.out / "machine.txt").write_text(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, Ray {ray.__version__}, "
        f"load average {os.getloadavg()[0]:.2f} at the end\n"
    )


if __name__ == "__main__":
    main()
