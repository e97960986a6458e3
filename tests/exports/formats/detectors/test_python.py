import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from nars.errors import BundleError
from nars.exports.formats.detectors import detector_format
from nars.exports.formats.detectors.python import detector_python_text
from tests.exports.formats.detectors.sharp import images, sharp_source
from tests.training.detection.tiny import candidate

_ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"nars", "optuna", "ray", "detectron2"}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
import torch
from safetensors.torch import load_file
from model import CLASSES, load

assert len(CLASSES) == 10
wanted = load_file("found.safetensors")
with torch.inference_mode():
    (found,) = load()([wanted.pop("image")])
assert found.keys() == wanted.keys(), found.keys()
print(max((found[name].double() - wanted[name].double()).abs().max().item() for name in wanted))
"""


@pytest.mark.parametrize("with_masks", [False, True])
def test_it_runs_where_we_are_not(tmp_path, with_masks):
    chosen = candidate(with_masks=with_masks)
    given = sharp_source(chosen, seed=0)
    detector_format("python").write(given, tmp_path)
    assert load_file(tmp_path / "weights.safetensors").keys() == given.detector.state_dict().keys()
    (image,) = images(chosen, 1, seed=9)
    with torch.inference_mode():
        (found,) = given.detector([image])
    assert len(found["boxes"]) > 3
    save_file({**found, "image": image}, tmp_path / "found.safetensors")
    done = subprocess.run(
        [sys.executable, "-c", _ALONE], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-3  # pixels, labels and scores


def test_heads_of_another_norm_are_refused():
    given = sharp_source(candidate(), seed=0)
    other = replace(given, candidate=candidate(detector={"head_norm": "GN"}))
    with pytest.raises(BundleError, match="the file has one norm for trunk and heads, got BN and GN"):
        detector_python_text(other)
