"""Formats, budgets and predictions at the command line, on one search of seconds."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import TINY, Nars


def test_export_evaluate_predict(nars: Nars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY.replace("trials: 7, first_round: 3", "trials: 3, first_round: 2"))
    searched = nars("search", "--space", "tiny.yaml", "--workers", "1")
    assert searched.code == 0, searched.err

    unknown = nars("export", "best", "tiny", "--format", "onyx")
    assert unknown.code == 2
    assert "unknown format 'onyx'; did you mean 'onnx'?" in unknown.err
    assert not (tmp_path / "bundles").exists()

    exported = nars("export", "best", "tiny", "--format", "python", "--format", "torchscript")
    assert exported.code == 0, exported.err
    assert "On 300 images of the test split" in exported.out
    assert exported.out.count("in the bundle") == 2

    scored = nars("evaluate", "bundles/tiny", "--format", "python")
    assert scored.code == 0, scored.err
    assert ": reproduced" in scored.out
    absent = nars("evaluate", "bundles/tiny", "--format", "onnx")
    assert absent.code == 2
    assert "export it again with --format onnx" in absent.err

    Image.new("RGB", (40, 30), "white").save(tmp_path / "white.png")
    predicted = nars("predict", "bundles/tiny", "white.png", "white.png", "--top", "2")
    assert predicted.code == 0, predicted.err
    lines = predicted.out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("white.png: ")
    assert lines[0].count(",") == 1
    assert nars("predict", "bundles/tiny", "black.png").err == "nars: there is no image black.png\n"

    picked = nars("export", "best", "tiny", "--trial", "9")
    assert (picked.code, picked.err) == (2, "nars: the trial must be one of 0 to 2, got 9\n")
    small = nars("export", "best", "tiny", "--max-params", "1")
    assert small.code == 2
    assert "trained in full has params <= 1; the nearest is trial" in small.err
    slow = nars("export", "best", "tiny", "--max-latency-ms", "1")
    assert slow.code == 2
    assert "has no latency_ms: its space names no latency table" in slow.err

    if not importlib.util.find_spec("timm"):
        return
    mixed = nars("export", "best", "tiny", "--format", "timm", "--format", "python")
    assert mixed.code == 1
    assert "stride 1" in " ".join(mixed.out.split())
    assert nars("evaluate", "bundles/tiny").code == 0
    assert nars("evaluate", "bundles/tiny", "--format", "python").code == 0
    refused = nars("evaluate", "bundles/tiny", "--format", "timm")
    assert refused.code == 2
    assert "refused at the export: timm cannot express a stem of kernel 3 and stride 1" in refused.err
