"""Whether `torch.compile` pays for a candidate on the CPU: seconds to compile beside those that an epoch gets shorter.

    python experiments/throughput_benchmark/compiled.py --data digits
    python experiments/throughput_benchmark/compiled.py --data cifar10 --images 4000 --archive FILE

Each candidate trains three epochs as it is and three compiled, on one thread as a worker has; the first of the compiled
ones compiles. Appends a line per candidate to results/throughput/compiled.csv.
"""

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from rows import append
from run import SPACES, candidates_of, space_of, splits_of

from nars.data.dataset import Split
from nars.space.candidate import Candidate
from nars.training.epoch import train_epoch
from nars.training.parts import build_parts

EPOCHS = 3


def epoch_seconds(candidate: Candidate, split: Split, *, compiled: bool) -> list[float]:
    """Of each of the first epochs."""
    parts = build_parts(candidate, split, torch.device("cpu"))
    if compiled:
        torch.compiler.reset()
        parts = replace(parts, spread=torch.compile(parts.spread))
    seconds = []
    for epoch in range(1, EPOCHS + 1):
        start_s = time.perf_counter()
        train_epoch(parts, epoch=epoch, seed=0)
        seconds.append(time.perf_counter() - start_s)
    return seconds


def compare(candidate: Candidate, split: Split) -> dict[str, object]:
    """The last epochs of both, and after how many the compilation would have paid; empty where nothing got faster."""
    plain_s = epoch_seconds(candidate, split, compiled=False)[-1]
    first_s, *_, compiled_s = epoch_seconds(candidate, split, compiled=True)
    compile_s, gained_s = first_s - compiled_s, plain_s - compiled_s
    return {
        "id": candidate.id,
        "epochs": candidate.recipe.epochs,
        "plain_epoch_s": round(plain_s, 2),
        "compiled_epoch_s": round(compiled_s, 2),
        "compile_s": round(compile_s, 1),
        "pays_after_epochs": round(compile_s / gained_s) if gained_s > 0 else "",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=tuple(SPACES), default="digits")
    parser.add_argument("--archive", type=Path, help="of the CIFAR-10 image folder")
    parser.add_argument("--images", type=int, help="training images; all by default")
    parser.add_argument("--candidates", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("results/throughput"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(Path(work) / "compiled")  # what is there already is not compiled
        space = space_of(arguments.data, arguments.archive, Path(work))
        train_split, _ = splits_of(space, arguments.images, Path(work) / "splits")
        for candidate in candidates_of(space, arguments.candidates):
            append(arguments.out / "compiled.csv", {"data": arguments.data, **compare(candidate, train_split)})


if __name__ == "__main__":
    main()
