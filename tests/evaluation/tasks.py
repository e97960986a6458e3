"""A tiny candidate, and tasks that train it."""

from pathlib import Path

from nars.evaluation import TrialTask
from nars.space.architecture import Architecture, Block, Head, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.recipe import Recipe


def candidate(*, epochs: int = 2) -> Candidate:
    stage = Stage(width=8, depth=1, stride=2, first=Block(kernel=3, expansion=2.0))
    return Candidate(
        architecture=Architecture(
            resolution=8,
            in_channels=1,
            num_classes=10,
            stem=Stem(width=8),
            stages=(stage,),
            head=Head(width=16),
        ),
        recipe=Recipe(optimizer="sgd", lr=0.1, momentum=0.9, batch_size=64, epochs=epochs),
    )


def task(number: int, directory: Path, *, fidelity: float = 1.0, epochs: int = 2, seed: int = 0) -> TrialTask:
    return TrialTask(
        number=number,
        candidate=candidate(epochs=epochs),
        fidelity=fidelity,
        seed=seed,
        directory=directory / f"trial_{number}",
    )


def tasks(count: int, directory: Path) -> list[TrialTask]:
    return [task(number, directory) for number in range(count)]
