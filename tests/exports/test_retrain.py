from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from nars.errors import CheckpointError, DataError, ExperimentError, SpaceError
from nars.exports import train_again
from nars.trials import EpochRecord, Evaluation
from tests.exports.conftest import Study


def without_times(evaluation: Evaluation) -> Evaluation:
    curve = tuple(replace(record, wall_s=0.0) for record in evaluation.curve)
    return replace(evaluation, curve=curve, wall_s=0.0)


def test_a_bundle_trained_again_is_the_trial_again(study: Study, exported: Path, tmp_path: Path) -> None:
    records: list[EpochRecord] = []
    evaluation = train_again(exported, out=tmp_path, device="cpu", report=records.append)
    assert study.trial.evaluation is not None
    assert without_times(evaluation) == without_times(study.trial.evaluation)
    assert tuple(records) == evaluation.curve
    weights, expected = load_file(tmp_path / "weights.safetensors"), load_file(exported / "weights.safetensors")
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert (tmp_path / "splits.json").read_bytes() == (exported / "splits.json").read_bytes()


def test_another_seed_is_another_run(study: Study, exported: Path, tmp_path: Path) -> None:
    evaluation = train_again(exported, out=tmp_path, seed=4, device="cpu")
    assert study.trial.evaluation is not None
    assert evaluation.curve[0].train_loss != study.trial.evaluation.curve[0].train_loss


def test_a_recipe_trains_with_the_architecture_beside_it(exported: Path, tmp_path: Path) -> None:
    for name in ("recipe.yaml", "architecture.yaml"):
        (tmp_path / name).write_bytes((exported / name).read_bytes())
    evaluation = train_again(tmp_path / "recipe.yaml", out=tmp_path / "out", device="cpu")
    assert evaluation.epochs == 2
    assert evaluation.accuracy > 0.3
    # what was written can itself be trained
    assert (
        train_again(tmp_path / "out" / "recipe.yaml", out=tmp_path / "out", device="cpu").accuracy
        == evaluation.accuracy
    )


def test_the_folder_of_another_run_is_refused_and_kept(exported: Path, tmp_path: Path) -> None:
    train_again(exported, out=tmp_path, device="cpu")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError, match=r"must be of seed 9, got 3$"):
        train_again(exported, out=tmp_path, seed=9, device="cpu")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_absent_source(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"best: there is no such bundle or recipe$"):
        train_again(tmp_path / "best", out=tmp_path / "out")


def test_a_recipe_alone(exported: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_bytes((exported / "recipe.yaml").read_bytes())
    with pytest.raises(ExperimentError, match=r"recipe\.yaml: architecture\.yaml must lie beside the recipe"):
        train_again(recipe, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_recipe_that_breaks_a_rule(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "architecture.yaml").write_bytes((exported / "architecture.yaml").read_bytes())
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text((exported / "recipe.yaml").read_text().replace("epochs: 2", "epochs: 0"))
    with pytest.raises(SpaceError, match=r"recipe\.yaml: .* @ \$\.epochs$"):
        train_again(recipe, out=tmp_path / "out")


def test_data_that_does_not_fit_is_refused_before_anything_is_written(exported: Path, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "pets" / name / "1.png")
    with pytest.raises(DataError) as info:
        train_again(exported, out=tmp_path / "out", data_path=tmp_path / "pets")
    assert str(info.value) == (
        f"{tmp_path / 'pets'}: the architecture reads 1 channels and tells 10 classes apart, "
        "got 3 channels and 2 classes"
    )
    assert not (tmp_path / "out").exists()
