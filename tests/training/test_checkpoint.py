import logging
import os
import zipfile
from pathlib import Path

import pytest
import torch

from nars.errors import CheckpointError
from nars.training.checkpoint import Checkpoint, load_last, require_same_run, save
from nars.trials import EpochRecord


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch=epoch, train_loss=1.5, val_loss=1.25, val_accuracy=0.5, lr=0.1, wall_s=2.0)


def checkpoint(epochs: int = 1, **changes: object) -> Checkpoint:
    values = {
        "candidate_id": "abc",
        "seed": 3,
        "curve": tuple(record(epoch) for epoch in range(1, epochs + 1)),
        "wall_s": 4.0,
        "network": {"weight": torch.full((300,), float(epochs))},
        "average": None,
        "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    }
    return Checkpoint(**{**values, **changes})


def test_a_checkpoint_survives_being_written(tmp_path):
    path = save(checkpoint(2, average={"n_averaged": torch.tensor(7)}), tmp_path / "new")
    loaded = load_last(tmp_path / "new")
    assert path.name == "epoch_00002.pt"
    assert (loaded.candidate_id, loaded.seed, loaded.epoch, loaded.wall_s) == ("abc", 3, 2, 4.0)
    assert loaded.curve == (record(1), record(2))
    assert torch.equal(loaded.network["weight"], torch.full((300,), 2.0))
    assert loaded.average["n_averaged"].item() == 7
    assert loaded.optimizer["param_groups"] == [{"lr": 0.1, "params": [0]}]


def test_the_last_two_are_kept(tmp_path):
    for epochs in (1, 2, 3, 10):
        save(checkpoint(epochs), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch_00003.pt", "epoch_00010.pt"]
    assert load_last(tmp_path).epoch == 10


def test_there_is_none_in_an_empty_or_absent_folder(tmp_path):
    assert load_last(tmp_path) is None
    assert load_last(tmp_path / "no") is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_falls_back_to_the_one_before(tmp_path, caplog, share):
    save(checkpoint(1), tmp_path)
    path = save(checkpoint(2), tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with caplog.at_level(logging.WARNING):
        assert load_last(tmp_path).epoch == 1
    assert f"{path}: truncated or damaged" in caplog.text
    assert "falling back to the one before" in caplog.text


def test_a_flipped_byte_in_a_tensor_is_noticed(tmp_path, caplog):
    save(checkpoint(1), tmp_path)
    path = save(checkpoint(2), tmp_path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda info: info.file_size)
    content[largest.header_offset + 400] ^= 0xFF
    path.write_bytes(content)
    assert load_last(tmp_path).epoch == 1
    assert "damaged at" in caplog.text


def test_when_all_are_damaged_there_is_none(tmp_path):
    for epochs in (1, 2):
        save(checkpoint(epochs), tmp_path).write_bytes(b"PK")
    assert load_last(tmp_path) is None


def test_a_file_of_other_content_is_no_checkpoint(tmp_path, caplog):
    torch.save({"format": 1, "curve": [], "something": 1}, tmp_path / "epoch_00001.pt")
    assert load_last(tmp_path) is None
    assert "not a checkpoint of this version" in caplog.text


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"format": 1, "bad": os.system}, tmp_path / "epoch_00001.pt")
    assert load_last(tmp_path) is None


def test_another_candidate_or_seed_is_refused(tmp_path):
    require_same_run(checkpoint(), tmp_path, candidate_id="abc", seed=3)
    with pytest.raises(CheckpointError) as caught:
        require_same_run(checkpoint(), tmp_path, candidate_id="xyz", seed=3)
    assert str(caught.value) == f"{tmp_path}: the checkpoint must be of candidate xyz, got abc"
    with pytest.raises(CheckpointError) as caught:
        require_same_run(checkpoint(), tmp_path, candidate_id="abc", seed=4)
    assert str(caught.value) == f"{tmp_path}: the checkpoint must be of seed 4, got 3"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_and_leaves_the_earlier_ones(tmp_path):
    save(checkpoint(1), tmp_path)
    (tmp_path / "epoch_00002.tmp").symlink_to("/dev/full")
    with pytest.raises(CheckpointError) as caught:
        save(checkpoint(2), tmp_path)
    expected = f"{tmp_path / 'epoch_00002.pt'}: the checkpoint cannot be written: No space left on device"
    assert str(caught.value) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["epoch_00001.pt"]
