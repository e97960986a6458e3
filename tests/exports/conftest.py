"""One real trial: a tiny network trained on the digits for two epochs, once for all tests of this folder."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from nars.data.source import load_split, prepare_splits
from nars.exports import export_bundle
from nars.space.data_spec import DataSpec
from nars.training.run import train
from nars.trials import Trial
from tests.evaluation.tasks import candidate
from tests.exports.trials import trial

SIZE = 12
"""Images are kept larger than the network reads them, as those of a space with several resolutions."""
SPACE_TEXT = "name: tiny  # kept as it is, with ümlauts\n"


@dataclass(frozen=True, kw_only=True)
class Study:
    trial: Trial
    directory: Path

    def export(self, out: Path, *, trial: Trial | None = None, size: int = SIZE) -> Path:
        return export_bundle(
            trial or self.trial,
            checkpoint_directory=self.directory / "trial",
            splits_directory=self.directory,
            data=DataSpec(),
            size=size,
            space_text=SPACE_TEXT,
            threads=torch.get_num_threads(),
            study="tiny",
            out=out,
        )


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    directory = tmp_path_factory.mktemp("study")
    splits = prepare_splits(DataSpec(), directory)
    pair = candidate()
    pair = replace(pair, recipe=replace(pair.recipe, ema=0.9))
    evaluation = train(
        pair,
        load_split(splits, "train", size=SIZE),
        load_split(splits, "val", size=SIZE),
        stop_epoch=pair.recipe.epochs,
        seed=3,
        directory=directory / "trial",
        device="cpu",
    )
    return Study(trial=replace(trial(5), candidate=pair, evaluation=evaluation, seed=3), directory=directory)


@pytest.fixture(scope="session")
def exported(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that no test changes."""
    return study.export(tmp_path_factory.mktemp("out") / "best")


@pytest.fixture
def copied(exported: Path, tmp_path: Path) -> Callable[[], Path]:
    """Makes a copy of the bundle to damage."""

    def copy() -> Path:
        return _copy(exported, tmp_path / "copy")

    return copy


def _copy(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target
