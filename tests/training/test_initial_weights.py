from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nars.errors import ModelError
from nars.models.classifier import build_classifier
from nars.space.candidate import Candidate
from nars.training.applied import read_applied
from nars.training.device import seeded
from nars.training.initial_weights import require_fit
from nars.training.parts import Parts, build_parts
from nars.training.run import train
from tests.models.pretrained.checkpoints import equal, randomised
from tests.training.tiny import ARCHITECTURE, CPU, candidate, digits, parts

WIDER = replace(ARCHITECTURE, stages=(replace(ARCHITECTURE.stages[0], width=16),))


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file of the tiny network's weights."""
    save_file(randomised(build_classifier(ARCHITECTURE), seed=3).state_dict(), tmp_path / "w.safetensors")
    return str(tmp_path / "w.safetensors")


def wider_parts(**settings: object) -> Parts:
    with seeded(0):
        return build_parts(Candidate(architecture=WIDER, recipe=candidate(**settings).recipe), digits("train"), CPU)


def test_a_run_starts_from_them_and_so_does_its_average(file: str) -> None:
    built = parts(weights=file, ema=0.9)
    expected = randomised(build_classifier(ARCHITECTURE), seed=3).state_dict()
    assert equal(dict(built.network.classifier.state_dict()), expected)
    assert built.average is not None
    assert equal(dict(built.average.module.classifier.state_dict()), expected)
    decayed = built.optimizer.param_groups[0]["params"]
    assert any(parameter is built.network.classifier.stem.conv.weight for parameter in decayed)


def test_the_random_numbers_that_follow_are_the_same_with_and_without(file: str) -> None:
    states = []
    for weights in ("none", file):
        with seeded(5):
            build_parts(candidate(weights=weights), digits("train"), CPU)
            states.append(torch.get_rng_state())
    assert torch.equal(*states)


def test_what_is_applied_names_file_and_checksum(file: str, tmp_path: Path) -> None:
    random, loaded = read_applied(parts()), read_applied(parts(weights=file))
    assert random.weights == "random"
    assert loaded.weights.startswith(f"{file} (SHA-256 ")
    assert loaded.weights.endswith(": 51 arrays loaded, 0 reshaped, 0 new, 0 skipped")
    assert loaded.fingerprint != random.fingerprint
    copy = Path(file).rename(tmp_path / "copy.safetensors")
    assert read_applied(parts(weights=str(copy))).fingerprint == loaded.fingerprint, "a file acts by its content"


def test_two_files_and_what_is_inherited_have_other_fingerprints(file: str, tmp_path: Path) -> None:
    save_file(randomised(build_classifier(WIDER), seed=4).state_dict(), tmp_path / "wide.safetensors")
    wide = str(tmp_path / "wide.safetensors")
    fingerprints = {
        read_applied(built).fingerprint
        for built in (
            wider_parts(), wider_parts(weights=wide), wider_parts(weights=file, inherit=True),
            parts(), parts(weights=file), parts(weights=wide, inherit=True),
        )
    }  # fmt: skip
    assert len(fingerprints) == 6


def test_an_interrupted_run_goes_on_bit_by_bit(file: str, tmp_path: Path) -> None:
    chosen = candidate(weights=file, ema=0.9)

    def run(name: str, stop_epoch: int) -> list[float]:
        evaluation = train(
            chosen, digits("train"), digits("val"), stop_epoch=stop_epoch, seed=0, directory=tmp_path / name, device="cpu"
        )  # fmt: skip
        return [record.train_loss for record in evaluation.curve]

    whole = run("whole", 4)
    run("parts", 2)
    assert run("parts", 4) == whole
    random = train(candidate(ema=0.9), digits("train"), digits("val"), stop_epoch=1, seed=0, directory=tmp_path / "r")
    assert whole[0] != random.curve[0].train_loss


def test_what_does_not_fit_is_found_without_a_run(file: str) -> None:
    require_fit(candidate())
    require_fit(candidate(weights=file))
    wider = Candidate(architecture=WIDER, recipe=candidate(weights=file).recipe)
    with pytest.raises(
        ModelError, match="first misfit stages.0.0.branch.project.conv.weight: 16x16x1x1 needed, 8x16x1x1"
    ):
        require_fit(wider)
    require_fit(replace(wider, recipe=replace(wider.recipe, inherit=True)))
    with pytest.raises(ModelError, match="nowhere.pth: there is no such weights file"):
        require_fit(candidate(weights="nowhere.pth"))
