"""Measures the digits search: accuracy and time beside plain baselines, memory, start-up, and sameness.

Sameness: a search run again, with one worker, and killed by SIGKILL at ten random moments, must give the same
table of trials byte for byte.

    python experiments/digits_benchmark/run.py                      everything, some 25 minutes on two cores
    python experiments/digits_benchmark/run.py --parts startup      one part

Writes results/digits_benchmark/: a CSV for each part, and README.md with machine and date.
"""

import argparse
import csv
import datetime
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

NARS = [sys.executable, "-m", "nars.cli.main"]
SPACE = "search_spaces/digits.yaml"
PARTS = ("startup", "search", "baselines", "sameness")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One search that was run to its end."""

    name: str
    seed: int
    workers: int
    kills: int
    wall_s: float
    peak_mb: float
    """Largest resident memory of the searching process, workers apart."""


def search(work: Path, *, name: str, seed: int, workers: int = 2, kills: Sequence[float] = ()) -> Run:
    """Runs a search; after each of ``kills`` seconds the whole process is killed, and resumed."""
    common = ["--workers", str(workers), "--experiments", str(work)]
    command = [*NARS, "search", "--space", SPACE, "--name", name, "--seed", str(seed), *common]
    start, peak_mb = time.perf_counter(), 0.0
    for seconds in (*kills, None):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = None if seconds is None else time.perf_counter() + seconds
        while process.poll() is None and (deadline is None or time.perf_counter() < deadline):
            peak_mb = max(peak_mb, resident_mb(process.pid))
            time.sleep(0.05)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        elif process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        if (work / name / "study.db").is_file():
            command = [*NARS, "resume", name, *common]
    wall_s = time.perf_counter() - start
    return Run(name=name, seed=seed, workers=workers, kills=len(kills), wall_s=wall_s, peak_mb=peak_mb)


def resident_mb(pid: int) -> float:
    """Peak resident memory of a process so far; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def call(*arguments: str) -> str:
    return subprocess.run([*NARS, *arguments], check=True, capture_output=True, text=True).stdout


def table(work: Path, name: str) -> bytes:
    """The bytes of a search's table of trials."""
    call("analyze", name, "--experiments", str(work), "--results", str(work / "tables"))
    return (work / "tables" / name / "trials.csv").read_bytes()


def measure_startup() -> list[dict[str, object]]:
    """Median seconds of whole processes, ten each."""
    rows = []
    for label, command in (
        ("python -c pass", [sys.executable, "-c", "pass"]),
        ("import nars", [sys.executable, "-c", "import nars"]),
        ("nars --help", [*NARS, "--help"]),
    ):
        times = []
        for _ in range(10):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        rows.append(
            {"process": label, "median_s": f"{statistics.median(times):.3f}", "min_s": f"{min(times):.3f}",
             "max_s": f"{max(times):.3f}"}
        )  # fmt: skip
    return rows


def measure_baselines() -> list[dict[str, object]]:
    """Logistic regression and a support vector machine on the split that the search uses, on the 8 x 8 pixels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    from nars.data.digits import DIGITS_INFO
    from nars.data.source import load_split, prepare_splits
    from nars.space import DataSpec

    assert DIGITS_INFO.in_channels == 1
    folder = Path("experiments/digits_benchmark/runs/baselines")
    splits = prepare_splits(DataSpec(), folder)
    train, test = (load_split(splits, name, size=8) for name in ("train", "test"))
    rows = []
    for label, model in (
        ("logistic regression", LogisticRegression(max_iter=5000)),
        ("support vector machine (RBF)", SVC()),
    ):
        model.fit(train.images.flatten(1).numpy() / 255, train.labels.numpy())
        accuracy = model.score(test.images.flatten(1).numpy() / 255, test.labels.numpy())
        rows.append({"model": label, "test_accuracy": f"{accuracy:.4f}", "test_images": len(test)})
    return rows


def measure_search(work: Path, seeds: Sequence[int]) -> list[dict[str, object]]:
    """Whole searches with export and evaluation."""
    from nars.exports import load_bundle
    from nars.storage import StudyStorage, find_experiment

    rows: list[dict[str, object]] = []
    for seed in seeds:
        run = search(work, name=f"seed-{seed}", seed=seed)
        out = work / "bundles" / run.name
        call("export", "best", run.name, "--experiments", str(work), "--max-macs", "1e6", "--out", str(out))
        print(call("evaluate", str(out)).strip())
        metrics = load_bundle(out).metrics
        with StudyStorage.open(find_experiment(run.name, root=work).url) as storage:
            trials = storage.trials()
        rows.append(
            {
                "seed": seed,
                "trials": len(trials),
                "failed": sum(trial.failure is not None for trial in trials),
                "wall_s": f"{run.wall_s:.0f}",
                "peak_mb": f"{run.peak_mb:.0f}",
                "macs": metrics.cost.macs,
                "params": metrics.cost.params,
                "validation_accuracy": f"{metrics.validation_accuracy:.4f}",
                "test_accuracy": f"{metrics.test_accuracy:.4f}",
            }
        )
        print(rows[-1], flush=True)
    return rows


def measure_sameness(work: Path, seed: int, *, num_kills: int = 10) -> list[dict[str, object]]:
    """The same search again, with one worker, and killed ten times."""
    reference = f"seed-{seed}"
    if not (work / reference / "study.db").is_file():
        search(work, name=reference, seed=seed)
    moments = random.Random(seed)
    kills = [moments.uniform(5, 45) for _ in range(num_kills)]
    rows: list[dict[str, object]] = []
    for name, workers, killed in (("again", 2, ()), ("one-worker", 1, ()), ("killed", 2, kills)):
        run = search(work, name=name, seed=seed, workers=workers, kills=killed)
        same = table(work, name) == table(work, reference)
        rows.append({**asdict(run), "wall_s": f"{run.wall_s:.0f}", "peak_mb": f"{run.peak_mb:.0f}", "same_table": same})
        print(rows[-1], flush=True)
    return rows


def write_csv(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(names)} cores, Python {platform.python_version()}"


def write_readme(out: Path) -> None:
    """One page with every table that is there."""
    lines = [
        "# The digits search, measured",
        "",
        f"Command: `python experiments/digits_benchmark/run.py` · {machine()} · "
        f"{datetime.datetime.now(tz=datetime.UTC).date()}",
    ]
    for part in PARTS:
        path = out / f"{part}.csv"
        if path.is_file():
            rows = list(csv.reader(path.open()))
            lines += ["", f"## {part}", "", "| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
            lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    (out / "README.md").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path("results/digits_benchmark"))
    parser.add_argument("--keep", action="store_true", help="keep the searches of an earlier run")
    arguments = parser.parse_args()
    work = Path("experiments/digits_benchmark/runs")
    if not arguments.keep:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    parts = {
        "startup": measure_startup,
        "search": lambda: measure_search(work, arguments.seeds),
        "baselines": measure_baselines,
        "sameness": lambda: measure_sameness(work, arguments.seeds[0]),
    }
    for part in arguments.parts:
        write_csv(arguments.out / f"{part}.csv", parts[part]())
        write_readme(arguments.out)


if __name__ == "__main__":
    main()
