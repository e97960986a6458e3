"""From a space file to an exported network, through the commands that a user types."""

import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import TINY, Nars


def test_search_to_bundle(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)

    searched = nars("search", "--space", "tiny.yaml", "--workers", "2", "--profile")
    assert searched.code == 0, searched.err
    assert "where the time of 7 profiled trials went" in searched.out
    assert "until the first trial · proposals" in searched.out
    assert "round 0 · coarse stage · 3 trials · 100% of each recipe's epochs" in searched.out
    assert "final stage · 2 trials" in searched.out
    assert "next: nars analyze tiny · nars export best tiny" in searched.out

    status = nars("status", "tiny")
    assert "tiny: 7 complete, 0 failed, 0 running or interrupted, of 7 planned trials in 3 rounds" in status.out

    again = nars("search", "--space", "tiny.yaml")
    assert again.code == 2
    assert "resume it, or choose another name" in again.err

    resumed = nars("resume", "tiny", "--trials", "3")
    assert resumed.code == 0, resumed.err
    assert "10 complete" in nars("status", "tiny").out

    analyzed = nars("analyze", "tiny")
    assert analyzed.code == 0, analyzed.err
    lines = (folder / "results/tiny/trials.csv").read_text().splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("number,id,stage,round,fidelity,seed,state,failure,accuracy,epochs,macs,params")
    assert {p.name for p in (folder / "results/tiny").iterdir()} >= {
        "trials.parquet", "pareto.csv", "curves.csv", "summary.md", "accuracy_vs_macs.png",
    }  # fmt: skip

    timings = pd.read_csv(folder / "results/tiny/timings.csv")
    phases = timings[[f"{phase}_s" for phase in ("prepare", "data", "forward", "backward", "optimizer", "validation")]]
    assert (phases[:7] > 0).all(axis=None)
    assert phases[7:].isna().all(axis=None), "the resumed ones were not asked"
    assert (phases[:7].sum(axis=1) <= timings["wall_s"][:7]).all()

    exported = nars("export", "best", "tiny", "--max-macs", "1e6")
    assert exported.code == 0, exported.err
    assert "check it with: nars evaluate bundles/tiny" in exported.out

    evaluated = nars("evaluate", "bundles/tiny")
    assert evaluated.code == 0
    assert "reproduced" in evaluated.out
    assert "NOT" not in evaluated.out

    trained = nars("train", "bundles/tiny")
    assert trained.code == 0, trained.err
    assert "validation accuracy" in trained.out
    repeated = nars("train", "bundles/tiny", "--seeds", "2")
    assert repeated.code == 0, repeated.err
    first, second = (float(told) for told in re.findall(r"validation accuracy ([\d.]+) after", repeated.out))
    told_mean = float(re.findall(r"of 2 seeds: mean ([\d.]+),", repeated.out)[0])
    assert told_mean == pytest.approx((first + second) / 2, abs=1.1e-4)
    recorded = re.findall(r"validation accuracy ([\d.]+) after", trained.out)[0]  # the bundle's own seed repeats it
    assert f"the bundle's own {recorded}" in repeated.out

    too_small = nars("export", "best", "tiny", "--max-macs", "10")
    assert too_small.code == 2
    assert "trials trained in full has macs <= 10; the nearest is trial" in too_small.err

    weights = folder / "bundles/tiny/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    damaged = nars("evaluate", "bundles/tiny")
    assert damaged.code == 2
    assert "weights.safetensors" in damaged.err
    assert "Traceback" not in damaged.err


def test_space_commands(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    shown = nars("space", "show", "tiny.yaml")
    # 3 widths x (depth 1 or 2) x 2 kernels x 2 expansions; 2 optimisers x 2 epochs x 1 continuous lr.
    assert "tiny: 24 architectures x 4 recipes x 1 continuous knobs" in shown.out
    assert "recipe.lr" in shown.out
    assert "0.003 .. 0.1 (log)" in shown.out
    assert "examples that meet the constraints" in shown.out
    assert nars("space", "validate", "tiny.yaml").out.startswith("tiny.yaml: valid; 7 searched knobs")
    sampled = nars("space", "sample", "tiny.yaml", "-n", "2")
    assert sampled.out.count("architecture:") == 2
    assert sampled.out == nars("space", "sample", "tiny.yaml", "-n", "2").out
    assert list(folder.iterdir()) == [folder / "tiny.yaml"]


def test_a_space_of_trunks_can_be_looked_at(nars: Nars, folder: Path) -> None:
    trunks = TINY.replace("{width: 32, expansion: 2}", "null")
    (folder / "trunks.yaml").write_text(
        trunks.replace("resolution: 8", "resolution: 8\n  in_channels: 3\n  num_classes: 80")
    )
    shown = nars("space", "show", "trunks.yaml")
    assert shown.code == 0, shown.err
    assert "trunks: 24 architectures x 4 recipes x 1 continuous knobs" in shown.out
    sampled = nars("space", "sample", "trunks.yaml").out
    assert "\n  head: null\n" in sampled
    refused = nars("space", "validate", "trunks.yaml")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "nars: data of the source digits is for classifiers, which need a head, got null @ $.architecture.head\n"
    )


BAD = [
    ("absent.yaml", None, "absent.yaml: no such file"),
    ("empty.yaml", "", "empty.yaml: the file is empty"),
    ("text.yaml", "architecture: [", "text.yaml: not valid YAML"),
    ("key.yaml", TINY.replace("epochs:", "epoch:"), "unknown key 'epoch'; did you mean 'epochs'? @ $.recipe.epoch"),
    ("type.yaml", TINY.replace("batch_size: 64", "batch_size: big"), "batch_size must be an integer, got 'big'"),
    ("low.yaml", TINY.replace("{low: 2, high: 3}", "{low: 4, high: 3}"), "low must be <= high, got low=4, high=3"),
    ("step.yaml", TINY.replace("high: 3}", "high: 3, step: 2}"), "high=3 is not reachable from low=2 in steps of 2"),
    ("when.yaml", TINY.replace("high: 3}", "high: 3, when: {optimiser: sgd}, otherwise: 2}"), "unknown knob 'optimiser'"),
    ("choice.yaml", TINY.replace("[8, 16, 24]", "[]"), "choice must name at least one value, got []"),
    ("macs.yaml", TINY.replace("max: 1e6", "max: 100"), "no candidate of 'macs' meets the constraints"),
    ("data.yaml", TINY + "data: {source: image_folder, path: nowhere}\n", "nowhere"),
    ("classes.yaml", TINY.replace("resolution: 8", "resolution: 8\n  num_classes: 7"), "num_classes must be 10 as in the data"),
    ("trunk.yaml", TINY.replace("{width: 32, expansion: 2}", "null"), "data of the source digits is for classifiers, which need a head"),
    ("trials.yaml", TINY.replace("trials: 7", "trials: 0"), "must be greater than or equal to 1, got 0 @ $.search.trials"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), BAD, ids=[name for name, _, _ in BAD])
def test_bad_input_is_one_message_and_writes_nothing(
    nars: Nars, folder: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (folder / name).write_text(text)
    before = sorted(folder.rglob("*"))
    outcome = nars("search", "--space", name)
    assert outcome.code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert sorted(folder.rglob("*")) == before


def test_infeasible_space_tells_what_binds(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY.replace("max: 1e6", "max: 100"))
    message = nars("search", "--space", "tiny.yaml").err
    assert "random ones were tried" in message
    assert "macs must be <= 100, the nearest miss has" in message
    assert "binding knobs: " in message
    assert "architecture.stages[0].width is 8 (one of [8, 16, 24])" in message


def test_bad_folders(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY + "data: {source: image_folder, path: images}\n")
    (folder / "images").mkdir()
    assert "images" in nars("search", "--space", "tiny.yaml").err, "an empty folder"
    (folder / "images/one").mkdir()
    (folder / "images/one/a.png").write_bytes(b"no image")
    assert nars("search", "--space", "tiny.yaml").code == 2, "one class"
    (folder / "images/two").mkdir()
    for name in ("one/b.png", "one/c.png", "two/a.png", "two/b.png", "two/c.png"):
        (folder / "images" / name).write_bytes(b"no image")
    unreadable = nars("search", "--space", "tiny.yaml")
    assert unreadable.code == 2
    assert "a.png" in unreadable.err
    assert not (folder / "experiments").exists(), "nothing is written"


def test_unknown_names(nars: Nars, folder: Path) -> None:
    assert nars("resume", "digits").code == 2
    assert "no experiment 'digits' in experiments" in nars("resume", "digits").err
    assert nars("evaluate", "nowhere").code == 2
    assert nars("train", "nowhere").code == 2
    (folder / "tiny.yaml").write_text(TINY)
    assert nars("search", "--space", "tiny.yaml", "--sampler", "magic").code == 2
    assert nars("serach").code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_unwritable_folder(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    folder.chmod(0o500)
    try:
        outcome = nars("search", "--space", "tiny.yaml")
    finally:
        folder.chmod(0o700)
    assert outcome.code == 2
    assert "cannot be written" in outcome.err


def test_a_disk_without_room(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    outcome = nars("search", "--space", "tiny.yaml", "--experiments", "/proc/nars")
    assert outcome.code == 2
    assert outcome.err == "nars: experiment folder /proc/nars/tiny needs 100,000,000 free bytes of disk, /proc has 0\n"
    assert "Traceback" not in outcome.err


def test_a_file_where_the_folder_should_be(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    (folder / "experiments").write_text("")
    outcome = nars("search", "--space", "tiny.yaml")
    assert outcome.code == 2
    assert "is not a folder" in outcome.err
    shutil.rmtree(folder / "results", ignore_errors=True)
