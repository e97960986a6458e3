import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nars.errors import BundleError
from nars.exports import load_bundle
from nars.exports.bundle import BUNDLE_FILES
from nars.exports.checksums import write_checksums
from nars.training.trained import load_trained
from tests.exports.conftest import SIZE, SPACE_TEXT, Study


def test_the_bundle_holds_the_pair_and_its_documents(study: Study, exported: Path) -> None:
    bundle = load_bundle(exported)
    assert bundle.candidate == study.trial.candidate
    assert bundle.classes == tuple("0123456789")
    assert bundle.space_text == SPACE_TEXT
    assert (bundle.preprocessing.size, bundle.preprocessing.resolution) == (SIZE, 8)
    assert (bundle.provenance.study, bundle.provenance.trial, bundle.provenance.seed) == ("tiny", 5, 3)
    assert bundle.provenance.candidate == study.trial.candidate.id
    assert bundle.metrics.cost == study.trial.cost
    assert study.trial.evaluation is not None
    assert bundle.metrics.validation_accuracy == study.trial.evaluation.accuracy
    assert bundle.metrics.test_images == 300


def test_the_model_is_the_one_that_was_validated(study: Study, exported: Path) -> None:
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    trained = load_trained(study.trial.candidate, study.directory / "trial")
    with torch.inference_mode():
        assert torch.equal(load_bundle(exported).model()(images), trained(images))


def test_mean_and_std_are_told_as_the_network_applies_them(exported: Path) -> None:
    bundle = load_bundle(exported)
    state = load_file(exported / "weights.safetensors")
    assert bundle.preprocessing.mean == tuple(state["normalize.mean"].flatten().tolist())
    assert bundle.preprocessing.std == tuple(state["normalize.std"].flatten().tolist())


def test_building_the_model_leaves_the_global_generator_alone(exported: Path) -> None:
    before = torch.get_rng_state()
    model = load_bundle(exported).model()
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_a_damaged_file_is_named_with_its_checksum(copied: Callable[[], Path], name: str) -> None:
    folder = copied()
    content = (folder / name).read_bytes()
    damaged = content[:-1] + bytes([content[-1] ^ 1])
    (folder / name).write_bytes(damaged)
    with pytest.raises(BundleError) as info:
        load_bundle(folder)
    assert str(info.value) == (
        f"{folder}: the bundle is damaged: {name} must have SHA-256 {hashlib.sha256(content).hexdigest()}, "
        f"got {hashlib.sha256(damaged).hexdigest()}"
    )


def test_a_missing_file_is_named_with_its_checksum(copied: Callable[[], Path]) -> None:
    folder = copied()
    expected = hashlib.sha256((folder / "recipe.yaml").read_bytes()).hexdigest()
    (folder / "recipe.yaml").unlink()
    with pytest.raises(BundleError) as info:
        load_bundle(folder)
    assert str(info.value) == f"{folder}: the bundle is damaged: recipe.yaml is missing (SHA-256 {expected})"


def test_files_of_the_user_are_let_be(copied: Callable[[], Path]) -> None:
    folder = copied()
    (folder / "notes.txt").write_text("mine")
    assert load_bundle(folder).provenance.study == "tiny"


def test_a_record_that_leaves_a_file_out_is_no_bundle(copied: Callable[[], Path]) -> None:
    folder = copied()
    lines = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(line for line in lines if "recipe" not in line))
    with pytest.raises(BundleError) as info:
        load_bundle(folder)
    assert str(info.value) == f"{folder}: not a bundle: SHA256SUMS must record recipe.yaml"


def test_a_document_that_was_edited_and_signed_again_is_still_checked(copied: Callable[[], Path]) -> None:
    folder = copied()
    recipe = (folder / "recipe.yaml").read_text()
    (folder / "recipe.yaml").write_text(recipe.replace("lr: 0.1", "lr: -0.1"))
    (folder / "SHA256SUMS").unlink()
    write_checksums(folder)
    with pytest.raises(BundleError, match=r"must be greater than 0, got -0\.1 @ \$\.lr"):
        load_bundle(folder)


def test_weights_of_another_architecture_are_refused(copied: Callable[[], Path]) -> None:
    folder = copied()
    text = (folder / "architecture.yaml").read_text()
    (folder / "architecture.yaml").write_text(text.replace("stages:\n- width: 8", "stages:\n- width: 16"))
    (folder / "SHA256SUMS").unlink()
    write_checksums(folder)
    with pytest.raises(BundleError, match="the weights do not fit the architecture: "):
        load_bundle(folder).model()


def test_the_code_on_the_card_runs(exported: Path) -> None:
    card = (exported / "README.md").read_text()
    code = card.split("```python\n")[1].split("```")[0] + "assert names[0] in bundle.classes\n"
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=exported, check=True, timeout=60)
