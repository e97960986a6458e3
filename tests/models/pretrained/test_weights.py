import io
import os
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from nars.errors import ModelError
from nars.models.pretrained import read_weights
from tests.models.pretrained.checkpoints import equal, network, saved

STATE = dict(network().state_dict())
OTHER = dict(network(seed=1).state_dict())


@pytest.mark.parametrize(
    ("tree", "container"),
    [
        (STATE, ""),
        ({"state_dict": STATE, "epoch": 3, "optimizer": {"lr": 0.1}}, "state_dict"),
        ({"model": STATE, "iteration": 9}, "model"),
        ({"state_dict": OTHER, "model_ema": STATE}, "model_ema"),
        ({"state_dict": STATE, "model_ema": None}, "state_dict"),
        ({"state_dict": OTHER, "state_dict_ema": STATE}, "state_dict_ema"),
        ({"model": OTHER, "ema_state": STATE}, "ema_state"),
        ({"model": STATE, "ema_state": {}}, "model"),
        ({"state_dict": {f"module.{name}": array for name, array in STATE.items()}}, "state_dict"),
        ({"network": OTHER, "average": {"n_averaged": 3} | {f"module.{n}": a for n, a in STATE.items()}}, "average"),
    ],
)
def test_containers_and_wrappers(tmp_path: Path, tree: object, container: str) -> None:
    weights = saved(tree, tmp_path / "w.pth")
    assert weights.container == container
    assert equal(dict(weights.arrays), STATE)


def test_all_file_formats_hold_the_same(tmp_path: Path) -> None:
    zipped, legacy, tensors = (tmp_path / name for name in ("zip.pt", "legacy.pth", "w.safetensors"))
    torch.save(STATE, zipped)
    torch.save(STATE, legacy, _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(STATE, tensors)
    for path in (zipped, legacy, tensors):
        assert equal(dict(read_weights(str(path)).arrays), STATE)
    renamed = tensors.rename(tmp_path / "w.bin")
    assert equal(dict(read_weights(str(renamed)).arrays), STATE), "told by content, not by name"


class Harmful:
    def __reduce__(self):
        return (os.system, ("touch harmed",))


@pytest.mark.parametrize("is_zip", [True, False])
def test_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_zip: bool) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Harmful()}, tmp_path / "w.pth", _use_new_zipfile_serialization=is_zip)
    with pytest.raises(ModelError, match=r"w.pth: refused, since it asks for posix.system, which may run code"):
        read_weights("w.pth")
    assert not (tmp_path / "harmed").exists()


def test_damaged_files(tmp_path: Path) -> None:
    good = io.BytesIO()
    torch.save(STATE, good)
    whole = good.getvalue()
    flipped = bytearray(whole)
    flipped[whole.index(STATE["stem.conv.weight"].numpy().tobytes()) + 9] ^= 1
    tensors = safetensors.torch.save(STATE)
    contents = {
        "empty": b"", "text": b"no weights at all", "half": whole[: len(whole) // 2], "bit": bytes(flipped),
        "pickle": pickle.dumps(3, protocol=2), "tensors": tensors[:-5], "header": tensors[:100],
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / f"{name}.pth").write_bytes(content)
        with pytest.raises(ModelError, match=f"{name}.pth: (truncated, damaged or no weights file|must hold arrays)"):
            read_weights(str(tmp_path / f"{name}.pth"))


def test_files_without_arrays(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="must hold arrays by name, got list"):
        saved([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(ModelError, match="holds no arrays by name, neither at its top nor in model_ema, "):
        saved({"epoch": 3, "state_dict": None}, tmp_path / "none.pth")


def test_a_pinned_file_of_the_user(tmp_path: Path) -> None:
    weights = saved(STATE, tmp_path / "w.pth")
    assert len(weights.sha256) == 64
    pinned = read_weights(f"{weights.path}#sha256={weights.sha256.upper()}")
    assert pinned.sha256 == weights.sha256
    with pytest.raises(ModelError, match=f"w.pth: the SHA-256 must start with {'0' * 64}, got {weights.sha256}"):
        read_weights(f"{weights.path}#sha256={'0' * 64}")
