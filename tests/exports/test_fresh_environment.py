"""The bundle of a real training where NARS is not installed: only one library, and what that library itself requires."""

import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from nars.data.source import load_split, prepare_splits
from nars.exports import export_bundle, load_bundle
from nars.exports.measure import as_input
from nars.space.data_spec import DataSpec
from tests.exports.conftest import SIZE, SPACE_TEXT, Study
from tests.exports.formats.test_formats import needs_onnx

_START = """
import importlib.util, sys
sys.path[:0] = ["environment", "."]
for name in ("nars", "torchvision", "timm", "sklearn", "pandas", "optuna"):
    assert importlib.util.find_spec(name) is None, name
"""
_ONNX = """
import numpy, onnxruntime
assert importlib.util.find_spec("torch") is None
arrays = numpy.load("arrays.npz")
(logits,) = onnxruntime.InferenceSession("model.onnx").run(["logits"], {"images": arrays["images"]})
print(abs(logits - arrays["logits"]).max())
"""
_PYTHON = """
import torch
from safetensors.torch import load_file
from model import load
assert importlib.util.find_spec("numpy") is None
arrays = load_file("arrays.safetensors")
with torch.inference_mode():
    print((load()(arrays["images"]) - arrays["logits"]).abs().max().item())
"""


def fill_environment(folder: Path, *packages: str) -> None:
    """Links to what these packages and their requirements have installed here, and to nothing else."""
    folder.mkdir()
    done: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        found = distribution(name)
        for file in found.files or ():
            top = file.parts[0]
            if top not in {"..", "__pycache__"} and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(found.locate_file(top))))
        required = [line for line in found.requires or () if "extra ==" not in line and ";" not in line]
        waiting += [re.split(r"[^A-Za-z0-9._-]", line)[0] for line in required]


@pytest.mark.parametrize(
    ("name", "program", "packages"),
    [
        pytest.param("onnx", _ONNX, ("onnxruntime", "numpy"), marks=[needs_onnx, pytest.mark.slow]),
        ("python", _PYTHON, ("torch", "safetensors")),
    ],
)
def test_the_logits_are_the_same_there(
    study: Study, tmp_path: Path, name: str, program: str, packages: tuple[str, ...]
) -> None:
    folder = export_bundle(
        study.trial,
        checkpoint_directory=study.directory / "trial",
        splits_directory=study.directory,
        data=DataSpec(),
        size=SIZE,
        space_text=SPACE_TEXT,
        study="tiny",
        threads=1,
        out=tmp_path / "best",
        formats=[name],
    )
    images = as_input(load_split(prepare_splits(DataSpec(), study.directory), "test", size=SIZE).images, 8)
    with torch.inference_mode():
        logits = load_bundle(folder).model()(images)
    np.savez(folder / "arrays.npz", images=images.numpy(), logits=logits.numpy())
    save_file({"images": images, "logits": logits}, folder / "arrays.safetensors")
    fill_environment(folder / "environment", *packages)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _START + program],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-4
