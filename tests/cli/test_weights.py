"""Initial weights through the commands: looked at, searched with, exported, trained again."""

from pathlib import Path

import pytest
import torch

import nars as library
from nars.models.classifier import build_classifier
from nars.models.zoo import load_network
from tests.cli.conftest import TINY, Nars

SPACE = TINY.replace("epochs: {low: 2, high: 3}", "epochs: 2").replace("trials: 7", "trials: 5")


def first_epochs(name: str) -> list[float]:
    with library.Study.open(name) as study:
        return [t.evaluation.curve[0].val_accuracy for t in study.trials if t.evaluation is not None and t.round == 0]


@pytest.mark.slow
def test_a_search_that_inherits_starts_better(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(SPACE)
    assert nars("search", "--space", "tiny.yaml", "--workers", "2").code == 0
    assert nars("export", "best", "tiny").code == 0

    weights = folder / "bundles/tiny/weights.safetensors"
    inheriting = SPACE.replace(
        "batch_size: 64", f"batch_size: 64\n  weights: {weights.relative_to(folder)}\n  inherit: true"
    )
    (folder / "second.yaml").write_text(inheriting)
    searched = nars("search", "--space", "second.yaml", "--workers", "2")
    assert searched.code == 0, searched.err
    # the first round's candidates differ by seed alone in what they start from
    random, inherited = first_epochs("tiny"), first_epochs("second")
    assert len(random) == len(inherited) == 3
    assert sum(inherited) / 3 > sum(random) / 3 + 0.1

    assert nars("export", "best", "second").code == 0
    provenance = (folder / "bundles/second/provenance.yaml").read_text().replace("\n  ", " ")
    assert "initial_weights: 'bundles/tiny/weights.safetensors (SHA-256 " in provenance
    assert "from bundles/tiny/weights.safetensors (SHA-256" in (folder / "bundles/second/README.md").read_text()
    assert "reproduced" in nars("evaluate", "bundles/second").out
    trained = nars("train", "bundles/second")
    assert trained.code == 0, trained.err

    weights.rename(folder / "moved.safetensors")
    lost = nars("train", "bundles/second", "--out", "other")
    assert (lost.code, lost.err) == (2, "nars: bundles/tiny/weights.safetensors: there is no such weights file\n")
    assert not (folder / "other").exists()
    assert "there is no such weights file @ $.recipe.weights" in nars("resume", "second", "--trials", "2").err
    assert "reproduced" in nars("evaluate", "bundles/second").out, "a bundle needs only its own weights"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("weights: timm/fbnetv3_b", "unknown weights 'timm/fbnetv3_b'; did you mean 'timm/fbnetv3_b.ra2_in1k'?"),
        ("weights: lost.pth\n  inherit: true", "lost.pth: there is no such weights file @ $.recipe.weights"),
        ("weights: w.pth", "; inherit: true takes what fits @ $.recipe.weights"),
        ("weights: text.pth\n  inherit: true", "text.pth: truncated, damaged or no weights file"),
    ],
)
def test_bad_weights_are_one_message_and_write_nothing(nars: Nars, folder: Path, lines: str, message: str) -> None:
    torch.save(build_classifier(load_network("fbnetv3_a0")).state_dict(), folder / "w.pth")
    (folder / "text.pth").write_text("no weights")
    (folder / "tiny.yaml").write_text(SPACE.replace("batch_size: 64", f"batch_size: 64\n  {lines}"))
    before = sorted(folder.rglob("*"))
    outcome = nars("search", "--space", "tiny.yaml")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert sorted(folder.rglob("*")) == before


def test_model_shows_what_becomes_of_weights(nars: Nars, folder: Path) -> None:
    torch.save({"state_dict": build_classifier(load_network("fbnetv3_a0")).state_dict()}, folder / "w.pth")
    shown = nars("model", "fbnetv3_a0", "--weights", "w.pth")
    assert shown.code == 0, shown.err
    assert shown.out.startswith("fbnetv3_a0 at resolution 224\n")
    assert "\nweights w.pth: 406 arrays loaded, 0 reshaped, 0 new, 0 skipped\n" in shown.out
    assert "names of NARS, its entry state_dict" in shown.out
    refused = nars("model", "fbnetv3_a", "--weights", "w.pth")
    assert (refused.code, refused.out) == (2, "")
    assert (
        "first misfit stem.conv.weight: 16x3x3x3 needed, 12x3x3x3 given; inherit: true takes what fits" in refused.err
    )
    inherited = nars("model", "fbnetv3_a", "--weights", "w.pth", "--inherit")
    assert "  reshaped 245: stem.conv 2, stem.norm 4, stages.0.0 " in inherited.out
    assert nars("model", "--weights", "w.pth").code == 2
    assert nars("model", "fbnetv3_a", "--inherit").code == 2


def test_published_weights_that_are_not_there(nars: Nars, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NARS_WEIGHTS", str(folder / "cache"))
    absent = nars("model", "fbnetv3_a", "--weights", "FBNetV3a-DSMask-C4 COCO")
    assert (absent.code, absent.out) == (2, "")
    assert absent.err == (
        "nars: d2go/mask_rcnn_fbnetv3a_dsmask_C4: not downloaded, since no checksum of it is published; put "
        "https://mobile-cv.s3-us-west-2.amazonaws.com/d2go/models/268412271/model_0499999.pth at "
        f"{folder}/cache/d2go/mask_rcnn_fbnetv3a_dsmask_C4.pth, or pin it as "
        "d2go/mask_rcnn_fbnetv3a_dsmask_C4#sha256=DIGITS\n"
    )
