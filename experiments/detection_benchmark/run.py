"""Measures detection: a search beside a default given the same time, real photographs, and images learnt by heart.

    python experiments/detection_benchmark/run.py                             scenes of digits, some 30 core-minutes
    python experiments/detection_benchmark/run.py --data FOLDER --parts bccd fruits_nuts coco128

FOLDER holds images/bccd, images/fruits_nuts and images/coco128 in COCO format. Writes results/detection_benchmark/: a
CSV for each part, one row a detector, with all of COCO's figures on its held-out (or learnt) images.
"""

import argparse
import csv
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from nars.data.detection import DetectionSplit, load_detection_split, prepare_detection_splits
from nars.data.shape import fit_to_data
from nars.space import Candidate, SearchSpace, load_space
from nars.study import Study
from nars.training.detection.run import VALIDATION_BATCH, train_detector
from nars.training.detection.validate import validate_detector
from nars.training.trained import load_trained
from nars.trials import DetectionFigures

HERE = Path(__file__).parent
LEARNT = ("fruits_nuts", "coco128")
PARTS = ("scenes", "bccd", *LEARNT)
CPU = torch.device("cpu")
Row = dict[str, object]


def the_only(space: SearchSpace) -> Candidate:
    """The candidate of a space without knobs."""
    return space.sample(1, rng=np.random.default_rng(0))[0]


def shaped(path: Path, data: Path | None) -> SearchSpace:
    """A space whose images, if they lie in a folder, lie below ``data``."""
    space = load_space(path)
    if space.data.path is not None:
        assert data is not None, f"{path} needs --data"
        space = replace(space, data=replace(space.data, path=str(data / space.data.path)))
    return fit_to_data(space)


def cpu_s() -> float:
    """Processor seconds of this process and of all that it waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def search(path: Path, space: SearchSpace, data: Path | None, work: Path) -> float:
    """Runs a search to its end, or goes on with one; returns its processor seconds, start-up and sampling included."""
    work.mkdir(parents=True, exist_ok=True)
    told = work / f"{space.name}.cpu_s"
    before, start = float(told.read_text()) if told.is_file() else 0.0, cpu_s()
    resumes = (work / space.name / "study.db").is_file()
    command = ["resume", space.name] if resumes else ["search", "--space", str(path.resolve())]
    options = ["--workers", "2", "--device", "cpu", "--experiments", str(work.resolve())]
    # a space's relative data path starts at the working directory
    subprocess.run([sys.executable, "-m", "nars.cli.main", *command, *options], check=True, cwd=data)
    told.write_text(f"{before + cpu_s() - start:.1f}\n")
    return float(told.read_text())


def held_out(space: SearchSpace, candidate: Candidate, checkpoints: Path, splits: Path) -> DetectionFigures:
    """Figures of a trained detector on the test images."""
    recorded = prepare_detection_splits(space.data, splits, with_masks=space.has_masks)
    test = load_detection_split(recorded, "test", with_masks=space.has_masks)
    found = validate_detector(load_trained(candidate, checkpoints), test, batch_size=VALIDATION_BATCH, device=CPU)
    assert found.detection is not None
    return found.detection


def train(
    space: SearchSpace,
    candidate: Candidate,
    work: Path,
    *,
    stop_epoch: int | None = None,
    val_images: int | None = None,
) -> float:
    """Trains one candidate, looking at some of the validation images; returns processor seconds."""
    splits = prepare_detection_splits(space.data, work, with_masks=space.has_masks)
    train_split, val_split = (
        load_detection_split(splits, name, with_masks=space.has_masks) for name in ("train", "val")
    )
    start = cpu_s()
    train_detector(
        candidate,
        train_split,
        first_images(val_split, val_images or len(val_split)),
        stop_epoch=stop_epoch or candidate.recipe.epochs,
        seed=0,
        directory=work / f"checkpoints-{candidate.id}",
        device="cpu",
        report=lambda record: print(
            f"epoch {record.epoch}: loss {record.train_loss:.3f}, AP {record.val_accuracy:.4f}", flush=True
        ),
    )
    return cpu_s() - start


def first_images(split: DetectionSplit, count: int) -> DetectionSplit:
    return DetectionSplit(
        images=split.images[:count],
        targets=split.targets[:count],
        image_ids=split.image_ids[:count],
        sizes=split.sizes[:count],
    )


def searched(path: Path, default: Path, data: Path | None, work: Path) -> list[Row]:
    """The winner of a search, and a default that is trained for as long as the whole search took."""
    space = shaped(path, data)
    seconds = search(path, space, data, work)
    with Study.open(space.name, root=work) as study:
        done = [trial for trial in study.trials if trial.trained_in_full and trial.evaluation is not None]
        best = max(done, key=lambda trial: trial.evaluation.accuracy if trial.evaluation else 0.0)
        folder = study.experiment.trial_directory(best.number)
        figures = held_out(space, best.candidate, folder, study.experiment.directory)
        num_trials = len(study.trials)
    rows = [row(f"search of {num_trials} trials, winner {best.number}", best.candidate, seconds, figures)]
    plain = shaped(default, data)
    candidate, folder = the_only(plain), work / default.stem
    first_s = train(plain, candidate, folder, stop_epoch=1)
    epochs = max(1, math.floor(seconds / first_s))
    stretched = replace(candidate, recipe=replace(candidate.recipe, epochs=epochs))
    took_s = train(plain, stretched, folder)
    figures = held_out(plain, stretched, folder / f"checkpoints-{stretched.id}", folder)
    return [*rows, row("default, as long as the search", stretched, took_s, figures)]


def learnt(name: str, data: Path, work: Path) -> list[Row]:
    """A detector's figures on the very images that it was trained on."""
    space = shaped(HERE / f"{name}.yaml", data)
    candidate = the_only(space)
    seconds = train(space, candidate, work / name, val_images=4)
    figures = held_out(space, candidate, work / name / f"checkpoints-{candidate.id}", work / name)
    return [row(name, candidate, seconds, figures)]


def row(name: str, candidate: Candidate, seconds: float, figures: DetectionFigures) -> Row:
    found: Row = {"detector": name, "id": candidate.id, "epochs": candidate.recipe.epochs, "cpu_s": round(seconds)}
    for kind, values in asdict(figures).items():
        for figure, value in (values or {}).items():
            found[f"{kind}_{figure}"] = "" if value is None else f"{value:.4f}"
    return found


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["scenes"])
    parser.add_argument("--data", type=Path, help="folder of images/bccd, images/fruits_nuts, images/coco128")
    parser.add_argument("--work", type=Path, default=HERE / "runs")
    parser.add_argument("--out", type=Path, default=Path("results/detection_benchmark"))
    chosen = parser.parse_args()
    if chosen.data is None and set(chosen.parts) - {"scenes"}:
        parser.error("--data is needed for photographs")
    torch.set_num_threads(1)
    parts: dict[str, Callable[[], list[Row]]] = {
        "scenes": lambda: searched(
            Path("search_spaces/digit_scenes.yaml"), HERE / "scenes_default.yaml", chosen.data, chosen.work
        ),
        "bccd": lambda: searched(HERE / "bccd.yaml", HERE / "bccd_default.yaml", chosen.data, chosen.work),
        **{name: lambda name=name: learnt(name, chosen.data, chosen.work) for name in LEARNT},  # type: ignore[misc]
    }
    for part in chosen.parts:
        start = time.perf_counter()
        rows = parts[part]()
        write_csv(chosen.out / f"{part}.csv", rows)
        for one in rows:
            print(one)
        print(f"{part}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
