import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from nars.exports.formats import format_named
from nars.exports.formats.python import python_text
from tests.exports.formats.networks import UNUSUAL
from tests.exports.formats.sources import source

_ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"nars", "torchvision", "optuna", "timm", "scipy", "sklearn", "pandas"}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
import torch
from safetensors.torch import load_file
from model import CLASSES, load

tensors = load_file("images.safetensors")
with torch.inference_mode():
    difference = (load()(tensors["images"]) - tensors["logits"]).abs().max().item()
assert len(CLASSES) == tensors["logits"].shape[1]
print(difference)
"""


def test_it_runs_where_only_torch_and_safetensors_are(tmp_path: Path) -> None:
    given = source(UNUSUAL)
    format_named("python").write(given, tmp_path)
    with torch.inference_mode():
        logits = given.network(given.images_NCHW)
    save_file({"images": given.images_NCHW, "logits": logits}, tmp_path / "images.safetensors")
    done = subprocess.run(
        [sys.executable, "-c", _ALONE], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-5  # another process may take other threads


def test_its_weights_are_the_bundle_s_own(tmp_path: Path) -> None:
    given = source(UNUSUAL)
    format_named("python").write(given, tmp_path)
    assert load_file(tmp_path / "weights.safetensors").keys() == given.network.state_dict().keys()
    mine = b"the weights that lie there already"
    (tmp_path / "weights.safetensors").write_bytes(mine)
    format_named("python").write(given, tmp_path)
    assert (tmp_path / "weights.safetensors").read_bytes() == mine


def test_each_block_is_one_row() -> None:
    text = python_text(source(UNUSUAL))
    # fused: in, hidden, width, kernel, stride, padding, projects, squeeze-excite (a quarter of hidden), skip
    assert "Fused(8, 16, 16, 3, 2, 1, False, 0, False, nn.Hardswish)," in text
    assert "Fused(16, 48, 24, 3, 2, 0, True, 12, False, nn.SiLU)," in text
    assert "Inverted(24, 48, 24, 3, 1, 1, 4, 12, True, nn.Hardswish)," in text
    assert "import nars" not in text
    assert max(len(line) for line in text.splitlines()) <= 120
